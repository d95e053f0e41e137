// Draws the charts of a page from its JSON, on canvas: the tables under them hold the same numbers. Without this file the page has its tables and CSV files.
import { init } from "./echarts.js";

const bands = ["very-low", "low", "in-range", "high", "very-high"];
const place = document.querySelector("[data-charts]");
const lies = ["ranges", "insulin", "bars"];
const narrow = () => window.innerWidth < 576;
const text = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 1 });

/** What the style sheet makes of its colours now: canvas knows no light-dark(). */
function readColours() {
  const probe = document.createElement("div");
  probe.className = "colours";
  const of = {};
  for (const name of ["ink", "soft", "line", "card-colour", "accent", ...bands]) {
    const span = document.createElement("span");
    span.className = name;
    probe.append(span);
    of[name] = span;
  }
  document.body.append(probe);
  const found = Object.fromEntries(Object.entries(of).map(([name, span]) => [name, getComputedStyle(span).color]));
  probe.remove();
  return found;
}

const shownRows = chart => chart.rows.filter((_, i) => !chart.hidden.includes(i));
const heading = column => column.unit ? `${column.name} (${column.unit})` : column.name;
const cell = (value, column) => value === null ? "–" : typeof value === "string" ? value : value.toLocaleString("en-GB", { maximumFractionDigits: column.decimals });

/** A row of the table as lines of a tooltip. */
const lines = (chart, row) => chart.columns.map((column, i) => `${column.name}: ${cell(row[i], column)}${column.unit && row[i] !== null ? ` ${column.unit}` : ""}`).join("\n");

function common(colours) {
  return {
    animation: false,
    textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colours.soft },
    tooltip: {
      renderMode: "richText", // HTML would need inline styles
      confine: true, backgroundColor: colours["card-colour"], borderColor: colours.line, textStyle: { color: colours.ink, fontSize: 13 },
    },
  };
}

const axis = (colours, more) => ({
  axisLine: { lineStyle: { color: colours.line } }, axisTick: { show: false }, axisLabel: { color: colours.soft, hideOverlap: true }, splitLine: { lineStyle: { color: colours.line } },
  nameTextStyle: { color: colours.soft }, nameLocation: "middle", ...more,
});

/** Bars from left to right, the first row at the top. */
function lying(chart, colours, series, unit, max) {
  const rows = shownRows(chart);
  const longest = narrow() ? 92 : 190;
  return {
    ...common(colours),
    grid: { left: longest + 12, right: 48, top: series.length > 1 ? (narrow() ? 76 : 40) : 8, bottom: 44 },
    legend: series.length > 1 ? { top: 0, left: 0, textStyle: { color: colours.soft }, itemWidth: 16, itemHeight: 12 } : undefined,
    tooltip: { ...common(colours).tooltip, formatter: at => lines(chart, rows[at.dataIndex]) },
    xAxis: axis(colours, { type: "value", max, name: unit, nameGap: 28 }),
    yAxis: axis(colours, { type: "category", inverse: true, data: rows.map(row => row[0]), axisLabel: { color: colours.ink, width: longest, overflow: "break", lineHeight: 14,
      formatter: (name, i) => chart.shape === "bars" ? name : `${name}\nn = ${rows[i][1].toLocaleString("en-GB")}` }, splitLine: { show: false } }),
    series,
  };
}

const draw = {
  ranges(chart, colours) {
    const rows = shownRows(chart);
    const patterns = { "very-low": { rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4] }, "very-high": { rotation: -Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4] } };
    return lying(chart, colours, bands.map((band, i) => ({
      type: "bar", stack: "all", name: chart.columns[3 + i].name, barMaxWidth: 34, data: rows.map(row => row[3 + i]),
      itemStyle: { color: colours[band], borderColor: colours["card-colour"], borderWidth: 1, decal: patterns[band] ? { ...patterns[band], symbol: "rect", color: colours["card-colour"] } : undefined },
      label: band === "in-range" ? { show: true, color: colours["card-colour"], fontWeight: 600, formatter: at => `${text.format(at.value)} %` } : undefined,
    })), "% of readings, mean of participants", 100);
  },
  insulin(chart, colours) {
    const rows = shownRows(chart);
    const looks = [{ color: colours.accent }, { color: colours.high, decal: { symbol: "rect", rotation: Math.PI / 4, dashArrayX: [1, 0], dashArrayY: [2, 4], color: colours["card-colour"] } }, { color: colours.soft }];
    return lying(chart, colours, looks.map((look, i) => ({ type: "bar", stack: "all", name: chart.columns[3 + i].name, barMaxWidth: 34, data: rows.map(row => row[3 + i]), itemStyle: { ...look, borderColor: colours["card-colour"], borderWidth: 1 } })), "U a day, mean of participants");
  },
  bars(chart, colours) {
    return lying(chart, colours, [{ type: "bar", name: "Participants", barMaxWidth: 28, itemStyle: { color: colours.accent }, data: shownRows(chart).map(row => row[1]), label: { show: true, position: "right", color: colours.ink } }], "Participants");
  },
  histogram(chart, colours) {
    const rows = shownRows(chart);
    return {
      ...common(colours),
      grid: { left: 52, right: 12, top: 24, bottom: narrow() ? 92 : 64 },
      tooltip: { ...common(colours).tooltip, formatter: at => `${rows[at.dataIndex][0]} ${chart.columns[0].unit}\nParticipants: ${rows[at.dataIndex][3]}` },
      xAxis: axis(colours, { type: "category", data: rows.map(row => row[0]), name: heading(chart.columns[0]), nameGap: narrow() ? 74 : 44, axisLabel: { color: colours.soft, rotate: narrow() || rows.length > 9 ? 45 : 0, interval: 0, hideOverlap: true } }),
      yAxis: axis(colours, { type: "value", name: "Participants", nameGap: 36, minInterval: 1 }),
      series: [{ type: "bar", barCategoryGap: "6%", itemStyle: { color: colours.accent }, data: rows.map(row => row[3]), label: { show: rows.length < 16, position: "top", color: colours.ink } }],
    };
  },
  profile: (chart, colours) => profile(chart, colours, { low: 70, high: 180, least: 40, most: 400, step: 60 }),
  "profile-mmol": (chart, colours) => profile(chart, colours, { low: 3.9, high: 10, least: 2, most: 22, step: 4 }),
  grid(chart, colours) {
    const rows = shownRows(chart).filter(row => row[1] !== null);
    const edges = { left: 56, right: 16, top: 16, bottom: 52 };
    const zone = score => [{ coord: [Math.min(30, score / 3), score / 3 > 30 ? (score - 90) / 1.6 : 0] }, { coord: [score / 1.6 > 60 ? (score - 96) / 3 : 0, Math.min(60, score / 1.6)] }];
    return {
      ...common(colours),
      grid: edges,
      tooltip: { ...common(colours).tooltip, formatter: at => lines(chart, rows[at.dataIndex]) },
      xAxis: axis(colours, { type: "value", min: 0, max: 30, interval: 5, name: "Lows: very low + 0.8 × low (%)", nameGap: 30 }),
      yAxis: axis(colours, { type: "value", min: 0, max: 60, interval: 10, name: "Highs: very high + 0.5 × high (%)", nameGap: 36 }),
      series: [{
        type: "scatter", symbol: "rect", data: rows.map(row => [row[1] + 2.5, row[2] + 5, row[3]]), itemStyle: { color: colours.accent, opacity: .75 }, label: { show: true, color: colours["card-colour"], fontWeight: 600, formatter: at => at.value[2] },
        symbolSize: (_, at) => at ? fieldSize(chart.id, edges) : 10,
        markLine: { silent: true, symbol: "none", lineStyle: { color: colours.soft, type: "dashed" }, label: { show: true, position: "middle", color: colours.ink, formatter: at => at.name },
          data: [20, 40, 60, 80].map((score, i) => { const [from, to] = zone(score); return [{ ...from, name: `${"ABCD"[i]}|${"BCDE"[i]}` }, to]; }) },
      }],
    };
  },
  week(chart, colours) {
    const rows = shownRows(chart);
    const days = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    const values = rows.map(row => row[5]);
    return {
      ...common(colours),
      grid: { left: narrow() ? 40 : 88, right: 8, top: 8, bottom: 92 },
      tooltip: { ...common(colours).tooltip, formatter: at => lines(chart, rows[at.dataIndex]) },
      xAxis: axis(colours, { type: "category", data: [...Array(24).keys()].map(hour => `${hour}`), name: "Local hour", nameGap: 26, splitLine: { show: false } }),
      yAxis: axis(colours, { type: "category", inverse: true, data: days, axisLabel: { color: colours.soft, formatter: day => narrow() ? day.slice(0, 3) : day } }),
      visualMap: scale(colours, Math.floor(Math.min(...values)), Math.ceil(Math.max(...values)), "% in range"),
      series: [{ type: "heatmap", data: rows.map(row => [`${row[1]}`, row[0], row[5]]), itemStyle: { borderColor: colours["card-colour"], borderWidth: 1 } }],
    };
  },
  calendar(chart, colours) {
    const rows = narrow() ? chart.rows.slice(-182) : chart.rows;
    return {
      ...common(colours),
      tooltip: { ...common(colours).tooltip, formatter: at => lines(chart, rows[at.dataIndex]) },
      visualMap: scale(colours, 0, Math.max(...rows.map(row => row[1])), "participants"),
      calendar: {
        range: [rows[0][0], rows.at(-1)[0]], left: 40, right: 8, top: 28, bottom: 84, cellSize: ["auto", "auto"], itemStyle: { color: "transparent", borderColor: colours.line }, splitLine: { lineStyle: { color: colours.soft } },
        dayLabel: { firstDay: 1, color: colours.soft, nameMap: ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"] }, monthLabel: { color: colours.soft }, yearLabel: { show: false },
      },
      series: [{ type: "heatmap", coordinateSystem: "calendar", data: rows.map(row => [row[0], row[1]]) }],
    };
  },
  growth(chart, colours) {
    const rows = shownRows(chart);
    const dashes = ["solid", "dashed", "dotted"];
    return {
      ...common(colours),
      grid: { left: 52, right: narrow() ? 56 : 72, top: narrow() ? 64 : 40, bottom: 44 },
      legend: { top: 0, left: 0, textStyle: { color: colours.soft } },
      tooltip: { ...common(colours).tooltip, trigger: "axis", formatter: at => lines(chart, rows[at[0].dataIndex]) },
      xAxis: axis(colours, { type: "category", data: rows.map(row => row[0]), name: "Month", nameGap: 28 }),
      yAxis: [axis(colours, { type: "value", name: "Participants", nameGap: 36, minInterval: 1 }),
        axis(colours, { type: "value", name: "Records", nameGap: narrow() ? 42 : 56, splitLine: { show: false }, axisLabel: { color: colours.soft, formatter: value => value >= 1e6 ? `${value / 1e6} M` : value >= 1000 ? `${value / 1000} k` : value } })],
      series: [{ type: "bar", name: "Participants", data: rows.map(row => row[1]), itemStyle: { color: colours.accent, opacity: .6 }, barMaxWidth: 40 },
        ...[2, 3, 4].map((i, nth) => ({ type: "line", name: chart.columns[i].name, yAxisIndex: 1, data: rows.map(row => row[i]), symbol: ["circle", "rect", "triangle"][nth], symbolSize: 6, connectNulls: false,
          itemStyle: { color: [colours.ink, colours.low, colours.high][nth] }, lineStyle: { type: dashes[nth], color: [colours.ink, colours.low, colours.high][nth] } }))],
    };
  },
};

/** Fields of the GRI grid fill their part of the axes. */
function fieldSize(id, edges) {
  const box = document.querySelector(`[data-chart="${CSS.escape(id)}"]`);
  return [(box.clientWidth - edges.left - edges.right) / 6 - 2, (box.clientHeight - edges.top - edges.bottom) / 6 - 2];
}

const scale = (colours, min, max, unit) => ({ type: "continuous", min, max: Math.max(max, min + 1), calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: 140, itemWidth: 12,
  text: [`${Math.max(max, min + 1)} ${unit}`, `${min}`], textStyle: { color: colours.soft }, inRange: { color: [colours["card-colour"], colours.accent] } });

function profile(chart, colours, { low, high, least, most, step }) {
  const rows = chart.rows;
  const column = i => rows.map(row => row[i]);
  const band = (name, from, to, opacity) => [
    { type: "line", stack: name, silent: true, symbol: "none", data: column(from), lineStyle: { opacity: 0 }, tooltip: { show: false } },
    { type: "line", name, stack: name, silent: true, symbol: "none", data: rows.map(row => row[to] === null ? null : row[to] - row[from]), lineStyle: { opacity: 0 }, itemStyle: { color: colours.accent, opacity }, areaStyle: { color: colours.accent, opacity } },
  ];
  const unit = chart.columns[3].unit;
  return {
    ...common(colours),
    grid: { left: 56, right: 16, top: narrow() ? 64 : 40, bottom: 44 },
    legend: { top: 0, left: 0, textStyle: { color: colours.soft }, data: ["Median", "25 to 75 %", "5 to 95 %"] },
    tooltip: { ...common(colours).tooltip, trigger: "axis", formatter: at => lines(chart, rows[at[0].dataIndex]) },
    xAxis: axis(colours, { type: "category", boundaryGap: false, data: [...column(0)], name: "Local time", nameGap: 26, axisLabel: { color: colours.soft, interval: narrow() ? 11 : 5 } }),
    yAxis: axis(colours, { type: "value", min: least, max: most, interval: step, name: unit, nameGap: 38 }),
    series: [
      ...band("5 to 95 %", 3, 7, .2), ...band("25 to 75 %", 4, 6, .35),
      { type: "line", name: "Median", data: column(5), symbol: "none", lineStyle: { color: colours.ink, width: 2 }, itemStyle: { color: colours.ink },
        markArea: { silent: true, itemStyle: { color: colours["in-range"], opacity: .14 }, data: [[{ yAxis: low }, { yAxis: high }]] },
        markLine: { silent: true, symbol: "none", lineStyle: { color: colours["in-range"], type: "dashed" }, label: { show: true, position: "insideEndTop", color: colours.soft, formatter: at => `${at.value}` }, data: [{ yAxis: low }, { yAxis: high }] } },
    ],
  };
}

/** The picture with its title and how many participants, on paper of the page's colour. */
function savePicture(chart, drawn, colours, participants) {
  const picture = drawn.renderToCanvas({ pixelRatio: 2, backgroundColor: colours["card-colour"] });
  const sheet = document.createElement("canvas");
  [sheet.width, sheet.height] = [picture.width, picture.height + 96];
  const pen = sheet.getContext("2d");
  pen.fillStyle = colours["card-colour"];
  pen.fillRect(0, 0, sheet.width, sheet.height);
  pen.fillStyle = colours.ink;
  pen.font = `600 30px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillText(chart.title, 24, 42, sheet.width - 48);
  pen.font = `22px ${getComputedStyle(document.body).fontFamily}`;
  pen.fillText(`${participants.toLocaleString("en-GB")} participants; groups of fewer than 5 are hidden or joined`, 24, 78, sheet.width - 48);
  pen.drawImage(picture, 0, 96);
  sheet.toBlob(blob => {
    const link = document.createElement("a");
    link.href = URL.createObjectURL(blob);
    link.download = `${chart.id}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  });
}

async function show() {
  const boxes = [...document.querySelectorAll("[data-chart]")];
  const answer = await fetch(place.dataset.charts);
  if (!answer.ok)
    throw new Error(`${answer.status}`);
  const { charts, participants } = await answer.json();
  let colours = readColours();
  const drawn = boxes.flatMap(box => {
    const chart = charts.find(one => one.id === box.dataset.chart);
    if (!chart || chart.empty)
      return [];
    box.classList.add("drawn");
    const canvas = init(box, null, { renderer: "canvas" });
    const button = document.createElement("button");
    button.type = "button";
    button.append("PNG", Object.assign(document.createElement("span"), { className: "of", textContent: ` of ${chart.title}` }));
    button.addEventListener("click", () => savePicture(chart, canvas, colours, participants));
    box.closest("section").querySelector(".files").prepend(button);
    return [{ chart, canvas }];
  });
  const redraw = () => {
    colours = readColours();
    for (const { chart, canvas } of drawn) {
      canvas.getDom().style.height = lies.includes(chart.shape) ? `${shownRows(chart).length * 44 + (chart.shape === "bars" ? 64 : 100)}px` : "";
      canvas.resize({ animation: { duration: 0 } });
      canvas.setOption(draw[chart.shape](chart, colours), { notMerge: true });
    }
    place.dataset.drawn = `${drawn.length}`;
  };
  redraw();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redraw);
  let width = place.clientWidth;
  new ResizeObserver(() => {
    if (width !== place.clientWidth) // tables that unfold change the height alone
      redraw();
    width = place.clientWidth;
  }).observe(place);
}

if (place)
  show().catch(() => {
    for (const box of document.querySelectorAll("[data-chart]"))
      Object.assign(box, { textContent: "The chart could not be drawn; its numbers are below." }).classList.add("failed");
  });

// A dashboard's token lives for minutes: a new one takes its place before that.
const frame = document.querySelector("iframe[data-renew]");
if (frame)
  setInterval(async () => {
    const answer = await fetch(frame.dataset.renew);
    if (answer.ok && !answer.redirected) // not to the page for signing in
      frame.src = (await answer.json()).url;
    else
      location.reload(); // Metabase is gone, and the page shows built-in charts; or the session is over
  }, 8 * 60_000);

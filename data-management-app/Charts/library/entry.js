// What the analytics pages draw with: only these parts of ECharts, on canvas. Built into wwwroot/echarts.js, see README.md beside it.
import { use, init } from "echarts/core";
import { BarChart, LineChart, ScatterChart, HeatmapChart } from "echarts/charts";
import { GridComponent, TooltipComponent, LegendComponent, VisualMapComponent, CalendarComponent, MarkAreaComponent, MarkLineComponent } from "echarts/components";
import { CanvasRenderer } from "echarts/renderers";

use([BarChart, LineChart, ScatterChart, HeatmapChart, GridComponent, TooltipComponent, LegendComponent, VisualMapComponent, CalendarComponent, MarkAreaComponent, MarkLineComponent, CanvasRenderer]);

export { init };

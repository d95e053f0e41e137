using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Loop on an iPhone: dates with a fraction, durations with a fraction, a profile document at every change of a setting.</summary>
sealed class LoopUploader : IUploader
{
    static string Phone(Person person) => $"loop://{person.Name}'s iPhone";

    public SiteOptions Options(Person person) => new() { Version = "15.0.2", Title = $"{person.FullName}'s glucose" };

    public JsonObject Entry(Person person, Reading reading) => new()
    {
        // Swift's seconds times 1000.
        ["date"] = reading.At.ToUnixTimeMilliseconds() + Math.Round(person.Roll("fraction", reading.At).Between(0.001, 0.999), 4),
        ["dateString"] = MomentText.Iso(reading.At),
        ["sgv"] = reading.Glucose,
        ["direction"] = reading.Direction,
        ["trend"] = reading.Trend,
        ["device"] = Phone(person),
        ["type"] = "sgv",
        ["sysTime"] = MomentText.Iso(reading.At),
        ["utcOffset"] = 0,
    };

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) =>
        person.Events(day).SelectMany(item => Event(person, item)).Concat(TempBasals(person, day));

    static JsonObject Treatment(Person person, DateTimeOffset at, string type) => new()
    {
        ["eventType"] = type,
        ["created_at"] = MomentText.Iso(at),
        ["timestamp"] = Shapes.Zulu(at),
        ["enteredBy"] = Phone(person),
        ["syncIdentifier"] = person.Roll(type, at).Uuid().Replace("-", ""),
        ["utcOffset"] = 0,
    };

    static IEnumerable<JsonObject> Event(Person person, LifeEvent item)
    {
        JsonObject Typed(string type) => Treatment(person, item.At, type);
        switch (item.Kind)
        {
            case LifeEventKind.Meal:
                yield return Typed("Carb Correction").And(("carbs", item.Carbs), ("absorptionTime", 180), ("foodType", "🌮 at Gran Invented's"),
                    ("userEnteredAt", Shapes.Zulu(item.At)));
                yield return Bolus(Typed("Correction Bolus"), item.Insulin).And(("automatic", false));
                break;
            case LifeEventKind.Correction:
                yield return Bolus(Typed("Correction Bolus"), item.Insulin).And(("automatic", true));
                break;
            case LifeEventKind.LowTreatment:
                yield return Typed("Carb Correction").And(("carbs", item.Carbs), ("absorptionTime", 30), ("foodType", "🍬"));
                break;
            case LifeEventKind.Exercise:
                yield return Typed("Temporary Override").And(("reason", "🏃 Running with Coach Madeup"), ("duration", item.Minutes),
                    ("insulinNeedsScaleFactor", 0.6),
                    ("correctionRange", new JsonArray(140, 160)), ("remoteAddress", "not-a-real-push-address"));
                break;
            case LifeEventKind.SiteChange:
                yield return Typed("Site Change").And(("notes", "pod"));
                break;
            case LifeEventKind.SensorStart:
                yield return Typed("Sensor Start").And(("notes", null));
                break;
            case LifeEventKind.FingerStick:
                yield return Typed("BG Check").And(("glucose", person.Read(item.At).Glucose), ("glucoseType", "Finger"), ("units", "mg/dL"));
                break;
            default:
                yield return Typed("Note").And(("notes", item.Text));
                break;
        }
    }

    static JsonObject Bolus(JsonObject record, double units) =>
        record.And(("insulin", units), ("programmed", units), ("unabsorbed", 0), ("type", "normal"), ("duration", Math.Round(units / 1.5, 6)),
            ("insulinType", "Humalog"));

    static IEnumerable<JsonObject> TempBasals(Person person, DateOnly day)
    {
        for (var minute = 3; minute < 24 * 60; minute += 15)
        {
            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddMinutes(minute);
            var minutes = person.Roll("minutes", at).Between(4.9, 15);
            yield return Treatment(person, at, "Temp Basal").And(("rate", person.LoopRate(at)), ("absolute", person.LoopRate(at)),
                ("duration", minutes), ("temp", "absolute"), ("automatic", true), ("amount", null));
        }
    }

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at)
    {
        var (now, rate) = (Shapes.Zulu(at), person.LoopRate(at));
        var loop = new JsonObject
        {
            ["name"] = "Loop",
            ["version"] = "3.4.4",
            ["timestamp"] = now,
            ["iob"] = new JsonObject { ["timestamp"] = now, ["iob"] = person.InsulinOnBoard(at) },
            ["cob"] = new JsonObject { ["timestamp"] = now, ["cob"] = person.CarbsOnBoard(at) },
            ["predicted"] = new JsonObject { ["startDate"] = now, ["values"] = Shapes.Array(person.Predict(at, person.CarbsOnBoard(at), 76)) },
            ["automaticDoseRecommendation"] = new JsonObject
            {
                ["timestamp"] = now,
                ["bolusVolume"] = 0,
                ["tempBasalAdjustment"] = new JsonObject { ["rate"] = rate, ["duration"] = 30 }
            },
        };
        if (person.Roll("failed", at).Chance(0.05))
            loop["failureReason"] = "missingDataError(glucose)";
        else
            loop["enacted"] = new JsonObject { ["rate"] = rate, ["duration"] = 30, ["timestamp"] = now, ["received"] = true, ["bolusVolume"] = 0 };
        return new()
        {
            ["device"] = Phone(person),
            ["created_at"] = now,
            ["loop"] = loop,
            ["override"] = new JsonObject { ["timestamp"] = now, ["active"] = false },
            ["pump"] = new JsonObject
            {
                ["clock"] = now,
                ["pumpID"] = "SYN0471A",
                ["manufacturer"] = "Insulet",
                ["model"] = "Eros",
                ["suspended"] = false,
                ["bolusing"] = false,
                ["secondsFromGMT"] = (int)person.Offset.TotalSeconds,
                ["reservoir_display_override"] = "50+ U",
            },
            ["uploader"] = new JsonObject
            {
                ["name"] = $"{person.Name}'s iPhone",
                ["timestamp"] = now,
                ["battery"] = person.Roll("battery", at).Chance(0.02) ? -100 : 76
            },
            ["utcOffset"] = 0,
        };
    }

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        var zone = $"ETC/GMT{(person.Offset <= TimeSpan.Zero ? "+" : "-")}{Math.Abs(person.Offset.Hours)}"; // the sign is the other way round
        for (var at = from.AddHours(2); at < before; at = at.AddHours(31))
            yield return new()
            {
                ["defaultProfile"] = "Default",
                ["startDate"] = MomentText.Iso(at),
                ["mills"] = at.ToUnixTimeMilliseconds().ToString(),
                ["units"] = "mg/dL",
                ["enteredBy"] = "Loop",
                ["store"] = new JsonObject { ["Default"] = Shapes.Profile(zone, "mg/dl", asText: false) },
                ["loopSettings"] = new JsonObject
                {
                    ["dosingEnabled"] = true,
                    ["maximumBolus"] = 8,
                    ["deviceToken"] = "00000000000000005a4dbc00000000000000000000000000000000005a4dbc",
                    ["bundleIdentifier"] = "com.SYNTHETIC99.loopkit.Loop",
                    ["overridePresets"] = new JsonArray(new JsonObject
                    {
                        ["name"] = "Running with Coach Madeup",
                        ["symbol"] = "🏃",
                        ["duration"] = 3600,
                        ["targetRange"] = new JsonArray(140, 160)
                    }),
                },
            };
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-7);
        var (ms, iso, phone) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at), Phone(person));
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Temporary Override","created_at":"{{iso}}","reason":"Sick 🤒","durationType":"indefinite","enteredBy":"{{phone}}"}
            """);
        yield return new(RecordKind.Treatments, $$"""{"eventType":"Note","created_at":"{{iso}}","notes":"cut emoji \ud83d","enteredBy":"{{phone}}"}""");
        yield return new(RecordKind.Entries, $$"""
            {"type":"sgv","sgv":141,"date":{{ms}}.5,"device":"loop\u0000://{{person.Name}}","direction":"Flat","direction":"Flat"}
            """);
        var future = before.AddYears(11).ToUnixTimeMilliseconds(); // a phone with a wrong clock
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":122,"date":{{future}},"device":"{{phone}}"}""");
    }
}

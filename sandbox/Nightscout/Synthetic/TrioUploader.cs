using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Trio: oref's device status from an iPhone, glucose of finger sticks as text, push tokens in the profile.</summary>
sealed class TrioUploader : IUploader
{
    public SiteOptions Options(Person person) => new() { Version = "15.0.6", Title = "Trio" };

    public JsonObject Entry(Person person, Reading reading) => new()
    {
        ["identifier"] = person.Roll("entry", reading.At).Uuid().ToUpperInvariant(),
        ["type"] = "sgv",
        ["device"] = "Trio",
        ["date"] = reading.At.ToUnixTimeMilliseconds() + Math.Round(person.Roll("fraction", reading.At).Between(0.001, 0.999), 3),
        ["dateString"] = MomentText.Iso(reading.At),
        ["sgv"] = reading.Glucose,
        ["glucose"] = reading.Glucose,
        ["direction"] = reading.Direction,
        ["noise"] = 1,
        ["filtered"] = reading.Glucose,
        ["unfiltered"] = reading.Glucose,
        ["transmitterID"] = "8SYNTH",
        ["activationDate"] = (reading.At - TimeSpan.FromDays(40)).ToUnixTimeMilliseconds(),
        ["sessionStartDate"] = (reading.At - TimeSpan.FromDays(4)).ToUnixTimeMilliseconds(),
        ["sysTime"] = MomentText.Iso(reading.At),
        ["utcOffset"] = 0,
    };

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) =>
        person.Events(day).SelectMany(item => Event(person, item)).Concat(Automatic(person, day));

    static JsonObject Treatment(Person person, DateTimeOffset at, string type) => new()
    {
        ["id"] = person.Roll(type, at).Uuid().ToUpperInvariant(),
        ["eventType"] = type,
        ["created_at"] = MomentText.Iso(at),
        ["enteredBy"] = "Trio",
        ["utcOffset"] = 0,
    };

    static IEnumerable<JsonObject> Event(Person person, LifeEvent item)
    {
        JsonObject Typed(string type) => Treatment(person, item.At, type);
        switch (item.Kind)
        {
            case LifeEventKind.Meal:
                yield return Typed("Carb Correction").And(("carbs", item.Carbs), ("fat", Math.Round(item.Carbs / 5)),
                    ("protein", Math.Round(item.Carbs / 4)), ("foodType", "pasta at Gran Invented's"));
                yield return Typed("Bolus").And(("insulin", item.Insulin), ("bolus",
                    new JsonObject { ["amount"] = item.Insulin, ["duration"] = 0, ["type"] = "normal" }));
                break;
            case LifeEventKind.Correction:
                yield return Typed("Bolus").And(("insulin", item.Insulin));
                break;
            case LifeEventKind.LowTreatment:
                yield return Typed("Carb Correction").And(("carbs", item.Carbs), ("fat", null), ("protein", null));
                break;
            case LifeEventKind.Exercise:
                yield return Typed("Exercise").And(("duration", item.Minutes + 0.5), ("notes", item.Text));
                yield return Typed("Temporary Target").And(("targetTop", 8), ("targetBottom", 8), ("duration", item.Minutes),
                    ("reason", "Workout")); // below 20: mmol/L
                break;
            case LifeEventKind.SiteChange:
                yield return Typed("Site Change").And(("duration", 0));
                break;
            case LifeEventKind.SensorStart:
                yield return Typed("Sensor Start").And(("notes", "transmitter 8SYNTH activated"));
                break;
            case LifeEventKind.FingerStick:
                yield return Typed("BG Check").And(("glucose", person.Read(item.At).Glucose.ToString()), ("glucoseType", "Manual"), ("units", "mg/dL"));
                break;
            default:
                yield return Typed("Note").And(("notes", item.Text));
                break;
        }
    }

    static IEnumerable<JsonObject> Automatic(Person person, DateOnly day)
    {
        for (var minute = 1; minute < 24 * 60; minute += 25)
        {
            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddMinutes(minute);
            var rate = person.LoopRate(at);
            if (rate > 2)
                yield return Treatment(person, at, "SMB").And(("insulin", Math.Round(rate / 8, 2)));
            yield return Treatment(person, at, "Temp Basal").And(("rate", rate), ("absolute", rate), ("duration", 30), ("temp", "absolute"));
        }
    }

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at)
    {
        var suggested = Oref.Suggested(person, at).And(("TDD", 38.4), ("threshold", 3.7), ("minDelta", -1.2));
        return new()
        {
            ["device"] = "Trio",
            ["created_at"] = MomentText.Iso(at),
            ["openaps"] = new JsonObject
            {
                ["iob"] = Oref.Iob(person, at),
                ["suggested"] = suggested,
                ["enacted"] = Oref.Enacted(suggested, at),
                ["version"] = "0.2.5"
            },
            ["pump"] = new JsonObject
            {
                ["clock"] = MomentText.Iso(at),
                ["battery"] = new JsonObject { ["percent"] = 80, ["string"] = "normal" },
                ["reservoir"] = 74.5,
                ["status"] = new JsonObject { ["status"] = "normal", ["bolusing"] = false, ["suspended"] = false },
            },
            ["uploader"] = new JsonObject { ["battery"] = 80, ["batteryVoltage"] = null, ["isCharging"] = false },
            ["utcOffset"] = 0,
        };
    }

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        for (var at = from.AddHours(3); at < before; at = at.AddHours(53))
            yield return new()
            {
                ["enteredBy"] = "Trio",
                ["defaultProfile"] = "default",
                ["startDate"] = MomentText.Iso(at),
                ["mills"] = at.ToUnixTimeMilliseconds(),
                ["units"] = "mmol",
                ["store"] = new JsonObject { ["default"] = Shapes.Profile("Australia/Sydney", "mmol", asText: false) },
                ["bundleIdentifier"] = "org.nightscout.SYNTHETIC99.trio",
                ["deviceToken"] = "000000000000000000005a4dbc5a4dbc00000000000000000000000000000000",
                ["teamID"] = "SYNTHETIC99",
                ["isAPNSProduction"] = false,
                ["overridePresets"] = new JsonArray(new JsonObject { ["name"] = $"{person.Name}'s gym", ["percentage"] = 60 }),
            };
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-8);
        var (ms, iso) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at));
        var uuid = person.Roll("uuid", at).Uuid().ToUpperInvariant();
        // Up to 15.0.6 a client's UUID stays the record's id; an upgrade moves it (contract §4).
        yield return new(RecordKind.Treatments, $$"""
            {"_id":"{{uuid}}","eventType":"Carb Correction","created_at":"{{iso}}","carbs":12,"fat":"","enteredBy":"Trio"}
            """);
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":"118","date":{{ms + 3}},"direction":"→","device":"Trio","trend":"4"}""");
        yield return new(RecordKind.DeviceStatus, $$"""
            {"device":"Trio","created_at":"{{iso}}","openaps":{"enacted":{"timestamp":"false","predBGs":[120,119,118],"bg":null} },"uploader":55}
            """);
    }
}

using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>xDrip+ without a loop: millisecond <c>timestamp</c>s, JSON in a string, heart rate and steps, an old profile without a store.</summary>
sealed class XDripUploader : IUploader
{
    const string Wixel = "xDrip-BluetoothWixel";

    public SiteOptions Options(Person person) => new() { Version = "0.12.8", Title = "xDrip" };

    public JsonObject Entry(Person person, Reading reading) => new()
    {
        ["device"] = "xDrip-DexcomG6 G5 Native",
        ["date"] = reading.At.ToUnixTimeMilliseconds(),
        ["dateString"] = MomentText.Iso(reading.At),
        ["sgv"] = reading.Glucose,
        ["delta"] = reading.Delta + 0.25,
        ["direction"] = reading.Direction,
        ["type"] = "sgv",
        ["filtered"] = reading.Glucose * 1000.5,
        ["unfiltered"] = reading.Glucose * 1000.25,
        ["rssi"] = 100,
        ["noise"] = 1,
        ["sysTime"] = MomentText.Iso(reading.At),
        ["utcOffset"] = (int)person.Offset.TotalMinutes,
    };

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) => person.Events(day).Select(item => Event(person, item));

    static JsonObject Event(Person person, LifeEvent item)
    {
        var record = new JsonObject
        {
            ["uuid"] = person.Roll("treatment", item.At).Uuid(),
            ["eventType"] = "<none>",
            ["enteredBy"] = "xdrip pos:0.50",
            ["created_at"] = MomentText.Iso(item.At),
            ["timestamp"] = item.At.ToUnixTimeMilliseconds(),
            ["sysTime"] = MomentText.Iso(item.At),
            ["utcOffset"] = (int)person.Offset.TotalMinutes,
        };
        return item.Kind switch
        {
            LifeEventKind.Meal => record.And(("carbs", item.Carbs), ("insulin", item.Insulin),
                ("insulinInjections", $$"""[{"profileName":"Novorapid","units":{{item.Insulin}}}]""")),
            LifeEventKind.Correction => record.And(("insulin", item.Insulin), ("insulinInjections", "[]")),
            LifeEventKind.LowTreatment => record.And(("carbs", item.Carbs)),
            LifeEventKind.FingerStick => record.And(("eventType", "BG Check"), ("glucose", person.Read(item.At).Glucose), ("units", "mg/dl"),
                ("glucoseType", "Finger")),
            LifeEventKind.SensorStart => record.And(("eventType", "Sensor Start")),
            LifeEventKind.SiteChange => record.And(("eventType", "Site Change"), ("notes", "infusion set, left arm")),
            LifeEventKind.Exercise => record.And(("eventType", "Exercise"), ("duration", item.Minutes), ("notes", item.Text)),
            _ => record.And(("notes", $"{item.Text} → {person.FullName}")),
        };
    }

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at) => at.Minute / 5 % 3 != 0 ? null : new()
    {
        ["device"] = "samsung SM-SYN970",
        ["uploader"] = new JsonObject { ["battery"] = 88, ["type"] = "PHONE", ["temperature"] = "+31.0°C" },
        ["created_at"] = MomentText.Iso(at),
        ["utcOffset"] = 0,
    };

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        var legacy = Shapes.Profile("", "mg/dl", asText: true); // schedules at the top level: written before there were stores
        legacy["startDate"] = "1980-01-01T00:00:00.000Z";
        yield return legacy;
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-9);
        var (ms, iso) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at));
        var withOffset = at.ToOffset(TimeSpan.FromHours(1)).ToString("yyyy-MM-dd'T'HH:mm:ss.fff'+0100'");
        // Straight to the database, as its Mongo mode does: local offsets, words for noise, a text where a number belongs, seconds and mmol/L.
        yield return new(RecordKind.Entries, $$"""
            {"type":"sgv","sgv":133,"date":{{ms + 1}},"dateString":"{{withOffset}}","noise":"Clean","device":"{{Wixel}}"}
            """);
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":134,"date":"{{ms}}","noise":null,"device":"{{Wixel}}"}""");
        yield return new(RecordKind.Entries, $$"""{"type":"mbg","mbg":128,"date":{{ms + 2}},"device":"{{Wixel}}"}""");
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":7.4,"date":{{ms / 1000}},"device":"{{Wixel}}"}""");
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Correction Bolus","insulin":1.1,"created_at":"{{Shapes.Local(at, TimeSpan.FromHours(-8))}}","timestamp":0,"enteredBy":"xdrip"}
            """);
        yield return new(RecordKind.Treatments, """{"eventType":"<none>","notes":"no time at all","enteredBy":"xdrip"}""");
        yield return new(RecordKind.Activity, $$"""{"type":"hr-bpm","timeStamp":{{ms}},"bpm":72,"accuracy":1,"created_at":"{{iso}}"}""");
        yield return new(RecordKind.Activity, $$"""{"type":"steps-total","timeStamp":{{ms}},"steps":4211,"created_at":"{{iso}}"}""");
    }
}

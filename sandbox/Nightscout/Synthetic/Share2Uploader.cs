using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>The Dexcom Share bridge, with treatments typed into the web page by a family that thinks in mmol/L.</summary>
sealed class Share2Uploader : IUploader
{
    const double Millimolar = 18.0156;

    public SiteOptions Options(Person person) => new() { Version = "15.0.7", Title = $"{person.Name} Invented", Units = "mmol" };

    public JsonObject Entry(Person person, Reading reading) => new()
    {
        ["sgv"] = reading.Glucose,
        ["date"] = reading.At.ToUnixTimeMilliseconds(),
        ["dateString"] = MomentText.Iso(reading.At),
        ["trend"] = reading.Trend,
        ["direction"] = reading.Direction,
        ["device"] = "share2",
        ["type"] = "sgv",
        ["utcOffset"] = 0,
        ["sysTime"] = MomentText.Iso(reading.At),
    };

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) => person.Events(day).Select(item => Event(person, item));

    static JsonObject Event(Person person, LifeEvent item)
    {
        var record = new JsonObject
        {
            ["enteredBy"] = item.At.Minute % 2 == 0 ? "Mum" : "School nurse",
            ["created_at"] = MomentText.Iso(item.At),
            ["utcOffset"] = (int)person.Offset.TotalMinutes
        };
        return item.Kind switch
        {
            LifeEventKind.Meal => record.And(("eventType", "Meal Bolus"), ("carbs", item.Carbs), ("insulin", item.Insulin),
                ("glucose", Mmol(person, item)), ("units", "mmol"), ("glucoseType", "Sensor")),
            LifeEventKind.Correction => record.And(("eventType", "Correction Bolus"), ("insulin", item.Insulin)),
            LifeEventKind.LowTreatment => record.And(("eventType", "Carb Correction"), ("carbs", item.Carbs), ("notes", "juice at 3 Invented Road")),
            LifeEventKind.Exercise => record.And(("eventType", "Exercise"), ("duration", item.Minutes), ("notes", item.Text)),
            LifeEventKind.SiteChange => record.And(("eventType", "Site Change")),
            LifeEventKind.SensorStart => record.And(("eventType", "Sensor Start"), ("notes", "sensor 0INVENTED7")),
            LifeEventKind.FingerStick => record.And(("eventType", "BG Check"), ("glucose", Mmol(person, item)), ("units", "mmol"), ("glucoseType", "Finger")),
            _ => record.And(("eventType", "Note"), ("notes", item.Text)),
        };
    }

    static double Mmol(Person person, LifeEvent item) => Math.Round(person.Read(item.At).Glucose / Millimolar, 1);

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at) => new()
    {
        ["device"] = "share2",
        ["uploaderBattery"] = false,
        ["created_at"] = MomentText.Iso(at),
    };

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        yield return new()
        {
            ["defaultProfile"] = "Default",
            ["store"] = new JsonObject
            {
                ["Default"] = Shapes.Profile("Europe/London", "mmol", asText: true),
                ["School days"] = Shapes.Profile("Europe/London", "mmol", asText: true)
            },
            ["startDate"] = MomentText.Iso(from),
            ["mills"] = from.ToUnixTimeMilliseconds().ToString(),
            ["units"] = "mmol",
            ["created_at"] = MomentText.Iso(from),
        };
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-10);
        var (ms, iso, words) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at), at.UtcDateTime.ToString("ddd MMM dd yyyy HH:mm:ss 'GMT+0000 (UTC)'"));
        yield return new(RecordKind.Entries, $$"""
            {"sgv":39,"date":{{ms + 1}},"dateString":"Tue Feb 13 00:50:20 AEDT 2018","device":"share2","type":null,"direction":"NONE","trend":0}
            """);
        yield return new(RecordKind.Treatments, $$"""{"eventType":"Temp Basal","created_at":"{{words}}","percent":-40,"duration":"30","enteredBy":"Mum"}""");
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Meal Bolus","created_at":"{{iso}}","carbs":"35","insulin":"","enteredBy":"Mum &amp; Dad","notes":"phone 555-0199"}
            """);
        yield return new(RecordKind.Food, """{"type":"food","name":"Gran Invented's soup","carbs":14,"hidden":"false"}""");
        yield return new(RecordKind.Food, """{"type":"quickpick","name":"School lunch","foods":[{"name":"bread","carbs":15}],"hidden":false}""");
    }
}

using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>AndroidAPS through API v3: identifiers, milliseconds, JSON inside strings, no <c>dateString</c>.</summary>
sealed class AapsUploader : IUploader
{
    const string PumpSerial = "SYN-4241-DASH";

    public SiteOptions Options(Person person) => new() { Version = "15.0.3", Title = "AAPS" };

    static JsonObject Written(Person person, DateTimeOffset at, string purpose) => new()
    {
        ["identifier"] = person.Roll(purpose, at).Uuid(),
        ["app"] = "AAPS",
        ["date"] = at.ToUnixTimeMilliseconds(),
        ["utcOffset"] = (int)person.Offset.TotalMinutes,
        ["isValid"] = true,
        ["srvCreated"] = at.AddSeconds(4).ToUnixTimeMilliseconds(),
        ["srvModified"] = at.AddSeconds(4).ToUnixTimeMilliseconds(),
        ["subject"] = $"{person.Name.ToLowerInvariant()}-phone",
    };

    public JsonObject Entry(Person person, Reading reading) => Written(person, reading.At, "entry").And(
        ("type", "sgv"), ("sgv", reading.Glucose), ("direction", reading.Direction), ("device", "AndroidAPS-DexcomG6"), ("units", "mg/dl"), ("noise", null));

    public IEnumerable<JsonObject> Treatments(Person person, DateOnly day) =>
        person.Events(day).SelectMany(item => Event(person, item)).Concat(Automatic(person, day));

    static IEnumerable<JsonObject> Event(Person person, LifeEvent item)
    {
        JsonObject Treatment(string type) => Written(person, item.At, type).And(("created_at", MomentText.Iso(item.At)), ("eventType", type),
            ("pumpType", "OMNIPOD_DASH"), ("pumpSerial", PumpSerial));
        switch (item.Kind)
        {
            case LifeEventKind.Meal:
                var result = new JsonObject { ["carbs"] = item.Carbs, ["ic"] = Person.CarbRatio, ["note"] = "lunch with Gran Invented" };
                yield return Treatment("Bolus Wizard").And(("bolusCalculatorResult", result.ToJsonString()),
                    ("glucose", person.Read(item.At).Glucose), ("units", "mg/dl"), ("notes", ""));
                yield return Treatment("Meal Bolus").And(("insulin", item.Insulin), ("type", "NORMAL"), ("isBasalInsulin", false),
                    ("pumpId", 4241000000 + item.At.ToUnixTimeSeconds() % 1000000));
                yield return Treatment("Carb Correction").And(("carbs", item.Carbs), ("duration", null));
                break;
            case LifeEventKind.Correction:
                yield return Treatment("Correction Bolus").And(("insulin", item.Insulin), ("type", "NORMAL"), ("isBasalInsulin", false));
                break;
            case LifeEventKind.LowTreatment:
                yield return Treatment("Carb Correction").And(("carbs", item.Carbs));
                break;
            case LifeEventKind.Exercise:
                yield return Treatment("Temporary Target").And(("reason", "Activity"), ("targetBottom", 140), ("targetTop", 140), ("units", "mg/dl"),
                    ("duration", item.Minutes), ("durationInMilliseconds", item.Minutes * 60_000));
                break;
            case LifeEventKind.SiteChange:
                yield return Treatment("Site Change").And(("enteredBy", "AndroidAPS"), ("isAnnouncement", false));
                break;
            case LifeEventKind.SensorStart:
                yield return Treatment("Sensor Change").And(("enteredBy", "xDrip"), ("sensorId", "SYN8TX"));
                var name = $"{person.Name} work week";
                yield return Treatment("Profile Switch").And(("profile", name), ("originalProfileName", name), ("percentage", 100), ("timeshift", 0),
                    ("duration", 0), ("profileJson", Shapes.Profile("Europe/Berlin", "mg/dl", asText: false).ToJsonString()));
                break;
            case LifeEventKind.FingerStick:
                yield return Treatment("BG Check").And(("glucose", person.Read(item.At).Glucose), ("glucoseType", "Finger"), ("units", "mg/dl"));
                break;
            default:
                yield return Treatment("Note").And(("notes", item.Text), ("enteredBy", person.FullName));
                break;
        }
    }

    static IEnumerable<JsonObject> Automatic(Person person, DateOnly day)
    {
        for (var minute = 2; minute < 24 * 60; minute += 20)
        {
            var at = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddMinutes(minute);
            at = at.AddMilliseconds(person.Roll("ms", at).Between(0, 999));
            var rate = person.LoopRate(at);
            yield return rate > 2
                ? Written(person, at, "smb").And(("created_at", MomentText.Iso(at)), ("eventType", "Correction Bolus"),
                    ("insulin", Math.Round(rate / 8, 1)), ("type", "SMB"), ("isSMB", true), ("pumpSerial", PumpSerial))
                : Written(person, at, "tbr").And(("created_at", MomentText.Iso(at)), ("eventType", "Temp Basal"), ("rate", rate), ("absolute", rate),
                    ("type", "NORMAL"), ("duration", 20), ("durationInMilliseconds", 1_200_000),
                    ("pumpId", 4242000000 + minute), ("endId", 4242000001 + minute), ("pumpSerial", PumpSerial));
        }
    }

    public JsonObject? DeviceStatus(Person person, DateTimeOffset at)
    {
        var suggested = Oref.Suggested(person, at);
        return Written(person, at, "status").And(
            ("device", "openaps://samsung SM-SYN970"),
            ("created_at", MomentText.Iso(at)),
            ("pump", new JsonObject
            {
                ["battery"] = new JsonObject { ["percent"] = 75 },
                ["reservoir"] = 120.5,
                ["clock"] = MomentText.Iso(at),
                ["status"] = new JsonObject { ["status"] = "normal", ["timestamp"] = MomentText.Iso(at) },
                ["extended"] = new JsonObject
                {
                    ["Version"] = "3.2.0.4",
                    ["LastBolus"] = "20.11. 12:31",
                    ["BaseBasalRate"] = Person.Basal,
                    ["ActiveProfile"] = $"{person.Name} work week"
                },
            }),
            ("openaps", new JsonObject { ["suggested"] = suggested, ["enacted"] = Oref.Enacted(suggested, at), ["iob"] = Oref.Iob(person, at) }),
            ("uploaderBattery", 66),
            ("isCharging", false),
            ("configuration", new JsonObject
            {
                ["pump"] = "OmnipodDashPumpPlugin",
                ["version"] = "3.2.0.4",
                ["insulin"] = 5,
                ["aps"] = "OpenAPSSMB",
                ["sensitivity"] = 2
            }));
    }

    public IEnumerable<JsonObject> Profiles(Person person, DateTimeOffset from, DateTimeOffset before)
    {
        for (var at = from.AddMinutes(11); at < before; at = at.AddDays(7))
            yield return new()
            {
                ["app"] = "AAPS",
                ["date"] = at.ToUnixTimeMilliseconds(),
                ["created_at"] = MomentText.Iso(at),
                ["startDate"] = MomentText.Iso(at),
                ["defaultProfile"] = $"{person.Name} work week",
                ["store"] = new JsonObject { [$"{person.Name} work week"] = Shapes.Profile("Europe/Berlin", "mg/dl", asText: false) },
                ["identifier"] = person.Roll("profile", at).Uuid(),
            };
    }

    public IEnumerable<Oddity> Oddities(Person person, DateTimeOffset before)
    {
        var at = before.AddHours(-6);
        var (ms, iso) = (at.ToUnixTimeMilliseconds(), MomentText.Iso(at));
        // The version of 2021 wrote through socket.io: numbers where texts belong, invisible to every range (contract §1).
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Carb Correction","carbs":20,"created_at":{{ms}},"date":{{ms}},"NSCLIENT_ID":1616966443000}
            """);
        var emulated = $$"""{"created_at":"{{iso}}","eventType":"Combo Bolus","enteredinsulin":0.4,"duration":30,"isEmulatingTempBasal":true}""";
        yield return new(RecordKind.Treatments, $$"""
            {"eventType":"Temp Basal","created_at":"{{iso}}","rate":1.4,"duration":30,"pumpSerial":"{{PumpSerial}}","extendedEmulated":{{emulated}}}
            """);
        yield return new(RecordKind.Treatments, $$"""
            {"identifier":"{{person.Roll("deleted", at).Uuid()}}","eventType":"Note","created_at":"{{iso}}","notes":"deleted on the phone","isValid":false}
            """);
        yield return new(RecordKind.Entries, $$"""{"type":"sgv","sgv":104.5,"date":{{ms + 7}},"device":"AndroidAPS-Random","direction":null}""");
    }
}

using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What the oref0 algorithm leaves in device status, in OpenAPS, AAPS and Trio alike (contract §8).</summary>
static class Oref
{
    public static JsonObject Suggested(Person person, DateTimeOffset at)
    {
        var reading = person.Read(at);
        var (iob, cob, rate) = (person.InsulinOnBoard(at), person.CarbsOnBoard(at), person.LoopRate(at));
        var eventual = (int)(reading.Glucose - iob * Person.Sensitivity / 2 + cob);
        var factors = $"COB: {cob}, Dev: {reading.Delta * 6}, BGI: -1.2, ISF: {Person.Sensitivity}, CR: {Person.CarbRatio}, minPredBG {eventual}";
        var decision = $"Eventual BG {eventual} >= {Person.Target}, temp {rate:0.##} ~ req {rate + 0.1:0.##}U/hr";
        return new()
        {
            ["temp"] = "absolute",
            ["bg"] = reading.Glucose,
            ["tick"] = reading.Delta >= 0 ? $"+{reading.Delta}" : JsonValue.Create(reading.Delta), // "+5" is text, -5 a number
            ["eventualBG"] = eventual,
            ["insulinReq"] = Math.Round(Math.Max(0, (eventual - Person.Target) / Person.Sensitivity), 2),
            ["sensitivityRatio"] = Math.Round(1 + person.Roll("sensitivity", at).Between(-0.15, 0.15), 2),
            ["predBGs"] = Predictions(person, at, cob),
            ["COB"] = cob,
            ["IOB"] = iob,
            ["reason"] = $"{factors}; {decision}",
            ["duration"] = 30,
            ["rate"] = rate,
            ["deliverAt"] = MomentText.Iso(at),
            ["timestamp"] = MomentText.Iso(at),
        };
    }

    public static JsonObject Enacted(JsonObject suggested, DateTimeOffset at)
    {
        var enacted = suggested.DeepClone().AsObject();
        enacted["recieved"] = true; // spelt like this by oref0
        enacted["timestamp"] = MomentText.Iso(at.AddSeconds(9));
        return enacted;
    }

    public static JsonObject Iob(Person person, DateTimeOffset at)
    {
        var iob = person.InsulinOnBoard(at);
        return new()
        {
            ["iob"] = iob,
            ["activity"] = Math.Round(iob / 150, 4),
            ["basaliob"] = Math.Round(iob * 0.3, 3),
            ["bolusiob"] = Math.Round(iob * 0.7, 3),
            ["netbasalinsulin"] = 0.2,
            ["bolusinsulin"] = Math.Round(Math.Max(0, iob * 1.4), 2),
            ["time"] = MomentText.Iso(at),
            ["iobWithZeroTemp"] = new JsonObject
            {
                ["iob"] = Math.Round(iob - 0.1, 3),
                ["activity"] = 0.001,
                ["basaliob"] = -0.1,
                ["time"] = MomentText.Iso(at)
            },
            ["lastBolusTime"] = at.AddMinutes(-70).ToUnixTimeMilliseconds(),
            ["lastTemp"] = new JsonObject
            {
                ["rate"] = person.LoopRate(at.AddMinutes(-30)),
                ["date"] = at.AddMinutes(-30).ToUnixTimeMilliseconds(),
                ["duration"] = 30
            },
        };
    }

    static JsonObject Predictions(Person person, DateTimeOffset at, double cob)
    {
        var predictions = new JsonObject
        {
            ["IOB"] = Shapes.Array(person.Predict(at, -20)),
            ["ZT"] = Shapes.Array(person.Predict(at, -35, 36)),
        };
        if (cob > 0)
            predictions["COB"] = Shapes.Array(person.Predict(at, cob));
        predictions["UAM"] = Shapes.Array(person.Predict(at, 15, 36));
        return predictions;
    }
}

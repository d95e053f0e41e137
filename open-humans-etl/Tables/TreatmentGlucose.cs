using System.Text;

namespace OpenHumansEtl.Tables;

/// <summary>
/// In which unit a treatment gives glucose, as far as the record tells it. Where it does not, the profile in force at its time may: views of schema research add
/// that, and the values in mg/dL.
/// </summary>
static class TreatmentGlucose
{
    /// <summary>From this down to 0 nobody has been seen alive, and meters show LO: what is lower is mmol/L.</summary>
    const decimal LeastMgDl = 20;

    /// <summary>Meters and sensors end at 33.3 mmol/L (600 mg/dL): what is higher is mg/dL.</summary>
    const decimal LeastMmolL = 1, MostMmolL = 35;

    const string Conflict = "conflict";

    static readonly string[] Paths = ["units", "glucose", "targetTop", "targetBottom"];

    public static readonly Column Unit = Column.WorkedOutText("glucose_unit",
        "mg/dL or mmol/L: the unit named, unless a value cannot be of it; without one, what all values can be of (mg/dL from 20 on, mmol/L from 1 to 35)",
        values =>
        {
            var (unit, evidence) = Decide(values);
            if (evidence == Conflict)
                values.Report(new("glucose", Reason.UnitNotCertain));
            return unit;
        }, Paths);

    public static readonly Column Evidence = Column.WorkedOutText("glucose_unit_evidence",
        "record: it names the unit; range: its values fit one unit only; conflict: they contradict the unit or each other; empty: the record does not tell", values => Decide(values).Evidence, Paths);

    static (string? Unit, string? Evidence) Decide(FieldValues values)
    {
        var (any, isMgDl, isMmolL) = (false, true, true);
        for (var path = 1; path < values.Length; path++)
        {
            if (values.Number(path) is not (> 0 and <= 1000 and var number))
                continue; // 0 ends a target; what cannot be in any unit is left out of its column
            any = true;
            isMgDl &= number >= LeastMgDl;
            isMmolL &= number is >= LeastMmolL and <= MostMmolL;
        }
        var named = values.Text(0).Trim((byte)' ');
        bool? namesMmolL = named.IsEmpty ? null : named.Length >= 4 && Ascii.EqualsIgnoreCase(named[..4], "mmol"u8);
        return (any, namesMmolL) switch
        {
            (false, _) => (null, null),
            (_, true) when isMmolL => ("mmol/L", "record"),
            (_, false) when isMgDl => ("mg/dL", "record"),
            (_, not null) => (null, Conflict),
            _ when isMgDl && isMmolL => (null, null),
            _ when isMgDl => ("mg/dL", "range"),
            _ when isMmolL => ("mmol/L", "range"),
            _ => (null, Conflict),
        };
    }
}

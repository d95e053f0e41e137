using System.Globalization;

namespace OpenHumansEtl.Tables;

/// <summary>Why a line or a value is in <c>openaps.quarantine</c>: all texts that stand there, but for those of <see cref="NotWithin"/>.</summary>
public static class Reason
{
    public const string TooLong = "longer than any record";
    public const string NoObject = "not a JSON object";
    public const string NoNumber = "not a number";
    public const string NoTime = "not a time";
    public const string NoFlag = "not true or false";
    public const string NoWord = "not one of the known words";

    /// <summary>Times before Nightscout and its devices, and beyond those that this system knows clock changes for. A limit that moves with the clock would make two things of one file.</summary>
    public const string NoTimeOfRecords = "not a time of 2000 to 2039";

    /// <summary>Glucose that fits mg/dL and mmol/L equally, or whose unit is contradicted by its value.</summary>
    public const string UnitNotCertain = "unit not certain";

    public const string NoSchedule = "not a schedule of times and numbers";

    /// <summary>Each with what it is said of.</summary>
    public static readonly IReadOnlyList<(string Reason, string Of)> All =
    [
        (TooLong, "a line of more bytes than any record has; the whole line is left out"),
        (NoObject, "a line that is no JSON (`NaN` is none), or no object; the whole line is left out"),
        (NoNumber, "a value that is no number, or one that may be a telephone number"),
        (NoTime, "a value that is no time, or one that may be a telephone number"),
        (NoFlag, "a value that is neither"),
        (NoWord, "a text that may be anything"),
        (NoTimeOfRecords, "a time of a clock that is wrong; in `profile`, where 1970 stands for \"since ever\", such times are kept"),
        (UnitNotCertain, "glucose: a treatment names one unit and its value can only be of the other; or readings with decimals, too low for mg/dL, on a day that is not in mmol/L"),
        (NoSchedule, "a schedule of a profile with a step that cannot be read; all of the schedule is left out of `openaps.therapy_setting`"),
    ];

    /// <summary>A number that no body and no device has.</summary>
    public static string NotWithin(double least, double most, string unit) => string.Create(CultureInfo.InvariantCulture, $"not {least} to {most} {unit}");
}

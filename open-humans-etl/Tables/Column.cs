using System.Buffers.Text;
using System.Globalization;
using System.Text;
using Nightscout;
using NpgsqlTypes;

namespace OpenHumansEtl.Tables;

/// <summary>A column of the warehouse and where its value comes from.</summary>
/// <param name="Name">In the database.</param>
/// <param name="Type">Of the column.</param>
/// <param name="Paths">Fields of the record, dotted; the first with a usable value wins.</param>
public sealed record Column(string Name, NpgsqlDbType Type, params string[] Paths)
{
    /// <summary>Records are of the time since this; <see cref="Reason.NoTimeOfRecords"/>.</summary>
    public static readonly DateTimeOffset FirstTime = new(2000, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Records are of the time before this.</summary>
    public static readonly DateTimeOffset LastTime = new(2040, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Uploaders write 0 where they have no value.</summary>
    public bool ZeroIsNone { get; init; }

    /// <summary>What a body or a device can have of it; beyond, the column stays empty. Without: no limit is known.</summary>
    public (double Least, double Most, string Unit)? Limits { get; init; }

    /// <summary>Of a time: also those outside of <see cref="FirstTime"/> to <see cref="LastTime"/>.</summary>
    public bool HasAnyTime { get; init; }

    /// <summary>Writes the value that is worked out of those of all paths; null: the first usable one is the value.</summary>
    public Action<FieldValues, CopyRows>? Derive { get; init; }

    /// <summary>For the documentation, of a derived column.</summary>
    public string How { get; init; } = "";

    /// <param name="how">What is made of the paths, for the documentation.</param>
    public static Column WorkedOutNumber(string name, string how, Func<FieldValues, decimal?> derive, params string[] paths) => new(name, NpgsqlDbType.Numeric, paths)
    {
        How = how,
        Derive = (values, row) =>
        {
            if (derive(values) is { } number)
                row.Number(number);
            else
                row.Null();
        },
    };

    public static Column WorkedOutText(string name, string how, Func<FieldValues, string?> derive, params string[] paths) => new(name, NpgsqlDbType.Text, paths)
    {
        How = how,
        Derive = (values, row) =>
        {
            if (derive(values) is { } text)
                row.Text(text);
            else
                row.Null();
        },
    };

    public static Column WorkedOutFlag(string name, string how, Func<FieldValues, bool> derive, params string[] paths) =>
        new(name, NpgsqlDbType.Boolean, paths) { How = how, Derive = (values, row) => row.Flag(derive(values)) };

    /// <param name="unit">For the reason and the documentation.</param>
    public Column Within(double least, double most, string unit) => this with { Limits = (least, most, unit) };

    public static Column Number(string name, params string[] paths) => new(name, NpgsqlDbType.Numeric, paths);

    public static Column Integer(string name, params string[] paths) => new(name, NpgsqlDbType.Bigint, paths);

    public static Column Text(string name, params string[] paths) => new(name, NpgsqlDbType.Text, paths);

    public static Column Flag(string name, params string[] paths) => new(name, NpgsqlDbType.Boolean, paths);

    public static Column Time(string name, params string[] paths) => new(name, NpgsqlDbType.TimestampTz, paths);

    /// <returns>False, and nothing was written, when the text is empty or cannot be read as the column's type.</returns>
    public bool TryWrite(ReadOnlySpan<byte> text, CopyRows row)
    {
        if (text.IsEmpty || ZeroIsNone && text.SequenceEqual("0"u8))
            return false;
        switch (Type)
        {
            case NpgsqlDbType.Numeric:
                return (Limits is null || !IsBeyondLimits(text)) && row.TryNumeric(text.TrimEnd((byte)'%'));
            case NpgsqlDbType.Bigint when TryReadInteger(text, out var integer) && !(integer < Limits?.Least || integer > Limits?.Most):
                row.Integer(integer);
                return true;
            case NpgsqlDbType.Boolean when bool.TryParse(Encoding.UTF8.GetString(text), out var flag):
                row.Flag(flag);
                return true;
            case NpgsqlDbType.TimestampTz when TryReadTime(text, HasAnyTime, out var time):
                row.Time(time.UtcDateTime);
                return true;
            case NpgsqlDbType.Text:
                row.Text(text);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Of a value that <see cref="TryWrite"/> did not take: it can be read, and cannot be.</summary>
    public bool IsImpossible(ReadOnlySpan<byte> text) =>
        Type is NpgsqlDbType.TimestampTz ? !text.SequenceEqual("0"u8) && TryReadTime(text, hasAnyTime: true, out _) : Limits is not null && IsBeyondLimits(text);

    /// <summary>The reason for a value that can be read and cannot be.</summary>
    public string WhyImpossible => Limits is var (least, most, unit) ? Reason.NotWithin(least, most, unit) : Reason.NoTimeOfRecords;

    /// <summary>The reason for one that cannot be read.</summary>
    public string WhyUnreadable => Type switch
    {
        NpgsqlDbType.Text => Reason.NoWord,
        NpgsqlDbType.TimestampTz => Reason.NoTime,
        NpgsqlDbType.Boolean => Reason.NoFlag,
        _ => Reason.NoNumber,
    };

    /// <summary>
    /// A time as records carry it. A number of seconds is told from one of milliseconds by its size: as milliseconds it would be of January 1970.
    /// </summary>
    public static bool TryReadTime(ReadOnlySpan<byte> text, bool hasAnyTime, out DateTimeOffset time)
    {
        if (!RecordTime.TryParse(text, out time))
            return false;
        if (time.ToUnixTimeMilliseconds() is >= 1_000_000_000 and < 2_000_000_000 && text.IndexOfAny("-:/"u8) < 0)
            time = DateTimeOffset.UnixEpoch.AddTicks((time - DateTimeOffset.UnixEpoch).Ticks * 1000);
        return hasAnyTime || time >= FirstTime && time < LastTime;
    }

    /// <summary>False for what is no number at all.</summary>
    bool IsBeyondLimits(ReadOnlySpan<byte> text)
    {
        text = text.TrimEnd((byte)'%');
        return Utf8Parser.TryParse(text, out double number, out var read) && read == text.Length && (number < Limits!.Value.Least || number > Limits.Value.Most);
    }

    static bool TryReadInteger(ReadOnlySpan<byte> text, out long integer)
    {
        if (Utf8Parser.TryParse(text, out integer, out var read) && read == text.Length)
            return true;
        var isNumber = decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && Math.Abs(number) < long.MaxValue;
        integer = isNumber ? (long)number : 0;
        return isNumber;
    }
}

/// <summary>A table that a record of a collection becomes one row of.</summary>
/// <param name="Key">Column that holds the record's identifier.</param>
/// <param name="Present">Fields one of which must be there, as an object, for a row to be made; none: always.</param>
public sealed record Table(string Name, string Key, string[] Present, params Column[] Columns)
{
    /// <summary>All columns that a load writes, in the order of <see cref="RecordReader.Write"/>.</summary>
    public string ColumnList { get; } = $"participant_id, {Key}, period, content_hash, {string.Join(", ", Columns.Select(column => $"\"{column.Name}\""))}";
}

using System.Globalization;
using System.Text;

namespace Sandbox;

/// <summary>Types of a value in the order in which MongoDB sorts them; a comparison never crosses them (contract §1).</summary>
enum ScalarKind : byte
{
    Missing,
    Null,
    Number,
    Text,
    Object,
    Array,
    Bool,
}

/// <summary>A value of a record as MongoDB compares it. Text is a slice of the record's own bytes: 300,000 keys take no copies.</summary>
readonly record struct Scalar(ScalarKind Kind, double Number, ReadOnlyMemory<byte> Text) : IComparable<Scalar>
{
    public static readonly Scalar Missing = new(ScalarKind.Missing, 0, default);

    public static Scalar Of(double number) => new(ScalarKind.Number, number, default);

    public static Scalar Of(bool value) => new(ScalarKind.Bool, value ? 1 : 0, default);

    public static Scalar Of(ReadOnlyMemory<byte> text) => new(ScalarKind.Text, 0, text);

    public static Scalar Of(string text) => Of(Encoding.UTF8.GetBytes(text));

    public int CompareTo(Scalar other) =>
        Kind != other.Kind ? Kind.CompareTo(other.Kind)
        : Kind == ScalarKind.Text ? Text.Span.SequenceCompareTo(other.Text.Span)
        : Number.CompareTo(other.Number);

    public bool Is(Scalar other) => Kind == other.Kind && CompareTo(other) == 0;

    public override string ToString() => Kind switch
    {
        ScalarKind.Number => Number.ToString(CultureInfo.InvariantCulture),
        ScalarKind.Text => Encoding.UTF8.GetString(Text.Span),
        _ => "",
    };

    public static bool operator <(Scalar left, Scalar right) => left.CompareTo(right) < 0;
    public static bool operator >(Scalar left, Scalar right) => left.CompareTo(right) > 0;
    public static bool operator <=(Scalar left, Scalar right) => left.CompareTo(right) <= 0;
    public static bool operator >=(Scalar left, Scalar right) => left.CompareTo(right) >= 0;
}

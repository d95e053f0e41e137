using System.Text;

namespace Sandbox.Check;

/// <summary>The raw lines of one period of a collection; its parts joined are one gzip stream.</summary>
sealed record RawPeriod(string Name, List<Segment> Parts)
{
    const string BeforeParticipant = "{\"participant\":\"";
    const string BeforeRecord = "\",\"record\":\"";
    const int ParticipantDigits = 16;
    const int RecordDigits = 32;
    const int RecordAt = 16 + ParticipantDigits + 12;

    /// <summary>The lines, each valid until the next is asked for.</summary>
    public IEnumerable<ReadOnlyMemory<byte>> Lines()
    {
        using var data = new MemoryStream();
        foreach (var part in Parts)
            data.Write(part.Data);
        data.Position = 0;
        foreach (var line in GzipLines.Read(data))
            yield return line;
    }

    /// <summary>The record's code, at its fixed place.</summary>
    /// <returns>Null when the line is too short to hold one.</returns>
    public static string? CodeOf(ReadOnlyMemory<byte> line) =>
        line.Length > RecordAt + RecordDigits ? Encoding.ASCII.GetString(line.Span.Slice(RecordAt, RecordDigits)) : null;

    /// <summary>Whether the line starts with both codes, written as documented (openaps.raw_segment.data).</summary>
    public static bool StartsWith(ReadOnlyMemory<byte> line, string participant, string record) =>
        line.Span.StartsWith(Encoding.ASCII.GetBytes($"{BeforeParticipant}{participant}{BeforeRecord}{record}\""));
}

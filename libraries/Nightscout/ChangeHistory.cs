using System.Buffers;
using System.Text.Json;

namespace Nightscout;

/// <summary>What API v3 tells of changes since some time: more than a range can, but only of what was written through v3 (contract §3).</summary>
/// <param name="Days">UTC days of records that were added, edited or marked as deleted.</param>
/// <param name="At">Greatest <c>srvModified</c> seen, Unix milliseconds: where to ask from the next time.</param>
public sealed record ChangeHistory(IReadOnlySet<DateOnly> Days, long At)
{
    /// <summary>Before it the server refuses to look.</summary>
    const long Earliest = 946684800001;

    const int Most = 1000;

    /// <summary>The rest comes with the next time.</summary>
    const int MostPages = 100;

    /// <summary>Asks a site that gave us a token; a JWT is got for it and used on v3 only, never on v1 (contract §2: it can crash the server there).</summary>
    /// <param name="after"><see cref="At"/> of the last time.</param>
    /// <returns>Null when this site has no v3 history.</returns>
    /// <exception cref="SiteRefusedException">The token may not read it: do not ask again.</exception>
    public static async Task<ChangeHistory?> ReadAsync(NightscoutClient client, Site site, Collection collection, string jwt, long after, CancellationToken cancellationToken)
    {
        var days = new HashSet<DateOnly>();
        var known = new HashSet<(string, long)>();
        var at = Math.Max(after, Earliest);
        var from = at;
        for (var pages = 0; pages < MostPages; pages++)
        {
            // From one before: srvModified is not unique, and records of the last millisecond may have been written since.
            if (await client.ReadHistoryAsync(site, collection, jwt, Math.Max(Earliest, from - 1), Most, new ArrayBufferWriter<byte>(), cancellationToken) is not { } page)
                return null;
            var news = 0;
            foreach (var record in page.Records)
            {
                var (identifier, modified) = Identify(record.Span);
                if (!known.Add((identifier, modified)))
                    continue;
                news++;
                at = Math.Max(at, modified);
                if (RecordHead.Read(record.Span, collection).Time is { } time)
                    days.Add(DateOnly.FromDateTime(time.UtcDateTime));
            }
            if (news == 0)
                break;
            from = at > from ? at : from + 1;
        }
        return new(days, at);
    }

    static (string Identifier, long Modified) Identify(ReadOnlySpan<byte> record)
    {
        var (identifier, modified) = ("", 0L);
        var reader = new Utf8JsonReader(record, JsonLimits.Reader);
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isIdentifier, isModified) = (reader.ValueTextEquals("identifier"u8), reader.ValueTextEquals("srvModified"u8));
            reader.Read();
            if (isIdentifier && reader.TokenType == JsonTokenType.String)
                identifier = JsonText.Read(ref reader);
            else if (isModified && reader.TokenType == JsonTokenType.Number && reader.TryGetDouble(out var number))
                modified = (long)number;
            reader.Skip();
        }
        return (identifier, modified);
    }
}

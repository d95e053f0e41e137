using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Sites full of invented data: the same for the same arguments, in every run and on every machine.</summary>
public static class Synthetic
{
    static readonly Dictionary<Uploader, IUploader> Uploaders = new()
    {
        [Uploader.OpenAps] = new OpenApsUploader(),
        [Uploader.Aaps] = new AapsUploader(),
        [Uploader.Loop] = new LoopUploader(),
        [Uploader.Trio] = new TrioUploader(),
        [Uploader.XDrip] = new XDripUploader(),
        [Uploader.Share2] = new Share2Uploader(),
    };

    /// <summary>A stored site with <paramref name="days"/> days of data before <paramref name="end"/>, oddities among them.</summary>
    /// <param name="name">Null: the uploader and the seed.</param>
    public static NightscoutSite Site(Uploader uploader, int seed, int days, DateTimeOffset end, string? name = null)
    {
        var person = new Person(seed);
        var site = new NightscoutSite(name ?? NameOf(uploader, seed), Uploaders[uploader].Options(person));
        Fill(site, uploader, seed, end.AddDays(-days), end);
        foreach (var (index, oddity) in Uploaders[uploader].Oddities(person, end).Index())
            site.Collection(oddity.Kind.Name)!.InsertAll([WithId(Encoding.UTF8.GetBytes(oddity.Json), person, "oddity", end, index)]);
        return site;
    }

    /// <summary>Adds what the uploader writes between two times, as if time went on: the same seed continues the same life.</summary>
    public static void Fill(NightscoutSite site, Uploader uploader, int seed, DateTimeOffset from, DateTimeOffset before)
    {
        var (person, writes) = (new Person(seed), Uploaders[uploader]);
        foreach (var records in new[] { site.Entries, site.Treatments, site.DeviceStatus })
        {
            var times = (From: from.ToUnixTimeMilliseconds(), Before: before.ToUnixTimeMilliseconds());
            records.InsertAll(Days(from, before).SelectMany(day => OfDay(writes, person, records.Kind, day))
                .Where(record => RecordForms.Mills(record.Key) is { } mills && mills >= times.From && mills < times.Before)
                .Select(record => record.Json));
        }
        AddProfiles(site, writes, person, from, before);
    }

    /// <summary>A site of any length that stores nothing: entries, treatments and device status are computed when they are read.</summary>
    /// <param name="last">The last UTC day, included.</param>
    public static NightscoutSite Generated(Uploader uploader, int seed, DateOnly first, DateOnly last, string? name = null)
    {
        var (person, writes) = (new Person(seed), Uploaders[uploader]);
        var site = new NightscoutSite(name ?? NameOf(uploader, seed), writes.Options(person),
            kind => new GeneratedRecords(first, last, day => OfDay(writes, person, kind, day)));
        var start = new DateTimeOffset(first, TimeOnly.MinValue, TimeSpan.Zero);
        AddProfiles(site, writes, person, start, start.AddDays(1));
        return site;
    }

    static void AddProfiles(NightscoutSite site, IUploader writes, Person person, DateTimeOffset from, DateTimeOffset before) =>
        site.Profiles.InsertAll(writes.Profiles(person, from, before).Select((profile, index) => WithId(profile, person, "profile", from, index)));

    static string NameOf(Uploader uploader, int seed) => $"{uploader.ToString().ToLowerInvariant()}-{seed}";

    static IEnumerable<DateOnly> Days(DateTimeOffset from, DateTimeOffset before)
    {
        for (var day = DateOnly.FromDateTime(from.UtcDateTime); day <= DateOnly.FromDateTime(before.UtcDateTime); day = day.AddDays(1))
            yield return day;
    }

    static IReadOnlyList<Record> OfDay(IUploader writes, Person person, RecordKind kind, DateOnly day)
    {
        var records = kind == RecordKind.Entries ? person.Readings(day).Select(reading => writes.Entry(person, reading))
            : kind == RecordKind.Treatments ? writes.Treatments(person, day)
            : Moments(day).Select(at => writes.DeviceStatus(person, at)).OfType<JsonObject>();
        var start = new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero);
        var stored = records.Select((record, index) => Record.Of(WithId(record, person, kind.Name, start, index), kind.TimeField));
        return [.. stored.OrderBy(record => record.Key)];
    }

    /// <summary>A loop runs every five minutes.</summary>
    static IEnumerable<DateTimeOffset> Moments(DateOnly day) =>
        Enumerable.Range(0, 288).Select(i => new DateTimeOffset(day, TimeOnly.MinValue, TimeSpan.Zero).AddSeconds(300 * i + 41));

    static ReadOnlyMemory<byte> WithId(JsonObject record, Person person, string purpose, DateTimeOffset at, int index) =>
        WithId(JsonSerializer.SerializeToUtf8Bytes(record, Answers.Unescaped), person, purpose, at, index);

    static ReadOnlyMemory<byte> WithId(ReadOnlyMemory<byte> json, Person person, string purpose, DateTimeOffset at, int index) =>
        RecordJson.Field(json, "_id").Kind != ScalarKind.Missing ? json
            : RecordJson.With(json, "_id", $"\"{ObjectId.From(at, Dice.Of(person.Seed, purpose, at.ToUnixTimeSeconds() + index).State)}\"");
}

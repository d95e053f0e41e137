using System.IO.Compression;
using System.Text.Json;
using Dapper;
using Sandbox;
using Sandbox.Check;

namespace EndToEnd;

/// <summary>Compares the participants' accounts with their sites, the books with the accounts, and both with what was ever uploaded.</summary>
sealed class AccountComparison(Replicas replicas)
{
    const string Suffix = ".ndjson.gz";

    readonly List<string> _differences = [];

    /// <returns>What differs; nothing when all is well.</returns>
    public async Task<IReadOnlyList<string>> RunAsync()
    {
        await CompareRecordsAsync();
        foreach (var site in replicas.Sites)
            await CompareBooksAsync(site.Member);
        CompareUploads();
        return _differences;
    }

    /// <summary>Every record of a site once, in the file of its day, field by field; one that was deleted is marked so.</summary>
    async Task CompareRecordsAsync()
    {
        var check = await new WayCheck(new(replicas.Sandbox.OpenHumansUrl, replicas.Owner, [.. replicas.Sites.Select(site => site.Checked)], null, null, null)).RunAsync(default);
        var deleted = replicas.Sites.ToDictionary(site => site.Member.Id, site => site.Deleted);
        _differences.AddRange(check.Mismatches.Where(mismatch => !(mismatch.What == "not on Nightscout" && deleted[mismatch.Participant].Contains(mismatch.RecordId))).Select(mismatch => $"{mismatch}"));
        foreach (var site in replicas.Sites)
        {
            var lines = FilesOf(site.Member).SelectMany(Lines).Where(line => site.Deleted.Contains(line.Id)).ToList();
            _differences.AddRange(lines.Where(line => !line.IsDeleted).Select(line => $"{line.Id} of {site.Member.Id} was deleted and is not marked so"));
            _differences.AddRange(lines.GroupBy(line => line.Id).Where(same => same.Count() > 1).Select(same => $"{same.Key} of {site.Member.Id}, which was deleted, is there {same.Count()} times"));
        }
    }

    async Task CompareBooksAsync(Member member)
    {
        await using var connection = await replicas.Db.OpenConnectionAsync();
        var books = (await connection.QueryAsync<(long OpenHumansId, string Collection, string Period)>("""
            select open_humans_id, collection, period from ingest.file f join register.participant p using (participant_id) where p.project_member_id = @Id and state = 'current'
            """, new { member.Id })).Select(row => (row.OpenHumansId, $"{member.Id}_{row.Collection}_{row.Period}{Suffix}")).ToHashSet();
        var account = FilesOf(member).Select(file => (file.Id, file.Name)).ToList();
        _differences.AddRange(account.Where(file => !books.Contains(file)).Select(file => $"{file} is in the account and not current in the books"));
        _differences.AddRange(books.Except(account).Select(file => $"{file} is current in the books and not in the account"));
        _differences.AddRange(account.GroupBy(file => file.Name).Where(same => same.Count() > 1).Select(same => $"{same.Count()} files are called {same.Key}"));
    }

    /// <summary>No revision of a period went up twice, also not as a file that was deleted since.</summary>
    void CompareUploads()
    {
        var uploaded = replicas.Sandbox.OpenHumans.Uploaded;
        _differences.AddRange(replicas.Sites.SelectMany(site => FilesOf(site.Member)).Except(uploaded).Select(file => $"{file.Name} was never uploaded"));
        _differences.AddRange(uploaded.GroupBy(file => (file.MemberId, Collection: $"{file.Metadata["collection"]}", Period: $"{file.Metadata["period"]}", Revision: $"{file.Metadata["revision"]}"))
            .Where(same => same.Count() > 1).Select(same => $"{same.Key} was uploaded {same.Count()} times"));
    }

    static IEnumerable<DataFile> FilesOf(Member member) => member.Files.Where(file => file.Completed && file.Name.EndsWith(Suffix, StringComparison.Ordinal));

    static IEnumerable<(string Id, bool IsDeleted)> Lines(DataFile file)
    {
        using var reader = new StreamReader(new GZipStream(new MemoryStream(file.Bytes.ToArray()), CompressionMode.Decompress));
        while (reader.ReadLine() is { } line)
        {
            using var record = JsonDocument.Parse(line);
            yield return (record.RootElement.GetProperty("_id").ToString(), record.RootElement.TryGetProperty("isValid", out var isValid) && isValid.ValueKind == JsonValueKind.False);
        }
    }
}

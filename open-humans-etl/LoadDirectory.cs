using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Npgsql;
using OpenHumansEtl.Tables;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>The operator command <c>load-directory</c>: a first load from the files of the system this one replaces.</summary>
public sealed partial class LoadDirectory(NpgsqlDataSource db, ConsentLedger ledger, Participants participants, FileLoad files, Withdrawal withdrawal, TextWriter output)
{
    readonly Dictionary<string, LoadCounts> _counts = WarehouseTables.All.ToDictionary(tables => tables.Collection, _ => LoadCounts.None);
    readonly Stopwatch _watch = Stopwatch.StartNew();
    readonly Lock _lock = new();
    long _lines;
    int _files, _failed;

    /// <returns>0, or 1 when a file could not be loaded, or 2 when the command cannot start.</returns>
    public static async Task<int> RunAsync(DirectoryInfo directory, CancellationToken cancellationToken)
    {
        if (!directory.Exists)
        {
            Console.Error.WriteLine("There is no such directory. It should hold a folder per member: <member>/<unix_ms>_<member>_<collection>.json");
            return 2;
        }
        try
        {
            await using var app = Etl.Build([]);
            await app.Services.GetServices<IHostedService>().OfType<SchemaGate>().Single().StartingAsync(cancellationToken);
            return await ActivatorUtilities.CreateInstance<LoadDirectory>(app.Services, Console.Out).LoadAsync(directory, cancellationToken);
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            Console.Error.WriteLine(text);
            return 2;
        }
        catch (NpgsqlException problem)
        {
            Console.Error.WriteLine($"The database: {problem.Message}");
            return 2;
        }
    }

    /// <returns>0, or 1 when a file could not be loaded.</returns>
    public async Task<int> LoadAsync(DirectoryInfo directory, CancellationToken cancellationToken)
    {
        var members = directory.GetDirectories().Where(folder => MemberId().IsMatch(folder.Name)).OrderBy(folder => folder.Name, StringComparer.Ordinal).ToList();
        if (members.Count == 0)
            await output.WriteLineAsync("There is no folder named by a member's number in this directory; nothing to load.");
        await Parallel.ForEachAsync(members, new ParallelOptions { MaxDegreeOfParallelism = Environment.ProcessorCount, CancellationToken = cancellationToken },
            async (folder, token) => await LoadMemberAsync(folder, token));

        var seconds = _watch.Elapsed.TotalSeconds;
        var summary = new JsonObject { ["members"] = members.Count, ["files"] = _files, ["failed"] = _failed };
        foreach (var (collection, counts) in _counts)
            summary[collection] = new JsonObject
            {
                ["read"] = counts.Read,
                ["loaded"] = counts.Loaded,
                ["unchanged"] = counts.Unchanged,
                ["repeated"] = counts.Repeated,
                ["deleted"] = counts.Deleted,
                ["quarantined"] = counts.Quarantined,
            };
        summary["seconds"] = Math.Round(seconds, 3);
        summary["rowsPerSecond"] = Math.Round(_counts.Values.Sum(counts => counts.Read) / Math.Max(seconds, 0.001));
        await output.WriteLineAsync(summary.ToJsonString());
        return _failed == 0 ? 0 : 1;
    }

    async Task LoadMemberAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        try
        {
            await LoadFilesAsync(folder, await ReadConsentAsync(folder, cancellationToken), cancellationToken);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            lock (_lock)
                _failed++;
            await SayAsync(folder, "", "NOT LOADED: the folder or its consent file cannot be read; the consent is as it was");
        }
    }

    /// <summary>The file in the folder counts until the member's own account has one: that is newer, and theirs.</summary>
    async Task<Participant> ReadConsentAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        if (await ConsentFile.IsInAccountAsync(db, folder.Name, cancellationToken))
            return await participants.FindAsync(await ledger.RecordAsync(folder.Name, ConsentLedger.File, null, "", cancellationToken), cancellationToken);
        var name = ParticipantFiles.Consent(folder.Name);
        var projects = folder.EnumerateFiles().Any(file => file.Name == name) // and not File.Exists, which says no where it may not look
            ? SharedProjects.Read(await File.ReadAllTextAsync(Path.Combine(folder.FullName, name), cancellationToken)) : null;
        var participant = await participants.FindAsync(
            await ledger.RecordAsync(folder.Name, ConsentLedger.File, projects ?? SharedProjects.None, projects is null ? "file missing" : "file", cancellationToken), cancellationToken);
        if (projects == SharedProjects.None)
            await withdrawal.RunAsync(participant.ParticipantId, cancellationToken); // also what an earlier load brought in
        return participant;
    }

    async Task LoadFilesAsync(DirectoryInfo folder, Participant participant, CancellationToken cancellationToken)
    {
        var found = folder.GetFiles().Select(file => (File: file, Name: DataFileName.TryRead(file.Name))).Where(file => file.Name?.Period == Period.Whole).ToList();
        foreach (var collection in found.GroupBy(file => file.Name!.Collection).OrderBy(same => same.Key, StringComparer.Ordinal))
        {
            foreach (var (file, name) in collection.OrderByDescending(file => file.Name!.Revision).Skip(1))
                await SayAsync(folder, file.Name, "left out: there is a newer one of its kind");
            var newest = collection.MaxBy(file => file.Name!.Revision);
            if (newest.Name!.ProjectMemberId != folder.Name)
                await SayAsync(folder, newest.File.Name, "left out: it is named after another member");
            else
                await LoadFileAsync(participant, newest.File, newest.Name, cancellationToken);
        }
    }

    async Task LoadFileAsync(Participant participant, FileInfo file, DataFileName name, CancellationToken cancellationToken)
    {
        try
        {
            byte[] sha256;
            await using (var content = file.OpenRead())
                sha256 = await SHA256.HashDataAsync(content, cancellationToken);
            var source = new SourceFile(name.Collection, name.Period, $"dir:{file.Name}:{Convert.ToHexStringLower(sha256)}", name.Revision,
                DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(name.Revision, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime, sha256, file.OpenRead);
            var watch = Stopwatch.StartNew();
            var result = await files.LoadAsync(participant, source, null, new Progress(this), cancellationToken);
            var counts = result.End == LoadEnd.LoadedBefore ? result.Counts with { Loaded = 0, Unchanged = result.Counts.Loaded + result.Counts.Unchanged } : result.Counts;
            lock (_lock)
            {
                _files++;
                _counts[name.Collection] += counts;
            }
            await SayAsync(file.Directory!, file.Name, result.End switch
            {
                LoadEnd.NotShared => "not loaded: the member shares nothing (no consent file, or it says none)",
                LoadEnd.Superseded => "not loaded: a newer file is loaded already",
                LoadEnd.LoadedBefore => $"unchanged since it was loaded: {counts.Unchanged:N0} rows",
                _ => $"{counts.Loaded:N0} rows loaded, {counts.Unchanged:N0} unchanged, {counts.Quarantined:N0} quarantined, {watch.Elapsed.TotalSeconds:0.0} s",
            });
        }
        catch (Exception problem) when (problem is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            lock (_lock)
                _failed++;
            await SayAsync(file.Directory!, file.Name, problem is InvalidDataException ? "NOT LOADED: the file is damaged (what came before the damage is in the database)" : "NOT LOADED: the file cannot be read");
        }
    }

    async Task SayAsync(DirectoryInfo folder, string file, string what)
    {
        var line = $"{folder.Name}/{file}: {what}";
        if (!Console.IsOutputRedirected)
            line = $"\r{line,-100}";
        await TextWriter.Synchronized(output).WriteLineAsync(line);
    }

    /// <summary>On a terminal: lines so far, twice a second.</summary>
    sealed class Progress(LoadDirectory command) : IProgress<long>
    {
        public void Report(long value)
        {
            var lines = Interlocked.Add(ref command._lines, value);
            if (!Console.IsOutputRedirected)
                Console.Write($"\r{lines:N0} lines, {lines / Math.Max(command._watch.Elapsed.TotalSeconds, 0.001):N0} lines/s   ");
        }
    }

    [GeneratedRegex(@"^\d{1,16}$")]
    private static partial Regex MemberId();
}

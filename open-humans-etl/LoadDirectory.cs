using System.Diagnostics;
using System.Security.Cryptography;
using System.Text.RegularExpressions;
using Npgsql;
using OpenHumansEtl.Derived;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>The operator command <c>load-directory</c>: a first load from the files of the system this one replaces.</summary>
public sealed partial class LoadDirectory(
    NpgsqlDataSource db, ConsentLedger ledger, Participants participants, FileLoad files, Withdrawal withdrawal, Summaries summaries, SecretBox secrets, EtlOptions options, LoadReport report, bool checksum = false)
{
    /// <returns>As of <see cref="LoadCommand.RunAsync"/>.</returns>
    /// <param name="checksum">Compare the content also of files whose size and time are those of the file that was loaded.</param>
    public static Task<int> RunAsync(DirectoryInfo directory, bool checksum, CancellationToken cancellationToken) => LoadCommand.RunAsync((services, report, token) => directory.Exists
        ? ActivatorUtilities.CreateInstance<LoadDirectory>(services, report, checksum).LoadAsync(directory, token)
        : throw new CannotStartException("there is no such directory. It should hold a folder per member: <member>/<unix_ms>_<member>_<collection>.json"), cancellationToken);

    /// <returns>0, or 1 when a file could not be loaded or summarised.</returns>
    public async Task<int> LoadAsync(DirectoryInfo directory, CancellationToken cancellationToken)
    {
        var members = directory.GetDirectories().Where(folder => MemberId().IsMatch(folder.Name)).OrderBy(folder => folder.Name, StringComparer.Ordinal).ToList();
        if (members.Count == 0)
            report.Say("There is no folder named by a member's number in this directory; nothing to load.");
        var found = members.SelectMany(TryFind).Select(kind => kind[0].File.Length).ToList();
        report.Expect(members.Count, found.Count, found.Sum());
        return await LoadCommand.LoadAllAsync(members, options.Concurrency, report, summaries, LoadMemberAsync, cancellationToken);
    }

    async Task LoadMemberAsync(DirectoryInfo folder, CancellationToken cancellationToken)
    {
        var sharesNothing = false;
        try
        {
            if (await IsErasedAsync(folder.Name, cancellationToken))
            {
                report.Say($"{folder.Name}: left out: this member was erased, so that nothing of before may come back; delete the folder");
                var found = Find(folder).ConvertAll(kind => kind[0].File.Length);
                report.Expect(0, -found.Count, -found.Sum());
                report.MemberDone();
                return;
            }
            var participant = await ReadConsentAsync(folder, cancellationToken);
            sharesNothing = (await ledger.CurrentAsync(participant.ParticipantId, cancellationToken)).SharesNothing;
            await LoadFilesAsync(folder, participant, cancellationToken);
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested && !Cause.Of(problem).Ends)
        {
            report.Fail($"{folder.Name}, the folder or its consent file", problem);
        }
        report.MemberDone(sharesNothing);
    }

    async Task<bool> IsErasedAsync(string member, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await Erasures.IsErasedAsync(member, secrets, connection, cancellationToken);
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

    /// <summary>The files of a member's folder by kind, of each kind the newest first.</summary>
    static List<List<(FileInfo File, DataFileName Name)>> Find(DirectoryInfo folder) =>
        [.. folder.GetFiles().Select(file => (File: file, Name: DataFileName.TryRead(file.Name)!)).Where(file => file.Name?.Period == Period.Whole)
            .GroupBy(file => file.Name.Collection).OrderBy(same => same.Key, StringComparer.Ordinal).Select(same => same.OrderByDescending(file => file.Name.Revision).ToList())];

    static List<List<(FileInfo File, DataFileName Name)>> TryFind(DirectoryInfo folder)
    {
        try
        {
            return Find(folder);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            return []; // said when it is its turn
        }
    }

    async Task LoadFilesAsync(DirectoryInfo folder, Participant participant, CancellationToken cancellationToken)
    {
        foreach (var (newest, older) in Find(folder).Select(kind => (kind[0], kind.Skip(1))))
        {
            foreach (var (file, _) in older)
                report.Say($"{folder.Name}/{file.Name}: left out: there is a newer one of its kind");
            if (newest.Name.ProjectMemberId == folder.Name)
                await LoadFileAsync(participant, newest.File, newest.Name, cancellationToken);
            else
            {
                report.Say($"{folder.Name}/{newest.File.Name}: left out: it is named after another member");
                report.Expect(0, -1, -newest.File.Length);
            }
        }
    }

    async Task LoadFileAsync(Participant participant, FileInfo file, DataFileName name, CancellationToken cancellationToken)
    {
        var path = $"{file.Directory!.Name}/{file.Name}";
        FileStream? open = null;
        var read = 0L;
        try
        {
            var stamp = $"{file.Length}:{file.LastWriteTimeUtc.Ticks}";
            if (!checksum && await LoadLedger.FindUnchangedAsync(db, participant.ParticipantId, name, stamp, cancellationToken) is { } unchanged)
            {
                Done(name, new(LoadEnd.LoadedBefore, unchanged.Counts), path, file.Length, default);
                return;
            }
            byte[] sha256;
            await using (var content = file.OpenRead())
                sha256 = await SHA256.HashDataAsync(content, cancellationToken);
            var writtenAt = DateTimeOffset.FromUnixTimeMilliseconds(Math.Min(name.Revision, DateTimeOffset.MaxValue.ToUnixTimeMilliseconds())).UtcDateTime;
            var source = new SourceFile(name.Collection, name.Period, $"dir:{name.Revision}_{name.Collection}:{Convert.ToHexStringLower(sha256)}", name.Revision, writtenAt, sha256, () => open = file.OpenRead(), stamp);
            var watch = Stopwatch.StartNew();
            var result = await files.LoadAsync(participant, source, null, new Batch(lines =>
            {
                report.Report(lines);
                var at = open is { CanSeek: true } ? open.Position : read;
                report.Worked(at - read);
                read = at;
            }), cancellationToken);
            Done(name, result, path, file.Length - read, watch.Elapsed);
        }
        catch (Exception problem) when (!cancellationToken.IsCancellationRequested && !Cause.Of(problem).Ends)
        {
            report.Fail(path, problem, file.Length - read);
        }
    }

    void Done(DataFileName name, LoadResult result, string path, long work, TimeSpan time)
    {
        var before = result.End == LoadEnd.LoadedBefore;
        var counts = before ? result.Counts with { Loaded = 0, Unchanged = result.Counts.Loaded + result.Counts.Unchanged } : result.Counts;
        if (result.End == LoadEnd.NotShared)
            report.Expect(0, -1, -work);
        else
            report.FileDone(name.Collection, counts, work, before, result.InDatabase);
        report.Note($"{path}: {result.End switch
        {
            LoadEnd.NotShared => "not loaded: the member shares nothing (no consent file, or it says none)",
            LoadEnd.Superseded => "not loaded: a newer file is loaded already",
            LoadEnd.LoadedBefore => $"unchanged since it was loaded: {counts.Unchanged:N0} rows",
            _ => $"{counts.Loaded:N0} rows loaded, {counts.Unchanged:N0} unchanged, {counts.Quarantined:N0} quarantined, {time.TotalSeconds:0.0} s",
        }}");
    }

    /// <summary>Told in the thread that loads, so that the file stands where the batch ended.</summary>
    sealed class Batch(Action<long> done) : IProgress<long>
    {
        public void Report(long value) => done(value);
    }

    [GeneratedRegex(@"^\d{1,16}$")]
    private static partial Regex MemberId();
}

using System.Security.Cryptography;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>A file whose bytes are not those its metadata names.</summary>
public sealed class FileDamagedException() : Exception("A file's bytes are not those its metadata names.");

/// <summary>A data file as a listing names it.</summary>
public sealed record ListedFile(OpenHumansFile File, string Collection, Period Period, long Revision)
{
    /// <summary>In the ledger: the same whoever loads it, so that nobody loads it twice.</summary>
    public string Key => KeyOf(File);

    public const string KeyPrefix = "oh:";

    public static string KeyOf(OpenHumansFile file) => $"{KeyPrefix}{file.Id}";
}

/// <summary>The data files of an account: what the warehouse lacks of them, and their way into it.</summary>
public sealed class AccountFiles(NpgsqlDataSource db, OpenHumansClient openHumans, FileLoad files, EtlOptions options)
{
    /// <summary>Of each period the newest file, oldest first; without what a newer, longer period covers.</summary>
    /// <returns>Those to load, and how many are loaded.</returns>
    public async Task<(IReadOnlyList<ListedFile> New, int Loaded)> FindAsync(Participant participant, Membership membership, CancellationToken cancellationToken)
    {
        var (candidates, loaded) = (Candidates(membership, participant), await LoadedKeysAsync(participant.ParticipantId, cancellationToken));
        List<ListedFile> missing = [.. candidates.Where(file => !loaded.Contains(file.Key))];
        return (missing, candidates.Count - missing.Count);
    }

    /// <returns>Files of any account: how many are in the database, and how many in part.</returns>
    public async Task<(long Loaded, long Begun)> CountLoadedAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return await LoadLedger.CountAsync(connection, ListedFile.KeyPrefix, cancellationToken);
    }

    /// <summary>Downloads a file to the work folder, where it has no name and is gone when closed, also by a crash.</summary>
    /// <exception cref="FileDamagedException">Other bytes arrived than its metadata names.</exception>
    /// <exception cref="OpenHumansFileGoneException">It was replaced, or the listing is over an hour old: list again.</exception>
    /// <exception cref="OpenHumansTemporaryException">It did not arrive whole.</exception>
    public async Task<DownloadedFile> DownloadAsync(ListedFile listed, CancellationToken cancellationToken)
    {
        var content = TemporaryFile.Create(options.WorkFolder, "etl");
        try
        {
            await openHumans.DownloadAsync(listed.File, content, cancellationToken);
            content.Position = 0;
            var sha256 = await SHA256.HashDataAsync(content, cancellationToken);
            return FileMetadata.TryRead(listed.File.Metadata)?.Sha256 is { } promised && promised != Convert.ToHexStringLower(sha256)
                ? throw new FileDamagedException()
                : new(listed, content, sha256);
        }
        catch
        {
            await content.DisposeAsync();
            throw;
        }
    }

    /// <inheritdoc cref="FileLoad.LoadAsync"/>
    public Task<LoadResult> LoadAsync(Participant participant, DownloadedFile file, Func<NpgsqlConnection, Task>? fence, IProgress<long>? lines, CancellationToken cancellationToken) =>
        files.LoadAsync(participant, file.Source, fence, lines, cancellationToken);

    static IReadOnlyList<ListedFile> Candidates(Membership membership, Participant participant)
    {
        var newest = membership.Files
            .Select(file => (File: file, Name: DataFileName.TryRead(file.Name)))
            .Where(file => file.Name?.ProjectMemberId == participant.ProjectMemberId)
            .Select(file => new ListedFile(file.File, file.Name!.Collection, file.Name.Period, FileMetadata.TryRead(file.File.Metadata)?.Revision ?? file.Name.Revision))
            .GroupBy(file => (file.Collection, file.Period))
            .Select(same => same.MaxBy(file => (file.Revision, file.File.Id))!)
            .OrderBy(file => file.File.Id).ToList();
        return [.. newest.Where(file => !newest.Exists(other => other.Collection == file.Collection && other.Period != file.Period && other.Period != Period.Whole
            && other.Period.Contains(file.Period) && other.File.Id > file.File.Id))];
    }

    async Task<HashSet<string>> LoadedKeysAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. (await LoadLedger.PeriodsAsync(connection, participantId, cancellationToken))
            .Where(period => period.LoaderVersion == SourceFile.LoaderVersion).Select(period => period.FileKey)];
    }
}

/// <summary>A file in the work folder, until disposed of.</summary>
public sealed class DownloadedFile(ListedFile listed, FileStream content, byte[] sha256) : IAsyncDisposable
{
    public SourceFile Source { get; } = new(listed.Collection, listed.Period, listed.Key, listed.Revision, listed.File.Created.UtcDateTime, sha256, () =>
    {
        content.Position = 0;
        return content;
    });

    public ValueTask DisposeAsync() => content.DisposeAsync();
}

using Npgsql;
using OpenHumansEtl.Tables;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>
/// Loads one file of one participant: lines → what the allow-list keeps → rows, raw segment and ledger in one transaction a batch.
/// Loading it again changes nothing; a killed load goes on after its last batch; memory is that of a batch.
/// </summary>
public sealed class FileLoad(NpgsqlDataSource db, SecretBox secrets, EtlOptions options)
{
    /// <param name="fence">Renews the lease the load runs under, in each transaction; null where there is none.</param>
    /// <param name="lines">Told how many more lines are done, after each batch.</param>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public async Task<LoadResult> LoadAsync(
        Participant participant, SourceFile file, Func<NpgsqlConnection, Task>? fence, IProgress<long>? lines, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var key = AdvisoryLock.Warehouse(participant.ParticipantId);
        await AdvisoryLock.TakeAsync(connection, key, cancellationToken); // loads, withdrawal and erasure of a participant take turns
        try
        {
            var progress = await LoadLedger.FindAsync(connection, participant.ParticipantId, file, cancellationToken);
            if (progress?.CompletedAt is not null)
                return new(LoadEnd.LoadedBefore, progress.Counts);
            if (await IsSupersededAsync(connection, participant.ParticipantId, file, cancellationToken))
                return new(LoadEnd.Superseded, LoadCounts.None);
            using var record = new RecordReader(WarehouseTables.Of(file.Collection), participant.ParticipantId, secrets.DeriveKey(participant.Salt, "warehouse pseudonyms"));
            var load = new Batches(connection, participant, file, progress?.LinesDone ?? 0, fence, options, record);
            return await load.RunAsync(lines, cancellationToken)
                ? new(LoadEnd.Loaded, (await LoadLedger.FindAsync(connection, participant.ParticipantId, file, cancellationToken))!.Counts, load.InDatabase)
                : new(LoadEnd.NotShared, LoadCounts.None);
        }
        finally
        {
            await AdvisoryLock.ReleaseAsync(connection, key);
        }
    }

    /// <summary>Whether a newer file of the period, or of a longer one that covers it, is loaded already.</summary>
    static async Task<bool> IsSupersededAsync(NpgsqlConnection connection, long participantId, SourceFile file, CancellationToken cancellationToken) =>
        (await LoadLedger.PeriodsAsync(connection, participantId, cancellationToken)).Any(loaded => loaded.Collection == file.Collection && (loaded.Period == file.Period.Name
            ? loaded.Revision > file.Revision || loaded.Revision == file.Revision && loaded.WrittenAt > file.WrittenAt
            : loaded.Period != Period.Whole.Name && new Period(loaded.Period).Contains(file.Period) && loaded.WrittenAt >= file.WrittenAt));
}

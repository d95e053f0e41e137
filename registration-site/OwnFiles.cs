using Dapper;
using Npgsql;
using OpenHumans;
using Register;

namespace RegistrationSite;

/// <summary>Files that we made in a participant's Open Humans account.</summary>
/// <param name="Bytes">Of those whose size we noted when we wrote them.</param>
public sealed record OwnFileCount(int Files, long Bytes);

/// <summary>Some files could not be deleted; trying again goes on with the rest.</summary>
public sealed class FilesNotDeletedException(int deleted, Exception inner) : Exception("Not all files could be deleted.", inner)
{
    /// <summary>How many were, this time.</summary>
    public int Deleted => deleted;
}

/// <summary>
/// Counts and deletes what the ingester, this site and the system before this one wrote into a participant's account, known by their names; other files are not touched.
/// </summary>
public sealed class OwnFiles(NpgsqlDataSource db, OpenHumansAccounts accounts, Participants participants, Leaving leaving, TimeProvider clock)
{
    const int AtOnce = 8;

    /// <summary>Longer than any answer of Open Humans takes.</summary>
    static readonly TimeSpan LongestCall = TimeSpan.FromMinutes(5);

    /// <exception cref="SignInAgainException">Open Humans does not know the tokens any more.</exception>
    /// <exception cref="OpenHumansException">Open Humans does not answer.</exception>
    public async Task<OwnFileCount> CountAsync(long participantId, CancellationToken cancellationToken)
    {
        var participant = await participants.FindAsync(participantId, cancellationToken);
        var files = await ListAsync(participant, cancellationToken);
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return new(files.Length, await connection.ExecuteScalarAsync<long>(new CommandDefinition(
            "select coalesce(sum(bytes), 0) from ingest.file where participant_id = @participantId and open_humans_id = any(@files)", new { participantId, files }, cancellationToken: cancellationToken)));
    }

    /// <summary>Pauses the copying, so that no file can follow, and deletes them all. Safe to repeat.</summary>
    /// <returns>How many were deleted.</returns>
    /// <exception cref="FilesNotDeletedException">Its cause is the first failure.</exception>
    public async Task<int> DeleteAllAsync(long participantId, CancellationToken cancellationToken)
    {
        var deleted = 0;
        await leaving.PauseAsync(participantId, cancellationToken);
        try
        {
            var participant = await participants.FindAsync(participantId, cancellationToken);
            await CompleteUploadsAsync(participant, cancellationToken);
            var account = accounts.Of(participantId);
            await Parallel.ForEachAsync(await ListAsync(participant, cancellationToken), new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken }, async (id, stop) =>
            {
                if (await account.DeleteAsync(id, stop))
                    Interlocked.Increment(ref deleted);
            });
            if ((await ListAsync(participant, cancellationToken)).Length > 0)
                throw new OpenHumansTemporaryException("deletion", "files that were deleted are still there");
            return deleted;
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            throw new FilesNotDeletedException(deleted, problem);
        }
    }

    /// <summary>
    /// The run that was going on when the copying was paused may have one request on its way, the last of three, which makes a file visible. A file that is not
    /// visible cannot be deleted (contract §4), so we make it visible ourselves: then it is deleted with the others, and that request finds nothing.
    /// </summary>
    async Task CompleteUploadsAsync(Participant participant, CancellationToken cancellationToken)
    {
        List<(long Id, long Bytes)> uploads;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            uploads = [.. await connection.QueryAsync<(long, long)>(new CommandDefinition(
                "select open_humans_id, bytes from ingest.file where participant_id = @ParticipantId and state = 'put'", new { participant.ParticipantId }, cancellationToken: cancellationToken))];
        foreach (var (id, bytes) in uploads)
            try
            {
                await accounts.Of(participant.ParticipantId).CompleteUploadAsync(id, bytes, cancellationToken);
            }
            catch (Exception problem) when (problem is OpenHumansDeclinedException or UploadDamagedException)
            {
                // there are no bytes to show; or it is visible by now
            }
            catch (OpenHumansTemporaryException) when (participant.PausedAt < clock.GetUtcNow().UtcDateTime - LongestCall)
            {
                // Open Humans says this also of an upload that is gone; nobody's request is on its way any more
            }
    }

    async Task<long[]> ListAsync(Participant participant, CancellationToken cancellationToken) =>
        [.. (await accounts.Of(participant.ParticipantId).ListAsync(cancellationToken)).Files.Where(file => IsOurs(file.Name, participant.ProjectMemberId)).Select(file => file.Id)];

    static bool IsOurs(string name, string member) =>
        name == ParticipantFiles.Address(member) || name == ParticipantFiles.Consent(member) || DataFileName.TryRead(name)?.ProjectMemberId == member;
}

using Dapper;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace ServiceDefaults;

/// <summary>Right to work on one row of a queue until it runs out; <paramref name="Fence"/> grows with every claim of the row.</summary>
public sealed record Lease(long Key, long Fence)
{
    /// <summary>It ran out while the work lasted, and the work was cancelled for that.</summary>
    public bool IsLost { get; internal set; }
}

/// <summary>The lease ran out or somebody else holds it now: stop at once, write nothing more.</summary>
public sealed class LeaseLostException() : Exception("The lease was lost to another replica.");

/// <summary>
/// A queue in a table: due rows are claimed in batches with <c>skip locked</c>, so that replicas share the work. Every commit, and every write
/// to the outside just before it, renews the lease first: a replica that was paused past its lease finds a higher fence and stops.
/// </summary>
/// <param name="db">The service's database.</param>
/// <param name="table">Table with the columns due_at, lease_owner, lease_until, fence.</param>
/// <param name="key">Its key column, bigint.</param>
/// <param name="condition">SQL that a row must also meet to be claimed, and to be kept: work on one that no longer does ends as if the lease were lost.</param>
/// <param name="length">How long a claim lasts without renewal; measured on the database's clock.</param>
/// <param name="whenDue">False: also rows that are not due are claimed.</param>
/// <param name="order">SQL: which are claimed first.</param>
public sealed class Leases(NpgsqlDataSource db, string table, string key, string condition, TimeSpan length, bool whenDue = true, string order = "due_at")
{
    // Materialized: as a subquery of the update, a nested loop would run it once per row, and each time it would find the next row that is not locked.
    readonly string _claim = $"""
        with due as materialized (
            select {key} as key from {table}
             where {(whenDue ? "due_at <= now()" : "true")} and (lease_until is null or lease_until < now()) and {condition}
             order by {order} limit @most for update skip locked)
        update {table} set lease_owner = @owner, lease_until = now() + @length, fence = fence + 1
          from due where {key} = due.key
        returning {key} as key, fence
        """;

    readonly string _renew = $"""
        update {table} set lease_until = now() + @length
         where {key} = @Key and fence = @Fence and lease_until > now() and {condition}
        """;

    readonly string _release = $"update {table} set due_at = @due, lease_owner = null, lease_until = null where {key} = @Key and fence = @Fence";

    int _working;

    public TimeSpan Length => length;

    /// <summary>
    /// Works rows off until nothing is due and nothing is in hand; who becomes due while one takes long is claimed beside it. Does nothing when
    /// it is at work already. A row's lease is kept alive as long as the work on it lasts; when it is lost all the same, the work is cancelled.
    /// </summary>
    /// <param name="claim">Claims up to so many due rows.</param>
    /// <param name="work">Never throws.</param>
    /// <param name="concurrency">Rows in hand at the same time.</param>
    /// <param name="look">How often the queue is looked at while there is room for more.</param>
    public async Task WorkOffAsync(
        Func<int, CancellationToken, Task<IReadOnlyList<Lease>>> claim, Func<Lease, CancellationToken, Task> work, int concurrency, TimeSpan look, ILogger log, CancellationToken cancellationToken)
    {
        if (Interlocked.Exchange(ref _working, 1) == 1)
            return;
        try
        {
            var inHand = new List<Task>();
            do
            {
                if (inHand.Count < concurrency && !cancellationToken.IsCancellationRequested)
                    foreach (var lease in await ClaimAsync())
                        inHand.Add(WorkAsync(lease, work, log, cancellationToken));
                if (inHand.Count > 0)
                    await Task.WhenAny([.. inHand, Task.Delay(look, CancellationToken.None)]);
                foreach (var done in inHand.Where(task => task.IsCompleted).ToList())
                {
                    inHand.Remove(done);
                    await done;
                }
            }
            while (inHand.Count > 0);

            async Task<IReadOnlyList<Lease>> ClaimAsync()
            {
                try
                {
                    return await claim(concurrency - inHand.Count, cancellationToken);
                }
                catch (Exception problem) when (problem is NpgsqlException or OperationCanceledException && inHand.Count > 0)
                {
                    log.LogWarning("The queue could not be looked at ({Problem}); what is in hand goes on.", problem.GetType().Name);
                    return [];
                }
            }
        }
        finally
        {
            Volatile.Write(ref _working, 0);
        }
    }

    async Task WorkAsync(Lease lease, Func<Lease, CancellationToken, Task> work, ILogger log, CancellationToken cancellationToken)
    {
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var kept = KeepAsync(lease, stop, log);
        try
        {
            await work(lease, stop.Token);
        }
        finally
        {
            await stop.CancelAsync();
            await kept;
        }
    }

    async Task KeepAsync(Lease lease, CancellationTokenSource stop, ILogger log)
    {
        using var timer = new PeriodicTimer(length / 4);
        try
        {
            while (await timer.WaitForNextTickAsync(stop.Token))
                try
                {
                    await RenewAsync(lease, stop.Token);
                }
                catch (NpgsqlException problem)
                {
                    log.LogWarning("A lease could not be renewed ({Problem}); it is tried again.", problem.GetType().Name);
                }
        }
        catch (LeaseLostException)
        {
            lease.IsLost = true;
            await stop.CancelAsync();
        }
        catch (OperationCanceledException)
        {
            // the work is done
        }
    }

    public async Task<IReadOnlyList<Lease>> ClaimAsync(int most, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        return [.. await connection.QueryAsync<Lease>(new CommandDefinition(_claim, new { owner = Instance.Name, length, most }, cancellationToken: cancellationToken))];
    }

    /// <summary>Prolongs the lease, or fails when it is no longer ours. In a transaction it also keeps others out until the commit.</summary>
    /// <exception cref="LeaseLostException">The lease ran out or was claimed by somebody else, or the row no longer meets the condition.</exception>
    public async Task RenewAsync(Lease lease, NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (await connection.ExecuteAsync(new CommandDefinition(_renew, new { lease.Key, lease.Fence, length }, cancellationToken: cancellationToken)) == 0)
            throw new LeaseLostException();
    }

    /// <inheritdoc cref="RenewAsync(Lease, NpgsqlConnection, CancellationToken)"/>
    public async Task RenewAsync(Lease lease, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await RenewAsync(lease, connection, cancellationToken);
    }

    /// <summary>Does the work in one transaction that commits only while the lease is ours.</summary>
    /// <exception cref="LeaseLostException">Nothing was changed.</exception>
    public async Task<T> CommitAsync<T>(Lease lease, Func<NpgsqlConnection, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await RenewAsync(lease, connection, cancellationToken);
        var result = await work(connection);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    /// <summary>Gives the row back with its next due time; does nothing when the lease was lost.</summary>
    public async Task ReleaseAsync(Lease lease, DateTimeOffset due, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition(_release, new { lease.Key, lease.Fence, due }, cancellationToken: cancellationToken));
    }
}

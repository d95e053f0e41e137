using Dapper;
using Nightscout;
using Npgsql;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Compares everything a participant's site serves with the files in their account, and repairs what differs.</summary>
public sealed class Reconcile(DueParticipants due, ParticipantIngest ingest, IngestOptions options, NpgsqlDataSource db, ILogger<Reconcile> log)
{
    /// <summary>The command: prints a table.</summary>
    /// <returns>0: site and files are the same now; 1: something failed; 2: a setting or the member is wrong.</returns>
    public static async Task<int> RunAsync(string member, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Ingester.Build(["--Serilog:MinimumLevel:Default=Warning"]);
            return await ActivatorUtilities.CreateInstance<Reconcile>(app.Services).OfMemberAsync(member, output, errors, cancellationToken);
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            await errors.WriteLineAsync($"Not started: {text}");
            return 2;
        }
    }

    public async Task<int> OfMemberAsync(string member, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        await due.EnrolAsync(cancellationToken);
        (long Id, bool Paused)? found;
        await using (var connection = await db.OpenConnectionAsync(cancellationToken))
            found = await connection.QuerySingleOrDefaultAsync<(long, bool)?>(new CommandDefinition("""
                select participant_id, paused_at is not null from register.participant join ingest.participant using (participant_id) where project_member_id = @member
                """, new { member }, cancellationToken: cancellationToken));
        if (found is { Paused: true })
        {
            await errors.WriteLineAsync("This participant has paused the copying: nothing was read.");
            return 1;
        }
        if (found is { } participant)
            return await OfParticipantAsync(participant.Id, output, errors, cancellationToken);
        await errors.WriteLineAsync("There is no participant of that project_member_id who has signed in.");
        return 2;
    }

    /// <param name="participantId">Waited for while the service has them in hand.</param>
    async Task<int> OfParticipantAsync(long participantId, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        IngestOutcome? outcome = null;
        var leases = new Leases(db, "ingest.participant", "participant_id", $"participant_id = {participantId} and {DueParticipants.NotPaused}", options.Lease, whenDue: false);
        await errors.WriteLineAsync("Reading the site and the files; a long history takes some minutes.");
        while (outcome is null)
        {
            await leases.WorkOffAsync(async (_, token) => outcome is null ? await leases.ClaimAsync(1, token) : [],
                async (lease, token) => outcome = await ingest.RunAsync(lease, ingest.ReconcileAsync, token), concurrency: 1, TimeSpan.FromSeconds(1), log, cancellationToken);
            if (outcome is null)
                await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
        Print(output, outcome.Totals);
        if (outcome.Cause == Cause.Success)
            return 0;
        await errors.WriteLineAsync($"Not everything was compared: {outcome.Cause.Name()}.");
        return 1;
    }

    static void Print(TextWriter output, RunTotals totals)
    {
        string[] heads = ["collection", "at the site", "were missing", "had changed", "other id", "deleted", "only ours"];
        output.WriteLine(Row(heads));
        foreach (var (collection, found) in Collection.All.Select(collection => (collection, totals.DifferencesOf(collection))))
            output.WriteLine(Row([collection.Name, $"{found.Served:N0}", $"{found.Missing:N0}", $"{found.Changed:N0}", $"{found.Renamed:N0}", $"{found.Deleted:N0}", $"{found.OnlyOurs - found.Deleted:N0}"]));
        output.WriteLine(totals.FilesWritten == 0 ? "No file had to be written." : $"{totals.FilesWritten:N0} files were written, {totals.BytesUp:N0} bytes.");

        static string Row(string[] cells) => string.Concat(cells.Select((cell, at) => at == 0 ? cell.PadRight(14) : cell.PadLeft(14)));
    }
}

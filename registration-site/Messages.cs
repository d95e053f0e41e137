using Dapper;
using Npgsql;
using OpenHumans;
using Register;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>A message as its participant sees it. Times are UTC.</summary>
/// <param name="Cause">As in <c>register.message</c>, like the outcome.</param>
public sealed record SentMessage(string Cause, DateTime ClaimedAt, string Outcome);

/// <param name="OffAt">Since when the participant wants none; null: they get them.</param>
/// <param name="Sent">The newest first.</param>
public sealed record OwnMessages(DateTime? OffAt, IReadOnlyList<SentMessage> Sent);

/// <summary>What is needed to write to somebody who is being erased: it lives in memory only.</summary>
public sealed record Farewell(string AccessToken);

/// <summary>
/// Important news, through Open Humans, which alone knows the participants' e-mail addresses: each cause once, at most one a week. A message is written down
/// before it is sent, so that no two replicas send it; when the sender stops in between, it counts as sent for a week, and is sent then if the cause lasts.
/// </summary>
public sealed class Messages(
    NpgsqlDataSource db, OpenHumansAccounts accounts, OpenHumansTokens tokens, OpenHumansClient openHumans, OpenHumansProject project, RegistrationOptions options, ILogger<Messages> log)
{
    const string SignInAgain = "sign in again", SiteRefused = "site refused";

    static readonly TimeSpan RefusedFor = TimeSpan.FromDays(3), Pause = TimeSpan.FromDays(7);

    /// <summary>Somebody waits in front of the page.</summary>
    static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(10);

    static readonly Texts T = Texts.Of("Messages");

    sealed record Claimed(long MessageId, long ParticipantId, string ProjectMemberId, string Cause);

    /// <summary>Sends what is due, until nothing is or Open Humans does not answer.</summary>
    /// <returns>How many were sent.</returns>
    public async Task<int> SendDueAsync(CancellationToken cancellationToken)
    {
        var (sent, outcome) = (0, "");
        while (outcome != "no answer" && await ClaimAsync(cancellationToken) is { } message)
        {
            outcome = await SendAsync(message, cancellationToken);
            await NoteAsync(message, outcome);
            log.LogInformation("A message about {Cause}: {Outcome}.", message.Cause, outcome);
            sent += outcome == "sent" ? 1 : 0;
        }
        return sent;
    }

    public async Task<OwnMessages> OfAsync(long participantId, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var offAt = await connection.ExecuteScalarAsync<DateTime?>(new CommandDefinition("select messages_off_at from register.participant where participant_id = @participantId",
            new { participantId }, cancellationToken: cancellationToken));
        return new(offAt, [.. await connection.QueryAsync<SentMessage>(new CommandDefinition(
            "select cause, claimed_at, outcome from register.message where participant_id = @participantId order by claimed_at desc limit 50", new { participantId }, cancellationToken: cancellationToken))]);
    }

    public async Task SwitchAsync(long participantId, bool on, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await connection.ExecuteAsync(new CommandDefinition("update register.participant set messages_off_at = case when @on then null else coalesce(messages_off_at, now()) end where participant_id = @participantId",
            new { participantId, on }, cancellationToken: cancellationToken));
    }

    /// <summary>Before an erasure: takes along what its message needs, for our tokens die with it.</summary>
    /// <returns>Null: they want no messages, or cannot be reached.</returns>
    public async Task<Farewell?> PrepareFarewellAsync(string member, CancellationToken cancellationToken)
    {
        try
        {
            return await FindAsync() is { } participantId ? new((await tokens.GetAsync(participantId, cancellationToken).WaitAsync(FarewellPatience, cancellationToken)).Value) : null; // a refresh goes on by itself: the pair it gets is stored
        }
        catch (Exception problem) when (problem is SignInAgainException or OpenHumansException or TimeoutException)
        {
            log.LogInformation("An erasure begins without a message: {Problem}.", problem.GetType().Name);
            return null;
        }

        async Task<long?> FindAsync()
        {
            await using var connection = await db.OpenConnectionAsync(cancellationToken);
            return await connection.ExecuteScalarAsync<long?>(new CommandDefinition("select participant_id from register.participant where project_member_id = @member and messages_off_at is null",
                new { member }, cancellationToken: cancellationToken));
        }
    }

    /// <summary>After an erasure: says so, with the receipt. That it fails is logged and stops nothing.</summary>
    public async Task SayFarewellAsync(Farewell farewell, Guid receipt, ErasedFiles? files, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(FarewellPatience);
        try
        {
            await openHumans.MessageAsync(farewell.AccessToken, T["Erased.Subject"], T["Erased", Link($"/Gone/{receipt}{(files is null ? "" : $"?deleted={files.Deleted}&left={files.Left}")}"), ConsentText.Lasting], patience.Token);
        }
        catch (Exception problem) when (problem is OpenHumansException or OperationCanceledException)
        {
            log.LogInformation("The message about an erasure was not sent: {Problem}.", problem.GetType().Name);
        }
    }

    /// <summary>One at a time, and one replica at a time: who waited for the lock sees what the others wrote down.</summary>
    async Task<Claimed?> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await AdvisoryLock.TakeInTransactionAsync(connection, AdvisoryLock.Messages, cancellationToken);
        var claimed = await connection.QuerySingleOrDefaultAsync<Claimed>(new CommandDefinition("""
            with due as (
                select p.participant_id, @SignInAgain as cause, p.suspended_at as since from register.participant p
                 where @withoutTheirToken and p.suspended_because = 'open humans refused the tokens' and p.messages_off_at is null
                union all
                select p.participant_id, @SiteRefused, i.failed_since from register.participant p join ingest.participant i using (participant_id)
                 where i.outcome = 'site refused' and i.failed_since < now() - @RefusedFor and i.seen_change_at is not distinct from p.changed_at
                   and p.suspended_at is null and p.paused_at is null and p.messages_off_at is null),
            claimed as (
                insert into register.message (participant_id, cause, since)
                select participant_id, cause, since from due
                 where not exists (select from register.message m where m.participant_id = due.participant_id
                           and (m.claimed_at > now() - @Pause or m.cause = due.cause and m.since = due.since and m.outcome in ('sent', 'declined')))
                 order by since limit 1
                returning message_id, participant_id, cause)
            select message_id, participant_id, project_member_id, cause from claimed join register.participant using (participant_id)
            """, new { SignInAgain, SiteRefused, RefusedFor, Pause, withoutTheirToken = options.MasterToken.Length > 0 }, cancellationToken: cancellationToken));
        await transaction.CommitAsync(cancellationToken);
        return claimed;
    }

    /// <returns>As in <c>register.message</c>.</returns>
    async Task<string> SendAsync(Claimed message, CancellationToken cancellationToken)
    {
        try
        {
            if (message.Cause == SignInAgain)
                await project.MessageAsync(options.MasterToken, message.ProjectMemberId, T["SignInAgain.Subject"], T["SignInAgain", Link("/sign-in"), Link("/Messages")], cancellationToken);
            else
                await accounts.Of(message.ParticipantId).MessageAsync(T["SiteRefused.Subject"], T["SiteRefused", Link("/Connect"), Link("/Messages")], cancellationToken);
            return "sent";
        }
        catch (OpenHumansDeclinedException)
        {
            return "declined";
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            if (message.Cause == SignInAgain && problem is OpenHumansRefusedException)
                log.LogError("Open Humans does not accept the master token: Registration__MasterToken is wrong, or older than 24 hours.");
            return "no answer";
        }
    }

    /// <remarks>Not cancelled: it was sent.</remarks>
    async Task NoteAsync(Claimed message, string outcome)
    {
        await using var connection = await db.OpenConnectionAsync(CancellationToken.None);
        await connection.ExecuteAsync("update register.message set outcome = @outcome where message_id = @MessageId", new { message.MessageId, outcome });
    }

    Uri Link(string path) => new(options.BaseUrl!, path);
}

/// <summary>Looks every hour whether there is news to tell.</summary>
public sealed class MessageRounds(Messages messages, TimeProvider clock, ILogger<MessageRounds> log) : BackgroundService
{
    static readonly TimeSpan Every = TimeSpan.FromHours(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Every, clock);
        while (await timer.WaitForNextTickAsync(stoppingToken))
            try
            {
                await messages.SendDueAsync(stoppingToken);
            }
            catch (Exception problem) when (problem is not OperationCanceledException)
            {
                log.LogError(problem, "Messages could not be sent; the next round is in an hour.");
            }
    }
}

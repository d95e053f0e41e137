using System.Text.RegularExpressions;
using Dapper;
using DataManagementApp.Administration;
using DataManagementApp.Pages;
using Look;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp.Alerts;

/// <summary>Looks for what is wrong: in the queues and books of all services, and in what each says of its health.</summary>
public sealed partial class Watch(NpgsqlDataSource db, ServicesHealth services, HealthCheckService own, IHostEnvironment host, AlertOptions options, TimeProvider clock)
{
    /// <summary>Lines that could not be read in a day: fewer are not told, however unusual, nor are those below a share of all lines, or not this many times the usual.</summary>
    const long FewLines = 100;
    const double SmallShare = 0.01, Usual = 3;

    /// <summary>Of a cause: enough to tell one from another.</summary>
    const int LongestCause = 200;

    static readonly TimeSpan ErasureTakes = TimeSpan.FromHours(1);

    sealed record Fails(string Outcome, int Participants, DateTime Since);

    sealed record Lag(int Waiting, DateTime? DueAt);

    sealed record Silent(string Service, int Processes, TimeSpan Longest);

    public async Task<IReadOnlyList<Finding>> LookAsync(CancellationToken cancellationToken)
    {
        var health = await HealthAsync(cancellationToken); // before: whoever holds a connection waits for no second one
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        List<Finding> found = [.. await CopyingAsync(connection, cancellationToken), .. await LoadingAsync(connection, cancellationToken), .. await QueuesAsync(connection, cancellationToken),
            .. await ProcessesAsync(connection, cancellationToken)];
        return [.. found, .. health];
    }

    async Task<IEnumerable<Finding>> CopyingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var failing = await connection.QueryAsync<Fails>(new CommandDefinition("""
            select outcome, count(*)::int as participants, min(failed_since) as since from portal.failing_copy
             where failed_since < now() - @Failing group by outcome order by outcome
            """, new { options.Failing }, cancellationToken: cancellationToken));
        var lag = await connection.QuerySingleAsync<Lag>(new CommandDefinition("select waiting, due_at from portal.copying_lag()", cancellationToken: cancellationToken));
        return failing.Select(fails => new Finding($"copying: {fails.Outcome}",
                $"{People(fails.Participants)} not copied for more than {When.Span(options.Failing)}: {fails.Outcome}. To act: {CopyingModel.Turns.GetValueOrDefault(fails.Outcome, "see the page Copying")}.",
                fails.Participants, IsOurs: CopyingModel.Turns.GetValueOrDefault(fails.Outcome) != CopyingModel.Turns["sign in again"]))
            .Concat(StandsStill("copying stands still", "copied", "nightscout-ingester", lag));
    }

    async Task<IEnumerable<Finding>> LoadingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var failing = await connection.QueryAsync<Fails>(new CommandDefinition("""
            select outcome, count(*)::int as participants, min(failed_since) as since from portal.loads()
             where failed_since < now() - @Failing and outcome not in ('Suspended', 'Erased') group by outcome order by outcome
            """, new { options.Failing }, cancellationToken: cancellationToken));
        var lag = await connection.QuerySingleAsync<Lag>(new CommandDefinition("select waiting, due_at from portal.loading_lag()", cancellationToken: cancellationToken));
        var (lines, all, usual) = await connection.QuerySingleAsync<(long, long, decimal)>(new CommandDefinition("select last_day, last_day_rows, usual from portal.quarantined()", cancellationToken: cancellationToken));
        return failing.Select(fails => new Finding($"loading: {fails.Outcome}", $"{People(fails.Participants)} not loaded for more than {When.Span(options.Failing)}: {fails.Outcome}. See the page Loading.",
                fails.Participants, IsOurs: fails.Outcome is not ("SignInAgain" or "ConsentFileMissing")))
            .Concat(StandsStill("loading stands still", "loaded", "open-humans-etl", lag))
            .Concat(lines > FewLines && lines > (double)usual * Usual && lines > all * SmallShare
                ? [new("quarantine", $"{lines:N0} of {all:N0} lines could not be read in the last 24 hours; usual are {usual:N0} a day. Their reasons: table openaps.quarantine.", (int)Math.Min(lines, int.MaxValue))] : []);
    }

    async Task<IEnumerable<Finding>> QueuesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var now = clock.GetUtcNow().UtcDateTime;
        var found = new List<Finding>();
        var (exports, oldest) = await connection.QuerySingleAsync<(int, DateTime?)>(new CommandDefinition("""
            select count(*)::int, min(requested_at) from portal.export
             where state = 'queued' and requested_at < now() - @Waiting or state = 'building' and lease_until < now() - @Waiting
            """, new { options.Waiting }, cancellationToken: cancellationToken));
        if (exports > 0)
            found.Add(new("exports wait", $"{Some(exports, "export waits", "exports wait")}, the first for {When.Span(now - oldest!.Value)}. See the log of data-management-app.", exports));
        var (waiting, failed) = await connection.QuerySingleAsync<(int, int)>(new CommandDefinition("""
            select (count(*) filter (where state = 'waiting' and queued_at < now() - @Waiting))::int, (count(*) filter (where state = 'failed' and queued_at > now() - interval '3 days'))::int from portal.mail
            """, new { options.Waiting }, cancellationToken: cancellationToken));
        if (waiting > 0)
            found.Add(new("mails wait", $"{Some(waiting, "mail waits", "mails wait")} for more than {When.Span(options.Waiting)}. Why: page Mails.", waiting));
        if (failed > 0)
            found.Add(new("mails given up", $"{Some(failed, "mail was", "mails were")} given up in the last 3 days. Why: page Mails.", failed));
        var (erasures, asked) = await connection.QuerySingleAsync<(int, DateTime?)>(new CommandDefinition("select waiting, asked_at from portal.erasures_open()", cancellationToken: cancellationToken));
        if (asked < now - ErasureTakes)
            found.Add(new("erasure", $"{Some(erasures, "erasure is", "erasures are")} not complete, the first for {When.Span(now - asked.Value)}: a service has not done its part. See whether all run.", erasures));
        return found;
    }

    /// <summary>Processes that stopped saying that they run, also beside others of their service that answer in their place.</summary>
    static async Task<IEnumerable<Finding>> ProcessesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var silent = await connection.QueryAsync<Silent>(new CommandDefinition("""
            select service, count(*)::int as processes, max(now() - beat_at) as longest from public.service_instance
             where beat_at between now() - @ForgottenAfter and now() - @SilentAfter group by service order by service
            """, new { InstanceBeat.ForgottenAfter, InstanceBeat.SilentAfter }, cancellationToken: cancellationToken));
        return silent.Select(of => new Finding($"silent: {of.Service}",
            $"{Some(of.Processes, $"process of {of.Service} is", $"processes of {of.Service} are")} silent, the first for {When.Span(of.Longest)}: killed, stuck, or cut off from the database. Which: page Services; it forgets them after {When.Span(InstanceBeat.ForgottenAfter)}.",
            of.Processes));
    }

    /// <summary>What does not answer, service by service; what they say is wrong, cause by cause, because one shows in several.</summary>
    async Task<IEnumerable<Finding>> HealthAsync(CancellationToken cancellationToken)
    {
        var (ours, others) = (own.CheckHealthAsync(cancellationToken), services.AskAsync(cancellationToken));
        var parts = (await others).SelectMany(service => service.Parts.Select(part => (service.Service, Part: part.Key, part.Value.Cause)))
            .Concat(PartHealth.Failing(await ours).Select(part => (Service: ServiceHost.NameOf(host), Part: part.Key, part.Value.Cause)));
        return (await others).Where(service => !service.IsReady && service.Parts.Count == 0).Select(service => new Finding($"service: {service.Service}", $"{service.Service} {service.Text}. See whether it runs, and its log."))
            .Concat(parts.GroupBy(part => CauseOf(part.Part, part.Cause), StringComparer.Ordinal).Select(same =>
                new Finding(same.Key, $"{string.Join(", ", same.Select(part => part.Service))}: {same.First().Cause ?? $"{same.First().Part} is not well"}.", same.Count())));
    }

    /// <summary>The part and what is wrong with it, without what to do, and with none of the numbers, which change from look to look and from service to service.</summary>
    static string CauseOf(string part, string? cause)
    {
        var wrong = cause?.Split(';')[0] ?? "";
        return cause is null ? $"health: {part}" : $"health: {part}: {Numbers().Replace(wrong[..Math.Min(wrong.Length, LongestCause)], "…")}";
    }

    IEnumerable<Finding> StandsStill(string cause, string done, string service, Lag lag) => lag.DueAt is { } due && clock.GetUtcNow().UtcDateTime - due is var late && late > options.Waiting
        ? [new(cause, $"{People(lag.Waiting)} due and not {done}, the first for {When.Span(late)}. See whether {service} runs, and its log.", lag.Waiting)] : [];

    static string People(int count) => Some(count, "participant is", "participants are");

    static string Some(int count, string one, string many) => $"{count:N0} {(count == 1 ? one : many)}";

    [GeneratedRegex(@"[0-9]+([.,][0-9]+)*")]
    private static partial Regex Numbers();
}

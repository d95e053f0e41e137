using System.Security.Cryptography;
using System.Text;
using Dapper;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using OpenHumansEtl;
using Register;
using RegistrationSite;
using ServiceDefaults;
using Testing;

namespace Privacy.Tests;

/// <summary>Loads, withdrawal and erasure of one participant take turns; whichever comes last, nothing is left of who left.</summary>
public sealed class RaceTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _etl = null!, _site = null!, _owner = null!;
    SecretBox _secrets = null!;

    [OneTimeSetUp]
    public async Task Migrate()
    {
        _database = await TestDatabase.CreateAsync();
        (_etl, _site, _owner) = (_database.OpenAs("open_humans_etl"), _database.OpenAs("registration_site"), _database.OpenAsOwner());
        _secrets = new(new() { Key = Convert.ToBase64String(new byte[32]) });
    }

    [OneTimeTearDown]
    public async Task Drop() => await _database.DisposeAsync();

    [Test]
    public async Task A_load_in_hand_when_somebody_withdraws_commits_nothing_and_withdrawal_waits_for_it()
    {
        var participant = await JoinAsync();
        await LoadAsync(participant, 1);
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var load = LoadAsync(participant, 2, async _ =>
        {
            reached.TrySetResult();
            await go.Task;
        });
        await reached.Task; // everything is staged and merged, the commit is next
        await SayNoneAsync(participant);
        var withdrawal = new Withdrawal(_etl).RunAsync(participant.ParticipantId, default);
        await Task.Delay(1000);
        Assert.That((withdrawal.IsCompleted, await RowsAsync(participant) > 0), Is.EqualTo((false, true)), "it waits for the lock");

        go.SetResult();

        Assert.That((await load).End, Is.EqualTo(LoadEnd.NotShared), "consent is read again before the commit");
        Assert.That((await withdrawal, await RowsAsync(participant)), Is.EqualTo((10L, 0L)), "the entry, its segment, two rows of the ledger, the day to be summarised, its fields by part and in all");
    }

    [Test]
    public async Task A_load_in_hand_when_somebody_is_erased_commits_nothing_and_erasure_waits_for_it()
    {
        var participant = await JoinAsync();
        await LoadAsync(participant, 1);
        var (reached, go) = (new TaskCompletionSource(), new TaskCompletionSource());
        var load = LoadAsync(participant, 2, async _ =>
        {
            reached.TrySetResult();
            await go.Task;
        });
        await reached.Task;
        await EraseAsync(participant);
        var job = RunJobAsync();
        await Task.Delay(1000);
        Assert.That((job.IsCompleted, await IsReportedAsync(participant)), Is.EqualTo((false, false)), "it waits for the lock");

        go.SetResult();

        Assert.That((await load).End, Is.EqualTo(LoadEnd.NotShared));
        await job;
        Assert.That((await RowsAsync(participant), await IsReportedAsync(participant)), Is.EqualTo((0L, true)));
    }

    [Test]
    public async Task A_load_that_holds_the_lock_for_long_delays_nobody_elses_withdrawal()
    {
        var (held, other) = (await JoinAsync(), await JoinAsync());
        await LoadAsync(held, 1);
        await LoadAsync(other, 1);
        await using var holder = await _owner.OpenConnectionAsync();
        await AdvisoryLock.TakeAsync(holder, AdvisoryLock.Warehouse(held.ParticipantId), default);
        await SayNoneAsync(held);
        await SayNoneAsync(other);

        await RunJobAsync();
        Assert.That((await RowsAsync(held) > 0, await RowsAsync(other)), Is.EqualTo((true, 0L)));
        await AdvisoryLock.ReleaseAsync(holder, AdvisoryLock.Warehouse(held.ParticipantId));
        await RunJobAsync();

        Assert.That(await RowsAsync(held), Is.Zero);
    }

    [Test]
    public async Task Withdrawal_and_erasure_wait_for_the_same_lock()
    {
        var participant = await JoinAsync();
        await LoadAsync(participant, 1);
        await SayNoneAsync(participant);
        await using var holder = await _owner.OpenConnectionAsync();
        await AdvisoryLock.TakeAsync(holder, AdvisoryLock.Warehouse(participant.ParticipantId), default);
        var withdrawal = new Withdrawal(_etl).RunAsync(participant.ParticipantId, default);
        await EraseAsync(participant);
        var job = RunJobAsync();
        await Task.Delay(1000);
        Assert.That((withdrawal.IsCompleted, job.IsCompleted), Is.EqualTo((false, false)));

        await AdvisoryLock.ReleaseAsync(holder, AdvisoryLock.Warehouse(participant.ParticipantId));
        await Task.WhenAll(withdrawal, job);
        await RunJobAsync();

        Assert.That((await RowsAsync(participant), await IsReportedAsync(participant)), Is.EqualTo((0L, true)));
        Assert.That(await CountAsync("select count(*) from openaps.load_state where participant_id = @id", participant), Is.Zero, "the place in the queue too");
    }

    [Test]
    public async Task In_any_order_of_loads_withdrawal_and_erasure_nothing_is_left()
    {
        var random = new Random(17);
        for (var round = 0; round < 15; round++)
        {
            var participant = await JoinAsync();
            var erase = round % 2 == 0;
            async Task AfterAsync(Func<Task> work)
            {
                await Task.Delay(random.Next(60));
                await work();
            }
            var both = new[]
            {
                AfterAsync(() => LoadAsync(participant, 1)), AfterAsync(() => LoadAsync(participant, 2)), AfterAsync(() => SayNoneAsync(participant)), AfterAsync(RunJobAsync), AfterAsync(RunJobAsync),
                erase ? AfterAsync(() => EraseAsync(participant)) : Task.CompletedTask,
            };
            await Task.WhenAll(both);
            await RunJobAsync();

            Assert.That(await RowsAsync(participant), Is.Zero, $"round {round}");
            Assert.That(await IsReportedAsync(participant), Is.EqualTo(erase), $"round {round}");
        }
    }

    [Test]
    public async Task Whoever_was_read_from_the_register_before_an_erasure_is_not_written_down_after_it()
    {
        var participant = await JoinAsync();
        await using var enrolling = await _etl.OpenConnectionAsync(); // a replica that stalls between reading the register and writing its queue
        await using var transaction = await enrolling.BeginTransactionAsync();
        await AdvisoryLock.ShareInTransactionAsync(enrolling, AdvisoryLock.Newcomers, default);
        await enrolling.ExecuteAsync("insert into openaps.load_state (participant_id) values (@ParticipantId) on conflict do nothing", new { participant.ParticipantId });
        await EraseAsync(participant);
        var job = RunJobAsync();
        await Task.Delay(700);
        Assert.That(job.IsCompleted, Is.False);

        await transaction.CommitAsync();
        await job;

        Assert.That(await CountAsync("select count(*) from openaps.load_state where participant_id = @id", participant), Is.Zero);
    }

    async Task<Participant> JoinAsync()
    {
        var member = $"{RandomNumberGenerator.GetInt32(10_000_000, 99_999_999)}";
        var participant = await new ConsentLedger(_site).RecordAsync(member, ConsentLedger.Page, SharedProjects.Both, "test", default);
        await using var connection = await _etl.OpenConnectionAsync();
        await connection.ExecuteAsync("insert into openaps.load_state (participant_id) values (@participant)", new { participant }); // as the queue does
        return await new Participants(_site).FindAsync(participant, default);
    }

    Task<LoadResult> LoadAsync(Participant participant, int revision, Func<NpgsqlConnection, Task>? beforeCommit = null)
    {
        var lines = Encoding.UTF8.GetBytes($$"""{"_id":"a{{revision}}","type":"sgv","sgv":100,"date":1795226000000}""");
        return new FileLoad(_etl, _secrets, new()).LoadAsync(participant,
            new("entries", new($"2026-11-0{revision}"), $"oh:{participant.ParticipantId}{revision}", revision, DateTime.UnixEpoch, SHA256.HashData(lines), () => new MemoryStream(lines)), beforeCommit, null, default);
    }

    async Task SayNoneAsync(Participant participant)
    {
        try
        {
            await new ConsentLedger(_site).RecordAsync(participant, ConsentLedger.Page, SharedProjects.None, "test", default);
        }
        catch (ParticipantGoneException)
        {
            // erased before they could say it
        }
    }

    async Task EraseAsync(Participant participant) => await new Erasure(_site, _secrets, new(), null!).BeginAsync(participant.ProjectMemberId, "webhook", null, default); // who left on Open Humans gets no message

    async Task RunJobAsync() => await new WithdrawalJob(new(_etl), _etl, NullLogger<WithdrawalJob>.Instance).Execute(null!);

    Task<long> RowsAsync(Participant participant) => CountAsync(string.Join(" + ",
        ((string[])["entries", "raw_segment", "loaded_file", "loaded_period", "quarantine"]).Select(table => $"(select count(*) from openaps.{table} where participant_id = @id)")).Insert(0, "select "), participant);

    async Task<bool> IsReportedAsync(Participant participant) =>
        await CountAsync("select count(*) from register.erasure_receipt where participant_id = @id and warehouse_at is not null", participant) == 1;

    async Task<long> CountAsync(string sql, Participant participant)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(sql, new { id = participant.ParticipantId });
    }
}

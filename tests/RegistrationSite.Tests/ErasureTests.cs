using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapper;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Register;
using Sandbox;
using ServiceDefaults;

namespace RegistrationSite.Tests;

/// <summary>Erasing participants: the register's part, the receipt, and the list for restores.</summary>
public sealed class ErasureTests : SiteFixture
{
    [Test]
    public async Task A_signed_webhook_that_asks_for_erasure_erases_and_may_come_twice()
    {
        var (person, member) = await SignedInAsync();
        var participant = await QueryAsync<long>(member, "select @participant");

        await member.LeaveAsync(erase: true);
        await member.LeaveAsync(erase: true);

        Assert.That(await LeftInRegisterAsync(member, participant), Is.Zero);
        var receipt = (await Erasure.FindAsync(member.Id, default))!;
        Assert.That((receipt.AskedBy, receipt.CompletedAt, receipt.WarehouseAt), Is.EqualTo(("webhook", (DateTime?)null, (DateTime?)null)));
        Assert.That(await CountAsync("select count(*) from register.erasure_receipt where participant_id = @participant", participant), Is.EqualTo(1), "one erasure, one receipt");
        person.Dispose();
    }

    [Test]
    public async Task A_receipt_is_complete_when_every_service_has_done_its_part_and_then_holds_nothing_personal()
    {
        var (person, member) = await SignedInAsync();
        var participant = await QueryAsync<long>(member, "select @participant");
        var receipt = (await Erasure.BeginAsync(member.Id, "operator", null, default))!.Value;

        foreach (var role in new[] { "nightscout_ingester", "data_management_app", "data_management_app", "open_humans_etl" })
        {
            Assert.That((await Erasure.FindAsync(member.Id, default))!.CompletedAt, Is.Null, $"before {role}");
            await ReportAsync(role, receipt);
        }

        var complete = (await Erasure.FindAsync(member.Id, default))!;
        Assert.That(complete.CompletedAt, Is.EqualTo(complete.WarehouseAt), "the last part");
        await using var connection = await Owner.OpenConnectionAsync();
        var row = await connection.ExecuteScalarAsync<string>("select to_jsonb(r)::text from register.erasure_receipt r where receipt_id = @receipt", new { receipt });
        Assert.That(row, Does.Not.Contain(member.Id).And.Not.Contain($"{participant}").And.Not.Contain($"{participant:x}"));
        person.Dispose();
    }

    [Test]
    public async Task A_service_reports_its_own_part_only()
    {
        var (person, member) = await SignedInAsync();
        var receipt = (await Erasure.BeginAsync(member.Id, "operator", null, default))!.Value;

        await ReportAsync("nightscout_ingester", receipt);

        var after = (await Erasure.FindAsync(member.Id, default))!;
        Assert.That((after.CopyingAt is null, after.WarehouseAt is null, after.PortalAt is null), Is.EqualTo((false, true, true)));
        Assert.That(() => ReportAsync("registration_site", receipt), Throws.TypeOf<PostgresException>().With.Property("SqlState").EqualTo("42501"));
        person.Dispose();
    }

    [Test]
    public async Task The_session_of_who_was_erased_ends()
    {
        var (person, member) = await SignedInAsync();
        await Erasure.BeginAsync(member.Id, "operator", null, default);

        await person.OpenAsync("/MyData");

        Assert.That(person.Text, Does.Contain("Sign in with Open Humans"));
        person.Dispose();
    }

    [Test]
    public async Task Whoever_joins_again_is_somebody_new()
    {
        var (first, member) = await SignedInAsync();
        var before = await QueryAsync<long>(member, "select @participant");
        await Erasure.BeginAsync(member.Id, "operator", null, default);

        var (second, _) = await SignedInAsync(member);

        Assert.That(await QueryAsync<long>(member, "select @participant"), Is.Not.EqualTo(before));
        first.Dispose();
        second.Dispose();
    }

    [Test]
    public async Task An_old_webhook_sent_again_does_not_erase_who_came_back()
    {
        var (person, member) = await SignedInAsync();
        var body = $$"""{"project_member_id": "{{member.Id}}", "erasure_requested": true, "timestamp": "{{DateTime.UtcNow.AddHours(-1):yyyy-MM-dd'T'HH:mm:ss.ffffff}}+00:00"}""";

        using var answer = await person.SendAsync(new(HttpMethod.Post, new Uri("/deauth", UriKind.Relative))
        {
            Content = new StringContent(body),
            Headers = { { "X-OpenHumans-Webhooks-Signature", $"sha1={Convert.ToHexStringLower(HMACSHA1.HashData("abcdefghijklmnop"u8, Encoding.UTF8.GetBytes(body)))}" } },
        });

        Assert.That(answer.StatusCode, Is.EqualTo(HttpStatusCode.OK));
        Assert.That(await QueryAsync<long>(member, "select @participant"), Is.Positive);
        person.Dispose();
    }

    [Test]
    public async Task Consent_that_is_on_its_way_does_not_bring_an_erased_participant_back()
    {
        var (person, member) = await SignedInAsync();
        var participants = Services.GetRequiredService<Participants>();
        var participant = await participants.FindAsync(await QueryAsync<long>(member, "select @participant"), default);
        await Erasure.BeginAsync(member.Id, "operator", null, default);

        Assert.That(() => Services.GetRequiredService<ConsentLedger>().RecordAsync(participant, ConsentLedger.File, SharedProjects.Both, "file", default), Throws.TypeOf<ParticipantGoneException>());
        Assert.That(await LeftInRegisterAsync(member, participant.ParticipantId), Is.Zero);
        person.Dispose();
    }

    [Test]
    public async Task Consent_and_erasure_take_turns()
    {
        var (person, member) = await SignedInAsync();
        var participant = await Services.GetRequiredService<Participants>().FindAsync(await QueryAsync<long>(member, "select @participant"), default);
        await using var registration = OpenAs("registration_site");
        var ledger = new ConsentLedger(registration);
        await using var holder = await Owner.OpenConnectionAsync();
        await AdvisoryLock.TakeAsync(holder, AdvisoryLock.Ledger(participant.ParticipantId), default);
        var recording = ledger.RecordAsync(participant, ConsentLedger.File, SharedProjects.Both, "file", default);
        var erasing = new Erasure(registration, Services.GetRequiredService<SecretBox>(), new(), Services.GetRequiredService<Messages>()).BeginAsync(member.Id, "operator", null, default);
        await Task.Delay(500);
        Assert.That((recording.IsCompleted, erasing.IsCompleted), Is.EqualTo((false, false)));

        await AdvisoryLock.ReleaseAsync(holder, AdvisoryLock.Ledger(participant.ParticipantId));
        await erasing;
        await recording.ContinueWith(_ => { }, TaskScheduler.Default); // either came first: then it is erased with the rest

        Assert.That(await LeftInRegisterAsync(member, participant.ParticipantId), Is.Zero);
        person.Dispose();
    }

    [Test]
    public async Task The_command_waits_for_every_part_and_prints_the_receipt()
    {
        var (person, member) = await SignedInAsync();
        var (output, errors) = (new StringWriter(), new StringWriter());
        var command = Command.RunAsync(member.Id, wait: true, output, errors, default);
        await Task.Delay(1000);
        Assert.That(command.IsCompleted, Is.False);

        foreach (var role in new[] { "nightscout_ingester", "open_humans_etl", "data_management_app" })
            await ReportAsync(role, (await Erasure.FindAsync(member.Id, default))!.ReceiptId);

        Assert.That(await command, Is.Zero);
        Assert.That(errors.ToString(), Does.Contain("state of the copying: removed by nightscout-ingester").And.Contain("warehouse: removed by open-humans-etl").And.Contain("researchers' files: removed by data-management-app"));
        var receipt = JsonNode.Parse(output.ToString())!;
        Assert.That(receipt["completed_at"], Is.Not.Null);
        Assert.That(output.ToString(), Does.Not.Contain(member.Id));
        person.Dispose();
    }

    [Test]
    public async Task The_command_may_be_repeated_and_says_what_became_of_it()
    {
        var (person, member) = await SignedInAsync();
        var first = new StringWriter();
        Assert.That(await Command.RunAsync(member.Id, wait: false, first, TextWriter.Null, default), Is.Zero);

        var (second, errors) = (new StringWriter(), new StringWriter());
        Assert.That(await Command.RunAsync(member.Id, wait: false, second, errors, default), Is.Zero);

        Assert.That(second.ToString(), Is.EqualTo(first.ToString()), "the same receipt");
        Assert.That(errors.ToString(), Does.Contain("This member was erased before"));
        person.Dispose();
    }

    [Test]
    public async Task Whoever_stops_waiting_is_told_that_it_goes_on()
    {
        var (person, member) = await SignedInAsync();
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var errors = new StringWriter();

        Assert.That(await Command.RunAsync(member.Id, wait: true, TextWriter.Null, errors, stop.Token), Is.EqualTo(1));

        Assert.That(errors.ToString(), Does.Contain("The services go on without this command"));
        person.Dispose();
    }

    [TestCase("00000000")]
    [TestCase("not a number")]
    [TestCase("")]
    public async Task The_command_refuses_a_member_that_there_is_not(string member)
    {
        var (output, errors) = (new StringWriter(), new StringWriter());

        Assert.That(await Command.RunAsync(member, wait: true, output, errors, default), Is.EqualTo(2));
        Assert.That(output.ToString(), Is.Empty);
        Assert.That(errors.ToString(), Does.StartWith("There is no participant of that project_member_id, and none was erased."));
    }

    [Test]
    public async Task A_restored_backup_is_cleared_of_the_erased_by_a_list_kept_outside_of_it()
    {
        var (person, member) = await SignedInAsync();
        var (stays, other) = await SignedInAsync();
        await Erasure.BeginAsync(member.Id, "operator", null, default);
        var list = await File.ReadAllLinesAsync(ErasureList);
        Assert.That(string.Concat(list), Does.Not.Contain(member.Id));
        Assert.That((await Erasure.ListAsync(default)).Select(erased => JsonSerializer.Serialize(erased)), Is.EquivalentTo(list), "the command prints the same");

        await using (var connection = await Owner.OpenConnectionAsync()) // as a backup of the day before has it
            await connection.ExecuteAsync("""
                delete from register.erasure_receipt;
                insert into register.participant (participant_id, project_member_id, salt, created_at) values (4711, @Id, '', now() - interval '1 day');
                insert into register.consent (participant_id, source, projects, text_version) values (4711, 'page', 'both', 'test');
                """, new { member.Id });
        var erased = await Erasure.ReplayAsync(list.Select(line => JsonSerializer.Deserialize<ErasedMember>(line)!), default);
        var again = await Erasure.ReplayAsync(list.Select(line => JsonSerializer.Deserialize<ErasedMember>(line)!), default);

        Assert.That((erased, again), Is.EqualTo((1, 0)));
        Assert.That(await LeftInRegisterAsync(member, 4711), Is.Zero);
        Assert.That((await Erasure.FindAsync(member.Id, default))!.AskedBy, Is.EqualTo("restore"));
        Assert.That(await QueryAsync<long>(other, "select @participant"), Is.Positive, "nobody else");
        person.Dispose();
        stays.Dispose();
    }

    [Test]
    public async Task Whoever_joined_again_after_the_erasure_is_not_erased_by_the_list()
    {
        var (person, member) = await SignedInAsync();
        await Erasure.BeginAsync(member.Id, "operator", null, default);
        var (again, _) = await SignedInAsync(member);

        await Erasure.ReplayAsync(await Erasure.ListAsync(default), default);

        Assert.That(await QueryAsync<long>(member, "select @participant"), Is.Positive);
        person.Dispose();
        again.Dispose();
    }

    Erasure Erasure => Services.GetRequiredService<Erasure>();

    EraseCommand Command => ActivatorUtilities.CreateInstance<EraseCommand>(Services);

    async Task ReportAsync(string role, Guid receipt)
    {
        await using var db = OpenAs(role);
        await using var connection = await db.OpenConnectionAsync();
        await connection.ExecuteAsync("select register.report_erased(@receipt)", new { receipt });
    }

    /// <summary>Rows of the participant in schema register, but for a receipt that is not complete.</summary>
    Task<long> LeftInRegisterAsync(Member member, long participant) => CountAsync($"""
        select (select count(*) from register.participant where participant_id = @participant or project_member_id = '{member.Id}') + (select count(*) from register.consent where participant_id = @participant)
             + (select count(*) from register.open_humans_token where participant_id = @participant) + (select count(*) from register.nightscout_token where participant_id = @participant)
        """, participant);

    async Task<long> CountAsync(string sql, long participant)
    {
        await using var connection = await Owner.OpenConnectionAsync();
        return await connection.ExecuteScalarAsync<long>(sql, new { participant });
    }
}

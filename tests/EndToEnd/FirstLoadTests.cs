using Dapper;
using Npgsql;
using Sandbox;

namespace EndToEnd;

/// <summary>The commands for a first load as an operator meets them: killed, on a terminal, redirected, with something missing.</summary>
[NonParallelizable]
public sealed class FirstLoadTests
{
    readonly int _seed = int.TryParse(Environment.GetEnvironmentVariable("KILLS_SEED"), out var given) ? given : Random.Shared.Next();

    [Test]
    public async Task Killed_eight_times_and_run_again_it_ends_with_the_tables_of_an_undisturbed_run()
    {
        TestContext.Out.WriteLine($"KILLS_SEED={_seed}");
        var (dice, kills) = (new Random(_seed), 0);
        await using var load = await FirstLoad.StartAsync();
        for (var i = 0; i < 8; i++)
            load.Join(i == 3 ? null : "both");
        var (undisturbed, killed) = (await load.NewDatabaseAsync(), await load.NewDatabaseAsync());
        var (code, output, _) = await load.RunAsync(load.Environment(undisturbed), "load-project");
        Assert.That((code, FirstLoad.Summary(output)["entries"]!["quarantined"]!.GetValue<int>()), Is.EqualTo((0, 4)), output);
        var lines = FirstLoad.Summary(output)["entries"]!["read"]!.GetValue<int>();

        load.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromMilliseconds(30), Path = "/storage/*", Count = int.MaxValue });
        for (var turn = 1; turn <= 8; turn++)
        {
            using var process = load.Start(load.Environment(killed), "load-project");
            var reading = process.StandardOutput.ReadToEndAsync();
            while (!process.HasExited && await LinesAsync(killed) < lines * turn / 9 - dice.Next(500))
                await Task.Delay(2);
            await Task.Delay(dice.Next(100));
            if (!process.HasExited)
                kills++;
            process.Kill();
            await process.WaitForExitAsync();
            Assert.That(new DirectoryInfo(load.WorkFolder).GetFiles("*", SearchOption.AllDirectories).Where(file => file.Length > 0), Is.Empty, "nothing stays in the work folder");
        }
        var (last, text, _) = await load.RunAsync(load.Environment(killed), "load-project");

        Assert.That((last, kills), Is.EqualTo((0, 8)), text);
        Assert.That(text, Does.Contain("Going on: "));
        Assert.That(await FirstLoad.TablesAsync(killed), Is.EqualTo(await FirstLoad.TablesAsync(undisturbed)));
    }

    [Test]
    public async Task On_a_terminal_one_line_lives_and_the_end_says_how_it_went()
    {
        await using var load = await FirstLoad.StartAsync();
        load.Join("both");
        load.Join(null);
        load.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromSeconds(1.2), Path = "/storage/*entries*", Count = 3 });

        var (code, output) = await load.RunOnTerminalAsync(load.Environment(await load.NewDatabaseAsync()), "load-project");

        Assert.That((code, FirstLoad.Summary(output)["files"]!.GetValue<int>()), Is.EqualTo((0, 5)));
        Assert.That(output, Does.Contain("\u001b[").And.Match(@"1/2 members, [1-4]/5 files, [\d,]+ rows, [\d,]+ rows/s, [\d.]+ s left").And.Match(@"Done after [\d.]+ s: 5 files of 2 members read"));
        Assert.That(output, Does.Not.Contain("participant "), "finished files and members are no news on a terminal");
    }

    [Test]
    public async Task Redirected_it_prints_plain_lines_in_which_nothing_lives()
    {
        await using var load = await FirstLoad.StartAsync();
        load.Join("both");

        var (code, output, problems) = await load.RunAsync(load.Environment(await load.NewDatabaseAsync()), "load-project");

        Assert.That((code, problems), Is.EqualTo((0, "")));
        Assert.That(output, Does.Not.Contain("\u001b").And.Not.Contain("\r").And.Match(@"\nparticipant \d+: 5 files, 3,2\d\d rows\n"));
    }

    [Test]
    public async Task A_folder_is_loaded_with_the_same_words()
    {
        await using var load = await FirstLoad.StartAsync();
        var folder = Directory.CreateDirectory(Path.Combine(load.WorkFolder, "original"));
        foreach (var member in new[] { load.Join("both", days: 0), load.Join("none", days: 0) })
            foreach (var file in member.Files)
                File.WriteAllBytes(Path.Combine(folder.CreateSubdirectory(member.Id).FullName, file.Name), file.Bytes.ToArray());
        var environment = load.Environment(await load.NewDatabaseAsync());

        var (code, output) = await load.RunOnTerminalAsync(environment, "load-directory", folder.FullName);
        var (again, second, _) = await load.RunAsync(environment, "load-directory", folder.FullName);

        Assert.That((code, again), Is.EqualTo((0, 0)));
        Assert.That(output, Does.Match(@"Done after [\d.]+ s: .* of 2 members read, 2,999 rows loaded").And.Contain("1 member not loaded: no consent file, or it says none"));
        Assert.That(second, Does.Contain("_entries.json: unchanged since it was loaded: 2,999 rows"));
    }

    [Test]
    public async Task What_is_missing_is_said_with_the_next_step_and_nothing_begins()
    {
        await using var load = await FirstLoad.StartAsync();
        load.Join("both");
        var database = await load.NewDatabaseAsync();

        foreach (var (setting, value, said) in new[]
        {
            ("OpenHumans__MasterToken", "", "There is no master token. Make one on openhumans.org"),
            ("OpenHumans__MasterToken", "wrong", "Open Humans does not accept the master token"),
            ("OpenHumans__BaseUrl", "http://127.0.0.1:1", "look at the setting OpenHumans__BaseUrl"),
            ("Postgres__Connection", "Host=127.0.0.1;Port=1;Username=nobody;Database=nothing", "or to the setting Postgres__Connection"),
            ("Postgres__Connection", "", "Set Postgres__Connection, for instance: Host="),
            ("Secrets__Key", "", "Secrets__Key must be 32 bytes in base64"),
            ("OpenHumans__ClientId", "", "Set OpenHumans__ClientId"),
        })
        {
            var (code, output, problems) = await load.RunAsync(new(load.Environment(database)) { [setting] = value }, "load-project");

            Assert.That((code, output), Is.EqualTo((2, "")), problems);
            Assert.That(problems, Does.StartWith("Not started: ").And.Contain(said).And.Not.Contain(load.Sandbox.OpenHumans.MasterToken).And.Not.Contain("   at "));
        }
        Assert.That(await database.QueryAsync<long>("select count(*) from openaps.entries", default), Is.Zero);
    }

    [Test]
    public async Task A_database_that_goes_away_on_the_way_ends_the_load_and_the_next_one_goes_on()
    {
        await using var load = await FirstLoad.StartAsync();
        for (var i = 0; i < 3; i++)
            load.Join("both");
        var database = await load.NewDatabaseAsync();
        load.Sandbox.Faults.Add(new() { Kind = FaultKind.Delay, Delay = TimeSpan.FromMilliseconds(300), Path = "/storage/*", Count = 20 });
        using var process = load.Start(load.Environment(database), "load-project");
        var ending = FirstLoad.EndAsync(process);
        while (await LinesAsync(database) < 500)
            await Task.Delay(10);
        await using (var connection = new NpgsqlConnection(database.As("open_humans_etl")))
            while (!process.HasExited)
            {
                await connection.ExecuteAsync("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and usename = current_user and pid <> pg_backend_pid()");
                await Task.Delay(20);
            }

        var (code, output, _) = await ending;
        var (again, second, _) = await load.RunAsync(load.Environment(database), "load-project");

        Assert.That((code, (string?)FirstLoad.Summary(output)["stopped"], again), Is.EqualTo((1, "databaseGone", 0)), output + second);
        Assert.That(await database.QueryAsync<long>("select count(*) from openaps.entries", default), Is.EqualTo(3 * (2_999 + 4 * 60)));
    }

    static async Task<long> LinesAsync(Sandbox.Demo.DemoDatabase database) => await database.QueryAsync<long>("select coalesce(sum(lines_done), 0)::bigint from openaps.loaded_file", default);
}

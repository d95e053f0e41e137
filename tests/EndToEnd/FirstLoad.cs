using System.Diagnostics;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Dapper;
using Npgsql;
using Register;
using Sandbox;
using Sandbox.Demo;

namespace EndToEnd;

/// <summary>A project on the stand-in of Open Humans, and the commands for a first load as processes, as an operator runs them.</summary>
sealed class FirstLoad : IAsyncDisposable
{
    /// <summary>Of one member's whole-history file, and of one of their day files.</summary>
    const int WholeLines = 3_000, DayLines = 60;

    readonly DemoSettings _settings = new() { Postgres = Built.Server(), Build = Built.Folder, Configuration = Built.Configuration, Folder = Built.NewWorkFolder() };
    readonly string _key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32));
    readonly List<DemoDatabase> _databases = [];

    FirstLoad(RunningSandbox sandbox) => Sandbox = sandbox;

    public RunningSandbox Sandbox { get; }

    public string WorkFolder => Path.Combine(_settings.Folder, "work");

    public static async Task<FirstLoad> StartAsync() => new(await SandboxHost.StartAsync(new()));

    /// <summary>A member with a whole history of the original (a plain or gzipped array or lines) and day files; with a line nobody can read and one that comes twice.</summary>
    public Member Join(string? consent, int days = 4)
    {
        var member = Sandbox.OpenHumans.AddMember();
        member.Authorize();
        if (consent is not null)
            member.AddFile(ParticipantFiles.Consent(member.Id), Encoding.UTF8.GetBytes(consent));
        var (order, entries) = (Sandbox.OpenHumans.Members.Count, Enumerable.Range(0, WholeLines).Select(i => Entry($"e{i % (WholeLines - 1)}", i)).ToList());
        var text = order % 2 == 0 ? $"[{string.Join(",\n", entries)}]" : string.Join('\n', [.. entries, "no JSON"]);
        member.AddFile($"1571000000000_{member.Id}_entries.json{(order % 3 == 0 ? ".gz" : "")}", order % 3 == 0 ? Gzip(text) : Encoding.UTF8.GetBytes(text));
        for (var day = 1; day <= days; day++)
        {
            var bytes = Gzip(string.Join('\n', Enumerable.Range(0, DayLines).Select(i => Entry($"d{day}-{i}", WholeLines + DayLines * day + i))));
            member.AddFile($"{member.Id}_entries_2026-11-{day:00}.ndjson.gz", bytes, new() { ["description"] = "", ["tags"] = new JsonArray(), ["revision"] = 1, ["sha256"] = Convert.ToHexStringLower(SHA256.HashData(bytes)) });
        }
        return member;
    }

    /// <summary>A database in which the members have the same ids and keys as in any other of these, so that the same load gives the same rows.</summary>
    public async Task<DemoDatabase> NewDatabaseAsync()
    {
        var database = await DemoDatabase.CreateAsync(_settings, default);
        _databases.Add(database);
        await using var connection = new NpgsqlConnection(database.Owner);
        foreach (var (index, member) in Sandbox.OpenHumans.Members.Index())
            await connection.ExecuteAsync("insert into register.participant (participant_id, project_member_id, salt) values (@id, @member, @salt)", new { id = 1_000L + index, member = member.Id, salt = Enumerable.Repeat((byte)index, 32).ToArray() });
        return database;
    }

    public Dictionary<string, string> Environment(DemoDatabase database) => new(ServiceEnvironment.Of(Sandbox, _key))
    {
        ["Postgres__Connection"] = database.As("open_humans_etl"),
        ["OpenHumans__MasterToken"] = Sandbox.OpenHumans.MasterToken,
        ["Etl__WorkFolder"] = WorkFolder,
        ["Etl__BatchLines"] = "250",
        ["TERM"] = "xterm",
    };

    public Process Start(Dictionary<string, string> environment, params string[] arguments) => Process.Start(ServiceProcess.StartInfo(_settings, "OpenHumansEtl", arguments, environment))!;

    /// <returns>Exit code, standard output and standard error.</returns>
    public async Task<(int Code, string Output, string Problems)> RunAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        using var process = Start(environment, arguments);
        return await EndAsync(process);
    }

    /// <summary>Runs it on a pseudo-terminal.</summary>
    public async Task<(int Code, string Output)> RunOnTerminalAsync(Dictionary<string, string> environment, params string[] arguments)
    {
        const string Script = "/usr/bin/script";
        if (!File.Exists(Script))
            Assert.Ignore("util-linux has no script here");
        var inner = ServiceProcess.StartInfo(_settings, "OpenHumansEtl", arguments, environment);
        var start = new ProcessStartInfo(Script, ["-q", "-e", "-c", $"stty cols 100; dotnet {string.Join(' ', inner.ArgumentList.Select(argument => $"'{argument}'"))}", "/dev/null"])
        { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        using var process = Process.Start(start)!;
        var (code, output, _) = await EndAsync(process);
        return (code, output);
    }

    public static async Task<(int Code, string Output, string Problems)> EndAsync(Process process)
    {
        var problems = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        TestContext.Out.WriteLine($"== exit code {process.ExitCode}\n{output}\n{await problems}");
        return (process.ExitCode, output.TrimEnd(), await problems);
    }

    public static JsonNode Summary(string output) => JsonNode.Parse(output.Split('\n')[^1].Trim())!;

    /// <summary>All that a load leaves behind but the times at which it did, one hash a table.</summary>
    public static async Task<IReadOnlyList<string>> TablesAsync(DemoDatabase database)
    {
        await using var connection = new NpgsqlConnection(database.Owner);
        var hashes = new List<string>();
        foreach (var table in new[] { "entries", "raw_segment", "loaded_file", "loaded_period", "quarantine" })
            hashes.Add($"{table}: " + await connection.ExecuteScalarAsync<string>($"""
                select count(*) || ' rows ' || md5(coalesce(string_agg(row, '|' order by row), ''))
                  from (select (to_jsonb(t) - array['seq_id', 'started_at', 'completed_at', 'loaded_at', 'found_at'])::text as row from openaps.{table} t) as rows
                """));
        return hashes;
    }

    public async ValueTask DisposeAsync()
    {
        await Sandbox.DisposeAsync();
        foreach (var database in _databases)
            await database.DisposeAsync();
    }

    static string Entry(string id, int minute) => $$"""{"_id":"{{id}}","type":"sgv","sgv":{{80 + minute % 100}},"device":"xDrip-{{minute % 3}}","date":{{1_570_000_000_000 + 300_000L * minute}}}""";

    static byte[] Gzip(string text)
    {
        var file = new MemoryStream();
        using (var gzip = new GZipStream(file, CompressionLevel.Fastest, leaveOpen: true))
            gzip.Write(Encoding.UTF8.GetBytes(text));
        return file.ToArray();
    }
}

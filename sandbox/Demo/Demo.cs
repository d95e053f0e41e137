using System.Diagnostics;
using System.Text.Json;
using Sandbox.Check;

namespace Sandbox.Demo;

/// <summary>The main job on this machine: participants join, one ingest and one load run, and a researcher downloads a file.</summary>
public sealed class Demo(DemoSettings settings, TextWriter output)
{
    const string Researcher = "admin@demo.example", Password = "a demo password";

    /// <summary>How long the first copy and load of everybody may take.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(15);

    readonly Stopwatch _watch = Stopwatch.StartNew();

    /// <summary>Starts everything, says where it is, and stays up until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var system = await StartAsync(cancellationToken);
        var participants = await EnrolAsync(system, cancellationToken);
        await WaitAsync(system, participants, cancellationToken);
        using (await system.SignInToPortalAsync(Researcher, Password, cancellationToken))
            await DescribeAsync(system, participants, cancellationToken);
        await Task.Delay(Timeout.Infinite, cancellationToken).ContinueWith(_ => { }, TaskScheduler.Default);
        await output.WriteLineAsync("\nStopping…");
    }

    /// <summary>Starts everything, goes the whole way, compares every field of every record on it, and stops.</summary>
    /// <returns>What was compared; the last line printed says it as JSON.</returns>
    public async Task<CheckResult> CheckAsync(CancellationToken cancellationToken)
    {
        await using var system = await StartAsync(cancellationToken);
        var participants = await EnrolAsync(system, cancellationToken);
        await WaitAsync(system, participants, cancellationToken);

        var (csv, json) = (Path.Combine(settings.Folder, "check-csv.zip"), Path.Combine(settings.Folder, "check-json.zip"));
        using (var researcher = await system.SignInToPortalAsync(Researcher, Password, cancellationToken))
        {
            if (researcher.Certificate is { } certificate)
                await SayAsync($"by https, with {certificate}");
            foreach (var (format, path) in new[] { ("csv", csv), ("json", json) })
            {
                var link = await DemoSystem.ExportAsync(researcher, "all", format, cancellationToken);
                await using var file = File.Create(path);
                await researcher.DownloadAsync(link, file, cancellationToken);
            }
            if (settings.Installation is { HasDashboards: true })
                await SayAsync(await DashboardCheck.RunAsync(researcher, cancellationToken));
        }
        await SayAsync("a researcher downloaded everything, as CSV and as JSON");
        if (settings.Sabotage is { } step)
            await SayAsync("sabotage: " + await Sabotaging.AlterAsync(step, system, participants, csv, cancellationToken));

        var result = await new WayCheck(new(system.Sandbox.OpenHumansUrl, system.Database.Owner,
            [.. participants.Select(participant => new CheckedParticipant(participant.Member.Id, participant.Site, participant.Token,
                participant.Member.Authorize().AccessToken, participant.Projects != "none"))], csv, json, null)).RunAsync(cancellationToken);
        foreach (var alike in result.Mismatches.GroupBy(mismatch => (mismatch.Stage, mismatch.Collection)))
        {
            await output.WriteLineAsync($"  {alike.Key.Stage}, {alike.Key.Collection}: {alike.Count()} differences");
            foreach (var mismatch in alike.Take(5))
                await output.WriteLineAsync($"    {mismatch.RecordId} of {mismatch.Participant}: {mismatch.What}");
        }
        await output.WriteLineAsync(JsonSerializer.Serialize(new
        {
            nightscout = result.Nightscout,
            openHumans = result.OpenHumans,
            warehouse = result.Warehouse,
            exported = result.Exported,
            mismatches = result.MismatchedRecords,
            notShared = result.NotShared,
            deletedAtSource = result.Deleted,
            undated = result.Undated,
            seconds = Math.Round(_watch.Elapsed.TotalSeconds, 1),
        }));
        return result;
    }

    async Task<DemoSystem> StartAsync(CancellationToken cancellationToken)
    {
        if (settings.Installation is { } installation)
        {
            var attached = await DemoSystem.AttachAsync(settings, installation, cancellationToken);
            await SayAsync($"the stand-ins are up; the sites are {installation.RegistrationSite} and {installation.Portal}");
            return attached;
        }
        var system = await DemoSystem.StartAsync(settings, cancellationToken);
        await SayAsync("database, stand-ins, four services and the proxy are up");
        return system;
    }

    async Task<IReadOnlyList<DemoParticipant>> EnrolAsync(DemoSystem system, CancellationToken cancellationToken)
    {
        var participants = new List<DemoParticipant>();
        foreach (var (uploader, projects) in new[]
            { (Uploader.OpenAps, "both"), (Uploader.Aaps, "openaps"), (Uploader.Loop, "both"), (Uploader.Trio, "nsf"), (Uploader.XDrip, "none"), (Uploader.Share2, "both") }.Take(settings.Uploaders))
        {
            var days = uploader == Uploader.Share2 ? Math.Max(70, settings.Days) : settings.Days;
            var site = system.Sandbox.Sites.Add(Synthetic.Site(uploader, seed: (int)uploader + 1, days, DateTimeOffset.UtcNow, uploader.ToString().ToLowerInvariant()));
            var token = uploader == Uploader.Loop ? site.AddToken() : null; // one site is protected
            if (token is not null)
                site.Options = site.Options with { DefaultRole = "denied" };
            participants.Add(await system.EnrolAsync(site.Name, system.Sandbox.Sites.UrlOf(site), token, projects, cancellationToken));
        }
        if (settings.Nightscout is { } url)
            participants.Add(await system.EnrolAsync("your site", url, settings.Token, "both", cancellationToken));
        await SayAsync($"{participants.Count} participants signed in, gave their sites and chose what to share");
        return participants;
    }

    async Task WaitAsync(DemoSystem system, IReadOnlyList<DemoParticipant> participants, CancellationToken cancellationToken)
    {
        var last = "";
        await system.WaitUntilLoadedAsync(participants, progress =>
        {
            if (progress != last)
                output.WriteLine($"          {progress}");
            last = progress;
        }, Patience, cancellationToken);
        await SayAsync("everything the sites hold is on Open Humans, and what is shared is in the warehouse");
    }

    async Task DescribeAsync(DemoSystem system, IReadOnlyList<DemoParticipant> participants, CancellationToken cancellationToken)
    {
        await output.WriteLineAsync($"\n{"participant",-12} {"Open Humans id",-15} {"shares with",-12} {"records copied",14} {"rows loaded",12}   Nightscout");
        foreach (var participant in participants)
        {
            var counts = await system.Database.QueryAsync<string>($"""
                select coalesce((select sum(records) from ingest.file f where f.participant_id = p.participant_id and f.state = 'current'), 0)
                       || '/' || coalesce((select sum(rows) from openaps.loaded_period l where l.participant_id = p.participant_id), 0)
                  from register.participant p where project_member_id = '{participant.Member.Id}'
                """, cancellationToken);
            await output.WriteLineAsync($"{participant.Name,-12} {participant.Member.Id,-15} {participant.Projects,-12} {counts.Split('/')[0],14} {counts.Split('/')[1],12}   {participant.Site}{(participant.Token is { } token && participant.Site != settings.Nightscout ? $"   token {token}" : "")}");
        }
        var environment = Path.Combine(settings.Folder, "env");
        var lines = system.Shared.Append(KeyValuePair.Create("Postgres__Connection", system.Database.Owner)).Append(KeyValuePair.Create("Portal__BaseUrl", system.Portal.OriginalString))
            .Select(setting => $"export {setting.Key}='{setting.Value}'").ToList();
        await File.WriteAllTextAsync(environment, "", cancellationToken);
        if (!OperatingSystem.IsWindows())
            File.SetUnixFileMode(environment, UnixFileMode.UserRead | UnixFileMode.UserWrite); // it holds the key and passwords
        await File.AppendAllLinesAsync(environment, lines, cancellationToken);
        await output.WriteLineAsync($"""

            Registration site      {system.RegistrationSite}   sign in as somebody new with one of the sites above, or as a member
            Researchers' portal    {system.Portal}   {Researcher} / {Password}
            Mails the portal sent  {system.Sandbox.MailUrl}   apply for access on the portal, and go on from here
            Open Humans stand-in   {system.Sandbox.OpenHumansUrl}
            Logs                   {settings.Folder}/*.log

            Operator commands against this database, from another terminal:
              source {environment}
              dotnet run --project open-humans-etl -- load-directory DIR
              dotnet run --project data-management-app -- export --for {Researcher} --entity entries
            Its connection setting:
              Postgres__Connection='{system.Database.Owner}'

            Ctrl-C stops everything.
            """);
    }

    Task SayAsync(string what) => output.WriteLineAsync($"{_watch.Elapsed.TotalSeconds,6:0.0} s  {what}");
}

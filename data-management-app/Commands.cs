using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using DataManagementApp.Accounts;
using DataManagementApp.Alerts;
using DataManagementApp.Api;
using DataManagementApp.Exports;
using DataManagementApp.Mails;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Npgsql;
using ServiceDefaults;

namespace DataManagementApp;

/// <summary>The service, and what an operator can do by hand.</summary>
public static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"))
            return await ServiceHost.RunAsync(() => Portal.Build(args));
        return await new RootCommand("The researchers' portal. Without a command it runs as a service.") { InviteAdmin(), Invite(), Export(), Api(), TestMail(), TestAlert(), ConfigCommand.New(() => Portal.Build([])) }.Parse(args).InvokeAsync();
    }

    static Argument<string> Email(string description)
    {
        var email = new Argument<string>("EMAIL") { Description = description };
        email.Validators.Add(result =>
        {
            if (Typed.Email(result.Tokens.Count > 0 ? result.Tokens[0].Value : "") is null)
                result.AddError("That is not an e-mail address.");
        });
        return email;
    }

    static Command InviteAdmin()
    {
        var email = Email("Of the administrator");
        var command = new Command("invite-admin", "Prints a link by which an administrator chooses their password; it works once, for seven days.") { email };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(async services =>
        {
            var userId = await services.GetRequiredService<Users>().AddAdminAsync(Typed.Email(parsed.GetRequiredValue(email))!, cancellationToken);
            var grants = services.GetRequiredService<Grants>();
            if (await grants.CurrentAsync(userId, cancellationToken) is null)
                await grants.AddAsync(userId, openAps: true, nsf: true, cancellationToken);
            var link = await services.GetRequiredService<Invitations>().MakeAsync(userId, cancellationToken);
            await services.GetRequiredService<Audit>().NoteAsync(userId, "invite-admin", "", cancellationToken);
            Console.WriteLine(link.AbsoluteUri);
            return 0;
        }));
        return command;
    }

    static Command Invite()
    {
        var email = Email("Of a user there is already");
        var command = new Command("invite", "Prints a link by which a user chooses a password, for instance one that import-original brought; it works once, for seven days.") { email };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(async services =>
        {
            if (await services.GetRequiredService<Users>().FindAsync(parsed.GetRequiredValue(email), cancellationToken) is not { Deactivated: false } user)
                return Refuse("There is no active user of this e-mail.");
            await services.GetRequiredService<Grants>().AddImportedAsync(user.Id, cancellationToken);
            var link = await services.GetRequiredService<Invitations>().MakeAsync(user.Id, cancellationToken);
            await services.GetRequiredService<Audit>().NoteAsync(user.Id, "invite", "", cancellationToken);
            Console.WriteLine(link.AbsoluteUri);
            return 0;
        }));
        return command;
    }

    static Command TestMail()
    {
        var email = Email("Who gets it");
        var command = new Command("test-mail", "Hands one mail to the server of Smtp__Host, and says why when it is not taken.") { email };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(async services =>
        {
            var postman = services.GetRequiredService<Postman>();
            if (!postman.HasServer)
                return Refuse("Set Smtp__Host and Smtp__From first.");
            var (now, recipient) = (services.GetRequiredService<TimeProvider>().GetUtcNow(), Typed.Email(parsed.GetRequiredValue(email))!);
            try
            {
                await postman.SendAsync(now.ToUnixTimeMilliseconds(), recipient, "A test", "This mail shows that the portal's mails are sent. Nothing is to be done.\n", cancellationToken);
            }
            catch (UndeliveredException problem)
            {
                return Refuse($"It was not taken: {problem.Message}.");
            }
            Console.WriteLine("The mail server took it.");
            return 0;
        }));
        return command;
    }

    static Command TestAlert()
    {
        var command = new Command("test-alert", "Tells everybody who would hear of alerts, by mail and on Slack as it is set, and says why a message is not taken.");
        command.SetAction((_, cancellationToken) => WithServicesAsync(services => services.GetRequiredService<TestAlert>().RunAsync(Console.Out, cancellationToken)));
        return command;
    }

    static Command Api()
    {
        var folder = new Argument<string>("FOLDER") { Description = "For instance docs/api" };
        var command = new Command("api", "Writes the OpenAPI document of the HTTP API and a collection for Postman.") { folder };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            // Operations are known once the server listens; nothing else is started, and no database is asked.
            await using var app = Portal.Build(["--urls=http://127.0.0.1:0", "--Portal:BaseUrl=https://data.example.org", "--Postgres:Connection=Host=nowhere", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}", "--Serilog:MinimumLevel:Default=Error"],
                services => services.RemoveAll<IHostedService>());
            await app.StartAsync(cancellationToken);
            await ApiDocument.WriteAsync(app.Services, parsed.GetRequiredValue(folder), cancellationToken);
            return 0;
        });
        return command;
    }

    static Command Export()
    {
        var who = new Option<string>("--for") { Description = "E-mail of the user whose access the export is made with", Required = true };
        var entity = new Option<string>("--entity") { Description = "What to export", DefaultValueFactory = _ => "all" };
        entity.AcceptOnlyFromAmong([.. ExportEntity.Choices.Keys]);
        var format = new Option<string>("--format") { Description = "csv, json (a table), parquet; of records as they were sent: ndjson, raw_csv", DefaultValueFactory = _ => ExportFormat.Csv };
        format.AcceptOnlyFromAmong(ExportFormat.All);
        var from = Day("--from", "First day, yyyy-mm-dd (UTC). Default: all days, with records that have no usable time");
        var to = Day("--to", "Last day, yyyy-mm-dd (UTC), included. Default with --from: today");
        var commons = new Option<string>("--commons") { Description = "Only participants who share with openaps or nsf. Default: any that the access covers" };
        commons.AcceptOnlyFromAmong("openaps", "nsf");
        var minDays = new Option<int>("--min-days") { Description = "Only participants with glucose readings on at least so many of the days" };
        var columns = new Option<string[]>("--columns") { Description = "table.column …; of a table that none is named of, all", AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => [] };
        var perParticipant = new Option<bool>("--per-participant") { Description = "A file per participant and type" };
        var output = new Option<string>("--output") { Description = "The zip to write (above 2 GB: a folder of that name without .zip); - writes one plain file to standard output. Default: a name made of what was chosen" };
        var command = new Command("export", "Builds a file of what the user may read; prints one JSON line last.") { who, entity, format, from, to, commons, minDays, columns, perParticipant, output };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(services =>
        {
            var (first, last) = (parsed.GetValue(from), parsed.GetValue(to));
            if (first is not null || last is not null)
                (first, last) = (first ?? new DateOnly(1970, 1, 1), last ?? DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
            return ExportAsync(services, parsed.GetRequiredValue(who), new(parsed.GetRequiredValue(entity), parsed.GetRequiredValue(format), first, last)
            {
                Commons = parsed.GetValue(commons),
                MinDays = parsed.GetValue(minDays),
                Columns = parsed.GetValue(columns) ?? [],
                PerParticipant = parsed.GetValue(perParticipant),
            }, parsed.GetValue(output), cancellationToken);
        }));
        return command;
    }

    static async Task<int> ExportAsync(IServiceProvider services, string who, ExportRequest request, string? output, CancellationToken cancellationToken)
    {
        if (output == "-" && (request.Format == ExportFormat.Parquet || request.PerParticipant || request.Entities.Count() > 1))
            return Refuse($"{request.Entity} is more than one file, or none that can be streamed: give --output a file name.");
        if (await services.GetRequiredService<Users>().FindAsync(who, cancellationToken) is not { Deactivated: false } user
            || await services.GetRequiredService<Grants>().CurrentAsync(user.Id, cancellationToken) is not { } grant)
            return Refuse("There is no user of this e-mail with access to data.");
        if (request.Problems(grant).Select(problem => problem.Problem).FirstOrDefault() is { } wrong)
            return Refuse(wrong);

        await services.GetRequiredService<Audit>().NoteAsync(user.Id, "export by command", request.Summary, cancellationToken);
        var (build, deliveries) = (services.GetRequiredService<ExportBuild>(), services.GetRequiredService<Deliveries>());
        if (output == "-")
        {
            await using var standardOutput = Console.OpenStandardOutput();
            var plain = await build.WritePlainAsync(grant, request, standardOutput, cancellationToken);
            await deliveries.NoteAsync(grant, plain.Participants, cancellationToken);
            return 0;
        }
        return await ExportToFileAsync(services, grant, request, output ?? request.FileName, cancellationToken);
    }

    static async Task<int> ExportToFileAsync(IServiceProvider services, Grant grant, ExportRequest request, string output, CancellationToken cancellationToken)
    {
        var (build, grants, watch, progress) = (services.GetRequiredService<ExportBuild>(), services.GetRequiredService<Grants>(), Stopwatch.StartNew(), new BuildProgress());
        var folder = new LocalFolder($"{output}.parts");
        try
        {
            var building = build.BuildAsync(grant, grants.CodeKey(grant), request, await build.CoveredAsync(grant, request, cancellationToken), folder, progress, cancellationToken);
            var first = await ShowAsync(building, progress, watch);
            var totals = await building;
            var files = folder.Files.Values.OrderBy(file => file.Number).ToList();
            var zip = ExportAbout.IsZipped(request, files, services.GetRequiredService<PortalOptions>().MostInZip) ? new ExportZip(files, folder.PathOf, services.GetRequiredService<TimeProvider>().GetUtcNow().UtcDateTime) : null;
            if (zip is not null)
                await WriteAsync(zip, output, cancellationToken);
            await services.GetRequiredService<Deliveries>().NoteAsync(grant, totals.Participants, cancellationToken);
            if (zip is null)
                Directory.Move(folder.Path, output = output.EndsWith(".zip", StringComparison.OrdinalIgnoreCase) ? output[..^4] : $"{output}.files");
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                file = output,
                rows = totals.Rows,
                participants = totals.Participants.Count,
                bytes = zip?.Length ?? files.Sum(file => file.FileBytes),
                contentBytes = files.Sum(file => file.Length),
                sha256 = zip is null ? null : Convert.ToHexStringLower(await zip.Sha256Async(cancellationToken)),
                seconds = Math.Round(watch.Elapsed.TotalSeconds, 3),
                firstProgressSeconds = Math.Round(first.TotalSeconds, 3),
            }));
            return 0;
        }
        finally
        {
            if (Directory.Exists(folder.Path))
                Directory.Delete(folder.Path, recursive: true);
        }
    }

    static async Task WriteAsync(ExportZip zip, string output, CancellationToken cancellationToken)
    {
        var part = $"{output}.part";
        try
        {
            await using (var file = ExportFiles.Create(part))
            await using (var content = zip.Open())
                await content.CopyToAsync(file, cancellationToken);
            File.Move(part, output, overwrite: true);
        }
        finally
        {
            File.Delete(part);
        }
    }

    /// <returns>When the first row was written.</returns>
    static async Task<TimeSpan> ShowAsync(Task building, BuildProgress progress, Stopwatch watch)
    {
        var first = TimeSpan.Zero;
        while (!building.IsCompleted)
        {
            await Task.WhenAny(building, Task.Delay(100, CancellationToken.None));
            if (first == TimeSpan.Zero && progress.Rows > 0)
                first = watch.Elapsed;
            if (!Console.IsErrorRedirected)
                await Console.Error.WriteAsync($"\r{progress.Rows:N0} rows, {ExportEvent.Bytes(progress.Bytes)}, {progress.Rows / watch.Elapsed.TotalSeconds:N0} rows/s   ");
        }
        return first;
    }

    static Option<DateOnly?> Day(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            if (DateOnly.TryParseExact(result.Tokens.Count > 0 ? result.Tokens[0].Value : "", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                return day;
            result.AddError($"{name} is a day written yyyy-mm-dd, for instance 2026-01-31.");
            return null;
        },
    };

    static int Refuse(string why)
    {
        Console.Error.WriteLine(why);
        return 2;
    }

    static async Task<int> WithServicesAsync(Func<IServiceProvider, Task<int>> command)
    {
        try
        {
            await using var app = Portal.Build([]);
            await app.Services.GetServices<IHostedService>().OfType<SchemaGate>().Single().StartingAsync(CancellationToken.None);
            return await command(app.Services);
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            return Refuse(text);
        }
        catch (ConsentChangedException)
        {
            return Refuse("Somebody withdrew their consent meanwhile; please run the command again.");
        }
        catch (NpgsqlException problem)
        {
            return Refuse($"The database: {problem.Message}");
        }
        catch (IOException problem)
        {
            return Refuse(problem.Message);
        }
    }
}

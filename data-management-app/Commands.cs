using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Net.Mail;
using System.Security.Cryptography;
using System.Text.Json;
using DataManagementApp.Accounts;
using DataManagementApp.Exports;
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
        return await new RootCommand("The researchers' portal. Without a command it runs as a service.") { InviteAdmin(), Invite(), Export() }.Parse(args).InvokeAsync();
    }

    static Argument<string> Email(string description)
    {
        var email = new Argument<string>("EMAIL") { Description = description };
        email.Validators.Add(result =>
        {
            if (!MailAddress.TryCreate(result.Tokens.Count > 0 ? result.Tokens[0].Value : "", out _))
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
            var userId = await services.GetRequiredService<Users>().AddAdminAsync(parsed.GetRequiredValue(email), cancellationToken);
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

    static Command Export()
    {
        var who = new Option<string>("--for") { Description = "E-mail of the user whose access the export is made with", Required = true };
        var entity = new Option<string>("--entity") { Description = "What to export", DefaultValueFactory = _ => "all" };
        entity.AcceptOnlyFromAmong([.. ExportEntity.Choices.Keys]);
        var format = new Option<string>("--format") { Description = "csv or json", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong("csv", "json");
        var from = Day("--from", "First day, yyyy-mm-dd (UTC)", _ => new DateOnly(1970, 1, 1));
        var to = Day("--to", "Last day, yyyy-mm-dd (UTC), included", _ => DateOnly.FromDateTime(TimeProvider.System.GetUtcNow().UtcDateTime));
        var output = new Option<string>("--output") { Description = "The zip to write; - writes one plain file to standard output. Default: a name made of what was chosen" };
        var command = new Command("export", "Builds a file of what the user may read; prints one JSON line last.") { who, entity, format, from, to, output };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(services => ExportAsync(services,
            parsed.GetRequiredValue(who), new(parsed.GetRequiredValue(entity), parsed.GetRequiredValue(format), parsed.GetRequiredValue(from), parsed.GetRequiredValue(to)),
            parsed.GetValue(output), cancellationToken)));
        return command;
    }

    static async Task<int> ExportAsync(IServiceProvider services, string who, ExportRequest request, string? output, CancellationToken cancellationToken)
    {
        if (request.To < request.From)
            return Refuse("The last day is before the first.");
        if (output == "-" && ExportEntity.Choices[request.Entity].Length > 1)
            return Refuse($"{request.Entity} is more than one file: give --output a file name.");
        if (await services.GetRequiredService<Users>().FindAsync(who, cancellationToken) is not { Deactivated: false } user
            || await services.GetRequiredService<Grants>().CurrentAsync(user.Id, cancellationToken) is not { } grant)
            return Refuse("There is no user of this e-mail with access to data.");

        await services.GetRequiredService<Audit>().NoteAsync(user.Id, "export by command", $"{request.Entity} {request.Format} {request.From:yyyy-MM-dd} {request.To:yyyy-MM-dd}", cancellationToken);
        var (build, deliveries) = (services.GetRequiredService<ExportBuild>(), services.GetRequiredService<Deliveries>());
        if (output == "-")
        {
            await using var standardOutput = Console.OpenStandardOutput();
            var plain = await build.WritePlainAsync(grant, request, standardOutput, cancellationToken);
            await deliveries.NoteAsync(grant, plain.Participants, cancellationToken);
            return 0;
        }

        output ??= $"{request.Entity}_{request.From:yyyy-MM-dd}_{request.To:yyyy-MM-dd}_{request.Format}.zip";
        var watch = Stopwatch.StartNew();
        var part = $"{output}.part";
        await using var file = new FileStream(part, new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite, Options = FileOptions.Asynchronous });
        try
        {
            var totals = await build.WriteZipAsync(grant, request, file, rows =>
            {
                Console.Error.Write(Console.IsErrorRedirected ? "" : $"\r{rows:N0} rows, {rows / watch.Elapsed.TotalSeconds:N0} rows/s   ");
                return Task.CompletedTask;
            }, cancellationToken);
            file.Position = 0;
            var sha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
            await deliveries.NoteAsync(grant, totals.Participants, cancellationToken);
            File.Move(part, output, overwrite: true);
            Console.WriteLine(JsonSerializer.Serialize(new
            {
                file = output,
                rows = totals.Rows,
                participants = totals.Participants.Count,
                bytes = file.Length,
                sha256,
                seconds = Math.Round(watch.Elapsed.TotalSeconds, 3),
            }));
            return 0;
        }
        catch
        {
            File.Delete(part);
            throw;
        }
    }

    static Option<DateOnly> Day(string name, string description, Func<System.CommandLine.Parsing.ArgumentResult, DateOnly> otherwise) => new(name)
    {
        Description = description,
        DefaultValueFactory = otherwise,
        CustomParser = result =>
        {
            if (DateOnly.TryParseExact(result.Tokens.Count > 0 ? result.Tokens[0].Value : "", "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day))
                return day;
            result.AddError($"{name} is a day written yyyy-mm-dd, for instance 2026-01-31.");
            return default;
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

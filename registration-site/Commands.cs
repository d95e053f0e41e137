using System.CommandLine;
using System.Text.Json;
using Npgsql;
using ServiceDefaults;

namespace RegistrationSite;

/// <summary>The service, and what an operator can do by hand.</summary>
public static class Commands
{
    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0 || args[0].StartsWith('-') && args[0] is not ("--help" or "-h" or "-?" or "--version"))
            return await ServiceHost.RunAsync(() => Registration.Build(args));
        return await new RootCommand("Where participants join, choose and leave. Without a command it runs as a service.") { Erase(), ListErasures(), ReplayErasures(), ConfigCommand.New(() => Registration.Build([])) }.Parse(args).InvokeAsync();
    }

    static Command Erase()
    {
        var member = new Argument<string>("MEMBER") { Description = "The participant's project_member_id on Open Humans" };
        var noWait = new Option<bool>("--no-wait") { Description = "Do not wait for the other services; run the command again to see how far they are" };
        var command = new Command("erase", "Removes everything about a participant everywhere, waits until every service has done its part, and prints a receipt as JSON. Safe to repeat.") { member, noWait };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(services =>
            ActivatorUtilities.CreateInstance<EraseCommand>(services).RunAsync(parsed.GetRequiredValue(member), !parsed.GetValue(noWait), Console.Out, Console.Error, cancellationToken), cancellationToken));
        return command;
    }

    static Command ListErasures()
    {
        var command = new Command("list-erasures", "Prints the erasure list, a JSON line per erasure, with keyed hashes for members. Keep it outside the backups.");
        command.SetAction((_, cancellationToken) => WithServicesAsync(async services =>
        {
            foreach (var erased in await services.GetRequiredService<Erasure>().ListAsync(cancellationToken))
                Console.WriteLine(JsonSerializer.Serialize(erased));
            return 0;
        }, cancellationToken));
        return command;
    }

    static Command ReplayErasures()
    {
        var file = new Argument<FileInfo>("FILE") { Description = "An erasure list, as list-erasures prints it or Registration__ErasureList holds it" };
        var command = new Command("replay-erasures", "Erases again whom a restored backup brought back. Run it before any service starts. Safe to repeat.") { file };
        command.SetAction((parsed, cancellationToken) => WithServicesAsync(async services =>
        {
            var list = new List<ErasedMember>();
            try
            {
                foreach (var line in await File.ReadAllLinesAsync(parsed.GetRequiredValue(file).FullName, cancellationToken))
                    if (line.Length > 0)
                        list.Add(JsonSerializer.Deserialize<ErasedMember>(line)!);
            }
            catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or JsonException)
            {
                Console.Error.WriteLine(problem is JsonException ? $"Line {list.Count + 1} of the list cannot be read; nothing was erased." : "The list cannot be read; nothing was erased.");
                return 2;
            }
            var erased = await services.GetRequiredService<Erasure>().ReplayAsync(list, cancellationToken);
            Console.WriteLine(JsonSerializer.Serialize(new { list = list.Count, erased }));
            return 0;
        }, cancellationToken));
        return command;
    }

    static async Task<int> WithServicesAsync(Func<IServiceProvider, Task<int>> command, CancellationToken cancellationToken)
    {
        try
        {
            await using var app = Registration.Build(["--Serilog:MinimumLevel:Default=Warning"]);
            await app.Services.GetServices<IHostedService>().OfType<SchemaGate>().Single().StartingAsync(cancellationToken);
            return await command(app.Services);
        }
        catch (Exception problem) when (ServiceHost.Explain(problem) is { } text)
        {
            Console.Error.WriteLine($"Not started: {text}");
            return 2;
        }
        catch (NpgsqlException problem)
        {
            Console.Error.WriteLine($"The database: {problem.Message}");
            return 2;
        }
    }
}

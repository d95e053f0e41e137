using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;
using Npgsql;
using ServiceDefaults;

namespace Db.ImportOriginal;

/// <summary>The operator command <c>import-original</c>: takes over who takes part, who may read, and who has applied. Changes nothing in the original, and may be repeated at any time.</summary>
public static class Import
{
    /// <param name="original">Connection of the original's database; null: setting <c>Original__Connection</c>.</param>
    /// <returns>0, or 1 when it was broken off, or 2 when it cannot start.</returns>
    public static async Task<int> RunAsync(string? original, IConfiguration configuration, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        try
        {
            var secrets = Secrets(configuration);
            if (configuration["Postgres:Connection"] is not { } target || Postgres.Parse(target) is not { Host.Length: > 0 })
                throw new OriginalException("Set Postgres__Connection: the database of this system, as its owner, for instance: Host=localhost;Database=openaps;Username=openaps;Password=…");
            if ((original ?? configuration["Original:Connection"]) is not { Length: > 0 } source)
                throw new OriginalException("Name the original's database: import-original CONNECTION, or the setting Original__Connection, which other users of this machine do not see.");

            await using var db = Postgres.Open(new() { Connection = target, MaxPoolSize = 1 });
            if ((await new Migrator(db, TextWriter.Null).PendingAsync(cancellationToken)).Count > 0)
                throw new OriginalException("The database of this system is not up to date: run migrate first (dotnet run --project db -- migrate).");
            await using var connection = await db.OpenConnectionAsync(cancellationToken);
            if (!await Register.TokenImport.IsKeyRightAsync(secrets, connection, cancellationToken))
                throw new OriginalException("Secrets__Key is not the key that sealed what is in this system's database: take the services' own (and Secrets__OldKeys, if they have some).");
            await RunAsync(await OriginalDatabase.ReadAsync(source, cancellationToken), secrets, connection, output, cancellationToken);
            return 0;
        }
        catch (Exception problem) when (problem is OriginalException or MigrationException)
        {
            await errors.WriteLineAsync($"Nothing was imported. {problem.Message}");
            return 2;
        }
        catch (SealBrokenException problem)
        {
            await errors.WriteLineAsync($"Broken off; what was imported stays, and the command can be repeated. {problem.Message}");
            return 1;
        }
        catch (NpgsqlException problem)
        {
            var code = problem is PostgresException refusal ? $" (code {refusal.SqlState})" : "";
            await errors.WriteLineAsync($"Broken off: the database of this system does not answer or refuses{code}; Postgres__Connection has to name its owner. What was imported stays, and the command can be repeated.");
            return 1;
        }
    }

    static async Task RunAsync(OriginalDatabase original, SecretBox secrets, NpgsqlConnection connection, TextWriter output, CancellationToken cancellationToken)
    {
        var knownNumbers = !original.HasOldNumbers;
        await (await MemberImport.RunAsync(original.Members, secrets, connection, cancellationToken)).WriteAsync(output);
        await (await PortalImport.UsersAsync(original.Users, knownNumbers, connection, cancellationToken)).WriteAsync(output);
        await (await PortalImport.ApplicationsAsync(original.Applications, knownNumbers, connection, cancellationToken)).WriteAsync(output);
        var (answers, waiting) = await DemographicsImport.RunAsync(original.Answers, connection, cancellationToken);
        await answers.WriteAsync(output);

        await output.WriteLineAsync("Not imported, because this system makes it anew from the participants' own files: glucose and treatment data, consent, charts. Passwords are not taken over.");
        await output.WriteLineAsync("Next:");
        await output.WriteLineAsync("  - Stop the original's ingester before this one starts: whichever refreshes a participant's tokens ends the other's. If it ran since, repeat this command first.");
        await output.WriteLineAsync("  - Start open-humans-etl: it reads what each participant shares from their Open Humans account, and loads it.");
        if (waiting > 0)
            await output.WriteLineAsync($"  - Then repeat this command: {waiting:N0} survey answers wait until it is known what their participants share.");
        await output.WriteLineAsync("  - Give each researcher a link to choose a password: dotnet run --project data-management-app -- invite EMAIL");
    }

    static SecretBox Secrets(IConfiguration configuration)
    {
        var options = configuration.GetSection("Secrets").Get<SecretsOptions>() ?? new();
        var problems = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new(options), problems, validateAllProperties: true))
            throw new OriginalException($"{problems[0].ErrorMessage}. It has to be the key of the services, which open the tokens.");
        return new(options);
    }
}

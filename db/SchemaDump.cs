using System.Diagnostics;
using System.Text.RegularExpressions;
using Npgsql;

namespace Db;

/// <summary>The schema as pg_dump prints it, without what differs from one server or client version to the next.</summary>
public static partial class SchemaDump
{
    /// <exception cref="MigrationException">pg_dump is missing or failed.</exception>
    public static async Task<string> ReadAsync(string connectionString, CancellationToken cancellationToken)
    {
        var connection = new NpgsqlConnectionStringBuilder(connectionString);
        var start = new ProcessStartInfo(PgDump()) { RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var argument in (string[])["--schema-only", "--no-owner", "--exclude-table=public.schema_journal",
            $"--host={connection.Host}", $"--port={connection.Port}", $"--username={connection.Username}", connection.Database!])
            start.ArgumentList.Add(argument);
        start.Environment["PGPASSWORD"] = connection.Password;

        using var process = Process.Start(start)!;
        var problems = process.StandardError.ReadToEndAsync(cancellationToken);
        var dump = await process.StandardOutput.ReadToEndAsync(cancellationToken);
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new MigrationException($"pg_dump: {(await problems).Trim()}");
        return "-- The schema after all migrations and views. Generated: dotnet run --project db -- schema > db/schema.sql\n\n"
            + BlankLines().Replace(Noise().Replace(dump, ""), "\n\n").Trim() + "\n";
    }

    static string PgDump()
    {
        var versions = Directory.Exists("/usr/lib/postgresql") ? Directory.GetDirectories("/usr/lib/postgresql") : [];
        return versions.Select(folder => Path.Combine(folder, "bin", "pg_dump")).Where(File.Exists).Order(StringComparer.Ordinal).LastOrDefault() ?? "pg_dump";
    }

    [GeneratedRegex(@"^(--.*|SET .*;|SELECT pg_catalog\.set_config.*;|\\(un)?restrict .*)\n", RegexOptions.Multiline)]
    private static partial Regex Noise();

    [GeneratedRegex(@"\n{3,}")]
    private static partial Regex BlankLines();
}

using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Db;

/// <summary>A migration that cannot be applied, with what to do about it.</summary>
public sealed class MigrationException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>
/// Applies <c>migrations/NNNN_name.sql</c> in order, each once and in a transaction of its own, and makes the views anew when one changed.
/// Several at once are safe: they take turns. Needs the owner of the database with <c>createrole</c>, no superuser.
/// </summary>
/// <remarks>
/// First line of a migration: <c>-- oldest-build: N</c>, the oldest build that still runs against it, optionally followed by
/// <c>no-transaction</c> for one single statement that cannot run in one (create index concurrently).
/// </remarks>
public sealed class Migrator(NpgsqlDataSource db, TextWriter output)
{
    const long Lock = 0x6d69_6772_6174_65; // "migrate"
    const int LockAttempts = 20;
    const string Views = "views";

    /// <summary>Number of this build for <c>oldest-build</c>; raised when a migration is no longer compatible with the build before.</summary>
    public static int Build { get; } = int.Parse(
        typeof(Migrator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(a => a.Key == "SchemaBuild").Value!, CultureInfo.InvariantCulture);

    /// <exception cref="MigrationException">An applied file was edited, the order is wrong, or a statement failed; what came before stays applied.</exception>
    public async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var connection = await OpenLockedAsync(cancellationToken);
        await ExecuteAsync(connection, """
            create table if not exists public.schema_journal (
                id           text        primary key,
                sha256       text        not null,
                oldest_build int         not null,
                applied_at   timestamptz not null default now(),
                milliseconds int         not null
            )
            """, cancellationToken);

        var pending = await PendingAsync(connection, cancellationToken);
        if (pending.Count == 0)
            await output.WriteLineAsync("The database is up to date.");
        foreach (var script in pending)
        {
            var watch = Stopwatch.StartNew();
            await ApplyAsync(connection, script, watch, cancellationToken);
            await output.WriteLineAsync($"applied  {script.Id} in {watch.ElapsedMilliseconds} ms");
        }
    }

    /// <summary>Names of what <see cref="MigrateAsync"/> would apply, in order.</summary>
    public async Task<IReadOnlyList<string>> PendingAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var exists = new NpgsqlCommand("select to_regclass('public.schema_journal') is not null", connection);
        if (!(bool)(await exists.ExecuteScalarAsync(cancellationToken))!)
            return [.. Script.All().Select(script => script.Id)];
        return [.. (await PendingAsync(connection, cancellationToken)).Select(script => script.Id)];
    }

    static async Task<IReadOnlyList<Script>> PendingAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var applied = new Dictionary<string, (string Sha256, int OldestBuild)>(StringComparer.Ordinal);
        await using (var command = new NpgsqlCommand("select id, sha256, oldest_build from public.schema_journal", connection))
        await using (var reader = await command.ExecuteReaderAsync(cancellationToken))
            while (await reader.ReadAsync(cancellationToken))
                applied[reader.GetString(0)] = (reader.GetString(1), reader.GetInt32(2));

        var pending = new List<Script>();
        foreach (var script in Script.All())
        {
            if (!applied.Remove(script.Id, out var before))
                pending.Add(script);
            else if (before.Sha256 == script.Sha256)
            {
                if (pending.Count > 0 && script.Id != Views)
                    throw new MigrationException($"{pending[0].Id} sorts before {script.Id}, which is already applied: give it the next number.");
            }
            else if (script.Id == Views)
                pending.Add(script);
            else
                throw new MigrationException($"{script.Id} was edited after it was applied: undo the edit and write a new migration.");
        }
        foreach (var (id, journal) in applied.Where(newer => newer.Value.OldestBuild > Build))
            throw new MigrationException($"The database holds {id} of a newer release, which needs build {journal.OldestBuild} or later; this is build {Build}.");
        return pending;
    }

    async Task ApplyAsync(NpgsqlConnection connection, Script script, Stopwatch watch, CancellationToken cancellationToken)
    {
        for (var attempt = 1; ; attempt++)
        {
            await using var transaction = script.InTransaction ? await connection.BeginTransactionAsync(cancellationToken) : null;
            try
            {
                await ExecuteAsync(connection, "set lock_timeout = '3s'", cancellationToken); // rather try again than make every reader queue behind us
                if (script.Id == Views)
                    await DropViewsAsync(connection, cancellationToken);
                await ExecuteAsync(connection, script.Sql, cancellationToken);
                await using var journal = new NpgsqlCommand("""
                    insert into public.schema_journal (id, sha256, oldest_build, milliseconds) values ($1, $2, $3, $4)
                        on conflict (id) do update
                       set sha256 = excluded.sha256, oldest_build = excluded.oldest_build, milliseconds = excluded.milliseconds, applied_at = now()
                    """, connection)
                {
                    Parameters =
                    {
                        new() { Value = script.Id }, new() { Value = script.Sha256 },
                        new() { Value = script.OldestBuild }, new() { Value = (int)watch.ElapsedMilliseconds },
                    },
                };
                await journal.ExecuteNonQueryAsync(cancellationToken);
                if (transaction is not null)
                    await transaction.CommitAsync(cancellationToken);
                return;
            }
            catch (PostgresException busy) when (busy.SqlState == PostgresErrorCodes.LockNotAvailable && attempt < LockAttempts)
            {
                await output.WriteLineAsync($"waiting  {script.Id}: a table is in use, trying again");
            }
            catch (PostgresException failure)
            {
                throw new MigrationException($"{script.Id}, line {LineOf(script.Sql, failure)}: {failure.MessageText} ({failure.SqlState})", failure);
            }
            if (transaction is not null)
                await transaction.RollbackAsync(cancellationToken);
            await Task.Delay(TimeSpan.FromSeconds(1), cancellationToken);
        }
    }

    static Task DropViewsAsync(NpgsqlConnection connection, CancellationToken cancellationToken) => ExecuteAsync(connection, """
        do $$
        declare stale record;
        begin
            for stale in select schemaname, viewname from pg_views where schemaname in ('openaps', 'research', 'portal', 'analytics')
            loop
                execute format('drop view if exists %I.%I cascade', stale.schemaname, stale.viewname);
            end loop;
        end $$
        """, cancellationToken);

    async Task<NpgsqlConnection> OpenLockedAsync(CancellationToken cancellationToken)
    {
        var connection = await db.OpenConnectionAsync(cancellationToken); // the lock ends with the connection
        // Polled, never pg_advisory_lock(): a session blocked in that statement keeps a snapshot, and the holder's
        // "create index concurrently" waits for that snapshot: deadlock (40P01).
        for (var waited = false; ; waited = true)
        {
            await using var attempt = new NpgsqlCommand($"select pg_try_advisory_lock({Lock})", connection);
            if ((bool)(await attempt.ExecuteScalarAsync(cancellationToken))!)
                return connection;
            if (!waited)
                await output.WriteLineAsync("Another migrator is at work; waiting for it.");
            await Task.Delay(250, cancellationToken);
        }
    }

    // Npgsql splits a script at ';' and Position counts inside the failing statement.
    static int LineOf(string sql, PostgresException failure)
    {
        var statement = (failure.BatchCommand?.CommandText ?? "").Trim();
        var start = statement.Length > 0 ? Math.Max(0, sql.IndexOf(statement, StringComparison.Ordinal)) : 0;
        return sql.AsSpan(0, Math.Clamp(start + Math.Max(0, failure.Position - 1), 0, sql.Length)).Count('\n') + 1;
    }

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    sealed record Script(string Id, string Sql, string Sha256, int OldestBuild, bool InTransaction)
    {
        /// <summary>The migrations by number, then all views as one script.</summary>
        public static IEnumerable<Script> All()
        {
            var assembly = typeof(Migrator).Assembly;
            var names = assembly.GetManifestResourceNames().Order(StringComparer.Ordinal).ToList();
            foreach (var name in names.Where(name => name.StartsWith("migrations/", StringComparison.Ordinal)))
                yield return From(Path.GetFileNameWithoutExtension(name), Read(assembly, name));
            yield return From(Views, $"-- oldest-build: {Build}\n" + string.Concat(names.Where(name => name.StartsWith("views/", StringComparison.Ordinal))
                .Select(name => Read(assembly, name))));
        }

        static Script From(string id, string sql)
        {
            var header = sql.AsSpan(0, sql.IndexOf('\n')).ToString().Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (header is not ["--", "oldest-build:", var build, ..] || !int.TryParse(build, CultureInfo.InvariantCulture, out var oldestBuild))
                throw new MigrationException($"{id} must start with a line \"-- oldest-build: N\".");
            return new(id, sql, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(sql))), oldestBuild, !header.Contains("no-transaction"));
        }

        static string Read(Assembly assembly, string name)
        {
            using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
            return reader.ReadToEnd().ReplaceLineEndings("\n");
        }
    }
}

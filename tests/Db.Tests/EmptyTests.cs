using Dapper;
using Testing;

namespace Db.Tests;

/// <summary>What a restore does first (infrastructure/docker/empty.sql).</summary>
public sealed class EmptyTests
{
    [Test]
    public async Task Before_a_restore_nothing_is_left_that_the_backup_would_bring_again()
    {
        await using var database = await TestDatabase.CreateAsync();
        await using var db = database.OpenAsOwner();
        await using var connection = await db.OpenConnectionAsync();
        var left = """
            select array(select oid::regclass::text from pg_class where relnamespace = 'public'::regnamespace
                         union all select oid::regprocedure::text from pg_proc where pronamespace = 'public'::regnamespace
                         union all select nspname from pg_namespace where nspname not in ('public', 'information_schema') and nspname !~ '^pg_')
            """;
        Assert.That(await connection.ExecuteScalarAsync<string[]>(left), Has.Length.GreaterThan(5));

        await connection.ExecuteAsync(await File.ReadAllTextAsync(Repository.PathOf("infrastructure/docker/empty.sql")));

        Assert.That(await connection.ExecuteScalarAsync<string[]>(left), Is.Empty);
        await new Migrator(db, TextWriter.Null).MigrateAsync(default);
    }
}

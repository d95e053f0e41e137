using Dapper;
using Npgsql;
using Testing;

namespace Db.Tests;

public sealed class MigratorTests
{
    TestDatabase _database = null!;
    NpgsqlDataSource _db = null!;

    [SetUp]
    public async Task StartEmpty()
    {
        _database = await TestDatabase.CreateEmptyAsync();
        _db = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(_database.Owner) { Pooling = false, PersistSecurityInfo = true });
    }

    [TearDown]
    public async Task Drop()
    {
        if (_db is not null)
            await _db.DisposeAsync();
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public async Task Three_migrators_at_once_apply_everything_once()
    {
        await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => new Migrator(_db, TextWriter.Null).MigrateAsync(default)));

        await using var connection = await _db.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<int>("select count(*) from schema_journal"), Is.GreaterThan(5));
        Assert.That(await new Migrator(_db, TextWriter.Null).PendingAsync(default), Is.Empty);
    }

    [Test]
    public async Task The_owner_is_no_superuser()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);

        await using var connection = await _db.OpenConnectionAsync();
        Assert.That(await connection.ExecuteScalarAsync<bool>("select rolsuper from pg_roles where rolname = current_user"), Is.False);
    }

    [Test]
    public async Task An_edited_migration_is_refused_with_its_name()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);
        await using var connection = await _db.OpenConnectionAsync();
        await connection.ExecuteAsync("update schema_journal set sha256 = 'other' where id = '0002_register'");

        var refusal = Assert.ThrowsAsync<MigrationException>(() => new Migrator(_db, TextWriter.Null).MigrateAsync(default));

        Assert.That(refusal!.Message, Does.StartWith("0002_register was edited after it was applied"));
    }

    [Test]
    public async Task Changed_views_are_made_anew_with_their_rights()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);
        await using var connection = await _db.OpenConnectionAsync();
        await connection.ExecuteAsync("drop view research.entries cascade; update schema_journal set sha256 = 'older' where id = 'views'");

        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);

        Assert.That(await connection.ExecuteScalarAsync<bool>("select has_table_privilege('data_management_app', 'research.entries', 'select')"), Is.True);
    }

    [Test]
    public async Task A_newer_database_that_still_suits_this_build_is_left_alone()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);
        await using var connection = await _db.OpenConnectionAsync();
        await connection.ExecuteAsync("insert into schema_journal values ('9999_later', 'x', @build, now(), 1)", new { build = Migrator.Build });

        Assert.That(await new Migrator(_db, TextWriter.Null).PendingAsync(default), Is.Empty);
    }

    [Test]
    public async Task A_newer_database_that_this_build_cannot_read_is_refused()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);
        await using var connection = await _db.OpenConnectionAsync();
        await connection.ExecuteAsync("insert into schema_journal values ('9999_later', 'x', @build, now(), 1)", new { build = Migrator.Build + 1 });

        var refusal = Assert.ThrowsAsync<MigrationException>(() => new Migrator(_db, TextWriter.Null).MigrateAsync(default));

        Assert.That(refusal!.Message, Does.Contain("9999_later").And.Contain("newer release"));
    }

    [Test]
    public async Task A_table_in_use_is_waited_for()
    {
        await new Migrator(_db, TextWriter.Null).MigrateAsync(default);
        await using var other = await _db.OpenConnectionAsync();
        await other.ExecuteAsync("update schema_journal set sha256 = 'older' where id = 'views'");
        var reading = await other.BeginTransactionAsync();
        await other.ExecuteAsync("select * from research.entries");
        var output = new StringWriter();

        var migration = new Migrator(_db, TextWriter.Synchronized(output)).MigrateAsync(default);
        await Task.Delay(TimeSpan.FromSeconds(4.5));
        await reading.RollbackAsync();
        await migration;

        Assert.That(output.ToString(), Does.Contain("a table is in use, trying again").And.Contain("applied  views"));
    }
}

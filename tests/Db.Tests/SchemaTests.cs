using System.Text.RegularExpressions;
using Dapper;
using Npgsql;
using Testing;

namespace Db.Tests;

public sealed partial class SchemaTests
{
    TestDatabase _database = null!;

    [OneTimeSetUp]
    public async Task Migrate() => _database = await TestDatabase.CreateAsync();

    [OneTimeTearDown]
    public async Task Drop()
    {
        if (_database is not null)
            await _database.DisposeAsync();
    }

    [Test]
    public async Task The_schema_in_the_repository_is_what_the_migrations_make()
    {
        var made = await SchemaDump.ReadAsync(_database.Owner, default);

        Assert.That(await File.ReadAllTextAsync(Repository.PathOf("db/schema.sql")), Is.EqualTo(made), "make it anew: dotnet run --project db -- schema > db/schema.sql");
    }

    [Test]
    public void No_password_stands_in_any_sql_file()
    {
        var files = Directory.GetFiles(Repository.PathOf("db"), "*.sql", SearchOption.AllDirectories);

        Assert.That(files.Where(file => PasswordClause().IsMatch(File.ReadAllText(file))), Is.Empty);
    }

    [Test]
    public async Task Quartz_finds_the_tables_it_was_built_for()
    {
        await using var script = typeof(Quartz.IJob).Assembly.GetManifestResourceStream("Quartz.Impl.AdoJobStore.Schema.create_postgres.sql")!;
        var wanted = CreateTable().Matches(await new StreamReader(script).ReadToEndAsync())
            .SelectMany(table => Column().Matches(table.Groups[2].Value).Select(column => $"qrtz_{table.Groups[1].Value}.{column.Groups[1].Value}")).ToList();

        await using var db = _database.OpenAsOwner();
        await using var connection = await db.OpenConnectionAsync();
        var there = await connection.QueryAsync<string>("select table_name || '.' || column_name from information_schema.columns where table_schema = 'quartz'");

        Assert.That(wanted, Has.Count.GreaterThan(100));
        Assert.That(there, Is.SupersetOf(wanted));
    }

    [TestCase("data_management_app", "openaps.entries", "select")]
    [TestCase("data_management_app", "openaps.raw_segment", "select")]
    [TestCase("data_management_app", "openaps.member_demographics", "select")]
    [TestCase("data_management_app", "openaps.member_demographics_cleaned", "select")]
    [TestCase("data_management_app", "register.participant", "select")]
    [TestCase("data_management_app", "portal.audit", "update")]
    [TestCase("data_management_app", "portal.audit", "delete")]
    [TestCase("nightscout_ingester", "openaps.entries", "select")]
    [TestCase("nightscout_ingester", "register.participant", "update")]
    [TestCase("nightscout_ingester", "register.consent", "select")]
    [TestCase("open_humans_etl", "register.nightscout_token", "select")]
    [TestCase("open_humans_etl", "ingest.file", "update")]
    [TestCase("open_humans_etl", "portal.app_users", "select")]
    [TestCase("registration_site", "openaps.entries", "select")]
    [TestCase("registration_site", "openaps.member_demographics", "select")]
    [TestCase("registration_site", "openaps.member_demographics", "insert")]
    [TestCase("registration_site", "openaps.member_demographics", "delete")]
    [TestCase("registration_site", "register.message", "delete")]
    [TestCase("nightscout_ingester", "register.message", "select")]
    [TestCase("data_management_app", "openaps.site_survey", "select")]
    [TestCase("registration_site", "portal.access_grant", "select")]
    [TestCase("registration_site", "portal.delivery", "update")]
    [TestCase("registration_site", "register.consent", "insert")]
    [TestCase("registration_site", "ingest.participant", "update")]
    [TestCase("metabase_reader", "openaps.sharing", "select")]
    [TestCase("metabase_reader", "openaps.cohort_glucose", "select")]
    [TestCase("metabase_reader", "register.current_consent", "select")]
    [TestCase("data_management_app", "analytics.participants", "select")]
    public async Task A_service_may_not_do_what_it_need_not(string role, string table, string right)
    {
        await using var db = _database.OpenAsOwner();
        await using var connection = await db.OpenConnectionAsync();

        Assert.That(await connection.ExecuteScalarAsync<bool>("select has_table_privilege(@role, @table, @right)", new { role, table, right }), Is.False);
    }

    [TestCase("registration_site")]
    [TestCase("nightscout_ingester")]
    [TestCase("open_humans_etl")]
    [TestCase("data_management_app")]
    [TestCase("metabase_reader")]
    public async Task A_service_can_make_no_table(string role)
    {
        await using var db = _database.OpenAs(role);
        await using var connection = await db.OpenConnectionAsync();

        foreach (var schema in new[] { "public", "register", "ingest", "openaps", "portal", "quartz", "research", "analytics" })
            Assert.That(() => connection.Execute($"create table {schema}.mine (x int)"), Throws.TypeOf<PostgresException>(), schema);
    }

    [Test]
    public async Task Metabase_reads_views_of_many_and_nothing_else_and_for_half_a_minute_at_most()
    {
        await using var db = _database.OpenAsOwner();
        await using var connection = await db.OpenConnectionAsync();
        var readable = (await connection.QueryAsync<string>("""
            select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname not in ('pg_catalog', 'information_schema') and has_schema_privilege('metabase_reader', n.oid, 'usage')
               and has_any_column_privilege('metabase_reader', c.oid, 'select, insert, update')
            """)).ToList();
        Assert.That(readable, Has.Count.GreaterThan(10).And.All.StartsWith("analytics."));
        Assert.That(await connection.QueryAsync<string>("select c.oid::regclass::text from pg_class c where c.relnamespace = 'analytics'::regnamespace and not coalesce('security_barrier=true' = any(c.reloptions), false)"), Is.Empty,
            "else a condition with a function sees rows before they are added up");
        Assert.That(await connection.QueryAsync<string>("select attrelid::regclass || '.' || attname from pg_attribute join pg_class c on c.oid = attrelid where relnamespace = 'analytics'::regnamespace and attnum > 0 and col_description(attrelid, attnum) is null"), Is.Empty);

        await using var reader = await _database.OpenAs("metabase_reader").OpenConnectionAsync();
        Assert.That((await reader.ExecuteScalarAsync<string>("show default_transaction_read_only"), await reader.ExecuteScalarAsync<string>("show statement_timeout")), Is.EqualTo(("on", "30s")));
        Assert.That(() => reader.Execute("create temporary table mine (x int)"), Throws.TypeOf<PostgresException>());
    }

    [Test]
    public async Task Every_table_says_what_it_is_and_who_writes_it()
    {
        await using var db = _database.OpenAsOwner();
        await using var connection = await db.OpenConnectionAsync();

        var silent = await connection.QueryAsync<string>("""
            select n.nspname || '.' || c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where c.relkind = 'r' and n.nspname in ('register', 'ingest', 'openaps', 'portal') and obj_description(c.oid) is null
             order by 1
            """);

        Assert.That(silent, Is.Empty);
    }

    [GeneratedRegex(@"\bpassword\s+'", RegexOptions.IgnoreCase)]
    private static partial Regex PasswordClause();

    [GeneratedRegex(@"CREATE TABLE IF NOT EXISTS \{0\}(\w+) \((.*?)\n\);", RegexOptions.Singleline)]
    private static partial Regex CreateTable();

    [GeneratedRegex(@"^\s+(\w+) (?:text|bool|bytea|bigint|integer|smallint|varchar|numeric)", RegexOptions.Multiline)]
    private static partial Regex Column();
}

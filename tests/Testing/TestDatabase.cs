using System.Security.Cryptography;
using System.Text;
using Db;
using Microsoft.Extensions.Configuration;
using Npgsql;
using NUnit.Framework;
using Sandbox.Demo;
using ServiceDefaults;

namespace Testing;

/// <summary>A database of its own with the present schema, on the real server that TEST_POSTGRES names; gone when disposed.</summary>
/// <remarks>Cloned from a template that is migrated once per schema. Connect as a service's role to see what that service may see.</remarks>
public sealed class TestDatabase : IAsyncDisposable
{
    const long TemplateLock = 0x7465_6d70_6c61_7465;

    readonly string _server;
    readonly string _name;
    readonly List<NpgsqlDataSource> _open = [];

    TestDatabase(string server, string name) => (_server, _name) = (server, name);

    /// <summary>Connection setting of the owner, who may do everything but is no superuser.</summary>
    public string Owner => new NpgsqlConnectionStringBuilder(_server) { Database = _name }.ConnectionString;

    public static async Task<TestDatabase> CreateAsync()
    {
        var server = Server();
        var name = $"test_{Guid.NewGuid():N}";
        await using var admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Pooling = false });
        await using var connection = await admin.OpenConnectionAsync();
        await ExecuteAsync(connection, $"select pg_advisory_lock({TemplateLock})"); // cloning needs the template to itself; the lock ends with the connection
        var template = await TemplateAsync(connection, server);
        await ExecuteAsync(connection, $"create database {name} template {template}");
        var database = new TestDatabase(server, name);
        await using var owner = await database.OpenAsOwner().OpenConnectionAsync();
        await ExecuteAsync(owner, $"""
            revoke all on database {name} from public;
            grant connect on database {name} to registration_site, nightscout_ingester, open_humans_etl, data_management_app, metabase_reader;
            grant temporary on database {name} to open_humans_etl;
            """); // rights on the database itself are not cloned
        return database;
    }

    /// <summary>Connection setting of a service's role.</summary>
    public string As(string role) => new NpgsqlConnectionStringBuilder(_server) { Database = _name, Username = role, Password = Password(_server, role) }.ConnectionString;

    public NpgsqlDataSource OpenAs(string role) => Open(As(role));

    public NpgsqlDataSource OpenAsOwner() => Open(Owner);

    public async ValueTask DisposeAsync()
    {
        foreach (var source in _open)
            await source.DisposeAsync();
        await DemoDatabase.DropAsync(new NpgsqlConnectionStringBuilder(_server) { Pooling = false }.ConnectionString, _name);
    }

    /// <summary>An empty database for tests of the migrator itself.</summary>
    public static async Task<TestDatabase> CreateEmptyAsync()
    {
        var server = Server();
        var name = $"test_{Guid.NewGuid():N}";
        await using var admin = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Pooling = false });
        await using var connection = await admin.OpenConnectionAsync();
        await ExecuteAsync(connection, $"create database {name}");
        return new(server, name);
    }

    NpgsqlDataSource Open(string connectionString)
    {
        var source = Postgres.Open(new() { Connection = connectionString });
        _open.Add(source);
        return source;
    }

    static string Server()
    {
        var server = Environment.GetEnvironmentVariable("TEST_POSTGRES");
        if (string.IsNullOrEmpty(server))
        {
            const string Reason = "TEST_POSTGRES names no PostgreSQL server; ./test starts one, or: export TEST_POSTGRES=\"$(sandbox/postgres start .local/tests)\"";
            if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                Assert.Fail(Reason);
            Assert.Ignore(Reason);
        }
        return server!;
    }

    static async Task<string> TemplateAsync(NpgsqlConnection connection, string server)
    {
        var schema = typeof(Migrator).Assembly.GetManifestResourceNames().Order(StringComparer.Ordinal)
            .Select(name => new StreamReader(typeof(Migrator).Assembly.GetManifestResourceStream(name)!).ReadToEnd());
        var template = $"template_{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(schema))).AsSpan(0, 8))}";
        await using (var exists = new NpgsqlCommand("select exists (select from pg_database where datname = $1)", connection) { Parameters = { new() { Value = template } } })
            if ((bool)(await exists.ExecuteScalarAsync())!)
                return template;

        await ExecuteAsync(connection, $"create database {template}_new");
        var passwords = new ConfigurationBuilder().AddInMemoryCollection(
            new[] { "registration_site", "nightscout_ingester", "open_humans_etl", "data_management_app", "metabase_reader" }.Select(role => KeyValuePair.Create(role, (string?)Password(server, role)))).Build();
        await using (var db = NpgsqlDataSource.Create(new NpgsqlConnectionStringBuilder(server) { Database = $"{template}_new", Pooling = false }))
        {
            await new Migrator(db, TextWriter.Null).MigrateAsync(default);
            await new RolePasswords(db, TextWriter.Null).SetAsync(passwords, default);
        }
        await ExecuteAsync(connection, $"alter database {template}_new rename to {template}");
        return template;
    }

    /// <summary>Roles belong to the server, not to the database: the demo sets the same passwords by the same rule (sandbox/Demo/DemoDatabase.cs).</summary>
    static string Password(string server, string role) =>
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{new NpgsqlConnectionStringBuilder(server).Password}/{role}")).AsSpan(0, 16));

    static async Task ExecuteAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 120 };
        await command.ExecuteNonQueryAsync();
    }
}

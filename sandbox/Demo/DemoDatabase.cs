using System.Security.Cryptography;
using System.Text;
using Npgsql;

namespace Sandbox.Demo;

/// <summary>A database of the demo's own, with a password for each service.</summary>
public sealed class DemoDatabase : IAsyncDisposable
{
    static readonly string[] Roles = ["registration_site", "nightscout_ingester", "open_humans_etl", "data_management_app"];

    readonly string _server, _name;

    readonly bool _isOurs;

    DemoDatabase(string server, string name, bool isOurs) => (_server, _name, _isOurs) = (server, name, isOurs);

    /// <summary>Connection of the owner, as operators use it.</summary>
    public string Owner => new NpgsqlConnectionStringBuilder(_server) { Database = _name }.ConnectionString;

    public string As(string role) => new NpgsqlConnectionStringBuilder(_server) { Database = _name, Username = role, Password = Password(role) }.ConnectionString;

    public static async Task<DemoDatabase> CreateAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        var database = new DemoDatabase(settings.Postgres, $"demo_{Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(6))}", isOurs: true);
        await ExecuteAsync(settings.Postgres, $"create database {database._name}", cancellationToken);
        var environment = new Dictionary<string, string> { ["Postgres__Connection"] = database.Owner };
        foreach (var role in Roles)
            environment[$"RolePasswords__{role}"] = database.Password(role);
        await ServiceProcess.RunAsync(settings, "Db", ["migrate"], environment, cancellationToken);
        return database;
    }

    /// <summary>The database of an installation, which stays.</summary>
    public static DemoDatabase Of(DemoSettings settings) => new(settings.Postgres, new NpgsqlConnectionStringBuilder(settings.Postgres).Database!, isOurs: false);

    /// <summary>The one value a query gives.</summary>
    public async Task<T> QueryAsync<T>(string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(Owner);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    public ValueTask DisposeAsync() => _isOurs ? new(DropAsync(_server, _name)) : default;

    /// <summary>Drops a database that may still have connections which are closing, or autovacuum at work in it.</summary>
    /// <param name="server">Connection setting of the database's owner, to another database.</param>
    public static async Task DropAsync(string server, string name)
    {
        for (var attempt = 1; ; attempt++)
            try
            {
                NpgsqlConnection.ClearAllPools(); // each time: a scheduler that is stopping gives a connection back after the first
                // without force: waits for connections that are closing, and ends autovacuum; with it: ends connections, and may not end autovacuum
                await ExecuteAsync(server, $"drop database if exists {name} {(attempt % 2 == 0 ? "with (force)" : "")}", CancellationToken.None);
                return;
            }
            catch (PostgresException busy) when (attempt < 20 && busy.SqlState is PostgresErrorCodes.ObjectInUse or PostgresErrorCodes.InsufficientPrivilege)
            {
                await Task.Delay(200);
            }
    }

    /// <summary>Roles belong to the server, not to the database: demos and tests beside each other on one server agree on their passwords by this rule.</summary>
    string Password(string role) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{new NpgsqlConnectionStringBuilder(_server).Password}/{role}")).AsSpan(0, 16));

    static async Task ExecuteAsync(string server, string sql, CancellationToken cancellationToken)
    {
        await using var connection = new NpgsqlConnection(server);
        await connection.OpenAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}

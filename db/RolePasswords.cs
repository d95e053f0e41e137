using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Configuration;
using Npgsql;

namespace Db;

/// <summary>Sets the passwords of the services' roles from settings (<c>RolePasswords__nightscout_ingester=…</c>); a role without one is left alone.</summary>
public sealed class RolePasswords(NpgsqlDataSource db, TextWriter output)
{
    const int Iterations = 4096;

    public async Task SetAsync(IConfiguration passwords, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        foreach (var (role, password) in passwords.AsEnumerable(makePathsRelative: true))
        {
            if (string.IsNullOrEmpty(password))
                continue;
            await using var format = new NpgsqlCommand("select format('alter role %I password %L', rolname, $2) from pg_roles where rolname = $1", connection)
            {
                Parameters = { new() { Value = role }, new() { Value = Verifier(password) } },
            };
            if (await format.ExecuteScalarAsync(cancellationToken) is not string alter)
                throw new MigrationException($"RolePasswords names a role that does not exist: {role}.");
            await using var command = new NpgsqlCommand(alter, connection);
            await command.ExecuteNonQueryAsync(cancellationToken);
            await output.WriteLineAsync($"password {role}");
        }
    }

    /// <summary>What PostgreSQL stores for a password, so that the password itself never reaches a server log (RFC 5803 with RFC 7677).</summary>
    static string Verifier(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var storedKey = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        var serverKey = HMACSHA256.HashData(salted, "Server Key"u8);
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(storedKey)}:{Convert.ToBase64String(serverKey)}";
    }
}

using System.Security.Cryptography;
using Codebook;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.Net.Http.Headers;
using Npgsql;

namespace DataManagementApp;

/// <summary>The data dictionary, with how many of the participants whom a user may read have each field; as page <c>/metadata</c>, as CSV and as JSON.</summary>
public sealed class Metadata(NpgsqlDataSource db, Grants grants)
{
    /// <param name="grant">Null: the user may read nobody's records, and sees no number.</param>
    public async Task<DataDictionary> ReadAsync(Grant? grant, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        if (grant is null)
            return await DataDictionary.ReadAsync(connection, FieldSources.Built, observed: [], cancellationToken);
        await using var transaction = await grants.OpenAsync(grant, connection, cancellationToken);
        return await DataDictionary.ReadAsync(connection, FieldSources.Built, await ObservedField.ReadAsync(connection, cancellationToken), cancellationToken);
    }

    public static Task<IResult> CsvAsync(HttpContext context, Metadata metadata, CancellationToken cancellationToken) =>
        metadata.FileAsync(context, DictionaryFiles.Csv, "text/csv; charset=utf-8", "data-dictionary.csv", cancellationToken);

    public static Task<IResult> JsonAsync(HttpContext context, Metadata metadata, CancellationToken cancellationToken) =>
        metadata.FileAsync(context, DictionaryFiles.Json, "application/json", "data-dictionary.json", cancellationToken);

    async Task<IResult> FileAsync(HttpContext context, Func<DataDictionary, byte[]> write, string contentType, string name, CancellationToken cancellationToken)
    {
        var content = write(await ReadAsync(await grants.InUseAsync(context.User, cancellationToken), cancellationToken));
        return Results.File(content, contentType, name, entityTag: new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(content))}\""));
    }
}

using Codebook;
using Npgsql;

namespace Db;

/// <summary>The data dictionary as files, without numbers of participants: those depend on who reads.</summary>
public static class CodebookFiles
{
    public static async Task WriteAsync(NpgsqlDataSource db, DirectoryInfo folder, CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var dictionary = await DataDictionary.ReadAsync(connection, FieldSources.Built, observed: [], cancellationToken);
        if (dictionary.Tables.Count == 0)
            throw new MigrationException("there are no views of schema research; run: dotnet run --project db -- migrate");
        folder.Create();
        await using var page = new StringWriter();
        DictionaryHtml.WritePage(page, dictionary);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "codebook.html"), page.ToString(), cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "codebook.csv"), DictionaryFiles.Csv(dictionary), cancellationToken);
        await File.WriteAllBytesAsync(Path.Combine(folder.FullName, "codebook.json"), DictionaryFiles.Json(dictionary), cancellationToken);
    }
}

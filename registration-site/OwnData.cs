using System.IO.Compression;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Dapper;
using Microsoft.AspNetCore.Http.Features;
using Nightscout;
using Npgsql;
using OpenHumans;
using Register;

namespace RegistrationSite;

/// <summary>Everything we hold of a participant as one zip, written to the browser as it is read: neither memory nor disk holds all of it.</summary>
/// <remarks>Tokens, keys and hashes are left out by the database itself (<c>register.open_rows</c>); the files in the participant's account are theirs already.</remarks>
public sealed class OwnData(NpgsqlDataSource db, OwnAccount own, Participants participants, OwnDataPage page, TimeProvider clock)
{
    /// <summary>The page to read, and the folder of what it sums up.</summary>
    public const string Page = "what-we-hold-about-you.html", Folder = "all-of-it";

    static readonly Texts T = Texts.Of("OwnData");

    static readonly string[] Schemas = ["register", "ingest", "openaps", "portal"];

    /// <summary>Each keeps a database connection for as long as the browser takes.</summary>
    static readonly SemaphoreSlim Turns = new(2);

    static readonly TimeSpan Longest = TimeSpan.FromMinutes(30);

    static readonly JsonSerializerOptions Json = new() { WriteIndented = true, PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <param name="Words">What the file is.</param>
    sealed record Part(string Name, string Words, long Rows);

    public async Task SendAsync(HttpContext context)
    {
        var participantId = OwnAccount.IdOf(context.User);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted);
        stop.CancelAfter(Longest);
        var participant = await participants.FindAsync(participantId, stop.Token);
        var account = await AccountAsync(participantId, stop.Token);
        var summary = await page.WriteAsync(participant, account, context.IsGuardian(), stop.Token);
        await Turns.WaitAsync(stop.Token);
        try
        {
            context.Features.Get<IHttpBodyControlFeature>()!.AllowSynchronousIO = true; // the zip writes the last bytes of each of its files so
            context.Response.ContentType = "application/zip";
            context.Response.Headers.ContentDisposition = $"attachment; filename=my-data_{clock.GetUtcNow():yyyy-MM-dd}.zip";
            await WriteAsync(participantId, summary, Describe(participant, account), context.Response.Body, stop.Token);
        }
        catch (Exception) when (context.Response.HasStarted)
        {
            context.Abort(); // a zip that is cut off must not look like a whole one
            throw;
        }
        finally
        {
            Turns.Release();
        }
    }

    async Task WriteAsync(long participantId, string summary, string account, Stream destination, CancellationToken cancellationToken)
    {
        var parts = new List<Part>();
        await using var zip = await ZipArchive.CreateAsync(destination, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        await AddTextAsync(zip, Page, summary, cancellationToken);
        await AddTextAsync(zip, $"{Folder}/account.json", account, cancellationToken);
        foreach (var table in await TablesAsync(cancellationToken))
            await AddAsync($"{table.Replace('.', '/')}.ndjson", OwnDataWords.Of(table), "select register.open_rows(@participantId, @what)::text", table, 1000,
                reader => new MemoryStream(Encoding.UTF8.GetBytes(reader.GetString(0) + "\n")));
        foreach (var collection in Collection.All)
            await AddAsync($"openaps/records_{collection.Name}.ndjson", OwnDataWords.Records, "select register.open_records(@participantId, @what)::text", collection.Name, 1,
                reader => new GZipStream(new MemoryStream(reader.GetFieldValue<byte[]>(0)), CompressionMode.Decompress));
        await AddTextAsync(zip, $"{Folder}/README.txt", Readme(parts), cancellationToken);

        async Task AddAsync(string name, string words, string open, string what, int atOnce, Func<NpgsqlDataReader, Stream> read)
        {
            Stream? file = null;
            var rows = 0L;
            try
            {
                await foreach (var row in RowsAsync(open, new { participantId, what }, atOnce, read, cancellationToken))
                    await using (row)
                    {
                        file ??= await zip.CreateEntry($"{Folder}/{name}", CompressionLevel.Fastest).OpenAsync(cancellationToken); // none for what there is nothing of
                        await row.CopyToAsync(file, cancellationToken);
                        rows++;
                    }
            }
            finally
            {
                if (file is not null)
                    await file.DisposeAsync();
            }
            if (rows > 0)
                parts.Add(new(name, words, rows));
        }
    }

    async IAsyncEnumerable<Stream> RowsAsync(string open, object parameters, int atOnce, Func<NpgsqlDataReader, Stream> read, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        var cursor = await connection.ExecuteScalarAsync<string>(new CommandDefinition(open, parameters, cancellationToken: cancellationToken));
        await using var fetch = new NpgsqlCommand($"fetch {atOnce} from \"{cursor}\"", connection);
        for (var any = true; any;)
        {
            any = false;
            await using var reader = await fetch.ExecuteReaderAsync(cancellationToken);
            while (await reader.ReadAsync(cancellationToken))
            {
                any = true;
                yield return read(reader);
            }
        }
    }

    async Task<IReadOnlyList<string>> TablesAsync(CancellationToken cancellationToken)
    {
        await using var connection = await db.OpenConnectionAsync(cancellationToken);
        var tables = new List<string>();
        foreach (var schema in Schemas)
            tables.AddRange(await ParticipantTables.NamesAsync(connection, schema, except: [], cancellationToken));
        return tables;
    }

    /// <summary>What Open Humans keeps for us; null: it does not tell.</summary>
    async Task<AccountContent?> AccountAsync(long participantId, CancellationToken cancellationToken)
    {
        try
        {
            return await own.ReadAsync(participantId, cancellationToken);
        }
        catch (Exception problem) when (problem is OpenHumansException or SignInAgainException)
        {
            return null;
        }
    }

    /// <summary>Without the tokens that open it.</summary>
    static string Describe(Participant participant, AccountContent? account)
    {
        object content = account is null ? new { problem = T["Unread"] }
            : new { account.Address, shares_with = SharedProjects.From(account.Consent.OpenAps, account.Consent.Nsf), nightscout_token = account.HasToken ? T["Stored"] : T["None"] };
        return JsonSerializer.Serialize(new { member_number_on_open_humans = participant.ProjectMemberId, open_humans_token = T["Stored"], content }, Json);
    }

    static async Task AddTextAsync(ZipArchive zip, string name, string text, CancellationToken cancellationToken)
    {
        await using var file = await zip.CreateEntry(name).OpenAsync(cancellationToken);
        await file.WriteAsync(Encoding.UTF8.GetBytes(text), cancellationToken);
    }

    string Readme(List<Part> parts) => string.Join('\n', parts
        .Select(part => $"{T[part.Words == OwnDataWords.Records ? "Batches" : "Lines", part.Name, $"{part.Rows:N0}"]}\n    {part.Words}")
        .Prepend(T["Readme", $"{clock.GetUtcNow():d MMMM yyyy, HH:mm}"]));
}

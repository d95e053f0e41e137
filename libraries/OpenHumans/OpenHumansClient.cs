using System.Net;
using System.Text;
using System.Text.Json;

namespace OpenHumans;

/// <summary>A completed file of our project in the participant's account. Several may have the same name: the id decides.</summary>
/// <param name="DownloadUrl">Works for an hour after the listing, for anyone who has it.</param>
public sealed record OpenHumansFile(long Id, string Name, DateTimeOffset Created, Uri DownloadUrl, JsonElement Metadata);

/// <summary>A participant as Open Humans sees them, with all files of our project, oldest first.</summary>
public sealed record Membership(string ProjectMemberId, IReadOnlyList<OpenHumansFile> Files);

/// <summary>The direct-sharing API of Open Humans with a participant's own token (contract §2 to §5); of the whole project: <see cref="OpenHumansProject"/>.</summary>
/// <remarks>
/// Every call can throw <see cref="OpenHumansRefusedException"/> (token dead), <see cref="OpenHumansTemporaryException"/> (try later) and
/// <see cref="OpenHumansDeclinedException"/>. Needs a handler without automatic redirects and decompression.
/// </remarks>
public sealed class OpenHumansClient(HttpClient http, OpenHumansOptions options)
{
    const int ListingAttempts = 5;
    const int Redirects = 3;
    const int LongestText = 4096;
    readonly IOpenHumansApi _api = OpenHumansCalls.Api(http, options);

    static readonly TimeSpan TransferBudget = TimeSpan.FromMinutes(20);

    /// <summary>Files a listing asks for at once; Open Humans grants it today and may cap it tomorrow.</summary>
    public int PageSize { get; init; } = 1000;

    /// <summary>Lists the participant's files of this project, completely.</summary>
    /// <remarks>
    /// Pages are offsets into live data: a file deleted meanwhile moves the rest up and one would be skipped. So each page starts with the
    /// last file of the one before; when it does not, the listing starts over.
    /// </remarks>
    public Task<Membership> ListAsync(string accessToken, CancellationToken cancellationToken) => ListAsync(accessToken, null, cancellationToken);

    /// <param name="member">Where the token does not name them.</param>
    internal async Task<Membership> ListAsync(string accessToken, string? member, CancellationToken cancellationToken)
    {
        for (var attempt = 0; attempt < ListingAttempts; attempt++)
        {
            var first = await PageAsync(accessToken, member, 0, cancellationToken);
            var (page, files) = (first, first.Data.ToList());
            while (page.Next is not null && files.Count > 0)
            {
                page = await PageAsync(accessToken, member, files.Count - 1, cancellationToken);
                if (page.Data.Count == 0 || page.Data[0].Id != files[^1].Id)
                {
                    files.Clear();
                    break;
                }
                files.AddRange(page.Data.Skip(1));
            }
            if (files.Count > 0 || first.Data.Count == 0)
                return new(first.ProjectMemberId, [.. files.Where(file => !first.SourcesShared.Contains(file.Source)).OrderBy(file => file.Id)
                    .Select(file => new OpenHumansFile(file.Id, file.Basename, file.Created, file.DownloadUrl, file.Metadata))]);
        }
        throw new OpenHumansTemporaryException("listing", "the files change faster than they can be listed");
    }

    Task<ExchangeMemberPage> PageAsync(string accessToken, string? member, int offset, CancellationToken cancellationToken) =>
        OpenHumansCalls.AnswerAsync(budget => _api.FilesAsync(accessToken, PageSize, offset, member, budget), "listing", cancellationToken);

    /// <summary>First of three steps: makes a row that stays invisible until completed, and says where the bytes go (for 6 hours).</summary>
    public async Task<(long Id, Uri Url)> StartUploadAsync(string accessToken, string name, FileMetadata metadata, CancellationToken cancellationToken)
    {
        var started = await OpenHumansCalls.AnswerAsync(budget => _api.StartUploadAsync(accessToken, new() { ["filename"] = name, ["metadata"] = metadata.ToJson() }, budget), "upload start", cancellationToken);
        return (started.Id, started.Url);
    }

    /// <summary>Second step: the bytes, to a signed URL: no token, no content type, a length (contract §3).</summary>
    /// <returns>The MD5 that the storage computed, hex, or null when it gave none.</returns>
    public async Task<string?> PutAsync(Uri url, Stream bytes, long length, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(TransferBudget);
        using var request = new HttpRequestMessage(HttpMethod.Put, url) { Content = new StreamContent(bytes) { Headers = { ContentLength = length } } };
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget.Token);
            if (!response.IsSuccessStatusCode)
                throw new OpenHumansTemporaryException("upload", $"the storage answered {(int)response.StatusCode}");
            var tag = response.Headers.ETag?.Tag.Trim('"').ToLowerInvariant();
            return tag is { Length: 32 } && tag.All(char.IsAsciiHexDigit) ? tag : null;
        }
        catch (Exception failure) when (OpenHumansCalls.IsNoAnswer(failure, cancellationToken))
        {
            throw new OpenHumansTemporaryException("upload", "the bytes did not arrive", failure);
        }
    }

    /// <summary>Third step: makes the file visible; may be repeated. Returns its size in bytes as stored.</summary>
    public async Task<long> CompleteUploadAsync(string accessToken, long id, CancellationToken cancellationToken) =>
        (await OpenHumansCalls.AnswerAsync(budget => _api.CompleteUploadAsync(accessToken, Form(id), budget), "upload completion", cancellationToken)).Size;

    /// <summary>Deletes one file by its id; false when there was none of that id.</summary>
    public async Task<bool> DeleteAsync(string accessToken, long id, CancellationToken cancellationToken) =>
        (await OpenHumansCalls.AnswerAsync(budget => _api.DeleteAsync(accessToken, Form(id), budget), "deletion", cancellationToken)).Ids.Contains(id);

    /// <summary>Writes to the participant, whose address only Open Humans knows. It is on its way when this returns; Open Humans sends it later.</summary>
    /// <param name="text">A Django template to Open Humans: two braces together would be read as one.</param>
    public Task MessageAsync(string accessToken, string subject, string text, CancellationToken cancellationToken) =>
        OpenHumansCalls.AnswerAsync(budget => _api.MessageAsync(accessToken, new() { ["subject"] = subject, ["message"] = text }, budget), "message", cancellationToken);

    /// <summary>Downloads a file as it is stored (a <c>.gz</c> stays one) into <paramref name="destination"/>.</summary>
    /// <exception cref="OpenHumansFileGoneException">The storage has no such file, or the listing is over an hour old: both are a 403 (contract §4).</exception>
    public async Task DownloadAsync(OpenHumansFile file, Stream destination, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(TransferBudget);
        try
        {
            var url = file.DownloadUrl;
            for (var hop = 0; hop <= Redirects; hop++)
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, url); // the key in the URL is the right; the token must not go along
                using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget.Token);
                if (response.StatusCode is HttpStatusCode.Found or HttpStatusCode.MovedPermanently or HttpStatusCode.TemporaryRedirect
                    && response.Headers.Location is { } location)
                {
                    url = new Uri(url, location);
                    continue;
                }
                if (response.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.NotFound or HttpStatusCode.Gone)
                    throw new OpenHumansFileGoneException();
                if (!response.IsSuccessStatusCode)
                    throw new OpenHumansTemporaryException("download", $"the storage answered {(int)response.StatusCode}");
                await response.Content.CopyToAsync(destination, budget.Token);
                return;
            }
            throw new OpenHumansTemporaryException("download", "too many redirects");
        }
        catch (Exception failure) when (OpenHumansCalls.IsNoAnswer(failure, cancellationToken))
        {
            throw new OpenHumansTemporaryException("download", "the file did not arrive whole", failure);
        }
    }

    /// <summary>Reads a small text file of an account; longer ones are none of ours and read as empty.</summary>
    /// <inheritdoc cref="DownloadAsync"/>
    public async Task<string> ReadTextAsync(OpenHumansFile file, CancellationToken cancellationToken)
    {
        var bytes = new byte[LongestText];
        await using var text = new MemoryStream(bytes); // fixed: a larger file is refused by the stream
        try
        {
            await DownloadAsync(file, text, cancellationToken);
        }
        catch (NotSupportedException)
        {
            return "";
        }
        return Encoding.UTF8.GetString(bytes, 0, (int)text.Position).Trim('\uFEFF', ' ', '\r', '\n', '\t');
    }

    static Dictionary<string, string> Form(long id) => new() { ["file_id"] = id.ToString() };
}

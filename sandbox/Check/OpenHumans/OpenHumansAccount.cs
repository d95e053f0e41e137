using System.Net.Http.Headers;
using System.Text.Json;

namespace Sandbox.Check;

/// <summary>Reads a participant's account with the participant's own token.</summary>
sealed class OpenHumansAccount(HttpClient http, Uri openHumans, string accessToken)
{
    /// <summary>All files of records of our own project; other projects' files come along in the listing and are left out.</summary>
    public async Task<IReadOnlyList<DataFile>> FilesAsync(CancellationToken cancellationToken)
    {
        var files = new List<DataFile>();
        for (var page = new Uri(openHumans, "api/direct-sharing/project/exchange-member/"); page is not null;)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, page);
            request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", accessToken); // on every page: next lacks the token
            using var response = await http.SendAsync(request, cancellationToken);
            response.EnsureSuccessStatusCode();
            using var answer = JsonDocument.Parse(await response.Content.ReadAsByteArrayAsync(cancellationToken));
            var others = answer.RootElement.GetProperty("sources_shared").EnumerateArray().Select(source => source.Text()).ToHashSet();
            foreach (var listed in answer.RootElement.GetProperty("data").EnumerateArray())
                if (!others.Contains(listed.GetProperty("source").Text()) && DataFile.Of(listed) is { } file)
                    files.Add(file);
            page = answer.RootElement.GetProperty("next") is { ValueKind: JsonValueKind.String } next ? new Uri(next.Text()) : null;
        }
        return files;
    }

    /// <returns>The bytes as stored, still gzipped.</returns>
    public async Task<byte[]> DownloadAsync(DataFile file, CancellationToken cancellationToken) => await http.GetByteArrayAsync(file.Download, cancellationToken);
}

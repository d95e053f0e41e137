using System.Net;
using System.Net.Http.Headers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace GoogleSheets;

/// <summary>Reads spreadsheets with the rights of a service account (Google Sheets API v4).</summary>
/// <remarks>https://developers.google.com/workspace/sheets/api/reference/rest/v4/spreadsheets.values/get</remarks>
public sealed class GoogleSheetsClient(HttpClient http, GoogleOptions options, TimeProvider clock)
{
    static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);

    /// <summary>All rows of a worksheet as text, all of them or none: a row has as many cells as are filled.</summary>
    /// <remarks>Unformatted, so that nothing depends on the spreadsheet's language: dates are days since 1899-12-30 in its own time zone, and a number
    /// is a number (one typed as 00123 is 123, unless the column is text).</remarks>
    /// <exception cref="GoogleSettingsException">The key is missing or not accepted.</exception>
    /// <exception cref="GoogleNoSheetException">There is no such worksheet for this account.</exception>
    /// <exception cref="GoogleTemporaryException">No usable answer.</exception>
    public async Task<IReadOnlyList<IReadOnlyList<string>>> ReadAsync(string spreadsheetId, string worksheet, CancellationToken cancellationToken)
    {
        var token = await TokenAsync(cancellationToken);
        var range = Uri.EscapeDataString($"'{worksheet.Replace("'", "''")}'");
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(options.SheetsUrl,
            $"/v4/spreadsheets/{Uri.EscapeDataString(spreadsheetId)}/values/{range}?majorDimension=ROWS&valueRenderOption=UNFORMATTED_VALUE&dateTimeRenderOption=SERIAL_NUMBER"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        var values = await CallAsync(request, Wire.Default.ValueRange, status => status switch
        {
            HttpStatusCode.Unauthorized => new GoogleSettingsException("Google does not accept the token of the service account: is the Sheets API enabled for its project?"),
            HttpStatusCode.Forbidden => new GoogleNoSheetException("The service account may not read the spreadsheet: share it with the account's e-mail, as a viewer, and enable the Sheets API for its project."),
            HttpStatusCode.NotFound => new GoogleNoSheetException("There is no spreadsheet of that id."),
            HttpStatusCode.BadRequest => new GoogleNoSheetException($"The spreadsheet has no worksheet '{worksheet}'."),
            _ => new GoogleTemporaryException($"answered {(int)status} (values)"),
        }, cancellationToken);
        return [.. (values.Values ?? []).Select(row => row.Select(Text).ToList())];
    }

    async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        using var account = await ServiceAccount.ReadAsync(options.KeyFile, cancellationToken);
        using var request = new HttpRequestMessage(HttpMethod.Post, options.TokenUrl)
        {
            Content = new FormUrlEncodedContent(new Dictionary<string, string>
            {
                ["grant_type"] = "urn:ietf:params:oauth:grant-type:jwt-bearer",
                ["assertion"] = account.Assertion(options.TokenUrl, clock.GetUtcNow()),
            }),
        };
        return (await CallAsync(request, Wire.Default.TokenAnswer, status => status switch
        {
            HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
                new GoogleSettingsException("Google does not accept the service account's key: was it deleted, or is this machine's clock wrong?"),
            _ => new GoogleTemporaryException($"answered {(int)status} (token)"),
        }, cancellationToken)).AccessToken;
    }

    async Task<T> CallAsync<T>(HttpRequestMessage request, JsonTypeInfo<T> type, Func<HttpStatusCode, GoogleException> refusal, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget.Token);
            if (!response.IsSuccessStatusCode)
                throw refusal(response.StatusCode);
            await using var body = await response.Content.ReadAsStreamAsync(budget.Token);
            return await JsonSerializer.DeserializeAsync(body, type, budget.Token) ?? throw new GoogleTemporaryException("an empty answer");
        }
        catch (JsonException)
        {
            throw new GoogleTemporaryException("an answer that is not what the contract says"); // without the cause: it quotes the body
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or TimeoutException || failure is OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            throw new GoogleTemporaryException("no answer", failure);
        }
    }

    static string Text(JsonElement cell) => cell.ValueKind == JsonValueKind.String ? cell.GetString()! : cell.ValueKind == JsonValueKind.Null ? "" : cell.GetRawText();
}

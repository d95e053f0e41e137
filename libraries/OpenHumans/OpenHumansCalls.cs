using System.Net;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace OpenHumans;

/// <summary>Sends a request and turns every way it can fail into a typed exception. Success is 2xx with the JSON that the contract names.</summary>
static class OpenHumansCalls
{
    static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);

    public static async Task<T> CallAsync<T>(this HttpClient http, HttpRequestMessage request, string operation, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        request.Headers.Accept.ParseAdd("application/json");
        try
        {
            using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, budget.Token);
            await ThrowIfFailedAsync(response, operation, budget.Token);
            await using var body = await response.Content.ReadAsStreamAsync(budget.Token);
            return await JsonSerializer.DeserializeAsync(body, type, budget.Token) ?? throw new OpenHumansTemporaryException(operation, "an empty answer");
        }
        catch (JsonException)
        {
            throw new OpenHumansTemporaryException(operation, "an answer that is not what the contract says"); // without the cause: it quotes the body
        }
        catch (Exception failure) when (IsNoAnswer(failure, cancellationToken))
        {
            throw new OpenHumansTemporaryException(operation, "no answer", failure);
        }
    }

    /// <summary>Whether the wire failed, or our own time limit passed, rather than the caller giving up.</summary>
    public static bool IsNoAnswer(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or IOException or TimeoutException || failure is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    public static async Task ThrowIfFailedAsync(HttpResponseMessage response, string operation, CancellationToken cancellationToken)
    {
        if (response.IsSuccessStatusCode)
            return;
        switch (response.StatusCode)
        {
            case HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized:
                // invalid_grant comes as 400 or 401 (contract §1): the error field decides, not the status.
                var error = await ReadErrorAsync(response, cancellationToken);
                if (error == "invalid_client")
                    throw new OpenHumansSettingsException(operation);
                if (error == "invalid_grant" || error is null && response.StatusCode == HttpStatusCode.Unauthorized)
                    throw new OpenHumansRefusedException(operation);
                throw new OpenHumansDeclinedException(operation, response.StatusCode);
            case HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError:
                throw new OpenHumansTemporaryException(operation, $"answered {(int)response.StatusCode}");
            default:
                throw new OpenHumansDeclinedException(operation, response.StatusCode);
        }
    }

    static async Task<string?> ReadErrorAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
            return (await JsonSerializer.DeserializeAsync(body, Wire.Default.TokenError, cancellationToken))?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

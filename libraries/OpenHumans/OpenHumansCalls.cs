using System.Net;
using System.Text.Json;
using Refit;

namespace OpenHumans;

/// <summary>Makes calls and turns every way they can fail into a typed exception. Success is 2xx with the JSON that the contract names.</summary>
static class OpenHumansCalls
{
    static readonly TimeSpan Budget = TimeSpan.FromMinutes(2);

    static readonly RefitSettings Settings = new(new SystemTextJsonContentSerializer(Wire.Default.Options));

    public static IOpenHumansApi Api(HttpClient http, OpenHumansOptions options)
    {
        http.BaseAddress ??= options.BaseUrl;
        return RestService.For<IOpenHumansApi>(http, Settings);
    }

    public static async Task<T> AnswerAsync<T>(Func<CancellationToken, Task<IApiResponse<T>>> call, string operation, CancellationToken cancellationToken)
    {
        using var budget = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        budget.CancelAfter(Budget);
        try
        {
            using var response = await call(budget.Token);
            if (response.HasRequestError(out var unsent))
                throw unsent.InnerException is { } cause && !IsNoAnswer(cause, cancellationToken) ? cause : new OpenHumansTemporaryException(operation, "no answer", unsent.InnerException);
            if (!response.IsSuccessStatusCode)
                throw Failed(response.StatusCode!.Value, response.HasResponseError(out var refused) ? refused.Content : null, operation);
            if (response.Error is { InnerException: var unread })
                throw unread is not null && IsNoAnswer(unread, cancellationToken) ? new OpenHumansTemporaryException(operation, "no answer", unread)
                    : new OpenHumansTemporaryException(operation, "an answer that is not what the contract says"); // without the cause: it quotes the body
            return response.Content ?? throw new OpenHumansTemporaryException(operation, "an empty answer");
        }
        catch (Exception failure) when (IsNoAnswer(failure, cancellationToken))
        {
            throw new OpenHumansTemporaryException(operation, "no answer", failure);
        }
    }

    /// <summary>Whether the wire failed, or our own time limit passed, rather than the caller giving up.</summary>
    public static bool IsNoAnswer(Exception failure, CancellationToken cancellationToken) =>
        failure is HttpRequestException or IOException or TimeoutException || failure is OperationCanceledException && !cancellationToken.IsCancellationRequested;

    /// <param name="body">Of the answer.</param>
    static OpenHumansException Failed(HttpStatusCode status, string? body, string operation) => status switch
    {
        // invalid_grant comes as 400 or 401 (contract §1): the error field decides, not the status.
        HttpStatusCode.BadRequest or HttpStatusCode.Unauthorized => Error(body) switch
        {
            "invalid_client" => new OpenHumansSettingsException(operation),
            "invalid_grant" => new OpenHumansRefusedException(operation),
            null when status == HttpStatusCode.Unauthorized => new OpenHumansRefusedException(operation),
            _ => new OpenHumansDeclinedException(operation, status),
        },
        HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError => new OpenHumansTemporaryException(operation, $"answered {(int)status}"),
        _ => new OpenHumansDeclinedException(operation, status),
    };

    static string? Error(string? body)
    {
        try
        {
            return body is null ? null : JsonSerializer.Deserialize(body, Wire.Default.TokenError)?.Error;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

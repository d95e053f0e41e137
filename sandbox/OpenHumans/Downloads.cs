namespace Sandbox;

/// <summary>Download URLs, and the storage they lead to, on this same server (contract §2, §3).</summary>
sealed class Downloads(OpenHumansState state)
{
    static readonly TimeSpan GetUrlLife = TimeSpan.FromSeconds(3600);

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapMethods("/data-management/datafile-download/{id}/", [HttpMethods.Get, HttpMethods.Head], Download);
        app.MapMethods("/storage/{**key}", [HttpMethods.Get, HttpMethods.Head], Fetch);
        app.MapPut("/storage/{**key}", PutAsync);
    }

    /// <summary>Whoever has the key may download; every refusal is a page with 403.</summary>
    IResult Download(HttpRequest request, string id, string? key)
    {
        if (!long.TryParse(id, out var fileId) || key is null || !state.DownloadKeys.Opens(key, fileId))
            return Answers.Html("<p>You are not authorized to view this file.</p>", 403);
        if (state.Files.Find(fileId) is not { Completed: true } file)
            return Answers.Html("<p>This file is unavailable.</p>", 403);
        return Results.Redirect($"{state.Storage.SignedUrl(request.Root(), HttpMethods.Get, file.StorageKey, GetUrlLife)}&x-oh-key={key}");
    }

    // HEAD is refused because the URL is signed for GET. Range is ignored: the whole object comes.
    IResult Fetch(HttpRequest request)
    {
        var key = Key(request);
        if (Unsigned(request, key) is { } refusal)
            return refusal;
        if (state.Storage.Find(key) is not { } stored)
            return Answers.StorageError("NoSuchKey", "The specified key does not exist.", 404);
        return new StoredAnswer(stored);
    }

    async Task<IResult> PutAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        var key = Key(request);
        if (request.Headers.TransferEncoding.Count > 0)
            return Answers.StorageError("NotImplemented", "A header you provided implies functionality that is not implemented", 501);
        if (request.ContentLength is not { } length)
            return Answers.StorageError("MissingContentLength", "You must provide the Content-Length HTTP header.", 411);
        if (request.Headers.Authorization.Count > 0)
            return Answers.StorageError("InvalidArgument", "Only one auth mechanism allowed", 400);
        if (request.Headers.ContentType.Count > 0)
            return Answers.StorageError("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403);
        if (Unsigned(request, key) is { } refusal)
            return refusal;

        var bytes = new byte[length];
        await request.Body.ReadExactlyAsync(bytes, cancellationToken);
        var stored = state.Storage.Put(key, bytes, StoredObject.Binary);
        request.HttpContext.Response.Headers.ETag = stored.ETag;
        return Results.StatusCode(200);
    }

    IResult? Unsigned(HttpRequest request, string key)
    {
        if (!long.TryParse(request.Query["Expires"], out var expires) || !state.Storage.IsSigned(request.Method, key, request.Query["Signature"], expires))
            return Answers.StorageError("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", 403);
        return state.Storage.IsExpired(expires) ? Answers.StorageError("AccessDenied", "Request has expired", 403) : null;
    }

    static string Key(HttpRequest request) => request.Path.Value!["/storage/".Length..];

    sealed record StoredAnswer(StoredObject Stored) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = Stored.ContentType;
            response.ContentLength = Stored.Bytes.Length;
            response.Headers.ETag = Stored.ETag;
            if (Stored.Encoding is { } encoding)
                response.Headers.ContentEncoding = encoding;
            await response.Body.WriteAsync(Stored.Bytes, httpContext.RequestAborted);
        }
    }
}

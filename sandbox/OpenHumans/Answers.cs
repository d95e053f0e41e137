using System.Net;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>Answers in the shapes that the stand-ins use.</summary>
static class Answers
{
    public static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static readonly IResult ServerError = Html("<h1>Server Error (500)</h1>", 500);

    public static readonly IResult NotFound = Html("<h1>Not Found</h1><p>The requested resource was not found on this server.</p>", 404);

    public static IResult Json(JsonNode? body, int status = 200, string contentType = "application/json") =>
        Results.Text(body?.ToJsonString(Unescaped) ?? "null", contentType, statusCode: status);

    public static IResult Detail(string detail, int status) => Json(new JsonObject { ["detail"] = detail }, status);

    public static IResult Html(string body, int status = 200) =>
        Results.Text($"<!doctype html>\n<html lang=\"en\"><head><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"></head><body>{body}</body></html>\n", "text/html; charset=utf-8", statusCode: status);

    public static IResult StorageError(string code, string message, int status) => Results.Text($"""
        <?xml version="1.0" encoding="UTF-8"?>
        <Error><Code>{code}</Code><Message>{WebUtility.HtmlEncode(message)}</Message></Error>
        """, "application/xml", statusCode: status);
}

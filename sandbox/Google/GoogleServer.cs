using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>The two calls of Google that a reader of spreadsheets makes: an assertion for a token, and the values of a worksheet.</summary>
static class GoogleServer
{
    const string GrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

    static readonly TimeSpan TokenLife = TimeSpan.FromSeconds(3599);

    public static void Map(WebApplication app, GoogleState state, Faults faults)
    {
        app.UseRequestLog(state.Requests, context => (context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText ?? "", _ => null);
        app.UseFaults(faults, context => new(context.Request.Path, Site: null, Member: null));
        app.MapPost("/token", async context => await (await TokenAsync(context.Request, state)).ExecuteAsync(context));
        app.MapGet("/v4/spreadsheets/{id}/values/{range}", async context => await Values(context.Request, state).ExecuteAsync(context));
        faults.Map(app);
    }

    static async Task<IResult> TokenAsync(HttpRequest request, GoogleState state)
    {
        var form = request.HasFormContentType ? await request.ReadFormAsync() : FormCollection.Empty;
        if (form["grant_type"] != GrantType)
            return TokenError("unsupported_grant_type", $"Invalid grant_type: {form["grant_type"]}");
        var (account, problem) = Assertions.Check(form["assertion"].ToString(), state);
        if (account is null)
            return TokenError(problem.StartsWith("Invalid OAuth scope", StringComparison.Ordinal) ? "invalid_scope" : "invalid_grant", problem);
        return Answers.Json(new JsonObject
        {
            ["access_token"] = state.IssueToken(account, TokenLife),
            ["expires_in"] = (int)TokenLife.TotalSeconds,
            ["token_type"] = "Bearer",
        });
    }

    static IResult Values(HttpRequest request, GoogleState state)
    {
        var authorization = request.Headers.Authorization.ToString();
        if (!authorization.StartsWith("Bearer ", StringComparison.Ordinal) || state.AccountOf(authorization[7..]) is not { } account)
            return Error(401, "UNAUTHENTICATED", "Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.");
        if (state.FindSpreadsheet((string)request.RouteValues["id"]!) is not { } spreadsheet)
            return Error(404, "NOT_FOUND", "Requested entity was not found.");
        if (!spreadsheet.Readers.ContainsKey(account))
            return Error(403, "PERMISSION_DENIED", "The caller does not have permission");
        var range = (string)request.RouteValues["range"]!;
        var worksheet = range is ['\'', .. var quoted, '\''] ? quoted.Replace("''", "'") : range;
        if (!spreadsheet.Worksheets.TryGetValue(worksheet, out var rows))
            return Error(400, "INVALID_ARGUMENT", $"Unable to parse range: {range}");

        var answer = new JsonObject { ["range"] = $"{range}!A1:ZZ{rows.Count}", ["majorDimension"] = "ROWS" };
        var cells = rows.Select(row => Trim(row, request.Query)).ToList();
        while (cells is [.., { Count: 0 }])
            cells.RemoveAt(cells.Count - 1);
        if (cells.Count > 0) // an empty worksheet has no values at all
            answer["values"] = new JsonArray([.. cells]);
        return Answers.Json(answer);
    }

    /// <summary>Without the empty cells at the end; formatted, which is what comes unasked, every cell is text, and truth in capitals.</summary>
    static JsonArray Trim(JsonArray row, IQueryCollection query)
    {
        var filled = row.Select(cell => cell?.DeepClone() ?? "").ToList();
        while (filled is [.., { } last] && last.ToString() == "")
            filled.RemoveAt(filled.Count - 1);
        return query["valueRenderOption"] == "UNFORMATTED_VALUE" ? new([.. filled]) : new([.. filled.Select(cell => JsonValue.Create(cell.GetValueKind() is JsonValueKind.True or JsonValueKind.False ? cell.ToString().ToUpperInvariant() : cell.ToString()))]);
    }

    static IResult TokenError(string error, string description) => Answers.Json(new JsonObject { ["error"] = error, ["error_description"] = description }, 400);

    static IResult Error(int code, string status, string message) =>
        Answers.Json(new JsonObject { ["error"] = new JsonObject { ["code"] = code, ["message"] = message, ["status"] = status } }, code);
}

namespace Sandbox;

/// <summary>One call of the project API.</summary>
sealed record ApiCall(HttpContext Context, Caller Caller, ApiBody Body)
{
    public CancellationToken CancellationToken => Context.RequestAborted;

    /// <summary>The member a write is about: the token's, whatever was sent; with a master token the one named.</summary>
    public Member Member(OpenHumansState state)
    {
        if (Caller.Member is { } member)
            return member;
        var id = Body.Text("project_member_id");
        if (id == "")
            throw Refusal.Field("project_member_id", "This field is required.");
        return state.FindMember(id) is { Joined: true } named ? named : throw Refusal.InvalidMember();
    }
}

/// <summary>What all paths below <c>/api/direct-sharing/project/</c> have in common (contract §0, §8).</summary>
sealed class ProjectApi(OpenHumansState state, IEndpointRouteBuilder app)
{
    public void Get(string path, Func<ApiCall, IResult> handle) => Map(path, HttpMethods.Get, call => Task.FromResult(handle(call)));

    public void Post(string path, Func<ApiCall, IResult> handle) => Map(path, HttpMethods.Post, call => Task.FromResult(handle(call)));

    public void Post(string path, Func<ApiCall, Task<IResult>> handle) => Map(path, HttpMethods.Post, handle);

    void Map(string path, string method, Func<ApiCall, Task<IResult>> handle) => app.Map($"/api/direct-sharing/project/{path}", async context =>
    {
        IResult answer;
        try
        {
            answer = Negotiated(context.Request) ?? await AnswerAsync(context, method, handle);
        }
        catch (Refusal refusal)
        {
            answer = refusal.Answer;
        }
        await answer.ExecuteAsync(context);
    });

    async Task<IResult> AnswerAsync(HttpContext context, string method, Func<ApiCall, Task<IResult>> handle)
    {
        var caller = state.Authenticate(Token(context.Request) ?? throw Refusal.Unauthorized("Authentication credentials were not provided."));
        if (context.Request.Method != method)
            return Answers.Detail($"Method \"{context.Request.Method}\" not allowed.", 405);
        var body = HttpMethods.IsPost(method) ? await ApiBody.ReadAsync(context.Request, context.RequestAborted) : ApiBody.None;
        return await handle(new(context, caller, body));
    }

    /// <summary>The query wins over the header: a middleware overwrites the header with it (contract §0).</summary>
    public static string? Token(HttpRequest request)
    {
        if (request.Query["access_token"] is [{ } inQuery, ..])
            return inQuery;
        var header = request.Headers.Authorization.ToString();
        return header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? header[7..].Trim() : null;
    }

    /// <summary>A browser gets a page instead of JSON, and what nobody can make is refused (contract §8).</summary>
    static IResult? Negotiated(HttpRequest request)
    {
        var accepted = request.GetTypedHeaders().Accept.Select(range => range.MediaType.Value).ToList();
        if (accepted.Count == 0 || accepted.Contains("application/json"))
            return null;
        if (accepted.Contains("text/html"))
            return Answers.Html("<h1>Open Humans API</h1>");
        return accepted.Contains("*/*") || accepted.Contains("application/*") ? null
            : Answers.Detail("Could not satisfy the request Accept header.", 406);
    }
}

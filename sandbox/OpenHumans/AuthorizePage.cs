using System.Net;

namespace Sandbox;

/// <summary>Where a member allows the project to act for them (contract §1). Instead of a login the page offers the members of the sandbox.</summary>
sealed class AuthorizePage(OpenHumansState state)
{
    const string NewMember = "new";

    /// <summary>Fields that the real form hands on, too.</summary>
    static readonly string[] Handed = ["client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge", "code_challenge_method", "origin"];

    public void Map(IEndpointRouteBuilder app)
    {
        app.MapGet("/direct-sharing/projects/oauth2/authorize/", (HttpRequest request) => Show(request.Query));
        app.MapPost("/direct-sharing/projects/oauth2/authorize/", async (HttpRequest request) => Decide(await request.ReadFormAsync()));
    }

    IResult Show(IQueryCollection query)
    {
        var asked = Asked.From(name => query[name]);
        return Wrong(asked) ?? Page(asked);
    }

    IResult Decide(IFormCollection form)
    {
        var asked = Asked.From(name => form[name]);
        if (Wrong(asked) is { } wrong)
            return wrong;
        if (form["allow"].Count == 0)
            return Back(asked, "error=access_denied");
        var id = form["member"].ToString();
        if ((id == NewMember ? state.AddMember() : state.FindMember(id)) is not { } member)
            return Answers.Html("<p>Choose a member.</p>", 400);

        member.Join();
        var scope = asked.Scope is "" ? AuthorizationCodes.AllScopes : asked.Scope;
        var code = state.Codes.Issue(member.Id, RedirectUri(asked), scope, asked.Challenge, asked.ChallengeMethod);
        var origin = asked["origin"] == "open-humans" ? "open-humans" : "external"; // always appended on success, never on errors
        return Back(asked, $"code={code}", $"origin={origin}");
    }

    IResult? Wrong(Asked asked)
    {
        if (asked["client_id"] != state.Options.ClientId)
            return Answers.NotFound;
        if (!IsRegistered(RedirectUri(asked)))
            return Answers.Html("<h1>Error: invalid_request</h1><p>Mismatching redirect URI.</p>", 400);
        return asked["response_type"] switch
        {
            "code" => asked.Scope.Split(' ', StringSplitOptions.RemoveEmptyEntries).All(AuthorizationCodes.AllScopes.Split(' ').Contains)
                ? null : Back(asked, "error=invalid_scope"),
            "" => Back(asked, "error=invalid_request&error_description=Missing+response_type+parameter."),
            "token" => Back(asked, "error=unauthorized_client"),
            _ => Back(asked, "error=unsupported_response_type"),
        };
    }

    string RedirectUri(Asked asked) => asked["redirect_uri"] is { Length: > 0 } given ? given : state.Options.RedirectUri.OriginalString;

    /// <summary>Scheme, host, port and path must be the registered ones; a registered 127.0.0.1 without a port takes any.</summary>
    bool IsRegistered(string redirectUri)
    {
        var registered = state.Options.RedirectUri;
        return Uri.TryCreate(redirectUri, UriKind.Absolute, out var uri)
            && (uri.Scheme, uri.Host, uri.AbsolutePath) == (registered.Scheme, registered.Host, registered.AbsolutePath)
            && (uri.Port == registered.Port || registered is { Host: "127.0.0.1", IsDefaultPort: true });
    }

    IResult Back(Asked asked, string outcome, string? origin = null)
    {
        var target = RedirectUri(asked);
        string?[] query = [outcome, asked["state"] is { Length: > 0 } given ? $"state={Uri.EscapeDataString(given)}" : null, origin];
        return Results.Redirect($"{target}{(target.Contains('?') ? '&' : '?')}{string.Join('&', query.Where(part => part is not null))}");
    }

    IResult Page(Asked asked) => Answers.Html($"""
        <h1>Join "Sandbox Data Commons"?</h1>
        <p>This is a stand-in of Open Humans: nobody here is real. Choose who you are.</p>
        <form method="post" action="/direct-sharing/projects/oauth2/authorize/">
        {string.Join('\n', Handed.Select(name => $"""<input type="hidden" name="{name}" value="{WebUtility.HtmlEncode(asked[name])}">"""))}
        {Choice(NewMember, "somebody new", isChecked: true)}
        {string.Join('\n', state.Members.Select(Choice))}
        <p><button type="submit" name="allow" value="Authorize">Allow</button> <button type="submit">Cancel</button></p>
        </form>
        """);

    static string Choice(Member member) =>
        Choice(member.Id, $"{member.Username} ({member.Id}{(member.Joined ? ", joined" : "")})", isChecked: false);

    static string Choice(string id, string label, bool isChecked) =>
        $"""<p><label><input type="radio" name="member" value="{id}"{(isChecked ? " checked" : "")}> {label}</label></p>""";

    sealed class Asked
    {
        readonly Dictionary<string, string> _values;

        Asked(Dictionary<string, string> values) => _values = values;

        public static Asked From(Func<string, Microsoft.Extensions.Primitives.StringValues> field) =>
            new(Handed.ToDictionary(name => name, name => field(name).ToString()));

        public string this[string name] => _values[name];
        public string Scope => this["scope"];
        public string Challenge => this["code_challenge"];
        public string ChallengeMethod => this["code_challenge_method"] is { Length: > 0 } method ? method : "plain";
    }
}

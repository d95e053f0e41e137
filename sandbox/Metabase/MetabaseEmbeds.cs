using System.Text.Json;
using System.Text.Json.Nodes;

namespace Sandbox;

/// <summary>What somebody with a signed token gets, and nobody else.</summary>
static class MetabaseEmbeds
{
    public static void Map(MetabaseServer server, WebApplication app)
    {
        app.MapGet("/embed/dashboard/{token}", context => Results.Content(Page, "text/html; charset=utf-8").ExecuteAsync(context)); // 200 whatever the token
        app.MapGet("/api/embed/dashboard/{token}", context => AnswerAsync(server, context, 200, ShowAsync));
        app.MapGet("/api/embed/dashboard/{token}/dashcard/{dashcard:long}/card/{card:long}", context => AnswerAsync(server, context, 202, RunAsync));
        app.MapFallback("/api/embed/{**rest}", context => Results.Text("Not found.", statusCode: 400).ExecuteAsync(context));
    }

    static async Task AnswerAsync(MetabaseServer server, HttpContext context, int status, Func<MetabaseServer, HttpContext, Task<JsonObject>> answer)
    {
        try
        {
            await Answers.Json(await answer(server, context), status).ExecuteAsync(context);
        }
        catch (MetabaseRefusal refusal)
        {
            await Results.Text(refusal.Message, statusCode: 400).ExecuteAsync(context);
        }
    }

    static (long Id, MetabaseDashboard Dashboard, MetabaseToken Token, Dictionary<string, string> Asked) Open(MetabaseServer server, HttpRequest request)
    {
        var token = MetabaseToken.Read((string)request.RouteValues["token"]!, server.SecretKey, server.Clock.GetUtcNow());
        if (!server.IsEmbeddingOn)
            throw new MetabaseRefusal("Embedding is not enabled.");
        if (!token.Resource.TryGetProperty("dashboard", out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var id))
            throw new MetabaseRefusal("Token is missing value for keypath [:resource :dashboard]");
        if (!server.Dashboards.TryGetValue(id, out var dashboard) || dashboard.IsArchived)
            throw new MetabaseRefusal("Not found.");
        if (!dashboard.IsPublished)
            throw new MetabaseRefusal("Embedding is not enabled for this object.");
        var asked = request.Query.ToDictionary(one => one.Key, one => one.Value.ToString());
        Check(dashboard, token.Params, [.. asked.Keys]);
        return (id, dashboard, token, asked);
    }

    static Task<JsonObject> ShowAsync(MetabaseServer server, HttpContext context)
    {
        var (id, dashboard, token, _) = Open(server, context.Request);
        server.Shown.Enqueue((id, token.Params.TryGetValue("project", out var project) ? project.ToString() : ""));
        return Task.FromResult(new JsonObject
        {
            ["name"] = dashboard.Name,
            ["description"] = dashboard.Description,
            // Locked parameters, and those the token has, get no widget.
            ["parameters"] = new JsonArray([.. dashboard.Declared.Where(parameter => dashboard.Parameters.GetValueOrDefault((string?)parameter!["slug"] ?? "") == "enabled" && !token.Params.ContainsKey((string)parameter["slug"]!)).Select(parameter => parameter!.DeepClone())]),
            ["dashcards"] = new JsonArray([.. dashboard.Dashcards.Select(dashcard =>
            {
                var shown = new JsonObject { ["id"] = dashcard["id"]!.DeepClone(), ["card_id"] = dashcard["card_id"]?.DeepClone(), ["row"] = dashcard["row"]!.DeepClone(), ["col"] = dashcard["col"]!.DeepClone(), ["visualization_settings"] = dashcard["visualization_settings"]?.DeepClone() };
                if (dashcard["card_id"] is { } number && server.State.Cards.TryGetValue((long)number, out var card))
                    shown["card"] = new JsonObject { ["id"] = card.Id, ["name"] = card.Name, ["description"] = card.Description, ["display"] = card.Display, ["dataset_query"] = card.Query.Answer(server.Behaviour, hidden: true) };
                return shown;
            })]),
        });
    }

    static async Task<JsonObject> RunAsync(MetabaseServer server, HttpContext context)
    {
        var (_, dashboard, token, asked) = Open(server, context.Request);
        var (id, cardId) = (MetabaseQuestions.Number(context, "dashcard"), MetabaseQuestions.Number(context, "card"));
        if (dashboard.Dashcards.FirstOrDefault(one => (long)one["id"]! == id && (long?)one["card_id"] == cardId) is not { } dashcard)
            throw new MetabaseRefusal("Not found.");
        var values = new Dictionary<string, JsonNode?>();
        foreach (var mapping in dashcard["parameter_mappings"] as JsonArray ?? [])
        {
            var parameter = dashboard.Declared.First(one => (string?)one!["id"] == (string?)mapping!["parameter_id"])!;
            var slug = (string)parameter["slug"]!;
            values[(string)mapping!["target"]![1]![1]!] = token.Params.TryGetValue(slug, out var signed) ? JsonNode.Parse(signed.GetRawText()) : asked.TryGetValue(slug, out var given) ? given : parameter["default"]?.DeepClone();
        }
        var result = await new MetabaseQueryRun(server.State).RunAsync(server.State.Cards[cardId].Query, values, context.RequestAborted);
        return (result.Error is null ? result : result with { Error = "An error occurred while running the query." }).Answer; // what went wrong is nobody's business outside
    }

    /// <summary>Who may give which parameter.</summary>
    static void Check(MetabaseDashboard dashboard, IReadOnlyDictionary<string, JsonElement> signed, string[] asked)
    {
        foreach (var slug in signed.Keys.Concat(asked))
            switch (dashboard.Parameters.GetValueOrDefault(slug))
            {
                case null:
                    throw new MetabaseRefusal($"Unknown parameter {slug}.");
                case "disabled":
                    throw new MetabaseRefusal($"You're not allowed to specify a value for {slug}.");
                case "locked" when asked.Contains(slug):
                    throw new MetabaseRefusal($"You can only specify a value for {slug} in the JWT.");
                case "enabled" when signed.ContainsKey(slug) && asked.Contains(slug):
                    throw new MetabaseRefusal($"You can't specify a value for {slug} if it's already set in the JWT.");
            }
        foreach (var (slug, _) in dashboard.Parameters.Where(parameter => parameter.Value == "locked"))
            if (!signed.TryGetValue(slug, out var value) || value.ValueKind == JsonValueKind.Null || value.ValueKind == JsonValueKind.String && string.IsNullOrWhiteSpace(value.GetString()))
                throw new MetabaseRefusal($"You must specify a value for :{slug} in the JWT.");
    }

    /// <summary>Shows what the data behind the token answers, as Metabase's own page does; each question as a table.</summary>
    const string Page = """
        <!DOCTYPE html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Metabase</title>
        <style>:root{color-scheme:light}body{font:14px sans-serif;margin:1rem;color:#222;background:#fff}td,th{padding:.1rem .6rem .1rem 0;text-align:left}.scroll{overflow:auto;max-height:14rem}</style>
        <main aria-label="Dashboard"><h1>Loading</h1></main>
        <script>
          const add = (parent, name, text) => { const made = document.createElement(name); made.textContent = text ?? ""; parent.append(made); return made; };
          (async () => {
            const base = "/api" + location.pathname, main = document.querySelector("main"), answer = await fetch(base);
            document.querySelector("h1").textContent = answer.ok ? "" : await answer.text();
            if (!answer.ok) return;
            const dashboard = await answer.json();
            document.querySelector("h1").textContent = dashboard.name;
            for (const tile of dashboard.dashcards.sort((a, b) => a.row - b.row || a.col - b.col)) {
              if (!tile.card) { add(main, "p", tile.visualization_settings.text); continue; }
              add(main, "h2", tile.card.name);
              const result = await (await fetch(`${base}/dashcard/${tile.id}/card/${tile.card.id}${location.search}`)).json();
              if (result.status !== "completed") { add(main, "p", result.error); continue; }
              const scroll = add(main, "div"), table = add(scroll, "table"), head = add(table, "tr");
              scroll.className = "scroll"; scroll.tabIndex = 0; scroll.setAttribute("role", "region"); scroll.setAttribute("aria-label", tile.card.name);
              for (const column of result.data.cols) add(head, "th", column.name);
              for (const values of result.data.rows) { const row = add(table, "tr"); for (const value of values) add(row, "td", value ?? "–"); }
            }
            main.dataset.loaded = "true";
          })();
        </script></html>
        """;
}

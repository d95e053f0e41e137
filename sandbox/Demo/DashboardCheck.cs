using System.Net;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Sandbox.Demo;

/// <summary>Opens Metabase's dashboards as a researcher's browser does: by the frame on the portal's page, through the proxy.</summary>
static partial class DashboardCheck
{
    /// <returns>How much was seen, in words.</returns>
    /// <exception cref="DemoException">A page has no frame, or a question behind one does not run.</exception>
    public static async Task<string> RunAsync(Visitor researcher, CancellationToken cancellationToken)
    {
        await researcher.OpenAsync("/analytics", cancellationToken);
        var (pages, questions, rows) = (Topics().Matches(researcher.Page).Select(match => match.Groups[1].Value).Distinct().ToList(), 0, 0);
        foreach (var page in pages)
        {
            await researcher.OpenAsync(page, cancellationToken);
            if (Frame().Match(researcher.Page) is not { Success: true } frame)
                throw new DemoException($"{page} shows no dashboard of Metabase but the built-in charts: docker compose logs metabase-provisioner data-management-app");
            var url = new Uri(WebUtility.HtmlDecode(frame.Groups[1].Value));
            await researcher.OpenAsync(url.AbsoluteUri, cancellationToken);
            var data = $"{url.GetLeftPart(UriPartial.Authority)}/api{url.AbsolutePath}";
            await researcher.OpenAsync(data, cancellationToken);
            foreach (var tile in (JsonArray)JsonNode.Parse(researcher.Page)!["dashcards"]!)
            {
                if (tile!["card"]?["id"] is not { } card)
                    continue;
                await researcher.OpenAsync($"{data}/dashcard/{tile["id"]}/card/{card}", cancellationToken);
                var result = JsonNode.Parse(researcher.Page)!;
                if ((string?)result["status"] != "completed")
                    throw new DemoException($"{page}: the question \"{tile["card"]!["name"]}\" does not run: {result["error"]}");
                questions++;
                rows += ((JsonArray)result["data"]!["rows"]!).Count;
            }
        }
        return $"{pages.Count} dashboards of Metabase answer: {questions} questions, {(rows == 0 ? "no number of five people or more" : $"{rows} rows")}";
    }

    [GeneratedRegex("href=\"(/analytics/[a-z]+)[\"?]")]
    private static partial Regex Topics();

    [GeneratedRegex("<iframe[^>]*\\bsrc=\"([^\"]+)\"")]
    private static partial Regex Frame();
}

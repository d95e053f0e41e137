using System.Net;

namespace Sandbox;

/// <summary>The caught mails as pages: a list, newest first, and each with its links to click.</summary>
static class MailPages
{
    public static void Map(WebApplication app, MailCatcher catcher)
    {
        app.MapGet("/", (HttpResponse response) =>
        {
            response.Headers["Refresh"] = "3"; // whoever waits for a mail sees it come
            return Page("Mails", catcher.Mails is [] ? "<p>None came yet. This page looks again every few seconds.</p>" : $"""
            <table><thead><tr><th>To</th><th>Subject</th><th>Came (UTC)</th></tr></thead><tbody>{string.Concat(catcher.Mails.Reverse().Select(mail => $"""
            <tr><td>{Text(string.Join(", ", mail.To))}</td><td><a href="/{mail.Number}">{Text(mail.Subject)}</a></td><td>{mail.At:HH:mm:ss}</td></tr>
            """))}</tbody></table>
            """);
        });
        app.MapGet("/{number:int}", (int number) => catcher.Mails.FirstOrDefault(mail => mail.Number == number) is { } mail
            ? Page(mail.Subject, $"<p>From {Text(mail.Headers.GetValueOrDefault("from", mail.From))}<br>to {Text(string.Join(", ", mail.To))}</p><pre>{WithLinks(mail)}</pre><p><a href=\"/\">All mails</a></p>")
            : Results.NotFound());
    }

    static string WithLinks(CaughtMail mail) => mail.Links.Distinct().OrderByDescending(link => link.OriginalString.Length).Aggregate(Text(mail.Text),
        (text, link) => text.Replace($"\n{Text(link.OriginalString)}\n", $"\n<a href=\"{Text(link.OriginalString)}\" rel=\"noreferrer\">{Text(link.OriginalString)}</a>\n", StringComparison.Ordinal));

    static string Text(string text) => WebUtility.HtmlEncode(text);

    static IResult Page(string title, string body) => Results.Content($$"""
        <!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>{{Text(title)}} · mails of the sandbox</title>
        <style>:root{color-scheme:light dark}body{font:1rem/1.5 system-ui,sans-serif;max-width:54rem;margin:1rem auto;padding:0 1rem}pre{white-space:pre-wrap;font:inherit;overflow-wrap:anywhere}
        table{width:100%;border-collapse:collapse}th,td{text-align:start;padding:.4rem .6rem .4rem 0;border-bottom:1px solid #8888;overflow-wrap:anywhere}</style></head>
        <body><main><h1>{{Text(title)}}</h1>{{body}}</main></body></html>
        """, "text/html; charset=utf-8");
}

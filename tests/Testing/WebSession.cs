using System.Net;
using AngleSharp;
using AngleSharp.Html.Dom;

namespace Testing;

/// <summary>A person at a browser without JavaScript: opens pages, fills forms in, sends them, follows redirects, keeps cookies.</summary>
public sealed class WebSession : IDisposable
{
    readonly HttpClient _http;

    public WebSession(Uri site) => _http = new(new HttpClientHandler { CookieContainer = Cookies }) { BaseAddress = site };

    public CookieContainer Cookies { get; } = new();

    /// <summary>The page last seen.</summary>
    public IHtmlDocument Page { get; private set; } = null!;

    public HttpResponseMessage Response { get; private set; } = null!;

    /// <summary>The page's visible text, on one line.</summary>
    public string Text => string.Join(' ', (Page.QuerySelector("main") ?? Page.Body)!.TextContent.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    public Task OpenAsync(string path) => SeeAsync(new(HttpMethod.Get, new Uri(_http.BaseAddress!, path)));

    /// <summary>Sends the page's form that has this button, with these values in its fields; checkboxes take true and false.</summary>
    public Task SubmitAsync(string button, params (string Field, string Value)[] values)
    {
        var form = Page.Forms.First(form => form.QuerySelectorAll("button").Any(candidate => candidate.TextContent.Trim() == button));
        foreach (var (field, value) in values)
            switch (form.Elements.FirstOrDefault(element => element.GetAttribute("name") == field))
            {
                case IHtmlInputElement { Type: "checkbox" } box:
                    box.IsChecked = bool.Parse(value);
                    break;
                case IHtmlInputElement { Type: "radio" }:
                    foreach (var option in form.Elements.OfType<IHtmlInputElement>().Where(option => option.Name == field))
                        option.IsChecked = option.Value == value;
                    break;
                case IHtmlInputElement input:
                    input.Value = value;
                    break;
                case IHtmlSelectElement select:
                    select.Value = value;
                    break;
                case IHtmlTextAreaElement area:
                    area.Value = value;
                    break;
                default:
                    throw new InvalidOperationException($"The form has no field {field}.");
            }
        var content = form.Elements.SelectMany(element => element switch
        {
            IHtmlInputElement { Type: "checkbox" or "radio", IsChecked: false } => [],
            IHtmlInputElement { Name: { Length: > 0 } name } input => [KeyValuePair.Create(name, input.Value)],
            IHtmlTextAreaElement { Name: { Length: > 0 } name } area => [KeyValuePair.Create(name, area.Value)],
            IHtmlSelectElement { Name: { Length: > 0 } name } select => [KeyValuePair.Create(name, select.Value ?? "")],
            IHtmlButtonElement { Name: { Length: > 0 } name } pressed when pressed.TextContent.Trim() == button => [KeyValuePair.Create(name, pressed.Value)],
            _ => Enumerable.Empty<KeyValuePair<string, string>>(),
        });
        return SeeAsync(new(HttpMethod.Post, new Uri(Response.RequestMessage!.RequestUri!, form.GetAttribute("action") ?? "")) { Content = new FormUrlEncodedContent(content) });
    }

    public Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, HttpCompletionOption until = HttpCompletionOption.ResponseContentRead)
    {
        request.RequestUri = new Uri(_http.BaseAddress!, request.RequestUri!);
        return _http.SendAsync(request, until);
    }

    public void Dispose() => _http.Dispose();

    async Task SeeAsync(HttpRequestMessage request)
    {
        Response = await _http.SendAsync(request);
        var html = await Response.Content.ReadAsStringAsync();
        Page = (IHtmlDocument)await BrowsingContext.New(Configuration.Default).OpenAsync(response => response.Content(html).Address(Response.RequestMessage!.RequestUri!));
    }
}

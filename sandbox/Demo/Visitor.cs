using System.Diagnostics;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text.RegularExpressions;

namespace Sandbox.Demo;

/// <summary>A person at a browser, as far as the demo needs one: cookies, redirects, and forms with their hidden fields.</summary>
public sealed partial class Visitor : IDisposable
{
    const int MostRedirects = 10;

    readonly HttpClient _http;
    Uri _at;

    /// <param name="site">Where relative addresses lead.</param>
    /// <param name="entrance">Where sites of https are reached whatever their names lead to, as with curl's --connect-to; any certificate is taken there. Default: where their names lead, with a certificate that is trusted.</param>
    public Visitor(Uri site, DnsEndPoint? entrance = null)
    {
        _at = site;
        _http = new(Handler(entrance)) { BaseAddress = site };
    }

    /// <summary>What the entrance showed last; null: no entrance, or not yet.</summary>
    public string? Certificate { get; private set; }

    /// <summary>The page last seen, as HTML.</summary>
    public string Page { get; private set; } = "";

    public async Task OpenAsync(string path, CancellationToken cancellationToken) => await SeeAsync(await FollowAsync(await _http.GetAsync(path, cancellationToken), cancellationToken), cancellationToken);

    /// <summary>Sends the form of the page that has a field of the first name, with these values and its hidden fields; a value of null leaves a hidden field as it is.</summary>
    public async Task SubmitAsync(CancellationToken cancellationToken, params (string Name, string? Value)[] fields)
    {
        var form = Forms().Matches(Page).Select(match => match.Value).FirstOrDefault(form => form.Contains($"name=\"{fields[0].Name}\"", StringComparison.Ordinal))
            ?? throw new DemoException($"{_at.AbsolutePath} has no form with a field {fields[0].Name}: {Text}");
        var action = Action().Match(form) is { Success: true } match ? new Uri(_at, WebUtility.HtmlDecode(match.Groups[1].Value)) : _at;
        var hidden = HiddenInputs().Matches(form).Select(input => (Name: Attribute(input.Value, "name"), Value: Attribute(input.Value, "value"))).Where(field => fields.All(given => given.Name != field.Name || given.Value is null));
        using var content = new FormUrlEncodedContent(hidden.Concat(fields.Where(field => field.Value is not null).Select(field => (field.Name, Value: field.Value!))).Select(field => KeyValuePair.Create(field.Name, field.Value)));
        await SeeAsync(await FollowAsync(await _http.PostAsync(action, content, cancellationToken), cancellationToken), cancellationToken);
    }

    /// <returns>How long the first byte took.</returns>
    public async Task<TimeSpan> DownloadAsync(string path, Stream target, CancellationToken cancellationToken)
    {
        var watch = Stopwatch.StartNew();
        using var answer = await _http.GetAsync(path, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        answer.EnsureSuccessStatusCode();
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        var first = new byte[1];
        await content.ReadExactlyAsync(first, cancellationToken);
        var firstByte = watch.Elapsed;
        await target.WriteAsync(first, cancellationToken);
        await content.CopyToAsync(target, cancellationToken);
        return firstByte;
    }

    /// <summary>The page's text, for messages.</summary>
    public string Text => Blanks().Replace(WebUtility.HtmlDecode(Tags().Replace(Page, " ")), " ").Trim() is var text && text.Length > 600 ? text[..600] : text;

    public void Dispose() => _http.Dispose();

    async Task SeeAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using (answer)
        {
            Page = await answer.Content.ReadAsStringAsync(cancellationToken);
            _at = answer.RequestMessage!.RequestUri!;
            if (!answer.IsSuccessStatusCode)
                throw new DemoException($"{_at.AbsolutePath} answered {(int)answer.StatusCode}: {Text}");
        }
    }

    /// <summary>Also from https to http, which the handler refuses: Open Humans' stand-in has no certificate.</summary>
    async Task<HttpResponseMessage> FollowAsync(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        for (var redirects = 0; redirects < MostRedirects && answer is { StatusCode: HttpStatusCode.Found or HttpStatusCode.SeeOther or HttpStatusCode.MovedPermanently, Headers.Location: { } location }; redirects++)
        {
            var next = new Uri(answer.RequestMessage!.RequestUri!, location);
            answer.Dispose();
            answer = await _http.GetAsync(next, cancellationToken);
        }
        return answer;
    }

    SocketsHttpHandler Handler(DnsEndPoint? entrance)
    {
        var handler = new SocketsHttpHandler { AllowAutoRedirect = false, UseProxy = false };
        if (entrance is null)
            return handler;
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, problems) =>
        {
            Certificate = certificate is X509Certificate2 one ? $"a certificate for {one.GetNameInfo(X509NameType.DnsName, forIssuer: false)} by {one.Issuer}{(problems == SslPolicyErrors.None ? "" : ", which is not trusted here")}" : null;
            return Certificate is not null;
        };
        handler.ConnectCallback = async (context, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(context.InitialRequestMessage.RequestUri!.Scheme == Uri.UriSchemeHttps ? entrance : context.DnsEndPoint, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        };
        return handler;
    }

    static string Attribute(string tag, string name) => WebUtility.HtmlDecode(Regex.Match(tag, $"\\b{name}=\"([^\"]*)\"").Groups[1].Value);

    [GeneratedRegex("<form.*?</form>", RegexOptions.Singleline)]
    private static partial Regex Forms();

    [GeneratedRegex("^<form[^>]*\\baction=\"([^\"]*)\"")]
    private static partial Regex Action();

    [GeneratedRegex("<input[^>]*type=\"hidden\"[^>]*>")]
    private static partial Regex HiddenInputs();

    [GeneratedRegex("<(style|script).*?</\\1>|<[^>]+>", RegexOptions.Singleline)]
    private static partial Regex Tags();

    [GeneratedRegex("\\s+")]
    private static partial Regex Blanks();
}

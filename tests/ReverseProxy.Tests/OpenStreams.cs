namespace ReverseProxy.Tests;

/// <summary>A stream of events and a download through the proxy, each on a connection of its own, that stay open while something else happens.</summary>
sealed class OpenStreams : IAsyncDisposable
{
    const int Portion = 300_000;

    readonly Backend _site;
    readonly HttpResponseMessage _events, _download;
    readonly StreamReader _lines;
    readonly Stream _bytes;

    OpenStreams(Backend site, HttpResponseMessage events, HttpResponseMessage download, Stream lines, Stream bytes) =>
        (_site, _events, _download, _lines, _bytes) = (site, events, download, new(lines), bytes);

    public static async Task<OpenStreams> StartAsync(RunningProxy proxy, Backend site, string host)
    {
        var events = await proxy.Client.GetAsync($"https://{host}/events", HttpCompletionOption.ResponseHeadersRead);
        site.Portions.Writer.TryWrite(1);
        var download = await proxy.Client.GetAsync($"https://{host}/download", HttpCompletionOption.ResponseHeadersRead);
        var streams = new OpenStreams(site, events, download, await events.Content.ReadAsStreamAsync(), await download.Content.ReadAsStreamAsync());
        await streams._bytes.ReadExactlyAsync(new byte[1]);
        await streams.GoOnAsync();
        return streams;
    }

    /// <summary>Sees an event arrive at once, and the next portion of the download.</summary>
    public async Task GoOnAsync()
    {
        using var soon = new CancellationTokenSource(TimeSpan.FromSeconds(5));
        var text = $"{Guid.NewGuid()}";
        _site.Events.Writer.TryWrite(text);
        Assert.That(await _lines.ReadLineAsync(soon.Token), Is.EqualTo($"data: {text}"));
        Assert.That(await _lines.ReadLineAsync(soon.Token), Is.Empty);
        _site.Portions.Writer.TryWrite(Portion);
        await _bytes.ReadExactlyAsync(new byte[Portion], soon.Token);
    }

    public ValueTask DisposeAsync()
    {
        _lines.Dispose();
        _events.Dispose();
        _download.Dispose();
        return default;
    }
}

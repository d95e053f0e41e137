using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace NightscoutIngester.Tests;

/// <summary>Listings of Open Humans that lack files which are there.</summary>
sealed class Listings
{
    volatile HashSet<long> _hidden = [];

    public Hidden Hide(params long[] ids)
    {
        _hidden = [.. ids];
        return new(this);
    }

    internal void Show() => _hidden = [];

    internal async Task<HttpResponseMessage> PassAsync(HttpRequestMessage request, HttpResponseMessage response, CancellationToken cancellationToken)
    {
        if (_hidden is not { Count: > 0 } hidden || !response.IsSuccessStatusCode || request.RequestUri?.AbsolutePath.EndsWith("/exchange-member/", StringComparison.Ordinal) != true)
            return response;
        var page = JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!;
        page["data"] = new JsonArray([.. page["data"]!.AsArray().Where(file => !hidden.Contains(file!["id"]!.GetValue<long>())).Select(file => file!.DeepClone())]);
        response.Content = JsonContent.Create(page);
        return response;
    }
}

/// <summary>Files hidden from listings until they are shown again.</summary>
sealed record Hidden(Listings Listings)
{
    public void Show() => Listings.Show();
}

sealed class ListingsHandler(Listings listings) : DelegatingHandler
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) =>
        await listings.PassAsync(request, await base.SendAsync(request, cancellationToken), cancellationToken);
}

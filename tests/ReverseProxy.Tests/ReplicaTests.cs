using System.Net;
using Microsoft.Extensions.DependencyInjection;
using Sandbox.Demo;
using Yarp.ReverseProxy.Configuration;
using static ReverseProxy.Tests.RunningProxy;

namespace ReverseProxy.Tests;

/// <summary>Several replicas of a site, and what becomes of requests when one goes.</summary>
public sealed class ReplicaTests
{
    [Test]
    public async Task Replicas_take_turns_a_killed_one_costs_no_visitor_anything_and_comes_back()
    {
        var port = FreePort.Next();
        await using var first = await Backend.StartAsync("first");
        var second = await Backend.StartAsync("second", port);
        await using var proxy = await StartAsync(first, first, ("Data:Destinations:1", $"http://127.0.0.1:{port}"));
        var both = await SitesOfAsync(proxy, 20);

        await second.KillAsync();
        var afterwards = await SitesOfAsync(proxy, 20);
        await UntilAsync(() => Task.FromResult(proxy.Log.Any(line => line.Contains("data-1", StringComparison.Ordinal) && line.Contains("'Unhealthy'", StringComparison.Ordinal))), "noticed the killed one");
        await using var again = await Backend.StartAsync("again", port);
        await UntilAsync(async () => (await SitesOfAsync(proxy, 4)).ContainsKey("again"), "asked the one that came back");

        Assert.That(both, Is.EquivalentTo(new Dictionary<string, int> { ["first"] = 10, ["second"] = 10 }));
        Assert.That(afterwards, Is.EquivalentTo(new Dictionary<string, int> { ["first"] = 20 }));
        await second.DisposeAsync();
    }

    [Test]
    public async Task What_changes_something_is_never_asked_twice()
    {
        var port = FreePort.Next();
        await using var first = await Backend.StartAsync("first");
        await using var proxy = await StartAsync(first, first, ("Data:Destinations:1", $"http://127.0.0.1:{port}"), ("HealthEvery", "00:01:00"));
        var answers = new List<HttpStatusCode>();
        for (var number = 0; number < 4; number++)
            answers.Add((await proxy.Client.PostAsync($"https://{Data}/upload", new StringContent("x"))).StatusCode);

        Assert.That(answers.Order(), Is.EqualTo(new[] { HttpStatusCode.OK, HttpStatusCode.OK, HttpStatusCode.BadGateway, HttpStatusCode.BadGateway }));
    }

    [Test]
    public async Task A_replica_that_is_not_ready_is_left_alone_but_the_only_one_answers_for_itself()
    {
        await using var first = await Backend.StartAsync("first");
        await using var second = await Backend.StartAsync("second");
        await using var proxy = await StartAsync(first, first, ("Data:Destinations:1", $"{second.Url}"));

        second.IsReady = false;
        await UntilAsync(async () => !(await SitesOfAsync(proxy, 6)).ContainsKey("second"), "left the second one alone");
        first.IsReady = false;
        await UntilAsync(async () => (await SitesOfAsync(proxy, 6)).Count == 2, "asked both when none is ready");
    }

    [Test]
    public async Task All_addresses_of_a_name_are_replicas()
    {
        var port = FreePort.Next();
        await using var first = await Backend.StartAsync("first", port, IPAddress.Parse("127.0.0.2"));
        await using var second = await Backend.StartAsync("second", port, IPAddress.Parse("127.0.0.3"));
        var names = new Replicas((name, _) => Task.FromResult(name == "portal" ? new[] { IPAddress.Parse("127.0.0.2"), IPAddress.Parse("127.0.0.3") } : throw new System.Net.Sockets.SocketException()));
        await using var proxy = await StartAsync(services => services.AddSingleton<Yarp.ReverseProxy.ServiceDiscovery.IDestinationResolver>(names),
            ("Registration:Destinations:0", "http://not-there-yet:8080"), ("Data:Destinations:0", $"http://portal:{port}"));

        Assert.That(await SitesOfAsync(proxy, 10), Is.EquivalentTo(new Dictionary<string, int> { ["first"] = 5, ["second"] = 5 }));
        Assert.That(await proxy.StatusOfAsync($"https://{Registration}/"), Is.EqualTo(HttpStatusCode.BadGateway), "it starts before what is behind it");
    }

    [Test]
    public async Task Names_are_looked_up_again_and_addresses_are_left_as_they_are()
    {
        var asked = 0;
        var names = new Replicas((_, _) => Task.FromResult(new[] { IPAddress.Parse($"10.0.0.{++asked}") }));

        var named = await names.ResolveDestinationsAsync(new Dictionary<string, DestinationConfig> { ["a"] = new() { Address = "http://portal:8080" } }, default);
        var addressed = await names.ResolveDestinationsAsync(new Dictionary<string, DestinationConfig> { ["a"] = new() { Address = "http://10.1.2.3:8080" } }, default);

        Assert.That((named.Destinations.Single().Value.Address, named.Destinations.Single().Value.Host, named.ChangeToken is null), Is.EqualTo(("http://10.0.0.1:8080/", "portal:8080", false)));
        Assert.That((addressed.Destinations.Single().Value.Address, addressed.ChangeToken), Is.EqualTo(("http://10.1.2.3:8080", (object?)null)));
    }

    static async Task<Dictionary<string, int>> SitesOfAsync(RunningProxy proxy, int requests)
    {
        var sites = new List<string>();
        for (var number = 0; number < requests; number++)
            sites.Add((await proxy.AskAsync($"https://{Data}/")).Site);
        return sites.CountBy(site => site).ToDictionary();
    }
}

using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using NightscoutIngester;
using Sandbox;

namespace RegistrationSite.Tests;

/// <summary>Files are deleted and everything is erased while the ingester is in the middle of an upload: none may appear afterwards.</summary>
public sealed class LeaveWhileCopyingTests : SiteFixture
{
    [TestCase("/api/direct-sharing/project/exchange-member/")]
    [TestCase("/api/direct-sharing/project/files/upload/direct/")]
    [TestCase("/member-files/")]
    [TestCase("/api/direct-sharing/project/files/upload/complete/")]
    public async Task No_file_appears_after_ours_were_deleted_wherever_the_run_was(string step)
    {
        using var hold = new Hold(step);
        await using var ingester = StartIngester(hold);
        var (person, member) = await ConnectedAsync();
        await person.OpenAsync("/Leave/Erase");
        hold.IsOn = true;
        var run = ActivatorUtilities.CreateInstance<IngestJob>(ingester.Services).Execute(null!).AsTask();
        await hold.Reached.WaitAsync(TimeSpan.FromSeconds(30));

        await person.SubmitAsync("Erase everything now", ("DeleteFiles", "true"));

        Assert.That(person.Text, Does.StartWith("Being erased"));
        Assert.That(Visible(member), Is.Empty);
        hold.Release();
        await run;
        Assert.That(Visible(member), Is.Empty, "after the run has ended");
        person.Dispose();
    }

    [Test]
    public async Task A_paused_run_writes_no_further_file_and_resuming_goes_on_where_it_was()
    {
        using var hold = new Hold("/api/direct-sharing/project/files/upload/complete/");
        await using var ingester = StartIngester(hold);
        var (person, member) = await ConnectedAsync();
        await person.OpenAsync("/Leave/Pause");
        hold.IsOn = true;
        var job = ActivatorUtilities.CreateInstance<IngestJob>(ingester.Services);
        var run = job.Execute(null!).AsTask();
        await hold.Reached.WaitAsync(TimeSpan.FromSeconds(30));

        await person.SubmitAsync("Pause now");
        hold.Release();
        await run;

        Assert.That(Visible(member).Count(name => name.EndsWith(".ndjson.gz", StringComparison.Ordinal)), Is.EqualTo(1), "the one that was on its way");
        await person.OpenAsync("/MyData");
        await person.SubmitAsync("Resume copying");
        await ingester.Services.GetRequiredService<DueParticipants>().EnrolAsync(default);
        await job.Execute(null!);
        Assert.That(Visible(member).Where(name => name.EndsWith(".ndjson.gz", StringComparison.Ordinal)).ToList(), Is.Unique.And.Count.EqualTo(2));
        person.Dispose();
    }

    static IReadOnlyList<string> Visible(Member member) => [.. member.Files.Where(file => file.Completed).Select(file => file.Name)];

    /// <summary>Signed in, with a site that holds two files' worth of records.</summary>
    async Task<(Testing.WebSession, Member)> ConnectedAsync()
    {
        var site = Sandbox.Sites.Add($"site-{Guid.NewGuid():N}");
        var now = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
        site.Entries.Insert($$"""{"_id":"a","type":"sgv","sgv":100,"date":{{now}}}""");
        site.Treatments.Insert($$"""{"_id":"b","eventType":"Bolus","insulin":1,"created_at":"{{DateTimeOffset.UtcNow:yyyy-MM-dd'T'HH:mm:ss'Z'}}"}""");
        var (person, member) = await SignedInAsync();
        await ConnectAsync(person, Sandbox.Sites.UrlOf(site).AbsoluteUri);
        return (person, member);
    }

    WebApplication StartIngester(Hold hold) => Ingester.Build([$"--Postgres:Connection={ConnectionOf("nightscout_ingester")}", $"--Secrets:Key={Convert.ToBase64String(new byte[32])}", $"--OpenHumans:BaseUrl={Sandbox.OpenHumansUrl}",
        "--OpenHumans:ClientId=sandbox-client", "--OpenHumans:ClientSecret=sandbox-client-secret", "--environment=Testing", "--Nightscout:AllowLoopback=true", "--Ingest:Pause=00:00:00", "--Serilog:MinimumLevel:Default=Fatal"],
        services => services.ConfigureHttpClientDefaults(http => http.AddHttpMessageHandler(() => new Holding(hold))));

    /// <summary>A place in the ingester's way to Open Humans where a request waits.</summary>
    sealed class Hold(string path) : IDisposable
    {
        readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously), _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public bool IsOn { get; set; }

        public Task Reached => _reached.Task;

        public void Release() => _released.TrySetResult();

        public async Task PassAsync(Uri address)
        {
            if (!IsOn || !address.AbsolutePath.Contains(path, StringComparison.Ordinal))
                return;
            _reached.TrySetResult();
            await _released.Task;
        }

        public void Dispose() => Release();
    }

    sealed class Holding(Hold hold) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await hold.PassAsync(request.RequestUri!);
            return await base.SendAsync(request, CancellationToken.None); // what is on the wire arrives, whoever waits for it
        }
    }
}

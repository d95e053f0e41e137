using System.Security.Cryptography;

namespace Sandbox.Demo;

/// <summary>A participant the demo has enrolled.</summary>
/// <param name="Projects">What they share: openaps, nsf, both or none.</param>
public sealed record DemoParticipant(string Name, Member Member, Uri Site, string? Token, string Projects);

/// <summary>Everything running: the database, the stand-ins, and the product's services as processes of their own.</summary>
public sealed class DemoSystem : IAsyncDisposable
{
    readonly DemoSettings _settings;
    readonly Dictionary<string, ServiceProcess> _services = [];

    DemoSystem(DemoSettings settings, DemoDatabase database, RunningSandbox sandbox) => (_settings, Database, Sandbox) = (settings, database, sandbox);

    public DemoDatabase Database { get; }

    public RunningSandbox Sandbox { get; private set; }

    public Uri RegistrationSite { get; private set; } = null!;

    public Uri Portal { get; private set; } = null!;

    /// <summary>The services by the name of their folder.</summary>
    public IReadOnlyDictionary<string, ServiceProcess> Services => _services;

    /// <summary>Settings that the operator commands need besides the connection.</summary>
    public IReadOnlyDictionary<string, string> Shared { get; private set; } = null!;

    public static async Task<DemoSystem> StartAsync(DemoSettings settings, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(settings.Folder);
        var database = await DemoDatabase.CreateAsync(settings, cancellationToken);
        var system = new DemoSystem(settings, database, await SandboxHost.StartAsync(new(), cancellationToken));
        try
        {
            await system.StartServicesAsync(cancellationToken);
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts the stand-ins alone, for an installation that runs already and takes them for the world outside.</summary>
    /// <exception cref="DemoException">It has participants: everything it exports is compared, which must be ours.</exception>
    public static async Task<DemoSystem> AttachAsync(DemoSettings settings, Installation to, CancellationToken cancellationToken)
    {
        var system = new DemoSystem(settings, DemoDatabase.Of(settings), await SandboxHost.StartAsync(new()
        {
            Host = to.StandIns,
            OpenHumansPort = Installation.OpenHumansPort,
            NightscoutPort = Installation.NightscoutPort,
            OpenHumans = new() { ClientId = to.ClientId, ClientSecret = to.ClientSecret },
        }, cancellationToken))
        { RegistrationSite = to.RegistrationSite, Portal = to.Portal };
        system.RegisterProject(to.WebhookSecret);
        try
        {
            if (await system.Database.QueryAsync<long>("select count(*) from register.participant", cancellationToken) is > 0 and var others)
                throw new DemoException($"{others} participants are there already. Everything that is exported is compared, so this check wants an installation of its own.");
            return system;
        }
        catch
        {
            await system.DisposeAsync();
            throw;
        }
    }

    async Task StartServicesAsync(CancellationToken cancellationToken)
    {
        var port = FreePort.Next(); // two names of this machine, so that the sites' cookies stay apart
        (RegistrationSite, Portal) = (new($"http://127.0.0.1:{port}"), new($"http://localhost:{port}"));
        var health = FreePort.NextUrl();
        Shared = ServiceEnvironment.Of(Sandbox, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        var registration = Start("registration-site", "RegistrationSite", "registration_site", new()
        {
            ["Registration__BaseUrl"] = RegistrationSite.OriginalString,
            ["Registration__WebhookSecret"] = "sandbox-webhook-secret",
            ["Registration__Operator"] = "whoever started this demo; the participants in it are made up",
        });
        var ingester = Start("nightscout-ingester", "NightscoutIngester", "nightscout_ingester", new() { ["Ingest__Beat"] = "00:00:01", ["Ingest__Pause"] = "00:00:00" });
        var etl = Start("open-humans-etl", "OpenHumansEtl", "open_humans_etl", new() { ["Etl__Beat"] = "00:00:01" });
        var portal = Start("data-management-app", "DataManagementApp", "data_management_app", new()
        {
            ["Portal__AdministratorsNeedSecondFactor"] = "false",
            ["Portal__MailBeat"] = "00:00:01",
            ["Portal__Services__registration-site"] = registration.Url.OriginalString,
            ["Portal__Services__nightscout-ingester"] = ingester.Url.OriginalString,
            ["Portal__Services__open-humans-etl"] = etl.Url.OriginalString,
            ["Portal__Services__reverse-proxy"] = health.OriginalString,
            ["Smtp__Host"] = "127.0.0.1",
            ["Smtp__Port"] = $"{Sandbox.Mail.Port}",
            ["Smtp__StartTls"] = "false",
            ["Smtp__From"] = "portal@demo.example",
            ["Portal__BaseUrl"] = Portal.OriginalString,
            ["Portal__ExportFolder"] = Path.Combine(_settings.Folder, "exports"),
            ["Portal__Beat"] = "00:00:01",
        });
        StartProxy(port, health, registration.Url, portal.Url);
        RegisterProject("sandbox-webhook-secret");
        await Task.WhenAll(_services.Values.Select(service => service.WaitUntilReadyAsync(cancellationToken)));
    }

    void StartProxy(int port, Uri health, Uri registration, Uri portal) => _services.Add("reverse-proxy", ServiceProcess.Start(_settings, "reverse-proxy", "ReverseProxy", health, new Dictionary<string, string>
    {
        ["DOTNET_ENVIRONMENT"] = Shared["DOTNET_ENVIRONMENT"],
        ["ASPNETCORE_ENVIRONMENT"] = Shared["ASPNETCORE_ENVIRONMENT"],
        ["Proxy__Address"] = "127.0.0.1",
        ["Proxy__HttpPort"] = $"{port}",
        ["Proxy__HttpsPort"] = $"{FreePort.Next()}",
        ["Proxy__HealthPort"] = $"{health.Port}",
        ["Proxy__Plain"] = "true",
        ["Proxy__Certificates"] = Path.Combine(_settings.Folder, "certificates"),
        ["Proxy__Registration__Host"] = RegistrationSite.Host,
        ["Proxy__Registration__RequestsPerMinute"] = "100000", // everybody comes from one address here
        ["Proxy__Data__RequestsPerMinute"] = "100000",
        ["Proxy__Registration__Destinations__0"] = registration.OriginalString,
        ["Proxy__Data__Host"] = Portal.Host,
        ["Proxy__Data__Destinations__0"] = portal.OriginalString,
    }));

    /// <summary>Tells Open Humans' stand-in where the project's site is.</summary>
    void RegisterProject(string? webhookSecret) => Sandbox.OpenHumans.Options = Sandbox.OpenHumans.Options with
    {
        RedirectUri = new Uri(RegistrationSite, "/openhumans/complete"),
        WebhookUrl = new Uri(RegistrationSite, "/deauth"),
        WebhookSecret = webhookSecret,
    };

    ServiceProcess Start(string name, string assembly, string role, Dictionary<string, string> own)
    {
        var url = FreePort.NextUrl();
        var environment = new Dictionary<string, string>(Shared) { ["Postgres__Connection"] = Database.As(role) };
        foreach (var (key, value) in own)
            environment[key] = value;
        var service = ServiceProcess.Start(_settings, name, assembly, url, environment);
        _services.Add(name, service);
        return service;
    }

    /// <summary>Signs a new member in, gives the site, and chooses what is shared: all by the pages a person would use.</summary>
    public async Task<DemoParticipant> EnrolAsync(string name, Uri site, string? token, string projects, CancellationToken cancellationToken)
    {
        var member = Sandbox.OpenHumans.AddMember();
        using var person = Visit(RegistrationSite);
        await person.OpenAsync("/sign-in", cancellationToken);
        await person.SubmitAsync(cancellationToken, ("member", member.Id), ("allow", "Authorize"));
        await person.OpenAsync("/Connect", cancellationToken);
        await person.SubmitAsync(cancellationToken, ("Address", site.AbsoluteUri), ("Token", token ?? ""));
        if (person.Page.Contains("name=\"tested\"", StringComparison.Ordinal))
            await person.SubmitAsync(cancellationToken, ("tested", null));
        if (!person.Page.Contains("name=\"OpenAps\"", StringComparison.Ordinal))
            throw new DemoException($"The registration site does not take the address of {name}: {person.Text}");
        await person.SubmitAsync(cancellationToken, ("OpenAps", projects is "openaps" or "both" ? "true" : "false"), ("Nightscout", projects is "nsf" or "both" ? "true" : "false"),
            ("GivenBy", "self"));
        return new(name, member, site, token, projects);
    }

    /// <summary>Waits until every participant was copied completely and, if they share, loaded.</summary>
    /// <param name="progress">Told what is done so far, about once a second.</param>
    /// <exception cref="DemoException">A participant failed, or it takes too long.</exception>
    public async Task WaitUntilLoadedAsync(IReadOnlyList<DemoParticipant> participants, Action<string> progress, TimeSpan patience, CancellationToken cancellationToken)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        late.CancelAfter(patience);
        try
        {
            while (true)
            {
                foreach (var service in _services.Values)
                    service.EnsureRunning();
                var failures = await Database.QueryAsync<string>("""
                    select coalesce((select string_agg(distinct p.outcome, ', ') from ingest.participant p join register.participant r using (participant_id)
                                        where p.outcome not in ('success', 'waiting') and p.seen_change_at = r.changed_at), '')
                        || coalesce((select string_agg(distinct outcome, ', ') from openaps.load_state where outcome not in ('Loaded', 'NotShared', 'ConsentFileMissing', 'ConsentChanged', 'waiting')), '')
                    """, late.Token);
                if (failures.Length > 0)
                    throw new DemoException($"A participant failed: {failures}. The logs are in {_settings.Folder}");
                var (copied, loaded) = (await CopiedAsync(late.Token), await LoadedAsync(late.Token));
                progress($"{copied} of {participants.Count} participants copied to Open Humans, {loaded} loaded");
                if (copied == participants.Count && loaded == participants.Count)
                    return;
                await Task.Delay(500, late.Token);
            }
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new DemoException($"Not everything was copied and loaded within {patience.TotalMinutes:0} minutes. The logs are in {_settings.Folder}");
        }
    }

    Task<long> CopiedAsync(CancellationToken cancellationToken) => Database.QueryAsync<long>("""
        select count(*) from ingest.participant p
         where outcome = 'success' and (select count(*) from ingest.cursor c where c.participant_id = p.participant_id and imported_all_at is not null) = 4
           and p.seen_change_at = (select changed_at from register.participant r where r.participant_id = p.participant_id)
        """, cancellationToken);

    Task<long> LoadedAsync(CancellationToken cancellationToken) => Database.QueryAsync<long>("""
        select count(*) from openaps.load_state l join ingest.participant p using (participant_id)
         where p.outcome = 'success' and p.lease_until is null
           and (l.outcome = 'NotShared'
                or l.outcome = 'Loaded' and l.seen_file_id >= (select coalesce(max(file_id), 0) from ingest.file f where f.participant_id = l.participant_id and f.state = 'current'))
        """, cancellationToken);

    /// <summary>Invites the first administrator by the operator command and lets them choose a password.</summary>
    /// <returns>Signed in to the portal.</returns>
    public async Task<Visitor> SignInToPortalAsync(string email, string password, CancellationToken cancellationToken)
    {
        var link = _settings.Installation?.Invitation.OriginalString ?? (await ServiceProcess.RunAsync(_settings, "DataManagementApp", ["invite-admin", email],
            new Dictionary<string, string>(Shared) { ["Postgres__Connection"] = Database.As("data_management_app"), ["Portal__BaseUrl"] = Portal.OriginalString }, cancellationToken)).Trim();
        var person = Visit(Portal);
        await person.OpenAsync(link, cancellationToken);
        await person.SubmitAsync(cancellationToken, ("Password", password), ("Repeated", password));
        if (AuthenticatorApp.KeyOn(person.Page) is { } key)
            await person.SubmitAsync(cancellationToken, ("Code", AuthenticatorApp.Code(key, DateTimeOffset.UtcNow)));
        return person;
    }

    Visitor Visit(Uri site) => new(site, _settings.Installation?.Entrance);

    /// <summary>Asks for all days on the portal's page and waits until the file is built.</summary>
    /// <returns>The path of its download.</returns>
    public static async Task<string> ExportAsync(Visitor researcher, string entity, string format, CancellationToken cancellationToken)
    {
        await researcher.OpenAsync("/exports", cancellationToken);
        var before = Links(researcher.Page);
        await researcher.SubmitAsync(cancellationToken, ("Entity", entity), ("Format", format), ("From", "1970-01-01"), ("To", "2199-12-31"));
        while (true)
        {
            if (Links(researcher.Page).Except(before).FirstOrDefault() is { } link)
                return link;
            if (researcher.Page.Contains("could not be built", StringComparison.Ordinal))
                throw new DemoException($"The portal could not build an export: {researcher.Text}");
            await Task.Delay(250, cancellationToken);
            await researcher.OpenAsync("/exports", cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_services.Values.Select(service => service.DisposeAsync().AsTask()));
        await Sandbox.DisposeAsync();
        await Database.DisposeAsync();
    }

    static HashSet<string> Links(string page) =>
        [.. System.Text.RegularExpressions.Regex.Matches(page, "href=\"(/exports/\\d+/download)\"").Select(match => match.Groups[1].Value)];
}

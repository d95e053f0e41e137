using System.Net;
using System.Net.Sockets;

namespace Nightscout.Tests;

/// <summary>Addresses that try to lead the ingester into the network it runs in. Somebody listens there on every address of this machine, and must hear nothing.</summary>
public sealed class HostileAddressTests
{
    TcpListener _inside = null!;
    Task<Socket> _heard = null!;

    int Port => ((IPEndPoint)_inside.LocalEndpoint).Port;

    [SetUp]
    public void Listen()
    {
        _inside = TcpListener.Create(0); // IPv4 and IPv6
        _inside.Start();
        _heard = _inside.AcceptSocketAsync();
    }

    [TearDown]
    public void Stop() => _inside.Dispose();

    // This machine, in the forms that some program takes for an address.
    [TestCase("http://127.0.0.1:{0}/")]
    [TestCase("http://127.0.0.2:{0}/")]
    [TestCase("http://127.1:{0}/")]
    [TestCase("http://127.0.1:{0}/")]
    [TestCase("http://2130706433:{0}/")]
    [TestCase("http://0x7f000001:{0}/")]
    [TestCase("http://0x7f.0.0.1:{0}/")]
    [TestCase("http://0x7f.1:{0}/")]
    [TestCase("http://0177.0.0.1:{0}/")]
    [TestCase("http://017700000001:{0}/")]
    [TestCase("http://0x7F.0x00.0x00.0x01:{0}/")]
    [TestCase("http://00000177.0.0.1:{0}/")]
    [TestCase("http://127.0.0.1.:{0}/")]
    [TestCase("http://127.0.0.1%2e:{0}/")]
    [TestCase("http://%31%32%37.0.0.1:{0}/")]
    [TestCase("http://127。0。0。1:{0}/")]
    [TestCase("http://１２７.０.０.１:{0}/")]
    [TestCase("http://①②⑦.⓪.⓪.①:{0}/")]
    [TestCase("http://0.0.0.0:{0}/")]
    [TestCase("http://0:{0}/")]
    [TestCase("http://[::1]:{0}/")]
    [TestCase("http://[0:0:0:0:0:0:0:1]:{0}/")]
    [TestCase("http://[::]:{0}/")]
    [TestCase("http://[::1%25lo]:{0}/")]
    [TestCase("http://[::1%lo]:{0}/")]
    [TestCase("http://[fe80::1%251]:{0}/")]
    [TestCase("http://[::127.0.0.1]:{0}/")]
    [TestCase("http://[::ffff:127.0.0.1]:{0}/")]
    [TestCase("http://[::ffff:7f00:1]:{0}/")]
    [TestCase("http://[::ffff:0:127.0.0.1]:{0}/")]
    [TestCase("http://[64:ff9b::127.0.0.1]:{0}/")]
    [TestCase("http://[64:ff9b:1::7f00:1]:{0}/")]
    [TestCase("http://[2002:7f00:1::]:{0}/")]
    [TestCase("http://[2001:0:7f00:1::1]:{0}/")]
    [TestCase("http://[2606:4700::5efe:7f00:1]:{0}/")]
    // Networks behind it.
    [TestCase("http://10.0.0.1:{0}/")]
    [TestCase("http://172.16.0.1:{0}/")]
    [TestCase("http://192.168.0.1:{0}/")]
    [TestCase("http://100.100.100.200:{0}/")]
    [TestCase("http://169.254.169.254/latest/meta-data/")]
    [TestCase("http://0xa9fea9fe/latest/meta-data/")]
    [TestCase("http://168.63.129.16/machine?comp=goalstate")]
    [TestCase("http://[fd00:ec2::254]/latest/meta-data/")]
    [TestCase("http://224.0.0.1:{0}/")]
    [TestCase("http://255.255.255.255:{0}/")]
    // Names; in this test every one of them leads inward.
    [TestCase("http://localhost:{0}/")]
    [TestCase("http://LOCALHOST:{0}/")]
    [TestCase("http://localhost.:{0}/")]
    [TestCase("http://localhost.localdomain:{0}/")]
    [TestCase("http://a.localhost:{0}/")]
    [TestCase("http://ⓛⓞⓒⓐⓛⓗⓞⓢⓣ:{0}/")]
    [TestCase("http://loc\u00ADalhost:{0}/")]
    [TestCase("http://127.0.0.1.nip.io:{0}/")]
    [TestCase("http://7f000001.nip.io:{0}/")]
    [TestCase("http://metadata.google.internal:{0}/")]
    [TestCase("http://nightscоut.example.com:{0}/")]
    [TestCase("http://xn--nightscut-gyh.example.com:{0}/")]
    [TestCase("http://xn--a:{0}/")]
    [TestCase("postgres:{0}")]
    [TestCase("//localhost:{0}/")]
    // Texts that different programs split differently.
    [TestCase("http://good.example.org@127.0.0.1:{0}/")]
    [TestCase("http://good.example.org:443@127.0.0.1:{0}/")]
    [TestCase("http://good.example.org%40127.0.0.1:{0}/")]
    [TestCase("http://good.example.org\\@127.0.0.1:{0}/")]
    [TestCase("http://127.0.0.1:{0}\\@good.example.org/")]
    [TestCase("http:\\\\127.0.0.1:{0}\\")]
    [TestCase("http://127.0.0.1:{0}#@good.example.org/")]
    [TestCase("http://127.0.0.1:{0}?@good.example.org/")]
    [TestCase("http://127.0.0.1:{0};good.example.org/")]
    [TestCase("http://127.0.0.1 :{0}/")]
    [TestCase("http://127.0.0.1\t:{0}/")]
    [TestCase("http://127.0\t.0.1:{0}/")]
    [TestCase("http://127.0.0.1:{0}/\r\nHost: good.example.org")]
    [TestCase("http://good.example.org\n@127.0.0.1:{0}/")]
    [TestCase("http://127.0.0.1\0.example.com:{0}/")]
    [TestCase("http://127.0.0.1:{0}/%0d%0aX-Evil: 1/")]
    [TestCase("ht\ntp://127.0.0.1:{0}/")]
    [TestCase("HTTP://127.0.0.1:{0}/")]
    [TestCase("http:127.0.0.1:{0}")]
    [TestCase("http:/127.0.0.1:{0}/")]
    [TestCase("http:///127.0.0.1:{0}/")]
    [TestCase("https://127.0.0.1:{0}/")]
    // Other ways of speaking, other services.
    [TestCase("ws://127.0.0.1:{0}/")]
    [TestCase("gopher://127.0.0.1:{0}/_GET%20/")]
    [TestCase("dict://127.0.0.1:{0}/stat")]
    [TestCase("ldap://127.0.0.1:{0}/")]
    [TestCase("unix:///var/run/docker.sock")]
    [TestCase("file://127.0.0.1/etc/passwd")]
    [TestCase("http://good.example.org:0/")]
    [TestCase("http://good.example.org:22/")]
    [TestCase("http://good.example.org:2375/")]
    [TestCase("http://good.example.org:5432/")]
    [TestCase("http://good.example.org:6379/")]
    [TestCase("http://good.example.org:9200/")]
    [TestCase("http://good.example.org:11211/")]
    [TestCase("http://good.example.org:27017/")]
    [TestCase("http://good.example.org:65536/")]
    [TestCase("http://good.example.org:-1/")]
    public void A_hostile_address_ends_in_a_typed_failure_and_connects_to_nothing(string form)
    {
        var address = form.Replace("{0}", $"{Port}");
        var connected = new List<IPEndPoint>();
        var client = new NightscoutClient(new HttpClient(PublicInternet.Handler(allowLoopback: false, InwardAsync, async (end, cancellationToken) =>
        {
            connected.Add(end);
            var tcp = new TcpClient(end.AddressFamily);
            await tcp.ConnectAsync(end, cancellationToken);
            return tcp.GetStream();
        })));

        var failure = Assert.CatchAsync(async () => await client.CheckAsync(Site.Parse(address), default));

        Assert.That(failure, Is.TypeOf<AddressMalformedException>().Or.TypeOf<AddressPrivateException>());
        Assert.That(failure!.Message, Does.Not.Contain("127").And.Not.Contain("localhost").And.Not.Contain("good.example.org").And.Not.Contain($"{Port}"));
        Assert.That(connected, Is.Empty);
        Assert.That(_heard.IsCompleted, Is.False);
    }

    [Test]
    public async Task Whoever_listens_would_hear_a_connection()
    {
        var client = new NightscoutClient(new HttpClient(PublicInternet.Handler(allowLoopback: true))) { Budget = TimeSpan.FromMilliseconds(200) };

        Assert.That(async () => await client.CheckAsync(Site.Parse($"http://127.0.0.1:{Port}/"), default), Throws.TypeOf<SiteUnreachableException>());
        using var heard = await _heard;
    }

    [TestCase("localhost")]
    [TestCase("127.1")]
    [TestCase("[::1]")]
    public void The_systems_own_resolver_leads_no_further(string host)
    {
        var client = new NightscoutClient(new HttpClient(PublicInternet.Handler(allowLoopback: false)));

        Assert.That(async () => await client.CheckAsync(Site.Parse($"http://{host}:{Port}/"), default), Throws.TypeOf<AddressPrivateException>());
        Assert.That(_heard.IsCompleted, Is.False);
    }

    [Test]
    public void A_name_with_a_public_and_a_private_address_is_refused_as_a_whole()
    {
        using var server = new RawServer("") { Resolved = [[IPAddress.Parse("93.184.216.34"), IPAddress.Loopback]] };

        Assert.That(async () => await server.Client().CheckAsync(Site.Parse("http://good.example.org/"), default), Throws.TypeOf<AddressPrivateException>());
        Assert.That(server.Connected, Is.Empty);
    }

    [Test]
    public void A_name_that_is_public_at_first_and_private_a_moment_later_is_refused_then()
    {
        using var server = new RawServer("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        {
            Resolved = [[IPAddress.Parse("93.184.216.34")], [IPAddress.Loopback]],
        };

        Assert.That(async () => await server.Client().CheckAsync(Site.Parse("http://good.example.org/"), default), Throws.TypeOf<AddressPrivateException>());
        Assert.That(server.Connected, Is.EqualTo(new[] { IPEndPoint.Parse("93.184.216.34:80") }), "exactly the address that was checked");
    }

    [Test]
    public void The_name_is_asked_once_a_connection()
    {
        using var server = new RawServer("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n") { Resolved = [[IPAddress.Parse("93.184.216.34")], [IPAddress.Loopback]] };

        Assert.That(async () => await server.Client().UpgradeAsync(Site.Parse("http://good.example.org/"), default), Throws.Nothing);
        Assert.That(server.Connected, Has.Count.EqualTo(1));
    }

    [Test]
    public void The_port_is_checked_on_every_connection_not_only_when_it_is_typed()
    {
        using var server = new RawServer("");

        Assert.That(async () => await server.Client().UpgradeAsync(new Site(new("http://good.example.org:6379/"), null), default), Throws.TypeOf<AddressMalformedException>());
        Assert.That(server.Connected, Is.Empty);
    }

    [TestCase("http://127.0.0.1:{0}/")]
    [TestCase("//127.0.0.1:{0}/")]
    [TestCase("https://127.0.0.1:{0}/")]
    [TestCase("https://good.example.org@127.0.0.1:{0}/")]
    [TestCase("https://good.example.org:{0}/")]
    [TestCase("https://good.example.org:8443/")]
    [TestCase("https://good.example.org:6379/")]
    [TestCase("https://other.example.com/")]
    [TestCase("https://good.example.org.evil.example.com/")]
    [TestCase("http://[::1")]
    [TestCase("https://")]
    [TestCase("//:99999/")]
    [TestCase("file:///etc/passwd")]
    [TestCase("gopher://127.0.0.1:{0}/")]
    [TestCase("\\\\127.0.0.1\\share")]
    [TestCase("/api/v1/status.json")]
    [TestCase("")]
    public void A_redirect_to_anywhere_else_is_not_followed(string location)
    {
        using var server = new RawServer($"HTTP/1.1 302 Found\r\nLocation: {location.Replace("{0}", $"{Port}")}\r\nContent-Length: 0\r\n\r\n");

        Assert.That(async () => await server.Client().CheckAsync(Site.Parse("http://good.example.org/"), default), Throws.TypeOf<SiteMovedException>());
        Assert.That(server.Connected.Distinct(), Is.EqualTo(new[] { IPEndPoint.Parse("93.184.216.34:80") }));
        Assert.That(_heard.IsCompleted, Is.False);
    }

    [TestCase("http://good.example.org/ns/", "https://good.example.org/", "https://good.example.org/ns/")]
    [TestCase("http://good.example.org/", "https://GOOD.example.org/login", "https://good.example.org/")]
    [TestCase("http://good.example.org:1337/", "https://good.example.org:1337/", "https://good.example.org:1337/")]
    public async Task A_redirect_to_https_on_the_same_host_is_followed(string address, string location, string root)
    {
        using var server = new RawServer($"HTTP/1.1 307 Temporary Redirect\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");

        Assert.That((await server.Client().UpgradeAsync(Site.Parse(address), default)).Root, Is.EqualTo(new Uri(root)));
    }

    [TestCase(80)]
    [TestCase(443)]
    [TestCase(1337)]
    [TestCase(3000)]
    [TestCase(5000)]
    [TestCase(8000)]
    [TestCase(8080)]
    [TestCase(8443)]
    [TestCase(8888)]
    [TestCase(10443)]
    [TestCase(13370)]
    [TestCase(44300)]
    public void Ports_that_Nightscouts_use_are_open(int port) => Assert.That(PublicInternet.IsOpenPort(port), Is.True);

    [Test]
    public void Whatever_is_typed_is_an_address_or_malformed()
    {
        var random = new Random(7);
        const string Pieces = "a1.:/@?#[]%\\ -_xnABé。\u00AD\uD83D\0\t~|{}^\"<>;=&+,!$'()*0f";
        for (var i = 0; i < 20_000; i++)
        {
            var text = (i % 2 == 0 ? "http://" : "") + string.Concat(Enumerable.Range(0, random.Next(1, 16)).Select(_ => Pieces[random.Next(Pieces.Length)]));
            try
            {
                Assert.That(Site.Parse(text).Root.Scheme, Is.AnyOf("http", "https"));
            }
            catch (AddressMalformedException)
            {
                // the other thing it may be
            }
            catch (Exception other)
            {
                Assert.Fail($"{text}: {other.GetType()}");
            }
        }
    }

    /// <summary>The worst case: every name leads inward.</summary>
    static Task<IPAddress[]> InwardAsync(string name, CancellationToken cancellationToken) =>
        Task.FromResult<IPAddress[]>([IPAddress.TryParse(name, out var address) ? address : IPAddress.Loopback]);
}

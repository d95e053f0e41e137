namespace Infrastructure.Tests;

/// <summary>A server's first start, its next ones, its updates, and its end.</summary>
[Platform("Linux")]
public sealed class ServerStartTests
{
    ServerStart _server = null!; // null still, when something it needs is not here

    [SetUp]
    public void Make()
    {
        foreach (var needed in new[] { "git", "jq", "openssl" })
            if (!(Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, needed))))
                if (Environment.GetEnvironmentVariable("CI") is { Length: > 0 })
                    Assert.Fail($"{needed} is not here");
                else
                    Assert.Ignore($"{needed} is not here");
        _server = new();
    }

    [TearDown]
    public void Remove() => _server?.Dispose();

    [Test]
    public void A_first_start_makes_volume_secrets_owner_and_build_in_this_order_and_says_that_it_went_well()
    {
        var (code, output) = _server.Start("v1");

        Assert.That(code, Is.Zero, output);
        var steps = new[]
        {
            "ec2 attach-volume", "mkfs.ext4", "mount ", "apt-get -o", "ec2 associate-address", "s3 cp", "--key secrets/Secrets__Key",
            "compose build", "compose run --rm -T migrate", "replay-erasures", "-T migrate config check", "-T registration-site config check", "compose up -d --wait", "--status SUCCESS",
        };
        Assert.That(steps.Select(step => _server.Calls.ToList().FindIndex(call => call.Contains(step))), Is.Ordered.And.All.GreaterThanOrEqualTo(0), string.Join('\n', _server.Calls));
        Assert.That(_server.Said, Is.EqualTo("SUCCESS"));
    }

    [Test]
    public void Secrets_are_made_with_the_database_and_are_no_words_of_a_command()
    {
        _server.Start("v1");

        var secrets = _server.Secrets();
        Assert.That(secrets.Keys, Is.SupersetOf(new[] { "Secrets__Key", "DATABASE_OWNER_PASSWORD", "RolePasswords__registration_site", "RolePasswords__nightscout_ingester", "RolePasswords__open_humans_etl", "RolePasswords__data_management_app" }));
        Assert.That(Convert.FromBase64String(secrets["Secrets__Key"]), Has.Length.EqualTo(32));
        Assert.That(_server.Read("state/database")!.Trim(), Is.EqualTo(secrets["DATABASE_OWNER_PASSWORD"]), "the database's owner has it");
        var settings = _server.Read("state/running")!;
        foreach (var (name, value) in secrets)
            Assert.That(settings, Does.Contain($"{name}='{value}'\n"));
        Assert.That(settings, Does.Contain("Registration__BaseUrl=https://upload.example.org\n").And.Contain("DATABASE_HOST=cluster.example.org\n").And.Contain("DATABASE_OPTIONS=SslMode=Require\n"));
        Assert.That(_server.Calls.Where(call => secrets.Values.Append("of the master").Any(call.Contains)), Is.Empty, "other users of the machine would see them");
    }

    [Test]
    public void Metabase_is_left_out_by_one_line_and_else_has_secrets_and_a_database_of_its_own()
    {
        const string Without = "COMPOSE_FILE=docker-compose.yml:docker-compose.prod.yml:infrastructure/docker/without-metabase.yml\n";
        _server.Write("state/bucket/settings.env", Without);
        _server.Start("v1");
        Assert.That((_server.Read("state/metabase"), _server.Secrets().Keys.Count(name => name.StartsWith("metabase_", StringComparison.OrdinalIgnoreCase))), Is.EqualTo(((string?)null, 0)));
        Assert.That(_server.Read("state/running"), Does.Contain(Without));
        _server.Write("state/bucket/settings.env", "Metabase__SiteUrl=https://metabase.example.org\n");

        var (code, output) = _server.Start("v1");

        Assert.That(code, Is.Zero, output);
        var secrets = _server.Secrets();
        Assert.That(secrets.Keys, Is.SupersetOf(new[] { "METABASE_ENCRYPTION_KEY", "RolePasswords__metabase_reader", "Metabase__AdminPassword" }));
        Assert.That(secrets["Metabase__EmbeddingSecretKey"], Has.Length.EqualTo(64));
        Assert.That(_server.Read("state/metabase")!.Trim(), Is.EqualTo(secrets["METABASE_DATABASE_PASSWORD"]));
        Assert.That(_server.Read("state/running"), Does.Contain($"METABASE_DATABASE=postgres://metabase:{secrets["METABASE_DATABASE_PASSWORD"]}@cluster.example.org:5432/metabase?sslmode=require\n"));
    }

    [Test]
    public void A_second_start_changes_no_secret_formats_nothing_and_builds_nothing()
    {
        _server.Start("v1");
        var before = _server.Secrets();
        _server.Reboot();

        var (code, output) = _server.Start("v1");

        Assert.That(code, Is.Zero, output);
        Assert.That(_server.Secrets(), Is.EqualTo(before));
        Assert.That(_server.Calls, Has.None.StartsWith("mkfs").And.None.StartsWith("apt-get").And.None.Contains("put-object").And.None.Contains("compose build"));
        Assert.That(_server.Calls, Has.Some.Contains("compose up -d --wait"));
    }

    [Test]
    public void The_script_stays_on_the_machine_for_its_next_boots()
    {
        _server.Start("v1");

        var kept = new FileInfo(_server.PathOnMachine("usr/local/sbin/openaps-server"));
        Assert.That(kept.UnixFileMode, Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute));
        Assert.That(new FileInfo(_server.PathOnMachine("var/lib/cloud/scripts/per-boot/openaps-server")).LinkTarget, Is.EqualTo(kept.FullName));
        Assert.That(File.ReadAllText(_server.PathOnMachine("etc/docker/daemon.json")), Does.Contain("/data/docker\""));
        Assert.That(File.ReadAllText(_server.PathOnMachine("etc/systemd/system/docker.service.d/data.conf")), Does.Contain("RequiresMountsFor="));
    }

    [Test]
    public void A_new_machine_takes_the_volume_of_a_lost_one_as_it_is()
    {
        _server.Start("v1");
        var (before, settings) = (_server.Secrets(), _server.Read("state/running"));
        _server.Write("data/docker/volumes/openaps_certificates/fullchain.pem", "a certificate");
        _server.NewMachine();
        _server.Write("state/held", "3"); // the lost one still holds it for a while

        var (code, output) = _server.Start("v1");

        Assert.That(code, Is.Zero, output);
        Assert.That(output, Does.Contain("the volume is not free yet"));
        Assert.That(_server.Calls, Has.None.StartsWith("mkfs").And.None.Contains("put-object").And.None.Contains("compose build"));
        Assert.That(_server.Read("data/docker/volumes/openaps_certificates/fullchain.pem"), Is.EqualTo("a certificate"));
        Assert.That((_server.Secrets(), _server.Read("state/running")), Is.EqualTo((before, settings)));
        Assert.That(_server.Said, Is.EqualTo("SUCCESS"));
    }

    [Test]
    public void Another_GitRef_is_an_update_and_the_one_before_the_way_back_without_building()
    {
        _server.Start("v1");
        _server.NewMachine();
        var (updated, output) = _server.Start("v2");
        Assert.That(updated, Is.Zero, output);
        Assert.That(_server.Calls, Has.Some.Contains("compose build"));
        Assert.That(_server.Read("state/running"), Does.Contain($"VERSION={_server.Commit("v2")}\n"));
        Assert.That(_server.Read("data/openaps/.previous")!.Trim(), Is.EqualTo(_server.Commit("v1")));

        _server.NewMachine();
        var (back, _) = _server.Start("v1");

        Assert.That(back, Is.Zero);
        Assert.That(_server.Calls, Has.None.Contains("compose build"));
        Assert.That(_server.Read("state/running"), Does.Contain($"VERSION={_server.Commit("v1")}\n"));
        Assert.That(_server.Said, Is.EqualTo("SUCCESS"));
    }

    [Test]
    public void Images_of_the_build_before_stay_and_older_ones_go()
    {
        foreach (var build in new[] { "v1", "v2", "v3" })
            _server.Start(build);

        Assert.That(_server.Images(), Is.EquivalentTo(new[] { _server.Commit("v2"), _server.Commit("v3") }));
    }

    [TestCase("unhealthy")]
    [TestCase("broken")]
    public void A_build_that_does_not_get_healthy_fails_the_update_and_the_one_before_starts_again(string how)
    {
        _server.Start("v1");
        _server.Write($"state/{how}/{_server.Commit("v2")}", "");
        _server.NewMachine();

        var (code, _) = _server.Start("v2");

        Assert.That((code != 0, _server.Said), Is.EqualTo((true, "FAILURE")), "CloudFormation then goes back by itself");
        _server.NewMachine();
        Assert.That((_server.Start("v1").Code, _server.Said), Is.EqualTo((0, "SUCCESS")));
        Assert.That(_server.Calls, Has.None.Contains("compose build"));
    }

    [Test]
    public void Of_two_servers_that_make_secrets_at_the_same_time_both_use_the_first_ones()
    {
        _server.Write("state/elsewhere/secrets/Secrets__Key", "key of the other");

        var (code, output) = _server.Start("v1");

        Assert.That(code, Is.Zero, output);
        Assert.That(_server.Secrets()["Secrets__Key"], Is.EqualTo("key of the other"));
        Assert.That(_server.Read("state/running"), Does.Contain("Secrets__Key='key of the other'\n"));
    }

    [Test]
    public void A_key_that_the_bucket_did_not_take_is_not_used()
    {
        _server.Write("state/unwritable", "");

        var (code, output) = _server.Start("v1");

        Assert.That((code != 0, _server.Said), Is.EqualTo((true, "FAILURE")));
        Assert.That(output, Does.Contain("secrets/Secrets__Key is not in the bucket"));
        Assert.That(_server.Calls, Has.None.Contains("compose up"));
    }

    [Test]
    public void No_new_key_is_made_for_a_database_that_is_there()
    {
        _server.Start("v1");
        _server.Delete("state/bucket/secrets/Secrets__Key");

        var (code, output) = _server.Start("v1");

        Assert.That((code != 0, _server.Said), Is.EqualTo((true, "FAILURE")));
        Assert.That(output, Does.Contain("with a new key nothing in it would open"));
        Assert.That(_server.Secrets(), Does.Not.ContainKey("Secrets__Key"));
    }

    [Test]
    public void A_volume_whose_content_cannot_be_told_is_not_touched()
    {
        _server.Write("state/blkid", "8");

        var (code, output) = _server.Start("v1");

        Assert.That((code != 0, _server.Said), Is.EqualTo((true, "FAILURE")));
        Assert.That(output, Does.Contain("not touched"));
        Assert.That(_server.Calls, Has.None.StartsWith("mkfs"));
    }

    [Test]
    public void Without_settings_the_server_says_where_they_belong()
    {
        _server.Delete("state/bucket/settings.env");

        var (code, output) = _server.Start("v1");

        Assert.That((code != 0, _server.Said), Is.EqualTo((true, "FAILURE")));
        Assert.That(output, Does.Contain("s3://configuration/settings.env cannot be read"));
    }

    [Test]
    public void The_list_of_erasures_here_and_in_the_bucket_become_the_same_and_lose_no_line()
    {
        _server.Write("state/bucket/erasures/erasures.jsonl", """
            {"member":"aa","asked_at":"2026-01-01T00:00:00Z"}
            {"member":"bb","asked_at":"2026-01-02T00:00:00Z"}

            """);
        _server.Write("data/erasures/erasures.jsonl", """
            {"member":"bb","asked_at":"2026-01-02T00:00:00Z"}
            {"member":"cc","asked_at":"2026-01-03T00:00:00Z"}

            """);

        _server.Start("v1");

        foreach (var path in new[] { "state/bucket/erasures/erasures.jsonl", "data/erasures/erasures.jsonl" })
            Assert.That(_server.Read(path)!.Trim().Split('\n').Select(line => line[11..13]), Is.EquivalentTo(new[] { "aa", "bb", "cc" }), path);
        Assert.That(File.ReadAllText(_server.PathOnMachine("etc/cron.d/openaps")), Does.Contain("infrastructure/aws/erasures").And.Contain("BUCKET=configuration"));
        _server.Reboot();
        _server.Start("v1");
        Assert.That(_server.Calls, Has.None.Contains("s3://configuration/erasures/erasures.jsonl"), "nothing is new");
    }

    [Test]
    public void Files_of_the_bucket_belong_into_the_checkout_and_go_with_it()
    {
        _server.Write("state/bucket/files/surveys/openaps.csv", "Timestamp");
        _server.Write("state/bucket/files/secrets/open-humans-etl/OpenHumans__MasterToken", "token");
        _server.Start("v1");
        Assert.That((_server.Read("data/openaps/surveys/openaps.csv"), _server.Read("data/openaps/secrets/open-humans-etl/OpenHumans__MasterToken")), Is.EqualTo(("Timestamp", "token")));

        _server.Delete("state/bucket/files/secrets/open-humans-etl/OpenHumans__MasterToken");
        _server.Start("v1");

        Assert.That(_server.Read("data/openaps/secrets/open-humans-etl/OpenHumans__MasterToken"), Is.Null);
    }
}

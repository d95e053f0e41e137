using Microsoft.Extensions.Configuration;

namespace Db.Tests;

/// <summary>What <c>config check</c> says before <c>migrate</c> is run. No database is asked.</summary>
public sealed class MigratorSettingsTests
{
    const string Sound = "Host=db;Port=5432;Database=openaps;Username=openaps_owner;Password=planted-secret;";

    static readonly string[] Roles = ["registration_site", "nightscout_ingester", "open_humans_etl", "data_management_app"];

    static (int Code, string[] Lines) Check(string connection, params (string Name, string Value)[] other)
    {
        var values = Roles.ToDictionary(role => $"RolePasswords:{role}", string? (_) => "planted-secret");
        values["Postgres:Connection"] = connection;
        foreach (var (name, value) in other)
            values[name] = value;
        var output = new StringWriter { NewLine = "\n" };
        var code = MigratorSettings.Check(new ConfigurationBuilder().AddInMemoryCollection(values).Build()).Print(output, "migrate");
        Assert.That(output.ToString(), Does.Not.Contain("planted"));
        return (code, output.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [Test]
    public void Sound_settings_are_in_order()
    {
        var (code, lines) = Check(Sound);

        Assert.That((code, lines), Is.EqualTo((0, new[] { "ok       the settings of migrate are in order" })));
    }

    [TestCase("", "Set Postgres__Connection")]
    [TestCase("postgres://planted@db/openaps", "Postgres__Connection is not of the form")]
    [TestCase("Host=db;Database=openaps;Username=openaps_owner;Password=;", "Postgres__Connection has no Password: set DATABASE_OWNER_PASSWORD")]
    [TestCase("Host=db;Database=openaps;Username=openaps_owner;Password=change-me", "Postgres__Connection has the password of the example. Give the role one of its own: DATABASE_OWNER_PASSWORD")]
    public void A_connection_that_cannot_work_or_is_unsafe_is_refused(string connection, string told)
    {
        var (code, lines) = Check(connection);

        Assert.That((code, lines.Length), Is.EqualTo((1, 1)));
        Assert.That(lines[0], Does.StartWith($"error    {told}"));
    }

    [Test]
    public void A_role_without_a_password_is_a_warning_but_for_Metabases()
    {
        var (code, lines) = Check(Sound, [.. Roles.Append("metabase_reader").Select(role => ($"RolePasswords:{role}", ""))]);

        Assert.That((code, lines), Is.EqualTo((0, (string[])[.. Roles.Select(role => $"warning  RolePasswords__{role} is empty: the role's password is left alone; Docker Compose needs it: openssl rand -hex 24."), "ok       the settings of migrate are in order"])));
    }

    [Test]
    public void All_that_is_wrong_is_told_at_once()
    {
        var (code, lines) = Check("planted", ("RolePasswords:metabase_reader", "change-me"), ("RolePasswords:open_humans_etl", "change-me"), ("Original:Connection", "planted"));

        Assert.That((code, lines.Length), Is.EqualTo((1, 4)));
        foreach (var told in new[] { "Postgres__Connection is not of the form", "RolePasswords__metabase_reader is the password of the example", "RolePasswords__open_humans_etl is the password of the example", "Original__Connection is not of the form" })
            Assert.That(lines, Has.One.StartsWith($"error    {told}"));
    }

    [Test]
    public void On_ones_own_machine_examples_will_do() =>
        Assert.That(Check("Host=localhost;Username=openaps", ("RolePasswords:open_humans_etl", "change-me"), ("ASPNETCORE_ENVIRONMENT", "Local")).Code, Is.Zero);
}

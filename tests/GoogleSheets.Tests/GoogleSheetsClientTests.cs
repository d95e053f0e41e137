using Sandbox;
using Testing;

namespace GoogleSheets.Tests;

/// <summary>The typed client against the stand-in, over the wire.</summary>
public sealed class GoogleSheetsClientTests
{
    const string Account = "surveys@sandbox.iam.gserviceaccount.com";

    RunningSandbox _sandbox = null!;
    Spreadsheet _sheet = null!;
    string _keyFile = "";

    [SetUp]
    public async Task Start()
    {
        _sandbox = await SandboxHost.StartAsync(new());
        _keyFile = Path.GetTempFileName();
        await File.WriteAllTextAsync(_keyFile, _sandbox.Google.AddServiceAccount(Account));
        _sheet = _sandbox.Google.AddSpreadsheet();
        _sheet.Readers[Account] = true;
        _sheet.Worksheets["Form Responses 1"] = [new("Timestamp", "How tall are you?"), new(43617.5, "5'10\"", true), new("", "")];
    }

    [TearDown]
    public async Task Stop()
    {
        File.Delete(_keyFile);
        await _sandbox.DisposeAsync();
    }

    [Test]
    public async Task Cells_come_as_text_and_times_as_numbers()
    {
        var rows = await ReadAsync();

        Assert.That(rows, Is.EqualTo(new[] { ["Timestamp", "How tall are you?"], new[] { "43617.5", "5'10\"", "true" } }));
    }

    [Test]
    public async Task A_worksheet_with_a_quote_in_its_name_is_found()
    {
        _sheet.Worksheets["Dana's answers"] = [new("x")];

        Assert.That(await ReadAsync(worksheet: "Dana's answers"), Has.Count.EqualTo(1));
    }

    [Test]
    public async Task An_empty_worksheet_has_no_rows()
    {
        _sheet.Worksheets["Form Responses 1"] = [];

        Assert.That(await ReadAsync(), Is.Empty);
    }

    [Test]
    public void A_spreadsheet_that_is_not_shared_says_to_share_it()
    {
        _sheet.Readers.Clear();

        Assert.That(() => ReadAsync(), Throws.TypeOf<GoogleNoSheetException>().With.Message.Contains("share it with the account's e-mail"));
    }

    [Test]
    public void Another_worksheet_or_spreadsheet_is_not_found()
    {
        Assert.That(() => ReadAsync(worksheet: "Answers"), Throws.TypeOf<GoogleNoSheetException>().With.Message.Contains("no worksheet 'Answers'"));
        Assert.That(() => Client().ReadAsync("none", "Answers", default), Throws.TypeOf<GoogleNoSheetException>().With.Message.Contains("no spreadsheet of that id"));
    }

    [Test]
    public void A_deleted_account_is_the_operators_to_solve()
    {
        _sandbox.Google.RemoveServiceAccount(Account);

        Assert.That(() => ReadAsync(), Throws.TypeOf<GoogleSettingsException>().With.Message.Contains("does not accept the service account's key"));
    }

    [Test]
    public void A_key_that_was_replaced_is_the_operators_to_solve()
    {
        _sandbox.Google.AddServiceAccount(Account);

        Assert.That(() => ReadAsync(), Throws.TypeOf<GoogleSettingsException>());
    }

    [Test]
    public void A_wrong_clock_is_the_operators_to_solve() =>
        Assert.That(() => ReadAsync(new ManualClock(DateTimeOffset.UtcNow.AddHours(3))), Throws.TypeOf<GoogleSettingsException>().With.Message.Contains("clock"));

    [TestCase("", "is not the key of a service account")]
    [TestCase("""{"type":"authorized_user","client_id":"x"}""", "is not the key of a service account")]
    [TestCase("""{"client_email":"a@b","private_key_id":"x","private_key":"-----BEGIN PRIVATE KEY-----\nMIIsecret\n-----END PRIVATE KEY-----\n"}""", "is not the key of a service account")]
    public async Task A_file_that_is_no_key_is_said_without_quoting_it(string content, string problem)
    {
        await File.WriteAllTextAsync(_keyFile, content);

        var said = Assert.ThrowsAsync<GoogleSettingsException>(() => ReadAsync());

        Assert.That(said!.ToString(), Does.Contain(problem).And.Not.Contain("MIIsecret"));
    }

    [Test]
    public void A_missing_key_file_names_the_setting()
    {
        Assert.That(() => Client(keyFile: "").ReadAsync("x", "y", default), Throws.TypeOf<GoogleSettingsException>().With.Message.Contains("Google__KeyFile"));
        Assert.That(() => Client(keyFile: _keyFile + ".not").ReadAsync("x", "y", default), Throws.TypeOf<GoogleSettingsException>().With.Message.Contains("cannot be read"));
    }

    [TestCase(FaultKind.Status, 503)]
    [TestCase(FaultKind.Status, 429)]
    [TestCase(FaultKind.HtmlPage, null)]
    [TestCase(FaultKind.JsonNull, null)]
    [TestCase(FaultKind.CutBody, null)]
    [TestCase(FaultKind.Reset, null)]
    public void A_broken_answer_is_temporary(FaultKind kind, int? status)
    {
        foreach (var path in new[] { "/token", "/v4/*" })
        {
            _sandbox.Faults.Add(status is { } code ? new() { Kind = kind, Path = path, Status = code } : new() { Kind = kind, Path = path });
            Assert.That(() => ReadAsync(), Throws.TypeOf<GoogleTemporaryException>(), path);
        }
    }

    async Task<IReadOnlyList<IReadOnlyList<string>>> ReadAsync(TimeProvider? clock = null, string worksheet = "Form Responses 1") =>
        await Client(clock).ReadAsync(_sheet.Id, worksheet, default);

    GoogleSheetsClient Client(TimeProvider? clock = null, string? keyFile = null) =>
        new(new HttpClient(), new() { KeyFile = keyFile ?? _keyFile, TokenUrl = new(_sandbox.GoogleUrl, "/token"), SheetsUrl = _sandbox.GoogleUrl }, clock ?? TimeProvider.System);
}

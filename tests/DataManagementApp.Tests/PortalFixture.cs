using Dapper;
using DataManagementApp.Accounts;
using DataManagementApp.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;
using Sandbox;
using Sandbox.Demo;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>The portal served for real, with a server that catches its mails.</summary>
public abstract class PortalFixture
{
    public const string Password = "a long enough sentence";

    Warehouse _warehouse = null!;
    WebApplication _app = null!;

    public Uri Url { get; private set; } = null!;

    /// <summary>Of exports.</summary>
    protected string Folder { get; private set; } = "";

    /// <summary>For programs, which have no session.</summary>
    protected HttpClient Http { get; private set; } = null!;

    public MailCatcher Mail { get; private set; } = null!;

    protected NpgsqlDataSource Owner => _warehouse.Owner;

    protected IServiceProvider Services => _app.Services;

    /// <summary>More settings, as on a command line.</summary>
    protected virtual IEnumerable<string> Settings => [];

    /// <summary>Changes what is registered.</summary>
    protected virtual void Register(IServiceCollection services)
    {
    }

    [OneTimeSetUp]
    public async Task Start()
    {
        _warehouse = await Warehouse.CreateAsync();
        Mail = new(TimeProvider.System);
        Url = FreePort.NextUrl();
        Folder = Directory.CreateTempSubdirectory("exports-").FullName;
        Http = new() { BaseAddress = Url };
        _app = await _warehouse.StartPortalAsync(Register, [$"--urls={Url}", $"--Portal:BaseUrl={Url}", "--Portal:MailBeat=00:00:01", "--Smtp:Host=127.0.0.1", $"--Smtp:Port={Mail.Port}", "--Smtp:StartTls=false",
            "--Smtp:From=portal@example.org", "--Serilog:MinimumLevel:Default=Error", $"--Portal:ExportFolder={Folder}", .. Settings]);
    }

    [OneTimeTearDown]
    public async Task Stop()
    {
        if (_app is not null)
            await _app.DisposeAsync();
        if (Mail is not null)
            await Mail.DisposeAsync();
        if (_warehouse is not null)
            await _warehouse.DisposeAsync();
        Http?.Dispose();
        if (Folder.Length > 0)
            Directory.Delete(Folder, recursive: true);
    }

    /// <summary>Mails of the test before are not those of this one.</summary>
    [SetUp]
    public async Task WaitForMails()
    {
        while (await QueryAsync<bool>("select exists (select from portal.mail where state = 'waiting' and attempts = 0)"))
            await Task.Delay(50);
    }

    /// <summary>A study, and a token for it.</summary>
    /// <param name="userId">Whose; null: a new user's.</param>
    /// <param name="scopes">None: all.</param>
    protected async Task<(Grant Grant, string Token)> TokenAsync(bool openAps, bool nsf, long? userId = null, params string[] scopes)
    {
        var user = userId ?? await Service<Users>().AddAdminAsync(NewEmail(), default);
        await Service<Grants>().AddAsync(user, openAps, nsf, default);
        var grant = await Service<Grants>().FindAsync(await QueryAsync<long>("select max(grant_id) from portal.access_grant where user_id = @user", new { user }), default);
        return (grant, (await Service<AccessTokens>().AddAsync(grant, "test", scopes is [] ? Scopes.All : scopes, TimeSpan.FromDays(1), default))!);
    }

    /// <param name="token">As the header says it; empty: none.</param>
    /// <param name="body">JSON.</param>
    protected async Task<HttpResponseMessage> SendAsync(string path, string token, HttpMethod? method = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method ?? HttpMethod.Get, path);
        if (token.Length > 0)
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        if (body is not null)
            request.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json");
        return await Http.SendAsync(request);
    }

    protected async Task<byte[]> BytesAsync(string path, string token)
    {
        using var answer = await SendAsync(path, token);
        Assert.That(answer.IsSuccessStatusCode, $"{answer.StatusCode} {path}");
        return await answer.Content.ReadAsByteArrayAsync();
    }

    protected async Task<System.Text.Json.Nodes.JsonNode> JsonAsync(string path, string token) => System.Text.Json.Nodes.JsonNode.Parse(await BytesAsync(path, token))!;

    protected WebSession Visitor() => new(Url);

    public static string NewEmail() => $"{Guid.NewGuid():N}@example.org";

    public T Service<T>() where T : notnull => Services.GetRequiredService<T>();

    public async Task<T> QueryAsync<T>(string sql, object? values = null) => await _warehouse.QueryAsync<T>(sql, values);

    /// <summary>Somebody who shares, with glucose readings of a day, five minutes apart.</summary>
    public async Task<long> ParticipantAsync(string projects, DateOnly day, int readings)
    {
        var participant = await _warehouse.ParticipantAsync(projects);
        await _warehouse.EntriesAsync(participant, day, readings);
        return participant;
    }

    public Task WithdrawAsync(long participant) => _warehouse.ConsentAsync(participant, "none");

    public async Task OwnerAsync(string sql, object? values = null)
    {
        await using var connection = await _warehouse.Owner.OpenConnectionAsync();
        await connection.ExecuteAsync(sql, values);
    }

    /// <summary>A user with a password.</summary>
    /// <param name="role">researcher, reviewer or administrator.</param>
    public async Task<long> AddUserAsync(string email, string role, bool access = false)
    {
        var id = await Service<Users>().AddAdminAsync(email, default);
        await OwnerAsync("update portal.app_users set admin = @role = 'administrator', reviewer = @role = 'reviewer', name = 'Somebody' where id = @id", new { id, role });
        if (access)
            await Service<Grants>().AddAsync(id, openAps: true, nsf: true, default);
        var token = (await Service<Invitations>().MakeAsync(id, default)).Query["?token=".Length..];
        await Service<Invitations>().AcceptAsync(token, Password, default);
        return id;
    }

    protected async Task<WebSession> SignInAsync(string email, string password = Password)
    {
        var person = Visitor();
        await person.OpenAsync("/sign-in");
        await person.SubmitAsync("Sign in", ("Email", email), ("Password", password));
        return person;
    }

    /// <summary>A new user of a role, signed in.</summary>
    protected async Task<(WebSession Person, string Email, long Id)> NewAsync(string role, bool access = false)
    {
        var email = NewEmail();
        var id = await AddUserAsync(email, role, access);
        return (await SignInAsync(email), email, id);
    }

    /// <summary>Accepts the conditions and fills the form in.</summary>
    protected async Task<WebSession> ApplyAsync(string email, string name = "Ada Example", params (string Field, string Value)[] fields)
    {
        var person = Visitor();
        await person.OpenAsync("/conditions");
        await person.SubmitAsync("Go on to the application", ("Accepted", "true"));
        (string, string)[] all = [("Form.Name", name), ("Form.Email", email), ("Form.Phone", "+1 555 0100"), ("Form.Organisation", "An institute"), ("Form.Irb", "unsure"), ("Form.Sponsor", "A fund"), ("Form.OpenAps", "true"),
            ("Form.Nsf", "true"), ("Form.Study", "Nights before and after a change of therapy"), ("Form.Description", "First line\nsecond line")];
        foreach (var given in fields)
            all = [.. all.Where(field => field.Item1 != given.Field), given];
        await person.SubmitAsync("Send the application", all);
        Assert.That(person.Response.IsSuccessStatusCode, person.Text);
        return person;
    }

    /// <summary>Applies, and confirms by the link of the mail.</summary>
    /// <returns>The applicant on the page of the application, and its number.</returns>
    protected async Task<(WebSession Person, long SeqId)> ConfirmedAsync(string email, params (string Field, string Value)[] fields)
    {
        using (await ApplyAsync(email, fields: fields))
        {
        }
        var mail = await Mail.WaitAsync(email, "Please confirm your e-mail address");
        var person = Visitor();
        await person.OpenAsync(mail.Links[0].PathAndQuery);
        await person.SubmitAsync("Yes, this is my address");
        return (person, await QueryAsync<long>("select max(seq_id) from portal.researcher_applications where email = @email and confirmed_at is not null", new { email }));
    }
}

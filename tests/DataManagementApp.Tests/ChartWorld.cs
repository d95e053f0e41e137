using Dapper;
using DataManagementApp.Accounts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Net.Http.Headers;
using OpenHumansEtl.Derived;
using Testing;

namespace DataManagementApp.Tests;

/// <summary>A participant of the world.</summary>
/// <param name="Readings">Raw: time in UTC, by which they live, and mg/dL.</param>
public sealed record Patient(long Id, string Projects, string Loop, string Device, string? Age, string? Country, IReadOnlyList<(DateTime At, double MgDl)> Readings, double Bolus, double Smb, double Basal, double Carbs);

/// <summary>Participants with entries and treatments, summarised by the ETL itself, and the portal on them.</summary>
public sealed class ChartWorld : IAsyncDisposable
{
    public static readonly DateTime First = new(2026, 8, 20, 0, 0, 0, DateTimeKind.Utc);

    /// <summary>Days of readings of each; a third of them are in August.</summary>
    public const int Days = 36;

    readonly Warehouse _warehouse;

    ChartWorld(Warehouse warehouse) => _warehouse = warehouse;

    public WebApplication App { get; private set; } = null!;

    public Uri Url => new(App.Urls.Single());

    public IReadOnlyList<Patient> Patients { get; private set; } = [];

    /// <param name="settings">More of the portal's, as on a command line.</param>
    public static async Task<ChartWorld> StartAsync(params string[] settings)
    {
        var world = new ChartWorld(await Warehouse.CreateAsync());
        // 12 share with OpenAPS, 9 with Nightscout, 7 with both.
        var projects = Enumerable.Repeat("openaps", 12).Concat(Enumerable.Repeat("nsf", 9)).Concat(Enumerable.Repeat("both", 7)).ToList();
        var patients = new List<Patient>();
        foreach (var (i, project) in projects.Index())
            patients.Add(await world.AddAsync(i, project));
        world.Patients = patients;
        await using var etl = world._warehouse.OpenAs("open_humans_etl");
        await new Summaries(etl, new(), NullLogger<Summaries>.Instance).WorkOffAsync(null, default);
        await using var owner = await world._warehouse.Owner.OpenConnectionAsync();
        foreach (var patient in patients) // what a loop delivered: AidDays has tests of its own
            await owner.ExecuteAsync("""
                delete from openaps.aid_day where participant_id = @Id;
                insert into openaps.aid_day (participant_id, local_day, from_utc, to_utc, loop_type, controllers, cycles, enacted, smbs, bolus_units, smb_units, basal_units, total_units, carbs, basal_hours)
                select @Id, d, d, d + interval '1 day', @Loop, case @Loop when 'closed' then 'aaps' when 'open' then 'loop' end, 200, 200, 10, @Bolus, @Smb, @Basal, @Bolus + @Smb + @Basal, @Carbs, 24
                  from generate_series(@First::date, @First::date + @Days - 1, interval '1 day') as d
                """, new { patient.Id, patient.Loop, patient.Bolus, patient.Smb, patient.Basal, patient.Carbs, First, Days });
        world.App = await world._warehouse.StartPortalAsync(["--Postgres:MaxPoolSize=4", "--Serilog:MinimumLevel:Default=Fatal", .. settings]);
        return world;
    }

    public Task ConsentAsync(Patient patient, string projects) => _warehouse.ConsentAsync(patient.Id, projects);

    /// <summary>Connection setting of a role of the database.</summary>
    public string As(string role) => _warehouse.As(role);

    /// <summary>The same of its owner.</summary>
    public string Owner => _warehouse.OwnerConnection;

    /// <summary>A researcher's session cookie.</summary>
    public async Task<(string Name, string Value)> SignInAsync(bool openAps, bool nsf, bool granted = true)
    {
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        var id = await owner.ExecuteScalarAsync<long>("insert into portal.app_users (email, verified) values (@email, true) returning id", new { email = $"{Guid.NewGuid():N}@example.org" });
        if (granted)
            await _warehouse.Grants.AddAsync(id, openAps, nsf, default);
        await using var scope = App.Services.CreateAsyncScope();
        var context = new DefaultHttpContext { RequestServices = scope.ServiceProvider };
        await Session.SignInAsync(context, (await App.Services.GetRequiredService<Users>().FindAsync(id, default))!, second: false);
        var cookie = SetCookieHeaderValue.ParseList([.. context.Response.Headers.SetCookie!]).Single(cookie => cookie.Name.Value == "session");
        return (cookie.Name.Value!, cookie.Value.Value!);
    }

    /// <summary>A browser without JavaScript of a researcher who signed in.</summary>
    public async Task<WebSession> OpenAsync(bool openAps, bool nsf, bool granted = true)
    {
        var (name, value) = await SignInAsync(openAps, nsf, granted);
        var session = new WebSession(Url);
        session.Cookies.Add(Url, new System.Net.Cookie(name, value));
        return session;
    }

    public async ValueTask DisposeAsync()
    {
        if (App is not null)
            await App.DisposeAsync();
        await _warehouse.DisposeAsync();
    }

    async Task<Patient> AddAsync(int i, string projects)
    {
        var id = await _warehouse.ParticipantAsync(projects);
        var dice = new Random(i);
        var (mean, swing, noise) = (105 + 6.0 * (i % 14), 15.0 + i % 5 * 8, 12.0 + i % 7 * 5);
        var readings = Enumerable.Range(0, Days * 96).Select(n => (At: First.AddMinutes(15 * n), Value: Math.Clamp(Math.Round(mean + swing * Math.Sin(2 * Math.PI * (n % 96 - 20) / 96) + noise * (dice.NextDouble() + dice.NextDouble() + dice.NextDouble() - 1.5)), 40, 400))).ToList();
        var patient = new Patient(id, projects, Loop: (i % 3) switch { 0 => "closed", 1 => "open", _ => i % 2 == 0 ? "closed" : "open" }, Device: i % 4 == 3 ? "xDrip-DexcomG6" : "share2",
            Age: i < 3 ? "0-5" : i % 2 == 0 ? "31-45" : "46-60", Country: projects == "nsf" ? "Iceland" : i % 2 == 0 ? "Germany" : "Norway", readings, Bolus: 10 + i % 6, Smb: i % 3, Basal: 15 + i % 4, Carbs: 80 + 10 * (i % 9));
        await using var owner = await _warehouse.Owner.OpenConnectionAsync();
        await owner.ExecuteAsync("""
            insert into openaps.entries (participant_id, id, sgv, device, date, type, period, content_hash)
            select @id, 'e' || row_number() over (), v, @Device, t, 'sgv', 'whole', row_number() over () from unnest(@times, @values) as r (t, v);
            insert into openaps.treatments (participant_id, id, event_type, insulin, created_at, period, content_hash)
            select @id, 't' || extract(epoch from t), case when extract(hour from t) = 8 then 'Meal Bolus' else 'Correction Bolus' end, 2, t, 'whole', 1
              from generate_series(@First, @First + (@Days - 1) * interval '1 day', interval '1 day') d cross join lateral (values (d + interval '8 hours'), (d + interval '15 hours')) as of_day (t);
            insert into openaps.dirty_day (participant_id, collection, day)
            select @id, c, d::date from generate_series(@First, @First + (@Days - 1) * interval '1 day', interval '1 day') d cross join unnest(array['entries', 'treatments']) c on conflict do nothing;
            insert into openaps.member_demographics (participant_id, source, google_sheets_source, ts, gender, age_bracket, country, years_since_diagnosed_bracket, diy_closed_loop_type)
            values (@id, 'survey', 'openaps', @First, case when @i % 2 = 0 then 'female' else 'male' end, @Age, @Country, '11-20', 'AndroidAPS, Loop');
            """, new { id, i, patient.Device, times = readings.Select(reading => reading.At).ToArray(), values = readings.Select(reading => (decimal)reading.Value).ToArray(), First, Days, patient.Age, patient.Country });
        return patient with { Readings = [.. readings.Select(reading => (reading.At, reading.Value))] };
    }
}

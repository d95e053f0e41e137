using Nightscout;
using Quartz;
using Register;
using ServiceDefaults;

namespace NightscoutIngester;

/// <summary>Wires the service.</summary>
public static class Ingester
{
    /// <param name="replace">For tests: what to put in the place of the clock, say.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Ingester)).AddServiceDefaults().AddPostgres().AddRegister();
        var options = builder.AddValidated<IngestOptions>("Ingest");
        builder.AddQueueGauges();
        builder.AddDiskHealth(options.WorkFolder, "Ingest__WorkFolder");
        builder.AddNightscout(attemptTimeout: options.FirstByte, firstPause: options.RetryPause, options.WakePause, options.BreakAfter); // a sleeping host takes up to a minute to wake

        builder.Services.AddSingleton(services => new Ranges(services.GetRequiredService<NightscoutClient>()));
        builder.Services.AddSingleton<DueParticipants>().AddSingleton<ParticipantIngest>();
        builder.Services.AddSingleton<SiteAddress>().AddSingleton<FileLedger>().AddSingleton<PeriodFiles>().AddSingleton<DayDigests>().AddSingleton<Cursors>().AddSingleton<CollectionIngest>();
        builder.Services.AddSingleton<Spools>().AddSingleton<OddRecords>().AddSingleton<Absences>().AddSingleton<Findings>().AddSingleton<SiteIdentity>().AddSingleton<Takeover>();
        builder.AddClock("nightscout-ingester", quartz =>
        {
            quartz.ScheduleJob<IngestJob>(trigger => trigger
                .WithIdentity(nameof(IngestJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.Beat).RepeatForever()));
            quartz.ScheduleJob<ErasureJob>(trigger => trigger
                .WithIdentity(nameof(ErasureJob))
                .StartNow()
                .WithSimpleSchedule(schedule => schedule.WithInterval(options.ErasureBeat).RepeatForever()));
        });

        replace?.Invoke(builder.Services);
        var app = builder.BuildChecked();
        app.MapServiceDefaults();
        return app;
    }
}

using Quartz;
using Register;
using ServiceDefaults;

namespace OpenHumansEtl;

/// <summary>Wires the service.</summary>
public static class Etl
{
    /// <param name="replace">For tests: what to put in the place of the clock, say.</param>
    public static WebApplication Build(string[] args, Action<IServiceCollection>? replace = null)
    {
        var builder = ServiceHost.CreateBuilder(args, typeof(Etl)).AddServiceDefaults().AddPostgres().AddRegister();
        var options = builder.AddValidated<EtlOptions>("Etl");
        builder.Services.AddSingleton<DueLoads>().AddSingleton<ParticipantLoad>().AddSingleton<ConsentFile>().AddSingleton<FileLoad>().AddSingleton<Withdrawal>();
        builder.AddClock("open-humans-etl", quartz => quartz.ScheduleJob<EtlJob>(trigger => trigger
            .WithIdentity(nameof(EtlJob))
            .StartNow()
            .WithSimpleSchedule(schedule => schedule.WithInterval(options.Beat).RepeatForever())));

        replace?.Invoke(builder.Services);
        var app = builder.Build();
        app.MapServiceDefaults();
        return app;
    }
}

using GoogleSheets;
using OpenHumansEtl.Demographics;
using OpenHumansEtl.Derived;
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
        builder.AddValidated<MasterTokenOptions>("OpenHumans");
        builder.AddQueueGauges();
        builder.AddDiskHealth(options.WorkFolder, "Etl__WorkFolder");
        builder.Services.AddSingleton<DueLoads>().AddSingleton<ParticipantLoad>().AddSingleton<ConsentFile>().AddSingleton<ConsentGate>().AddSingleton<AccountFiles>().AddSingleton<FileLoad>().AddSingleton<Withdrawal>().AddSingleton<Summaries>();
        var demographics = builder.AddDemographics();
        builder.AddClock("open-humans-etl", quartz =>
        {
            Beat<EtlJob>(quartz, options.Beat);
            Beat<WithdrawalJob>(quartz, options.WithdrawalBeat);
            Beat<SummariesJob>(quartz, options.Beat);
            if (demographics.IsConfigured)
                Beat<DemographicsJob>(quartz, demographics.Beat);
        });

        replace?.Invoke(builder.Services);
        var app = builder.BuildChecked();
        app.MapServiceDefaults();
        return app;

        static void Beat<TJob>(IQuartzBuilder quartz, TimeSpan interval) where TJob : IJob => quartz.ScheduleJob<TJob>(trigger => trigger
            .WithIdentity(typeof(TJob).Name)
            .StartNow()
            .WithSimpleSchedule(schedule => schedule.WithInterval(interval).RepeatForever()));
    }

    static DemographicsOptions AddDemographics(this WebApplicationBuilder builder)
    {
        var google = builder.AddValidated<GoogleOptions>("Google");
        builder.RefuseInProduction(CheckedSettings.IsInClear(google.TokenUrl) || CheckedSettings.IsInClear(google.SheetsUrl), "Google__TokenUrl or Google__SheetsUrl begins with http: tokens and answers would travel in clear text. Take it out; the default is the real one.");
        builder.Services.AddResilientClient<GoogleSheetsClient>(attemptTimeout: TimeSpan.FromSeconds(60), firstPause: TimeSpan.FromSeconds(1))
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ActivityHeadersPropagator = null, ConnectTimeout = TimeSpan.FromSeconds(15), PooledConnectionLifetime = TimeSpan.FromMinutes(5) });
        builder.Services.AddSingleton<SurveyRows>().AddSingleton<DemographicsLoad>();
        return builder.AddValidated<DemographicsOptions>("Demographics");
    }
}

using Microsoft.AspNetCore.Builder;
using Npgsql;
using Quartz;

namespace ServiceDefaults;

public static class QuartzDefaults
{
    /// <summary>Quartz in schema <c>quartz</c>, clustered under the service's name; stopping cancels the job in hand and waits for it.</summary>
    public static WebApplicationBuilder AddClock(this WebApplicationBuilder builder, string service, Action<IQuartzBuilder> jobs)
    {
        var connection = Postgres.Parse(builder.Configuration["Postgres:Connection"]) is { } set ? new NpgsqlConnectionStringBuilder(set.ConnectionString) { GssEncryptionMode = GssEncryptionMode.Disable }.ConnectionString : "Host=not-set"; // the start reports what is missing
        builder.Services.AddQuartz(quartz =>
        {
            quartz.ConfigureScheduler(scheduler =>
            {
                scheduler.InstanceName = service;
                scheduler.GenerateInstanceId = true;
                scheduler.IdleWaitTime = TimeSpan.FromSeconds(1); // a replica books beats that far ahead; with the default of 30 s the one that has the next beat has all of them
                scheduler.ShutdownJobInterruption = ShutdownJobInterruption.WhenWaitingForJobs; // a job stops where it is; what it had in hand is due again
            });
            quartz.UseDefaultThreadPool(2);
            quartz.UsePersistentStore(store =>
            {
                store.UsePostgres(NpgsqlFactory.Instance, connection);
                store.UseSystemTextJsonSerializer();
                store.UseClustering();
                store.ConfigureStore(options => options.TablePrefix = "quartz.qrtz_");
            });
            jobs(quartz);
        });
        builder.Services.AddQuartzHostedService(options => options.WaitForJobsToComplete = true);
        return builder;
    }
}

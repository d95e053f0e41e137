using ServiceDefaults;
using Testing;

namespace Db.Tests;

public sealed class ConnectionWatchTests
{
    [Test]
    public async Task A_server_whose_name_is_not_known_is_waited_for()
    {
        var options = new PostgresOptions { Connection = "Host=nowhere.invalid;Username=nobody;Password=none" };
        await using var db = Postgres.Open(options);
        using var watch = new ConnectionWatch(options, db);

        await watch.StartAsync(default);

        Assert.That(() => watch.ExecuteTask!.IsCompleted, Is.False.After(3).Seconds, "it would end the service");
        await watch.StopAsync(default);
    }

    [Test]
    public async Task After_the_database_ended_every_connection_the_first_command_gets_its_answer()
    {
        await using var database = await TestDatabase.CreateEmptyAsync();
        await using var owner = database.OpenAsOwner();
        var options = new PostgresOptions { Connection = database.Owner };
        await using var db = Postgres.Open(options);
        using var watch = new ConnectionWatch(options, db);
        await watch.StartAsync(default);
        var first = await WatchAsync(0);
        await using (var one = await db.OpenConnectionAsync())
        await using (var two = await db.OpenConnectionAsync())
        {
            // both are in the pool now
        }

        await using (var end = owner.CreateCommand("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"))
            await end.ExecuteScalarAsync();
        await WatchAsync(first);

        await using var command = db.CreateCommand("select 1");
        Assert.That(await command.ExecuteScalarAsync(), Is.EqualTo(1));
        await watch.StopAsync(default);

        async Task<int> WatchAsync(int otherThan) // its process, once it is another
        {
            for (var until = DateTime.UtcNow.AddSeconds(20); DateTime.UtcNow < until; await Task.Delay(50))
            {
                await using var look = owner.CreateCommand("select pid from pg_stat_activity where datname = current_database() and application_name = 'watch'");
                if (await look.ExecuteScalarAsync() is int pid && pid != otherThan)
                    return pid;
            }
            throw new TimeoutException("The watch did not come back.");
        }
    }
}

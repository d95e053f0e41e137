using Dapper;
using Npgsql;

namespace NightscoutIngester.Tests;

/// <summary>The process "dies": nothing after this reaches the database or the wire.</summary>
sealed class CrashedException() : Exception("The process was killed here.");

/// <summary>Kills a run between any two of its steps: before or after a request, before a write to the database.</summary>
sealed class Crash
{
    NpgsqlDataSource _owner = null!;
    int _requests = int.MaxValue;
    bool _after;
    volatile bool _dead;

    public async Task InstallAsync(NpgsqlDataSource owner)
    {
        _owner = owner;
        await using var connection = await owner.OpenConnectionAsync();
        await connection.ExecuteAsync("""
            create sequence public.steps;
            create table public.crash (at bigint);
            insert into public.crash values (1000000000);
            create function public.step() returns trigger language plpgsql security definer as $$
            begin
                if nextval('public.steps') >= (select at from public.crash) then
                    raise 'The process was killed here.';
                end if;
                return null;
            end $$;
            do $$
            declare name text;
            begin
                for name in select tablename from pg_tables where schemaname = 'ingest' loop
                    execute format('create trigger step before insert or update or delete on ingest.%I for each statement execute function public.step()', name);
                end loop;
            end $$;
            """);
    }

    /// <summary>Dies at a request: before it is sent, or when its answer has come.</summary>
    public void AtRequest(int number, bool after) => (_requests, _after) = (number, after);

    /// <summary>Dies before a write to the database.</summary>
    public Task AtWriteAsync(int number) => SetAsync($"(select last_value from public.steps) + {number}");

    public async Task ReviveAsync()
    {
        (_requests, _dead) = (int.MaxValue, false);
        await SetAsync("1000000000");
    }

    internal async Task<HttpResponseMessage> StepAsync(Func<Task<HttpResponseMessage>> send)
    {
        if (_dead)
            throw new CrashedException();
        if (_requests == int.MaxValue || --_requests > 0)
            return await send();
        if (_after)
            (await send()).Dispose();
        _dead = true;
        await SetAsync("0");
        throw new CrashedException();
    }

    async Task SetAsync(string at)
    {
        await using var connection = await _owner.OpenConnectionAsync();
        await connection.ExecuteAsync($"update public.crash set at = {at}");
    }
}

sealed class CrashHandler(Crash crash) : DelegatingHandler
{
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => crash.StepAsync(() => base.SendAsync(request, cancellationToken));
}

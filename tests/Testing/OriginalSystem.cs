using Dapper;
using Npgsql;

namespace Testing;

/// <summary>A database as the system before this one made it: the tables that are taken over, with its own types and keys.</summary>
public sealed class OriginalSystem : IAsyncDisposable
{
    const string Tables = """
        create schema register;
        create schema openaps;
        create table register.auth_user (id serial primary key, username varchar(150) not null unique);
        create table register.openhumans_openhumansmember (oh_id varchar(16) primary key, access_token varchar(256) not null, refresh_token varchar(256) not null, token_expires timestamptz not null,
               public boolean not null default false, user_id int unique references register.auth_user);
        create table openaps.source_entities (id bigserial primary key, name varchar, inserted_ts timestamp default now());
        insert into openaps.source_entities (id, name) values (0, 'OpenAPS Data Commons'), (1, 'NightScout Data Commons'), (2, 'All');
        create table openaps.app_users (id bigserial primary key, email varchar unique, hashed_pw text, verified boolean, verification_code text, admin boolean default false, allowed_projects int,
               last_signin timestamp, login_count int, num_downloads int, total_download_size_mb numeric, deactivated boolean, deactivated_date timestamp, created_ts timestamp);
        create table openaps.researcher_applications (seq_id bigserial primary key, researcher_name varchar, email varchar unique, phone_number varchar, project_requests int, irb_approval text,
               sponsor_organisation varchar, request_description text, application_processed boolean, application_granted boolean, processed_date timestamp, inserted_ts timestamp);
        create table openaps.member_demographics (seq_id bigserial, ts timestamp, project_member_id int, date_of_birth date, gender varchar, ethnicity varchar, country varchar, first_diagnosed_date date,
               first_insulin_pump_date date, first_glucose_monitor_date date, first_diy_closed_loop_date date, diy_closed_loop_type varchar, who_uses_the_closed_loop_system varchar, weight varchar,
               height varchar, insulin_units_per_day numeric, basal_insulin_units_per_day numeric, carb_grams_per_day numeric, last_lab_reported_a1c numeric, last_lab_reported_a1c_date date,
               inserted_ts timestamp default now(), google_sheets_source varchar, unique (project_member_id, ts));
        """;

    readonly TestDatabase _database;

    OriginalSystem(TestDatabase database) => _database = database;

    public string Connection => _database.Owner;

    public static async Task<OriginalSystem> CreateAsync()
    {
        var original = new OriginalSystem(await TestDatabase.CreateEmptyAsync());
        await original.ExecuteAsync(Tables);
        return original;
    }

    public Task MemberAsync(string id, string access, string refresh, DateTimeOffset? expires = null) => ExecuteAsync("""
        insert into register.openhumans_openhumansmember (oh_id, access_token, refresh_token, token_expires) values (@id, @access, @refresh, @expires)
            on conflict (oh_id) do update set access_token = excluded.access_token, refresh_token = excluded.refresh_token, token_expires = excluded.token_expires
        """, new { id, access, refresh, expires = expires ?? DateTimeOffset.UtcNow.AddHours(10) });

    public async Task ExecuteAsync(string sql, object? values = null)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync();
        await connection.ExecuteAsync(sql, values);
    }

    public async Task<string?> QueryAsync(string sql)
    {
        await using var connection = new NpgsqlConnection(Connection);
        await connection.OpenAsync();
        return await connection.ExecuteScalarAsync<string>(sql);
    }

    public ValueTask DisposeAsync() => _database.DisposeAsync();
}

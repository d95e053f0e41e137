-- oldest-build: 1
-- Of the applications of one e-mail that wait there is one for a new study, and one for each grant that is to last longer.
create unique index application_waiting_for on portal.researcher_applications (email, coalesce(renews_grant_id, 0)) where confirmed_at is not null and not application_processed;
drop index portal.application_waiting;

-- Wrong codes of the second factor lock in a place of their own, which another password leaves alone.
alter table portal.app_users add column codes_locked_until timestamptz;
comment on column portal.app_users.codes_locked_until is 'after wrong codes of the second factor; another password does not end it';

-- "Until 22 Nov" means the whole day, UTC.
update portal.access_grant set expires_at = (date_trunc('day', expires_at at time zone 'UTC') + interval '1 day' - interval '1 microsecond') at time zone 'UTC' where expires_at > now() and revoked_at is null;
comment on column portal.access_grant.expires_at is 'the end of a day, UTC';

-- The last loads, for administrators.
create table openaps.load_run (
    run_id            bigint       generated always as identity primary key,
    participant_id    bigint       not null references openaps.load_state on delete cascade,
    outcome           text         not null,
    started_at        timestamptz  not null,
    ended_at          timestamptz  not null default now(),
    files             int          not null,
    lines_read        bigint       not null,
    rows_loaded       bigint       not null,
    rows_unchanged    bigint       not null,
    rows_quarantined  bigint       not null
);
create index load_run_of on openaps.load_run (participant_id, ended_at);
comment on table openaps.load_run is 'Loads of the last 30 days with what they did. Writer: open-humans-etl.';
comment on column openaps.load_run.files is 'files read; of most loads none is new';
comment on column openaps.load_run.rows_quarantined is 'lines that could not be read, and were left out';
grant select, insert, delete on openaps.load_run to open_humans_etl;

create function portal.load_runs(most int) returns table (participant_id bigint, outcome text, ended_at timestamptz, seconds float8, files int, lines_read bigint, rows_loaded bigint, rows_unchanged bigint, rows_quarantined bigint, due_at timestamptz)
    language sql stable security definer set search_path = openaps, pg_temp as $$
    select r.participant_id, r.outcome, r.ended_at, extract(epoch from r.ended_at - r.started_at)::float8, r.files, r.lines_read, r.rows_loaded, r.rows_unchanged, r.rows_quarantined, s.due_at
      from load_run r join load_state s using (participant_id) order by r.run_id desc limit most
$$;
comment on function portal.load_runs is 'The loads that ended last, for administrators.';
revoke execute on function portal.load_runs from public;
grant execute on function portal.load_runs to data_management_app;

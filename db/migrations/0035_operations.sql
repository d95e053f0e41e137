-- oldest-build: 1
-- What operators are told: one key for all services, clocks, numbers to watch, and alerts.

create table public.deployment_key (
    service   text         primary key,
    key_id    bigint       not null,
    noted_at  timestamptz  not null default now()
);
comment on table public.deployment_key is 'Which deployment key each service runs with, so that two keys are noticed. Writer: each service its own row, by public.note_deployment_key.';
comment on column public.deployment_key.service is 'its role in the database';
comment on column public.deployment_key.key_id is 'four bytes of a hash of the key, as sealed values carry them; the key itself is not in the database';
comment on column public.deployment_key.noted_at is 'when the service started last';

create function public.note_deployment_key(id bigint) returns void
    language sql security definer set search_path = public, pg_temp as $$
    insert into deployment_key (service, key_id) values (session_user, id)
        on conflict (service) do update set key_id = excluded.key_id, noted_at = now()
$$;
comment on function public.note_deployment_key is 'The calling service runs with the deployment key of this id.';
revoke execute on function public.note_deployment_key from public;
grant execute on function public.note_deployment_key to registration_site, nightscout_ingester, open_humans_etl, data_management_app;
grant select on public.deployment_key to registration_site, nightscout_ingester, open_humans_etl, data_management_app;

-- Clocks of participants' sites, by the Date of answers that were asked for anyway.
alter table ingest.participant add column clock_skew_seconds int, add column clock_seen_at timestamptz;
comment on column ingest.participant.clock_skew_seconds is 's; by how much the clock of the site was ahead of ours at the last run that reached it; negative: behind; null: it did not tell';
comment on column ingest.participant.clock_seen_at is 'when that was';

-- Numbers for alerts, from tables that the portal has no right on. Nobody is named.
create function portal.copying_lag(out waiting int, out due_at timestamptz)
    language sql stable security definer set search_path = ingest, register, pg_temp as $$
    select count(*)::int, min(i.due_at)
      from ingest.participant i
     where i.due_at <= now() and (lease_until is null or lease_until <= now())
       and not exists (select from register.participant p where p.participant_id = i.participant_id and (p.paused_at is not null or p.suspended_at is not null))
$$;
comment on function portal.copying_lag is 'Participants whose copying is due and not begun, since when the first of them waits, and when any run ended last. Who paused or left is none of them.';

create function portal.loading_lag(out waiting int, out due_at timestamptz)
    language sql stable security definer set search_path = openaps, register, pg_temp as $$
    select count(*)::int, min(l.due_at)
      from load_state l
     where l.due_at <= now() and (lease_until is null or lease_until <= now())
       and not exists (select from register.participant p where p.participant_id = l.participant_id and p.suspended_at is not null)
$$;
comment on function portal.loading_lag is 'Participants whose load is due and not begun, and since when the first of them waits.';

create function portal.quarantined(out last_day bigint, out last_day_rows bigint, out usual numeric)
    language sql stable security definer set search_path = openaps, pg_temp as $$
    select coalesce(sum(rows_quarantined) filter (where ended_at > now() - interval '1 day'), 0)::bigint,
           coalesce(sum(lines_read) filter (where ended_at > now() - interval '1 day'), 0)::bigint,
           coalesce(sum(rows_quarantined) filter (where ended_at <= now() - interval '1 day'), 0) / 7
      from load_run where ended_at > now() - interval '8 days'
$$;
comment on function portal.quarantined is 'Lines that loads of the last 24 hours could not read, all lines of those loads, and how many could not be read on a usual day of the week before.';

create function portal.erasures_open(out waiting int, out asked_at timestamptz)
    language sql stable security definer set search_path = register, pg_temp as $$
    select count(*)::int, min(r.asked_at) from erasure_receipt r where completed_at is null
$$;
comment on function portal.erasures_open is 'Erasures that a service has not done its part of, and when the first of them was asked for.';

revoke execute on function portal.copying_lag, portal.loading_lag, portal.quarantined, portal.erasures_open from public;
grant execute on function portal.copying_lag, portal.loading_lag, portal.quarantined, portal.erasures_open to data_management_app;

-- Alerts: what was found wrong, since when, and what was told of it.
create table portal.alert (
    alert_id  bigint       generated always as identity primary key,
    cause     text         not null,
    text      text         not null,
    count     int          not null,
    began_at  timestamptz  not null default now(),
    seen_at   timestamptz  not null default now(),
    told_at   timestamptz,
    ended_at  timestamptz
);
create unique index alert_open on portal.alert (cause) where ended_at is null;
create index alert_ended on portal.alert (ended_at);
comment on table portal.alert is 'What operators have to look at, one row from its begin to its end; kept for 90 days. Counts and causes only: nobody is named. Writer: data-management-app.';
comment on column portal.alert.cause is 'what is digested together: copying: site unreachable, say';
comment on column portal.alert.text is 'the line of the message, as it was last';
comment on column portal.alert.count is 'participants, mails, … that it is about; 1 where there is nothing to count';
comment on column portal.alert.seen_at is 'when it was found last; unseen for a while, it is over';
comment on column portal.alert.told_at is 'when a message with it was written last, in the same transaction; null: none yet';
comment on column portal.alert.ended_at is 'null: it lasts';

create table portal.slack_message (
    message_id   bigint       generated always as identity primary key,
    text         text         not null,
    state        text         not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    queued_at    timestamptz  not null default now(),
    due_at       timestamptz  not null default now(),
    attempts     int          not null default 0,
    problem      text,
    sent_at      timestamptz,
    lease_owner  text,
    lease_until  timestamptz,
    fence        bigint       not null default 0
);
create index slack_message_due on portal.slack_message (due_at) where state = 'waiting';
comment on table portal.slack_message is 'Alerts on their way to Slack; kept for 90 days. Those by mail are in portal.mail. Writer: data-management-app.';
comment on column portal.slack_message.state is 'waiting -> sent or, after a day of failures, failed';
comment on column portal.slack_message.problem is 'why the last attempt failed';
comment on column portal.slack_message.fence is 'grows with every claim: a replica under an older number writes nothing';
grant select, insert, update, delete on portal.alert, portal.slack_message to data_management_app;

-- oldest-build: 1
-- Participants pause the copying, ask for erasure themselves, see who received their data, and take everything we hold with them.
alter table register.participant add column paused_at timestamptz;
comment on column register.participant.paused_at is 'the participant paused the copying; null: it goes on. What is shared stays shared. Set by register.pause; the ingester claims and renews no lease of who is paused';

alter table register.erasure_receipt drop constraint erasure_receipt_asked_by_check;
alter table register.erasure_receipt add constraint erasure_receipt_asked_by_check check (asked_by in ('participant', 'webhook', 'operator', 'restore'));
comment on column register.erasure_receipt.asked_by is 'participant: on the registration site; webhook: Open Humans, signed; operator: the command erase; restore: the command replay-erasures';

-- Takes the lease of a run in hand away as another replica's claim would: once this is committed, no step of that run can be. A run makes an upload visible
-- only after its step 'put' is committed, so who wants no more files has to look at those uploads alone.
create function register.pause(whose bigint) returns void
    language sql security definer set search_path = register, pg_temp as $$
    update register.participant set paused_at = coalesce(paused_at, now()) where participant_id = whose;
    update ingest.participant set fence = fence + 1, lease_owner = null, lease_until = null, site_key = null where participant_id = whose;
$$;
comment on function register.pause is 'Nothing is copied for the participant from here on, also by a run in hand. Safe to repeat.';
revoke execute on function register.pause from public;
grant execute on function register.pause to registration_site;

-- Who received whose data.
alter table portal.access_grant add column study text;
comment on column portal.access_grant.study is 'what the study is called and for, in words for participants; null: not told, they see its number';

create table portal.delivery (
    participant_id  bigint       not null,
    grant_id        bigint       not null references portal.access_grant,
    first_at        timestamptz  not null default now(),
    last_at         timestamptz  not null default now(),
    downloads       int          not null,
    primary key (participant_id, grant_id)
);
comment on table portal.delivery is 'Which study was given files with records of which participant, and when. Stays when the file goes; goes with the participant''s erasure. Writer: data-management-app. Reader: registration-site, for the participant''s own page.';
comment on column portal.delivery.participant_id is 'whose records were in the file';
comment on column portal.delivery.grant_id is 'the study; who works on it is not told';
comment on column portal.delivery.first_at is 'when a file was first given out';
comment on column portal.delivery.last_at is 'when a file was last given out';
comment on column portal.delivery.downloads is 'how often; a download that was resumed counts once';

grant select, insert, update, delete on portal.delivery to data_management_app;
grant usage on schema portal to registration_site;
grant select on portal.delivery to registration_site;
grant select (grant_id, study, openaps, nsf) on portal.access_grant to registration_site;

-- Whether what a participant withdrew is gone: two answers, instead of a right to read whose records exports hold.
create function register.withdrawal_state(whose bigint, out warehouse_done boolean, out exports_done boolean)
    language sql stable security definer set search_path = register, pg_temp as $$
    select coalesce((select withdrawn_consent_id from openaps.load_state where participant_id = whose), 0)
               >= (select coalesce(max(consent_id), 0) from register.consent where participant_id = whose),
           not exists (select from portal.export_participant where participant_id = whose)
$$;
comment on function register.withdrawal_state is 'Of a participant whose latest word is that they share nothing: whether their rows have left the warehouse, and their records the researchers'' files.';

-- Everything we hold of one participant, table by table, for the participant's own download. The registration site faces the internet: it gets rows
-- of one participant at a time from a cursor, and no right on the tables. No column of bytes is among them: those are sealed secrets, salts and hashes.
create function register.open_rows(whose bigint, named text) returns refcursor
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare
    query text;
    opened refcursor;
begin
    select format('select row_to_json(r)::text from (select %s from %I.%I where participant_id = $1) r', string_agg(format('%I', a.attname), ', ' order by a.attnum), n.nspname, c.relname)
      into query
      from pg_class c
      join pg_namespace n on n.oid = c.relnamespace
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where n.nspname in ('register', 'ingest', 'openaps', 'portal') and c.relkind in ('r', 'p') and format('%I.%I', n.nspname, c.relname) = named
       and a.atttypid <> 'bytea'::regtype and a.attname <> 'lease_owner'
     group by n.nspname, c.relname
    having exists (select from pg_attribute p where p.attrelid = format('%I.%I', n.nspname, c.relname)::regclass and p.attname = 'participant_id' and not p.attisdropped);
    if query is null then
        raise 'No table of participants.' using errcode = 'undefined_table';
    end if;
    open opened no scroll for execute query using whose;
    return opened;
end $$;
comment on function register.open_rows is 'A cursor over the participant''s rows of a table, each as a line of JSON. Left out: columns of type bytea (sealed tokens and addresses, salts, hashes, packed records) and lease_owner, a machine''s name.';

create function register.open_records(whose bigint, kind text) returns refcursor
    language plpgsql security definer set search_path = pg_catalog, pg_temp as $$
declare opened refcursor;
begin
    open opened no scroll for select data from openaps.raw_segment where participant_id = whose and collection = kind order by period, part;
    return opened;
end $$;
comment on function register.open_records is 'A cursor over the participant''s de-identified records of a collection, as the warehouse keeps them: gzipped NDJSON.';

revoke execute on function register.withdrawal_state, register.open_rows, register.open_records from public;
grant execute on function register.withdrawal_state, register.open_rows, register.open_records to registration_site;

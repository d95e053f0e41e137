-- The schema after all migrations and views. Generated: dotnet run --project db -- schema > db/schema.sql

CREATE SCHEMA analytics;

COMMENT ON SCHEMA analytics IS 'Views for Metabase: numbers of at least five participants, by commons. Nothing here is of one person.';

CREATE SCHEMA ingest;

CREATE SCHEMA openaps;

CREATE SCHEMA portal;

CREATE SCHEMA quartz;

CREATE SCHEMA register;

CREATE SCHEMA research;

CREATE FUNCTION openaps.device_group(device text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select case
               when coalesce(device, '') = '' then 'unknown'
               when device ~* '^openaps://|^oref' then 'OpenAPS'
               when device ~* 'trio|iaps|freeaps' then 'Trio or iAPS'
               when device ~* '^loop' then 'Loop'
               when device ~* 'androidaps|aaps|openaps' then 'AndroidAPS'
               when device ~* 'xdrip' then 'xDrip'
               when device ~* 'share|dexcom|bridge' then 'Dexcom Share'
               when device ~* 'libre' then 'FreeStyle Libre'
               when device ~* 'minimed|carelink|medtronic|connect://' then 'Medtronic'
               when device ~* 'spike|glimp|juggluco|diabox|sugarmate|tomato' then 'another app'
               else 'other'
           end
$$;

COMMENT ON FUNCTION openaps.device_group(device text) IS 'The family of a device or uploader, of its name as it is kept (openaps.entries.device, openaps.device_status.device): a closed list, no name of anybody.';

CREATE FUNCTION openaps.is_hidden(place bigint, small bigint, before numeric) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$
    select small > 0 and (place <= greatest(2, small) or before < 5)
$$;

COMMENT ON FUNCTION openaps.is_hidden(place bigint, small bigint, before numeric) IS 'Whether a group is hidden beside the number of all: its place from the smallest (1), how many groups have fewer than five, and how many participants are in smaller ones.';

CREATE FUNCTION openaps.joined_steps(openaps integer[], nsf integer[], both_of_them integer[]) RETURNS TABLE(first_step integer, last_step integer)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    AS $$
declare
    firsts int[] := '{}';
    lasts int[] := '{}';
    start int := 1;
    sums int[] := '{0,0,0}';
begin
    for step in 1 .. coalesce(array_length(openaps, 1), 0)
    loop
        sums := array[sums[1] + openaps[step], sums[2] + nsf[step], sums[3] + both_of_them[step]];
        if sums[1] + sums[2] + sums[3] > 0 and not (sums[1] between 1 and 4 or sums[2] between 1 and 4 or sums[3] between 1 and 4) then
            firsts := firsts || start;
            lasts := lasts || step;
            start := step + 1;
            sums := '{0,0,0}';
        end if;
    end loop;
    -- What is left over joins the last bar, and that the one before, until it is enough.
    while array_length(firsts, 1) > 0 and start <= array_length(openaps, 1)
    loop
        start := firsts[array_length(firsts, 1)];
        firsts := firsts[1 : array_length(firsts, 1) - 1];
        lasts := lasts[1 : array_length(lasts, 1) - 1];
        sums := array[(select sum(n) from unnest(openaps[start:]) n), (select sum(n) from unnest(nsf[start:]) n), (select sum(n) from unnest(both_of_them[start:]) n)];
        if not (sums[1] between 1 and 4 or sums[2] between 1 and 4 or sums[3] between 1 and 4) then
            firsts := firsts || start;
            lasts := lasts || array_length(openaps, 1);
            exit;
        end if;
    end loop;
    return query select f - 1, l - 1 from unnest(firsts, lasts) as bar (f, l);
end $$;

COMMENT ON FUNCTION openaps.joined_steps(openaps integer[], nsf integer[], both_of_them integer[]) IS 'First and last step (from 0) of each bar; of each array the participants by step: who shares with OpenAPS only, with Nightscout only, with both.';

CREATE FUNCTION portal.copying_lag(OUT waiting integer, OUT due_at timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'ingest', 'register', 'pg_temp'
    AS $$
    select count(*)::int, min(i.due_at)
      from ingest.participant i
     where i.due_at <= now() and (lease_until is null or lease_until <= now())
       and not exists (select from register.participant p where p.participant_id = i.participant_id and (p.paused_at is not null or p.suspended_at is not null))
$$;

COMMENT ON FUNCTION portal.copying_lag(OUT waiting integer, OUT due_at timestamp with time zone) IS 'Participants whose copying is due and not begun, since when the first of them waits, and when any run ended last. Who paused or left is none of them.';

CREATE FUNCTION portal.erasures_open(OUT waiting integer, OUT asked_at timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
    select count(*)::int, min(r.asked_at) from erasure_receipt r where completed_at is null
$$;

COMMENT ON FUNCTION portal.erasures_open(OUT waiting integer, OUT asked_at timestamp with time zone) IS 'Erasures that a service has not done its part of, and when the first of them was asked for.';

CREATE FUNCTION portal.keep_release() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
declare
    changed bigint := case tg_op when 'INSERT' then new.export_id else old.export_id end;
begin
    if not exists (select from portal.release r join portal.export e using (export_id) where r.export_id = changed and e.state = 'ready') then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op <> 'UPDATE' or new.withdrawn_at is null or to_jsonb(new) - 'withdrawn_at' - 'participant_id' <> to_jsonb(old) - 'withdrawn_at' - 'participant_id' then
        raise 'A release does not change, but that files of who withdrew go.' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

COMMENT ON FUNCTION portal.keep_release() IS 'What is released stays as it is: also a mistake of ours cannot change it.';

CREATE FUNCTION portal.keep_released_export() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
begin
    if exists (select from portal.release where export_id = old.export_id)
       and to_jsonb(new) - array['finished_at', 'due_at', 'lease_owner', 'lease_until', 'fence'] <> to_jsonb(old) - array['finished_at', 'due_at', 'lease_owner', 'lease_until', 'fence'] then
        raise 'A release does not change, but that files of who withdrew go.' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;

COMMENT ON FUNCTION portal.keep_released_export() IS 'What the export of a release says of it stays as it is, from when it is ready: also a mistake of ours cannot make it another commons'', or no release any more.';

CREATE FUNCTION portal.load_runs(most integer) RETURNS TABLE(participant_id bigint, outcome text, ended_at timestamp with time zone, seconds double precision, files integer, lines_read bigint, rows_loaded bigint, rows_unchanged bigint, rows_quarantined bigint, due_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'openaps', 'pg_temp'
    AS $$
    select r.participant_id, r.outcome, r.ended_at, extract(epoch from r.ended_at - r.started_at)::float8, r.files, r.lines_read, r.rows_loaded, r.rows_unchanged, r.rows_quarantined, s.due_at
      from load_run r join load_state s using (participant_id) order by r.run_id desc limit most
$$;

COMMENT ON FUNCTION portal.load_runs(most integer) IS 'The loads that ended last, for administrators.';

CREATE FUNCTION portal.load_totals() RETURNS TABLE(files bigint, rows_loaded bigint, rows_quarantined bigint)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'openaps', 'pg_temp'
    AS $$
    select count(*), coalesce(sum(rows_loaded), 0)::bigint, coalesce(sum(rows_quarantined), 0)::bigint from loaded_file where completed_at > now() - interval '24 hours'
$$;

COMMENT ON FUNCTION portal.load_totals() IS 'What the loads of the last 24 hours did, for administrators.';

CREATE FUNCTION portal.loading_lag(OUT waiting integer, OUT due_at timestamp with time zone) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'openaps', 'register', 'pg_temp'
    AS $$
    select count(*)::int, min(l.due_at)
      from load_state l
     where l.due_at <= now() and (lease_until is null or lease_until <= now())
       and not exists (select from register.participant p where p.participant_id = l.participant_id and p.suspended_at is not null)
$$;

COMMENT ON FUNCTION portal.loading_lag(OUT waiting integer, OUT due_at timestamp with time zone) IS 'Participants whose load is due and not begun, and since when the first of them waits.';

CREATE FUNCTION portal.loads() RETURNS TABLE(participant_id bigint, outcome text, due_at timestamp with time zone, running boolean, failed_since timestamp with time zone, succeeded_at timestamp with time zone)
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'openaps', 'pg_temp'
    AS $$
    select participant_id, outcome, due_at, coalesce(lease_until > now(), false), failed_since, succeeded_at from load_state
$$;

COMMENT ON FUNCTION portal.loads() IS 'The queue of loads into the warehouse, for administrators.';

CREATE FUNCTION portal.quarantined(OUT last_day bigint, OUT last_day_rows bigint, OUT usual numeric) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'openaps', 'pg_temp'
    AS $$
    select coalesce(sum(rows_quarantined) filter (where ended_at > now() - interval '1 day'), 0)::bigint,
           coalesce(sum(lines_read) filter (where ended_at > now() - interval '1 day'), 0)::bigint,
           coalesce(sum(rows_quarantined) filter (where ended_at <= now() - interval '1 day'), 0) / 7
      from load_run where ended_at > now() - interval '8 days'
$$;

COMMENT ON FUNCTION portal.quarantined(OUT last_day bigint, OUT last_day_rows bigint, OUT usual numeric) IS 'Lines that loads of the last 24 hours could not read, all lines of those loads, and how many could not be read on a usual day of the week before.';

CREATE FUNCTION portal.retry_copy(whose bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'ingest', 'pg_temp'
    AS $$
    with due as (update participant set due_at = now() where participant_id = whose and (lease_until is null or lease_until < now()) returning 1)
    select exists (select from due)
$$;

COMMENT ON FUNCTION portal.retry_copy(whose bigint) IS 'Makes a participant due for copying at once; false: there is none of this number, or the copy runs just now.';

CREATE FUNCTION portal.retry_load(whose bigint) RETURNS boolean
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'openaps', 'pg_temp'
    AS $$
    with due as (update load_state set due_at = now() where participant_id = whose and (lease_until is null or lease_until < now()) returning 1)
    select exists (select from due)
$$;

COMMENT ON FUNCTION portal.retry_load(whose bigint) IS 'Makes a participant due for loading at once; false: there is none of this number, or the load runs just now.';

CREATE FUNCTION public.note_deployment_key(id bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'public', 'pg_temp'
    AS $$
    insert into deployment_key (service, key_id) values (session_user, id)
        on conflict (service) do update set key_id = excluded.key_id, noted_at = now()
$$;

COMMENT ON FUNCTION public.note_deployment_key(id bigint) IS 'The calling service runs with the deployment key of this id.';

CREATE FUNCTION register.open_records(whose bigint, kind text) RETURNS refcursor
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
declare opened refcursor;
begin
    open opened no scroll for select data from openaps.raw_segment where participant_id = whose and collection = kind order by period, part;
    return opened;
end $$;

COMMENT ON FUNCTION register.open_records(whose bigint, kind text) IS 'A cursor over the participant''s de-identified records of a collection, as the warehouse keeps them: gzipped NDJSON.';

CREATE FUNCTION register.open_rows(whose bigint, named text) RETURNS refcursor
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $_$
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
end $_$;

COMMENT ON FUNCTION register.open_rows(whose bigint, named text) IS 'A cursor over the participant''s rows of a table, each as a line of JSON. Left out: columns of type bytea (sealed tokens and addresses, salts, hashes, packed records) and lease_owner, a machine''s name.';

CREATE FUNCTION register.pause(whose bigint) RETURNS void
    LANGUAGE sql SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
    update register.participant set paused_at = coalesce(paused_at, now()) where participant_id = whose;
    update ingest.participant set fence = fence + 1, lease_owner = null, lease_until = null, site_key = null where participant_id = whose;
$$;

COMMENT ON FUNCTION register.pause(whose bigint) IS 'Nothing is copied for the participant from here on, also by a run in hand. Safe to repeat.';

CREATE FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
declare found_id bigint;
begin
    insert into participant (participant_id, project_member_id, salt)
    values (1 + ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))::bit(48)::bigint, member,
            decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'))
        on conflict (project_member_id) do nothing;
    select participant_id into strict found_id from participant where project_member_id = member for update;

    if entry_projects is not null
       and (select projects || text_version from consent
             where participant_id = found_id and source = entry_source
             order by consent_id desc limit 1) is distinct from entry_projects || entry_text_version then
        insert into consent (participant_id, source, projects, text_version)
        values (found_id, entry_source, entry_projects, entry_text_version);
        update participant set changed_at = now() where participant_id = found_id;
    end if;
    return found_id;
end $$;

COMMENT ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) IS 'Returns the participant_id of a member, made on first sight; entry_projects null records no consent.';

CREATE FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text, entry_given_by text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
declare found_id bigint;
begin
    found_id := record_consent(member, entry_source, null, entry_text_version);
    if (select (projects, text_version, given_by) from consent
         where participant_id = found_id and source = entry_source
         order by consent_id desc limit 1) is distinct from row (entry_projects, entry_text_version, entry_given_by) then
        insert into consent (participant_id, source, projects, text_version, given_by)
        values (found_id, entry_source, entry_projects, entry_text_version, entry_given_by);
        update participant set changed_at = now() where participant_id = found_id;
    end if;
    return found_id;
end $$;

COMMENT ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text, entry_given_by text) IS 'Records a choice made on the consent page, with who made it; returns the participant_id of the member.';

CREATE FUNCTION register.report_erased(receipt uuid) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
begin
    update erasure_receipt
       set copying_at   = case session_user when 'nightscout_ingester' then coalesce(copying_at, clock_timestamp()) else copying_at end,
           warehouse_at = case session_user when 'open_humans_etl'     then coalesce(warehouse_at, clock_timestamp()) else warehouse_at end,
           portal_at    = case session_user when 'data_management_app' then coalesce(portal_at, clock_timestamp()) else portal_at end
     where receipt_id = receipt;
    update erasure_receipt
       set participant_id = null, completed_at = greatest(copying_at, warehouse_at, portal_at)
     where receipt_id = receipt and participant_id is not null and copying_at is not null and warehouse_at is not null and portal_at is not null;
end $$;

COMMENT ON FUNCTION register.report_erased(receipt uuid) IS 'The calling service holds nothing of the participant any more; with the last part the receipt is complete and forgets who it was.';

CREATE FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
begin
    if new_access is null then
        update open_humans_token set refused_at = now()
         where participant_id = participant and generation = seen_generation and refused_at is null;
        if not found then return false; end if;
        update participant p set suspended_at = now(), suspended_because = 'open humans refused the tokens'
         where p.participant_id = participant and p.suspended_at is null;
        return true;
    end if;
    update open_humans_token
       set access_token = new_access, refresh_token = new_refresh, expires_at = new_expires_at, generation = generation + 1, refused_at = null
     where participant_id = participant and generation = seen_generation and refused_at is null;
    return found;
end $$;

CREATE FUNCTION register.withdrawal_state(whose bigint, OUT warehouse_done boolean, OUT exports_done boolean) RETURNS record
    LANGUAGE sql STABLE SECURITY DEFINER
    SET search_path TO 'register', 'pg_temp'
    AS $$
    select coalesce((select withdrawn_consent_id from openaps.load_state where participant_id = whose), 0)
               >= (select coalesce(max(consent_id), 0) from register.consent where participant_id = whose),
           not exists (select from portal.export_participant where participant_id = whose)
$$;

COMMENT ON FUNCTION register.withdrawal_state(whose bigint, OUT warehouse_done boolean, OUT exports_done boolean) IS 'Of a participant whose latest word is that they share nothing: whether their rows have left the warehouse, and their records the researchers'' files.';

CREATE TABLE openaps.aid_day (
    participant_id bigint NOT NULL,
    local_day date NOT NULL,
    from_utc timestamp with time zone NOT NULL,
    to_utc timestamp with time zone NOT NULL,
    loop_type text NOT NULL,
    controllers text,
    controller_version text,
    settings jsonb,
    cycles integer NOT NULL,
    enacted integer NOT NULL,
    smbs integer NOT NULL,
    bolus_units numeric,
    smb_units numeric,
    basal_units numeric,
    total_units numeric,
    carbs numeric,
    basal_hours numeric NOT NULL,
    temp_basal_source text,
    CONSTRAINT aid_day_loop_type_check CHECK ((loop_type = ANY (ARRAY['closed'::text, 'open'::text, 'unknown'::text])))
);

COMMENT ON TABLE openaps.aid_day IS 'How a participant''s insulin was delivered on a local day. Writer: open-humans-etl. Readers: researchers, charts.';

COMMENT ON COLUMN openaps.aid_day.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.aid_day.local_day IS 'day by the participant''s clock';

COMMENT ON COLUMN openaps.aid_day.from_utc IS 'start of the day, UTC';

COMMENT ON COLUMN openaps.aid_day.to_utc IS 'end of the day, UTC; 23 or 25 hours after its start when clocks change';

COMMENT ON COLUMN openaps.aid_day.loop_type IS 'closed: at least 12 enacted cycles; open: suggestions, but fewer were enacted; unknown: no suggestion of any controller';

COMMENT ON COLUMN openaps.aid_day.controllers IS 'as in aid_cycle, with commas between, the one with most cycles first';

COMMENT ON COLUMN openaps.aid_day.controller_version IS 'last one of the first controller';

COMMENT ON COLUMN openaps.aid_day.settings IS 'the oref0 settings of aid_cycle, as last uploaded on the day; null where they are not uploaded';

COMMENT ON COLUMN openaps.aid_day.cycles IS 'cycles with a suggestion or an enactment, each time once';

COMMENT ON COLUMN openaps.aid_day.enacted IS 'enactments, each once';

COMMENT ON COLUMN openaps.aid_day.smbs IS 'boluses the controller gave';

COMMENT ON COLUMN openaps.aid_day.bolus_units IS 'bolus the wearer gave; null when the day has no treatment record at all; unit: U';

COMMENT ON COLUMN openaps.aid_day.smb_units IS 'bolus the controller gave (SMB, Loop''s automatic bolus); null as bolus_units; unit: U';

COMMENT ON COLUMN openaps.aid_day.basal_units IS 'of the basal timeline in basal_hours; null when it is not known at all; unit: U';

COMMENT ON COLUMN openaps.aid_day.total_units IS 'total daily dose; null unless the basal of the whole day is known; unit: U';

COMMENT ON COLUMN openaps.aid_day.carbs IS 'carbohydrates; null as bolus_units; unit: g';

COMMENT ON COLUMN openaps.aid_day.basal_hours IS 'time of the day for which the basal rate is known; unit: hours';

COMMENT ON COLUMN openaps.aid_day.temp_basal_source IS 'treatments (temp basal records) or cycles (what was enacted, where there are no such records); null: neither';

CREATE TABLE openaps.glucose_month (
    participant_id bigint NOT NULL,
    month date NOT NULL,
    days integer NOT NULL,
    n bigint NOT NULL,
    very_low bigint NOT NULL,
    low bigint NOT NULL,
    in_range bigint NOT NULL,
    high bigint NOT NULL,
    very_high bigint NOT NULL,
    tight bigint NOT NULL,
    pregnancy bigint NOT NULL,
    below_pregnancy bigint NOT NULL,
    sum_mgdl double precision NOT NULL,
    sum_squares double precision NOT NULL,
    low_risk double precision NOT NULL,
    high_risk double precision NOT NULL,
    min_mgdl double precision NOT NULL,
    max_mgdl double precision NOT NULL,
    expected bigint NOT NULL,
    covered_minutes double precision NOT NULL,
    day_minutes bigint NOT NULL,
    duplicates bigint NOT NULL
);

COMMENT ON TABLE openaps.glucose_month IS 'openaps.glucose_day added up by local month: columns of the same name mean the same. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.glucose_month.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.glucose_month.month IS 'first day of the month';

COMMENT ON COLUMN openaps.glucose_month.days IS 'days with readings';

COMMENT ON COLUMN openaps.glucose_month.n IS 'readings';

COMMENT ON COLUMN openaps.glucose_month.very_low IS 'readings below 54 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.low IS 'readings from 54 to below 70 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.in_range IS 'readings from 70 to 180 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.high IS 'readings above 180 to 250 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.very_high IS 'readings above 250 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.tight IS 'readings from 70 to 140 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.pregnancy IS 'readings from 63 to 140 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.below_pregnancy IS 'readings below 63 mg/dL';

COMMENT ON COLUMN openaps.glucose_month.sum_mgdl IS 'sum of the readings; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_month.sum_squares IS 'sum of (reading - 120)^2: about a fixed origin, so that sums of days add up and lose no digits; unit: mg2/dL2';

COMMENT ON COLUMN openaps.glucose_month.low_risk IS 'sum of the risk of low glucose (Kovatchev); over n it is the LBGI';

COMMENT ON COLUMN openaps.glucose_month.high_risk IS 'sum of the risk of high glucose (Kovatchev); over n it is the HBGI';

COMMENT ON COLUMN openaps.glucose_month.min_mgdl IS 'lowest reading; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_month.max_mgdl IS 'highest reading; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_month.expected IS 'readings that the cadence lets expect of its days';

COMMENT ON COLUMN openaps.glucose_month.covered_minutes IS 'what readings cover, each to the next one, for at most the cadence; unit: minutes';

COMMENT ON COLUMN openaps.glucose_month.day_minutes IS 'what its days with readings have; unit: minutes';

COMMENT ON COLUMN openaps.glucose_month.duplicates IS 'sensor readings left out because another uploader''s stands for them';

CREATE VIEW openaps.main_loop AS
 SELECT DISTINCT ON (counted.participant_id) counted.participant_id,
    counted.loop_type
   FROM ( SELECT aid_day.participant_id,
            aid_day.loop_type,
            count(*) AS days
           FROM openaps.aid_day
          GROUP BY aid_day.participant_id, aid_day.loop_type) counted
  ORDER BY counted.participant_id, counted.days DESC, (array_position(ARRAY['closed'::text, 'open'::text, 'unknown'::text], counted.loop_type));

COMMENT ON VIEW openaps.main_loop IS 'The loop type of most of a participant''s days. For the views of schema analytics.';

CREATE VIEW register.current_consent AS
SELECT
    NULL::bigint AS participant_id,
    NULL::boolean AS openaps,
    NULL::boolean AS nsf,
    NULL::bigint AS consent_id,
    NULL::text AS page,
    NULL::text AS file,
    NULL::text AS file_version;

COMMENT ON VIEW register.current_consent IS 'The commons a participant shares with now; consent_id grows with every change of mind; page and file are what the latest entries of each say, null: none; file_version is the text_version of that file entry.';

CREATE VIEW openaps.sharing AS
 SELECT current_consent.participant_id,
        CASE
            WHEN (current_consent.openaps AND current_consent.nsf) THEN 'both'::text
            WHEN current_consent.openaps THEN 'openaps'::text
            ELSE 'nsf'::text
        END AS shares_with
   FROM register.current_consent
  WHERE (current_consent.openaps OR current_consent.nsf);

COMMENT ON VIEW openaps.sharing IS 'Everybody who shares something now: with openaps only, with nsf only, or with both. For the views of schema analytics.';

CREATE VIEW openaps.cohort_glucose AS
 SELECT summed.participant_id,
    sharing.shares_with,
    COALESCE(main_loop.loop_type, 'unknown'::text) AS loop_type,
    summed.days,
    summed.covered_minutes,
    summed.mean_mgdl,
    (((100)::double precision * summed.sd_mgdl) / summed.mean_mgdl) AS cv_percent,
    ((3.31)::double precision + ((0.02392)::double precision * summed.mean_mgdl)) AS gmi_percent,
    summed.very_low_percent,
    summed.low_percent,
    summed.in_range_percent,
    summed.high_percent,
    summed.very_high_percent,
    summed.tight_percent,
    LEAST((100)::double precision, (((3)::double precision * (summed.very_low_percent + ((0.8)::double precision * summed.low_percent))) + ((1.6)::double precision * (summed.very_high_percent + ((0.5)::double precision * summed.high_percent))))) AS gri,
    ((summed.days >= 14) AND (summed.covered_minutes >= (((0.7 * (14)::numeric) * (1440)::numeric))::double precision)) AS is_sufficient
   FROM ((( SELECT glucose_month.participant_id,
            (sum(glucose_month.days))::integer AS days,
            sum(glucose_month.covered_minutes) AS covered_minutes,
            (sum(glucose_month.sum_mgdl) / (sum(glucose_month.n))::double precision) AS mean_mgdl,
                CASE
                    WHEN (sum(glucose_month.n) > (1)::numeric) THEN sqrt((GREATEST((0)::double precision, (sum(glucose_month.sum_squares) - (((sum(glucose_month.sum_mgdl) - (((120)::numeric * sum(glucose_month.n)))::double precision) ^ (2)::double precision) / (sum(glucose_month.n))::double precision))) / ((sum(glucose_month.n) - (1)::numeric))::double precision))
                    ELSE NULL::double precision
                END AS sd_mgdl,
            (((100)::double precision * (sum(glucose_month.very_low))::double precision) / (sum(glucose_month.n))::double precision) AS very_low_percent,
            (((100)::double precision * (sum(glucose_month.low))::double precision) / (sum(glucose_month.n))::double precision) AS low_percent,
            (((100)::double precision * (sum(glucose_month.in_range))::double precision) / (sum(glucose_month.n))::double precision) AS in_range_percent,
            (((100)::double precision * (sum(glucose_month.high))::double precision) / (sum(glucose_month.n))::double precision) AS high_percent,
            (((100)::double precision * (sum(glucose_month.very_high))::double precision) / (sum(glucose_month.n))::double precision) AS very_high_percent,
            (((100)::double precision * (sum(glucose_month.tight))::double precision) / (sum(glucose_month.n))::double precision) AS tight_percent
           FROM openaps.glucose_month
          GROUP BY glucose_month.participant_id) summed
     JOIN openaps.sharing USING (participant_id))
     LEFT JOIN openaps.main_loop USING (participant_id));

COMMENT ON VIEW openaps.cohort_glucose IS 'Metrics of each participant over all their days, as research.glucose_participant has them, without a grant. For the views of schema analytics.';

CREATE VIEW openaps.cohort_insulin AS
 SELECT summed.participant_id,
    sharing.shares_with,
    main_loop.loop_type,
    summed.bolus_units,
    summed.smb_units,
    summed.basal_units,
    summed.total_units,
    summed.carbs
   FROM ((( SELECT aid_day.participant_id,
            (avg(COALESCE(aid_day.bolus_units, (0)::numeric)) FILTER (WHERE (aid_day.total_units IS NOT NULL)))::double precision AS bolus_units,
            (avg(COALESCE(aid_day.smb_units, (0)::numeric)) FILTER (WHERE (aid_day.total_units IS NOT NULL)))::double precision AS smb_units,
            (avg(COALESCE(aid_day.basal_units, (0)::numeric)) FILTER (WHERE (aid_day.total_units IS NOT NULL)))::double precision AS basal_units,
            (avg(aid_day.total_units))::double precision AS total_units,
            (avg(aid_day.carbs))::double precision AS carbs
           FROM openaps.aid_day
          GROUP BY aid_day.participant_id) summed
     JOIN openaps.sharing USING (participant_id))
     JOIN openaps.main_loop USING (participant_id));

COMMENT ON VIEW openaps.cohort_insulin IS 'Insulin and carbohydrates of a participant''s mean local day; insulin of days whose basal is known for all 24 hours. For the views of schema analytics.';

CREATE VIEW analytics.distribution WITH (security_barrier='true') AS
 WITH metric AS (
         SELECT of_each.metric,
            of_each.lowest,
            of_each.width,
            of_each.steps,
            of_each.decimals
           FROM ( VALUES ('in_range_percent'::text,(0)::double precision,(5)::double precision,20,0), ('gmi_percent'::text,5,0.25,20,2), ('cv_percent'::text,14,2,23,0), ('days'::text,0,30,61,0), ('total_units'::text,0,10,15,0), ('carbs'::text,0,25,16,0)) of_each(metric, lowest, width, steps, decimals)
        ), value AS (
         SELECT of_each.metric,
            cohort_glucose.shares_with,
            of_each.value
           FROM (openaps.cohort_glucose
             CROSS JOIN LATERAL ( VALUES ('in_range_percent'::text,cohort_glucose.in_range_percent,cohort_glucose.is_sufficient), ('gmi_percent'::text,cohort_glucose.gmi_percent,cohort_glucose.is_sufficient), ('cv_percent'::text,cohort_glucose.cv_percent,cohort_glucose.is_sufficient), ('days'::text,(cohort_glucose.days)::double precision,true)) of_each(metric, value, counts))
          WHERE (of_each.counts AND (of_each.value IS NOT NULL))
        UNION ALL
         SELECT of_each.metric,
            cohort_insulin.shares_with,
            of_each.value
           FROM (openaps.cohort_insulin
             CROSS JOIN LATERAL ( VALUES ('total_units'::text,cohort_insulin.total_units), ('carbs'::text,cohort_insulin.carbs)) of_each(metric, value))
          WHERE (of_each.value IS NOT NULL)
        ), counted AS (
         SELECT value.metric,
            value.shares_with,
            (LEAST(((metric.steps - 1))::double precision, GREATEST((0)::double precision, floor((((value.value - metric.lowest) / metric.width) + (0.000000001)::double precision)))))::integer AS step,
            (count(*))::integer AS people,
            sum(count(*)) OVER (PARTITION BY value.metric, value.shares_with) AS all_people
           FROM (value
             JOIN metric USING (metric))
          GROUP BY value.metric, value.shares_with, ((LEAST(((metric.steps - 1))::double precision, GREATEST((0)::double precision, floor((((value.value - metric.lowest) / metric.width) + (0.000000001)::double precision)))))::integer)
        ), histogram AS (
         SELECT of_step.metric,
            of_step.lowest,
            of_step.width,
            of_step.steps,
            of_step.decimals,
            array_agg(of_step.openaps ORDER BY of_step.step) AS openaps,
            array_agg(of_step.nsf ORDER BY of_step.step) AS nsf,
            array_agg(of_step.both_of_them ORDER BY of_step.step) AS both_of_them
           FROM ( SELECT m.metric,
                    m.lowest,
                    m.width,
                    m.steps,
                    m.decimals,
                    s.step,
                    (COALESCE(sum(c.people) FILTER (WHERE (c.shares_with = 'openaps'::text)), (0)::bigint))::integer AS openaps,
                    (COALESCE(sum(c.people) FILTER (WHERE (c.shares_with = 'nsf'::text)), (0)::bigint))::integer AS nsf,
                    (COALESCE(sum(c.people) FILTER (WHERE (c.shares_with = 'both'::text)), (0)::bigint))::integer AS both_of_them
                   FROM ((metric m
                     CROSS JOIN LATERAL generate_series(0, (m.steps - 1)) s(step))
                     LEFT JOIN counted c ON (((c.metric = m.metric) AND (c.step = s.step) AND (c.all_people >= (5)::numeric))))
                  GROUP BY m.metric, m.lowest, m.width, m.steps, m.decimals, s.step) of_step
          GROUP BY of_step.metric, of_step.lowest, of_step.width, of_step.steps, of_step.decimals
        )
 SELECT of_project.project,
    histogram.metric,
    joined_steps.first_step AS place,
        CASE
            WHEN ((joined_steps.first_step = 0) AND (joined_steps.last_step = (histogram.steps - 1))) THEN 'all'::text
            WHEN (joined_steps.first_step = 0) THEN ('below '::text || round(((histogram.lowest + (histogram.width * ((joined_steps.last_step + 1))::double precision)))::numeric, histogram.decimals))
            WHEN (joined_steps.last_step = (histogram.steps - 1)) THEN (round(((histogram.lowest + (histogram.width * (joined_steps.first_step)::double precision)))::numeric, histogram.decimals) || ' and more'::text)
            ELSE ((round(((histogram.lowest + (histogram.width * (joined_steps.first_step)::double precision)))::numeric, histogram.decimals) || ' to '::text) || round(((histogram.lowest + (histogram.width * ((joined_steps.last_step + 1))::double precision)))::numeric, histogram.decimals))
        END AS range,
    ( SELECT (sum(one.people))::integer AS sum
           FROM unnest(
                CASE of_project.project
                    WHEN 'openaps'::text THEN (histogram.openaps || histogram.both_of_them)
                    WHEN 'nsf'::text THEN (histogram.nsf || histogram.both_of_them)
                    ELSE ((histogram.openaps || histogram.nsf) || histogram.both_of_them)
                END) WITH ORDINALITY one(people, i)
          WHERE ((((one.i - 1) % (histogram.steps)::bigint) >= joined_steps.first_step) AND (((one.i - 1) % (histogram.steps)::bigint) <= joined_steps.last_step))) AS participants
   FROM ((histogram
     CROSS JOIN LATERAL openaps.joined_steps(histogram.openaps, histogram.nsf, histogram.both_of_them) joined_steps(first_step, last_step))
     CROSS JOIN ( VALUES ('openaps'::text), ('nsf'::text), ('all'::text)) of_project(project));

COMMENT ON VIEW analytics.distribution IS 'How many participants have a mean or share in each range: in_range_percent, gmi_percent and cv_percent of those with 14 days and 70 % of 14 days of sensor time, days with readings, total_units of insulin and carbs of a mean day.';

COMMENT ON COLUMN analytics.distribution.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.distribution.metric IS 'which number of each participant';

COMMENT ON COLUMN analytics.distribution.place IS 'order of the ranges';

COMMENT ON COLUMN analytics.distribution.range IS 'neighbouring steps are joined until no group in one is smaller than five; the lower end is included; unit: that of the metric';

COMMENT ON COLUMN analytics.distribution.participants IS 'how many they are of; never one to four';

CREATE TABLE openaps.glucose_day (
    participant_id bigint NOT NULL,
    day date NOT NULL,
    n integer NOT NULL,
    very_low integer NOT NULL,
    low integer NOT NULL,
    in_range integer NOT NULL,
    high integer NOT NULL,
    very_high integer NOT NULL,
    tight integer NOT NULL,
    pregnancy integer NOT NULL,
    below_pregnancy integer NOT NULL,
    sum_mgdl double precision NOT NULL,
    sum_squares double precision NOT NULL,
    low_risk double precision NOT NULL,
    high_risk double precision NOT NULL,
    min_mgdl double precision NOT NULL,
    max_mgdl double precision NOT NULL,
    cadence_minutes integer NOT NULL,
    expected integer NOT NULL,
    covered_minutes double precision NOT NULL,
    day_minutes integer NOT NULL,
    duplicates integer NOT NULL,
    readings smallint[] NOT NULL
)
WITH (toast_tuple_target='128');
ALTER TABLE ONLY openaps.glucose_day ALTER COLUMN readings SET STORAGE EXTERNAL;

COMMENT ON TABLE openaps.glucose_day IS 'Sensor glucose of a local day. Counts entries of type sgv (or without type) from 39 to 599 mg/dL that are canonical (openaps.duplicate_entry), each instant once (the lowest value): error codes (1 to 12, 38), calibrations and meter readings do not count. Days without any have no row. Equal to libraries/Glucose. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.glucose_day.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.glucose_day.day IS 'local day, from its first to the next one''s first instant: 23 or 25 hours where clocks change';

COMMENT ON COLUMN openaps.glucose_day.n IS 'readings';

COMMENT ON COLUMN openaps.glucose_day.very_low IS 'readings below 54 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.low IS 'readings from 54 to below 70 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.in_range IS 'readings from 70 to 180 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.high IS 'readings above 180 to 250 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.very_high IS 'readings above 250 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.tight IS 'readings from 70 to 140 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.pregnancy IS 'readings from 63 to 140 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.below_pregnancy IS 'readings below 63 mg/dL';

COMMENT ON COLUMN openaps.glucose_day.sum_mgdl IS 'sum of the readings; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_day.sum_squares IS 'sum of (reading - 120)^2: about a fixed origin, so that sums of days add up and lose no digits; unit: mg2/dL2';

COMMENT ON COLUMN openaps.glucose_day.low_risk IS 'sum of the risk of low glucose (Kovatchev); over n it is the LBGI';

COMMENT ON COLUMN openaps.glucose_day.high_risk IS 'sum of the risk of high glucose (Kovatchev); over n it is the HBGI';

COMMENT ON COLUMN openaps.glucose_day.min_mgdl IS 'lowest reading; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_day.max_mgdl IS 'highest reading; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_day.cadence_minutes IS 'median interval of the readings in whole minutes, 1 to 15; 5 where there is only one reading; unit: minutes';

COMMENT ON COLUMN openaps.glucose_day.expected IS 'readings that the cadence lets expect of the whole day';

COMMENT ON COLUMN openaps.glucose_day.covered_minutes IS 'what readings cover, each to the next one, for at most the cadence; unit: minutes';

COMMENT ON COLUMN openaps.glucose_day.day_minutes IS 'what the day has; unit: minutes';

COMMENT ON COLUMN openaps.glucose_day.duplicates IS 'sensor readings left out because another uploader''s stands for them';

COMMENT ON COLUMN openaps.glucose_day.readings IS 'histogram by half hour: an element a reading, ascending, 600 x local half hour (0: 00:00 to 00:29) + mg/dL rounded, halves up';

CREATE VIEW openaps.project_of AS
 SELECT of_each.project,
    of_each.shares_with
   FROM ( VALUES ('openaps'::text,'openaps'::text), ('openaps'::text,'both'::text), ('nsf'::text,'nsf'::text), ('nsf'::text,'both'::text), ('all'::text,'openaps'::text), ('all'::text,'nsf'::text), ('all'::text,'both'::text)) of_each(project, shares_with);

COMMENT ON VIEW openaps.project_of IS 'Of which groups of openaps.sharing the numbers of a project are. For the views of schema analytics.';

CREATE VIEW analytics.glucose_days WITH (security_barrier='true') AS
 WITH cell AS (
         SELECT glucose_day.day,
            sharing.shares_with,
            count(*) AS people,
            sum(glucose_day.covered_minutes) AS covered,
            sum(glucose_day.day_minutes) AS minutes
           FROM (openaps.glucose_day
             JOIN openaps.sharing USING (participant_id))
          GROUP BY glucose_day.day, sharing.shares_with
         HAVING (count(*) >= 5)
        )
 SELECT project_of.project,
    cell.day,
    (sum(cell.people))::integer AS participants,
    round(((((100)::double precision * sum(cell.covered)) / (sum(cell.minutes))::double precision))::numeric, 1) AS covered_percent
   FROM (cell
     JOIN openaps.project_of USING (shares_with))
  GROUP BY project_of.project, cell.day;

COMMENT ON VIEW analytics.glucose_days IS 'Local days with readings: of how many participants, and the share of their day that readings cover.';

COMMENT ON COLUMN analytics.glucose_days.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.glucose_days.day IS 'local';

COMMENT ON COLUMN analytics.glucose_days.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.glucose_days.covered_percent IS 'each reading stands for the time to the next one, for at most its sensor''s interval; unit: %';

CREATE TABLE openaps.glucose_time_of_day (
    participant_id bigint NOT NULL,
    half_hour smallint NOT NULL,
    from_mgdl smallint NOT NULL,
    n0 integer NOT NULL,
    n1 integer NOT NULL,
    n2 integer NOT NULL,
    n3 integer NOT NULL,
    n4 integer NOT NULL,
    n5 integer NOT NULL,
    n6 integer NOT NULL,
    n7 integer NOT NULL,
    n8 integer NOT NULL,
    n9 integer NOT NULL
)
WITH (fillfactor='90');

COMMENT ON TABLE openaps.glucose_time_of_day IS 'Histogram of all of a participant''s readings by local half hour, ten values a row: adds up over participants. The sum of openaps.glucose_day.readings. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.glucose_time_of_day.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.glucose_time_of_day.half_hour IS 'local, 0 (00:00 to 00:29) to 47';

COMMENT ON COLUMN openaps.glucose_time_of_day.from_mgdl IS 'a multiple of 10; n0 counts readings of this value (rounded), n9 of this value + 9; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n0 IS 'readings of from_mgdl + 0 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n1 IS 'readings of from_mgdl + 1 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n2 IS 'readings of from_mgdl + 2 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n3 IS 'readings of from_mgdl + 3 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n4 IS 'readings of from_mgdl + 4 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n5 IS 'readings of from_mgdl + 5 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n6 IS 'readings of from_mgdl + 6 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n7 IS 'readings of from_mgdl + 7 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n8 IS 'readings of from_mgdl + 8 mg/dL';

COMMENT ON COLUMN openaps.glucose_time_of_day.n9 IS 'readings of from_mgdl + 9 mg/dL';

CREATE VIEW analytics.glucose_pattern WITH (security_barrier='true') AS
 WITH shown AS (
         SELECT glucose_time_of_day.half_hour,
            sharing.shares_with,
            count(DISTINCT glucose_time_of_day.participant_id) AS people
           FROM (openaps.glucose_time_of_day
             JOIN openaps.sharing USING (participant_id))
          GROUP BY glucose_time_of_day.half_hour, sharing.shares_with
         HAVING (count(DISTINCT glucose_time_of_day.participant_id) >= 5)
        ), of_group AS MATERIALIZED (
         SELECT glucose_time_of_day.half_hour,
            sharing.shares_with,
            glucose_time_of_day.from_mgdl,
            sum(glucose_time_of_day.n0) AS n0,
            sum(glucose_time_of_day.n1) AS n1,
            sum(glucose_time_of_day.n2) AS n2,
            sum(glucose_time_of_day.n3) AS n3,
            sum(glucose_time_of_day.n4) AS n4,
            sum(glucose_time_of_day.n5) AS n5,
            sum(glucose_time_of_day.n6) AS n6,
            sum(glucose_time_of_day.n7) AS n7,
            sum(glucose_time_of_day.n8) AS n8,
            sum(glucose_time_of_day.n9) AS n9
           FROM ((openaps.glucose_time_of_day
             JOIN openaps.sharing USING (participant_id))
             JOIN shown USING (half_hour, shares_with))
          GROUP BY glucose_time_of_day.half_hour, sharing.shares_with, glucose_time_of_day.from_mgdl
        ), bin AS (
         SELECT project_of.project,
            of_group.half_hour,
            (of_group.from_mgdl + one.digit) AS mgdl,
            (sum(one.n))::double precision AS n
           FROM ((of_group
             JOIN openaps.project_of USING (shares_with))
             CROSS JOIN LATERAL ( VALUES (0,of_group.n0), (1,of_group.n1), (2,of_group.n2), (3,of_group.n3), (4,of_group.n4), (5,of_group.n5), (6,of_group.n6), (7,of_group.n7), (8,of_group.n8), (9,of_group.n9)) one(digit, n))
          WHERE (one.n > 0)
          GROUP BY project_of.project, of_group.half_hour, (of_group.from_mgdl + one.digit)
        ), ranked AS (
         SELECT bin.project,
            bin.half_hour,
            bin.mgdl,
            bin.n,
            (sum(bin.n) OVER (PARTITION BY bin.project, bin.half_hour ORDER BY bin.mgdl) - bin.n) AS before,
            sum(bin.n) OVER (PARTITION BY bin.project, bin.half_hour) AS total
           FROM bin
        ), percentile AS (
         SELECT ranked.project,
            ranked.half_hour,
            wanted.percent,
            sum(((ranked.mgdl)::double precision *
                CASE wanted.upper
                    WHEN 0 THEN (((1)::double precision - a.exact) + floor(a.exact))
                    ELSE (a.exact - floor(a.exact))
                END)) AS mgdl
           FROM (((ranked
             CROSS JOIN ( VALUES (5,0), (5,1), (25,0), (25,1), (50,0), (50,1), (75,0), (75,1), (95,0), (95,1)) wanted(percent, upper))
             CROSS JOIN LATERAL ( SELECT (((ranked.total - (1)::double precision) * (wanted.percent)::double precision) / (100)::double precision) AS "?column?") a(exact))
             CROSS JOIN LATERAL ( SELECT LEAST((floor(a.exact) + (wanted.upper)::double precision), (ranked.total - (1)::double precision)) AS "least") b(place))
          WHERE ((b.place >= ranked.before) AND (b.place < (ranked.before + ranked.n)))
          GROUP BY ranked.project, ranked.half_hour, wanted.percent
        )
 SELECT percentile.project,
    (to_char((percentile.half_hour / 2), 'FM00'::text) ||
        CASE ((percentile.half_hour)::integer % 2)
            WHEN 0 THEN ':00'::text
            ELSE ':30'::text
        END) AS local_time,
    ( SELECT (sum(shown.people))::integer AS sum
           FROM (shown
             JOIN openaps.project_of o USING (shares_with))
          WHERE ((o.project = percentile.project) AND (shown.half_hour = percentile.half_hour))) AS participants,
    round(sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 5))) AS p5_mgdl,
    round(sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 25))) AS p25_mgdl,
    round(sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 50))) AS p50_mgdl,
    round(sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 75))) AS p75_mgdl,
    round(sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 95))) AS p95_mgdl,
    round(((sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 5)) / (18.01559)::double precision))::numeric, 1) AS p5_mmol,
    round(((sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 25)) / (18.01559)::double precision))::numeric, 1) AS p25_mmol,
    round(((sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 50)) / (18.01559)::double precision))::numeric, 1) AS p50_mmol,
    round(((sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 75)) / (18.01559)::double precision))::numeric, 1) AS p75_mmol,
    round(((sum(percentile.mgdl) FILTER (WHERE (percentile.percent = 95)) / (18.01559)::double precision))::numeric, 1) AS p95_mmol
   FROM percentile
  GROUP BY percentile.project, percentile.half_hour;

COMMENT ON VIEW analytics.glucose_pattern IS 'Percentiles (linear, type 7) of all readings by the local half hour of each participant, from 1 mg/dL histograms.';

COMMENT ON COLUMN analytics.glucose_pattern.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.glucose_pattern.local_time IS 'start of the half hour, by the clock each participant lived by';

COMMENT ON COLUMN analytics.glucose_pattern.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.glucose_pattern.p5_mgdl IS '5th percentile; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_pattern.p25_mgdl IS '25th percentile; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_pattern.p50_mgdl IS 'median; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_pattern.p75_mgdl IS '75th percentile; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_pattern.p95_mgdl IS '95th percentile; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_pattern.p5_mmol IS '5th percentile; unit: mmol/L';

COMMENT ON COLUMN analytics.glucose_pattern.p25_mmol IS '25th percentile; unit: mmol/L';

COMMENT ON COLUMN analytics.glucose_pattern.p50_mmol IS 'median; unit: mmol/L';

COMMENT ON COLUMN analytics.glucose_pattern.p75_mmol IS '75th percentile; unit: mmol/L';

COMMENT ON COLUMN analytics.glucose_pattern.p95_mmol IS '95th percentile; unit: mmol/L';

CREATE TABLE openaps.glucose_week (
    participant_id bigint NOT NULL,
    weekday smallint NOT NULL,
    hour smallint NOT NULL,
    n bigint NOT NULL,
    sum_mgdl bigint NOT NULL,
    low bigint NOT NULL,
    in_range bigint NOT NULL,
    high bigint NOT NULL
);

COMMENT ON TABLE openaps.glucose_week IS 'All of a participant''s readings, in whole mg/dL, by local weekday and hour. The sum of openaps.glucose_day.readings. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.glucose_week.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.glucose_week.weekday IS '1 (Monday) to 7 (Sunday)';

COMMENT ON COLUMN openaps.glucose_week.hour IS 'local, 0 to 23';

COMMENT ON COLUMN openaps.glucose_week.n IS 'readings';

COMMENT ON COLUMN openaps.glucose_week.sum_mgdl IS 'sum of the readings; unit: mg/dL';

COMMENT ON COLUMN openaps.glucose_week.low IS 'readings below 70 mg/dL';

COMMENT ON COLUMN openaps.glucose_week.in_range IS 'readings from 70 to 180 mg/dL';

COMMENT ON COLUMN openaps.glucose_week.high IS 'readings above 180 mg/dL';

CREATE VIEW analytics.glucose_week WITH (security_barrier='true') AS
 WITH cell AS (
         SELECT glucose_week.weekday,
            glucose_week.hour,
            sharing.shares_with,
            count(*) AS people,
            (sum(glucose_week.n))::double precision AS n,
            (sum(glucose_week.sum_mgdl))::double precision AS sum_mgdl,
            (sum(glucose_week.in_range))::double precision AS in_range
           FROM (openaps.glucose_week
             JOIN openaps.sharing USING (participant_id))
          GROUP BY glucose_week.weekday, glucose_week.hour, sharing.shares_with
         HAVING (count(*) >= 5)
        )
 SELECT project_of.project,
    cell.weekday,
    cell.hour,
    (sum(cell.people))::integer AS participants,
    round((sum(cell.sum_mgdl) / sum(cell.n))) AS mean_mgdl,
    round(((((100)::double precision * sum(cell.in_range)) / sum(cell.n)))::numeric, 1) AS in_range_percent
   FROM (cell
     JOIN openaps.project_of USING (shares_with))
  GROUP BY project_of.project, cell.weekday, cell.hour;

COMMENT ON VIEW analytics.glucose_week IS 'All readings by local weekday and hour.';

COMMENT ON COLUMN analytics.glucose_week.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.glucose_week.weekday IS '1 (Monday) to 7 (Sunday)';

COMMENT ON COLUMN analytics.glucose_week.hour IS 'local, 0 to 23';

COMMENT ON COLUMN analytics.glucose_week.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.glucose_week.mean_mgdl IS 'mean of the readings; unit: mg/dL';

COMMENT ON COLUMN analytics.glucose_week.in_range_percent IS 'share of the readings from 70 to 180 mg/dL; unit: %';

CREATE TABLE openaps.member_demographics (
    participant_id bigint NOT NULL,
    source text NOT NULL,
    google_sheets_source text,
    ts timestamp with time zone NOT NULL,
    gender text,
    ethnicity text,
    country text,
    country_code text,
    diy_closed_loop_type text,
    who_uses_the_closed_loop_system text,
    cleaned_height_cm numeric(4,1),
    cleaned_weight_kg numeric(4,1),
    age_bracket text,
    years_since_diagnosed_bracket text,
    years_since_first_insulin_pump_bracket text,
    years_since_first_glucose_monitor_bracket text,
    years_since_first_diy_closed_loop_bracket text,
    insulin_units_per_day numeric,
    basal_insulin_units_per_day numeric,
    carb_grams_per_day numeric,
    last_lab_reported_a1c numeric,
    last_lab_reported_a1c_date date,
    inserted_ts timestamp with time zone DEFAULT now() NOT NULL,
    survey_version text,
    CONSTRAINT member_demographics_age_bracket_check CHECK ((age_bracket = ANY (ARRAY['0-5'::text, '06-10'::text, '11-15'::text, '16-20'::text, '21-30'::text, '31-45'::text, '46-60'::text, '60+'::text]))),
    CONSTRAINT member_demographics_check CHECK (((google_sheets_source IS NULL) = (source = 'site'::text))),
    CONSTRAINT member_demographics_cleaned_height_cm_check CHECK (((cleaned_height_cm >= (40)::numeric) AND (cleaned_height_cm <= (250)::numeric))),
    CONSTRAINT member_demographics_cleaned_weight_kg_check CHECK (((cleaned_weight_kg >= (2)::numeric) AND (cleaned_weight_kg <= (400)::numeric))),
    CONSTRAINT member_demographics_country_code_check CHECK ((country_code ~ '^[A-Z]{2}$'::text)),
    CONSTRAINT member_demographics_google_sheets_source_check CHECK ((google_sheets_source = ANY (ARRAY['openaps'::text, 'nightscout'::text]))),
    CONSTRAINT member_demographics_source_check CHECK ((source = ANY (ARRAY['survey'::text, 'original'::text, 'site'::text]))),
    CONSTRAINT member_demographics_years_since_diagnosed_bracket_check CHECK ((years_since_diagnosed_bracket = ANY (ARRAY['0-2'::text, '03-5'::text, '06-10'::text, '11-20'::text, '20+'::text]))),
    CONSTRAINT member_demographics_years_since_first_diy_closed_loop_bra_check CHECK ((years_since_first_diy_closed_loop_bracket = ANY (ARRAY['0-2'::text, '03-5'::text, '06-10'::text, '11-20'::text, '20+'::text]))),
    CONSTRAINT member_demographics_years_since_first_glucose_monitor_bra_check CHECK ((years_since_first_glucose_monitor_bracket = ANY (ARRAY['0-2'::text, '03-5'::text, '06-10'::text, '11-20'::text, '20+'::text]))),
    CONSTRAINT member_demographics_years_since_first_insulin_pump_bracke_check CHECK ((years_since_first_insulin_pump_bracket = ANY (ARRAY['0-2'::text, '03-5'::text, '06-10'::text, '11-20'::text, '20+'::text])))
);

COMMENT ON TABLE openaps.member_demographics IS 'The newest answer of a participant to each survey, cleaned; only of participants who share something. The view openaps.member_demographics_cleaned makes one row per participant of it, research.member_demographics shows them to researchers. Writers: open-humans-etl; registration-site of source site, through openaps.site_survey; db import-original brings source original. Readers: data-management-app by way of schema research.';

COMMENT ON COLUMN openaps.member_demographics.participant_id IS 'register.participant; a survey names people by project_member_id, never by the number of its row';

COMMENT ON COLUMN openaps.member_demographics.source IS 'survey: read from a Google sheet or a CSV file; original: imported from the database of the system before this one, until its survey is read directly; site: answered on the registration site';

COMMENT ON COLUMN openaps.member_demographics.google_sheets_source IS 'which survey: openaps or nightscout; null: none of the two (source site)';

COMMENT ON COLUMN openaps.member_demographics.ts IS 'when it was answered; times of a sheet are taken for UTC';

COMMENT ON COLUMN openaps.member_demographics.gender IS 'one of a list of words; a text on no list is dropped';

COMMENT ON COLUMN openaps.member_demographics.ethnicity IS 'words of a list, joined by comma; a text on no list is dropped';

COMMENT ON COLUMN openaps.member_demographics.country IS 'country of residence, English short name as in ISO 3166';

COMMENT ON COLUMN openaps.member_demographics.country_code IS 'the same, ISO 3166-1 alpha-2';

COMMENT ON COLUMN openaps.member_demographics.diy_closed_loop_type IS 'names of a list, joined by comma';

COMMENT ON COLUMN openaps.member_demographics.who_uses_the_closed_loop_system IS 'self, child, partner or other: who the person with diabetes is to the one who answered';

COMMENT ON COLUMN openaps.member_demographics.cleaned_height_cm IS 'cm, when it was answered';

COMMENT ON COLUMN openaps.member_demographics.cleaned_weight_kg IS 'kg, when it was answered';

COMMENT ON COLUMN openaps.member_demographics.age_bracket IS 'years of age when it was answered (not today: a bracket that changed would tell the birthday); 60+ is over 60';

COMMENT ON COLUMN openaps.member_demographics.years_since_diagnosed_bracket IS 'years from the diagnosis of diabetes to the answer; 20+ is over 20';

COMMENT ON COLUMN openaps.member_demographics.years_since_first_insulin_pump_bracket IS 'years from the first insulin pump to the answer';

COMMENT ON COLUMN openaps.member_demographics.years_since_first_glucose_monitor_bracket IS 'years from the first continuous glucose monitor to the answer';

COMMENT ON COLUMN openaps.member_demographics.years_since_first_diy_closed_loop_bracket IS 'years from the first do-it-yourself closed loop to the answer';

COMMENT ON COLUMN openaps.member_demographics.insulin_units_per_day IS 'U/day';

COMMENT ON COLUMN openaps.member_demographics.basal_insulin_units_per_day IS 'U/day';

COMMENT ON COLUMN openaps.member_demographics.carb_grams_per_day IS 'g/day';

COMMENT ON COLUMN openaps.member_demographics.last_lab_reported_a1c IS '% (NGSP); an answer in mmol/mol is converted';

COMMENT ON COLUMN openaps.member_demographics.last_lab_reported_a1c_date IS 'day of that measurement, as far as it was given';

COMMENT ON COLUMN openaps.member_demographics.inserted_ts IS 'when this row was written or last changed';

COMMENT ON COLUMN openaps.member_demographics.survey_version IS 'version of the questions of source site; null: a sheet, which has none';

CREATE VIEW openaps.member_demographics_cleaned AS
 SELECT answered.participant_id,
    max(answered.ts) AS ts,
    (array_agg(answered.gender ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.gender IS NOT NULL)))[1] AS gender,
    (array_agg(answered.ethnicity ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.ethnicity IS NOT NULL)))[1] AS ethnicity,
    (array_agg(answered.country ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.country IS NOT NULL)))[1] AS country_corrected,
    (array_agg(answered.country_code ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.country_code IS NOT NULL)))[1] AS country_code,
    (array_agg(answered.diy_closed_loop_type ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.diy_closed_loop_type IS NOT NULL)))[1] AS diy_closed_loop_type,
    (array_agg(answered.who_uses_the_closed_loop_system ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.who_uses_the_closed_loop_system IS NOT NULL)))[1] AS who_uses_the_closed_loop_system,
    (array_agg(answered.cleaned_height_cm ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.cleaned_height_cm IS NOT NULL)))[1] AS cleaned_height_cm,
    (array_agg(answered.cleaned_weight_kg ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.cleaned_weight_kg IS NOT NULL)))[1] AS cleaned_weight_kg,
    (array_agg(answered.age_bracket ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.age_bracket IS NOT NULL)))[1] AS age_bracket,
    (array_agg(answered.years_since_diagnosed_bracket ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.years_since_diagnosed_bracket IS NOT NULL)))[1] AS years_since_diagnosed_bracket,
    (array_agg(answered.years_since_first_insulin_pump_bracket ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.years_since_first_insulin_pump_bracket IS NOT NULL)))[1] AS years_since_first_insulin_pump_bracket,
    (array_agg(answered.years_since_first_glucose_monitor_bracket ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.years_since_first_glucose_monitor_bracket IS NOT NULL)))[1] AS years_since_first_glucose_monitor_bracket,
    (array_agg(answered.years_since_first_diy_closed_loop_bracket ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.years_since_first_diy_closed_loop_bracket IS NOT NULL)))[1] AS years_since_first_diy_closed_loop_bracket,
    (array_agg(answered.insulin_units_per_day ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.insulin_units_per_day IS NOT NULL)))[1] AS insulin_units_per_day,
    (array_agg(answered.basal_insulin_units_per_day ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.basal_insulin_units_per_day IS NOT NULL)))[1] AS basal_insulin_units_per_day,
    (array_agg(answered.carb_grams_per_day ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.carb_grams_per_day IS NOT NULL)))[1] AS carb_grams_per_day,
    (array_agg(answered.last_lab_reported_a1c ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.last_lab_reported_a1c IS NOT NULL)))[1] AS last_lab_reported_a1c,
    (array_agg(answered.last_lab_reported_a1c_date ORDER BY answered.ts DESC, answered.rank) FILTER (WHERE (answered.last_lab_reported_a1c IS NOT NULL)))[1] AS last_lab_reported_a1c_date
   FROM ( SELECT member_demographics.participant_id,
            member_demographics.source,
            member_demographics.google_sheets_source,
            member_demographics.ts,
            member_demographics.gender,
            member_demographics.ethnicity,
            member_demographics.country,
            member_demographics.country_code,
            member_demographics.diy_closed_loop_type,
            member_demographics.who_uses_the_closed_loop_system,
            member_demographics.cleaned_height_cm,
            member_demographics.cleaned_weight_kg,
            member_demographics.age_bracket,
            member_demographics.years_since_diagnosed_bracket,
            member_demographics.years_since_first_insulin_pump_bracket,
            member_demographics.years_since_first_glucose_monitor_bracket,
            member_demographics.years_since_first_diy_closed_loop_bracket,
            member_demographics.insulin_units_per_day,
            member_demographics.basal_insulin_units_per_day,
            member_demographics.carb_grams_per_day,
            member_demographics.last_lab_reported_a1c,
            member_demographics.last_lab_reported_a1c_date,
            member_demographics.inserted_ts,
            member_demographics.survey_version,
                CASE member_demographics.source
                    WHEN 'site'::text THEN 1
                    WHEN 'survey'::text THEN 2
                    ELSE 3
                END AS rank
           FROM openaps.member_demographics) answered
  GROUP BY answered.participant_id;

COMMENT ON VIEW openaps.member_demographics_cleaned IS 'One row per participant who answered a survey and shares something; units as in openaps.member_demographics.';

CREATE VIEW analytics.groups WITH (security_barrier='true') AS
 WITH person AS (
         SELECT 'gri'::text AS kind,
            cohort_glucose.participant_id,
            cohort_glucose.shares_with,
                CASE
                    WHEN (cohort_glucose.gri <= (20)::double precision) THEN 'A: 0 to 20'::text
                    WHEN (cohort_glucose.gri <= (40)::double precision) THEN 'B: above 20 to 40'::text
                    WHEN (cohort_glucose.gri <= (60)::double precision) THEN 'C: above 40 to 60'::text
                    WHEN (cohort_glucose.gri <= (80)::double precision) THEN 'D: above 60 to 80'::text
                    ELSE 'E: above 80'::text
                END AS name
           FROM openaps.cohort_glucose
          WHERE cohort_glucose.is_sufficient
        UNION ALL
         SELECT of_each.kind,
            sharing.participant_id,
            sharing.shares_with,
            COALESCE(of_each.answer, 'not answered'::text) AS "coalesce"
           FROM ((openaps.sharing
             LEFT JOIN openaps.member_demographics_cleaned USING (participant_id))
             CROSS JOIN LATERAL ( VALUES ('age'::text,member_demographics_cleaned.age_bracket), ('gender'::text,member_demographics_cleaned.gender), ('country'::text,member_demographics_cleaned.country_corrected), ('diagnosed'::text,member_demographics_cleaned.years_since_diagnosed_bracket)) of_each(kind, answer))
        ), cell AS (
         SELECT person.kind,
            person.shares_with,
            person.name,
            count(*) AS people
           FROM person
          GROUP BY person.kind, person.shares_with, person.name
        ), placed AS (
         SELECT cell.kind,
            cell.shares_with,
            cell.name,
            cell.people,
            sum(cell.people) OVER everybody AS all_people,
            openaps.is_hidden(row_number() OVER by_size, count(*) FILTER (WHERE (cell.people < 5)) OVER everybody, (sum(cell.people) OVER by_size - (cell.people)::numeric)) AS is_hidden
           FROM cell
          WINDOW everybody AS (PARTITION BY cell.kind, cell.shares_with), by_size AS (PARTITION BY cell.kind, cell.shares_with ORDER BY cell.people, cell.name ROWS UNBOUNDED PRECEDING)
        ), grouped AS (
         SELECT project_of.project,
            placed.kind,
                CASE
                    WHEN placed.is_hidden THEN 'Groups too small to show, together'::text
                    ELSE placed.name
                END AS name,
            (sum(placed.people))::integer AS participants
           FROM (placed
             JOIN openaps.project_of USING (shares_with))
          WHERE (placed.all_people >= (5)::numeric)
          GROUP BY project_of.project, placed.kind,
                CASE
                    WHEN placed.is_hidden THEN 'Groups too small to show, together'::text
                    ELSE placed.name
                END
        )
 SELECT grouped.project,
    grouped.kind,
    grouped.name,
    (row_number() OVER (PARTITION BY grouped.project, grouped.kind ORDER BY (grouped.name ~~ 'Groups too small%'::text), (grouped.name = 'not answered'::text), (lpad("substring"(grouped.name, '^[0-9]+'::text), 3, '0'::text)), grouped.name))::integer AS place,
    grouped.participants,
    round(((100.0 * (grouped.participants)::numeric) / (sum(grouped.participants) OVER (PARTITION BY grouped.project, grouped.kind))::numeric), 1) AS share_percent
   FROM grouped;

COMMENT ON VIEW analytics.groups IS 'Participants by age, gender, country, years since diagnosis (as answered; brackets as of the answer) and zone of the glycemia risk index; everybody is in one group of each kind.';

COMMENT ON COLUMN analytics.groups.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.groups.kind IS 'age, gender, country, diagnosed or gri';

COMMENT ON COLUMN analytics.groups.name IS 'of the group';

COMMENT ON COLUMN analytics.groups.place IS 'order of the groups: ages and years from the lowest, then those that did not answer, then those too small to show';

COMMENT ON COLUMN analytics.groups.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.groups.share_percent IS 'of all of the kind; unit: %';

CREATE VIEW analytics.insulin WITH (security_barrier='true') AS
 WITH cell AS (
         SELECT cohort_insulin.shares_with,
            cohort_insulin.loop_type,
            count(*) AS people,
            sum(cohort_insulin.bolus_units) AS bolus,
            sum(cohort_insulin.smb_units) AS smb,
            sum(cohort_insulin.basal_units) AS basal,
            sum(cohort_insulin.total_units) AS total
           FROM openaps.cohort_insulin
          WHERE (cohort_insulin.total_units IS NOT NULL)
          GROUP BY cohort_insulin.shares_with, cohort_insulin.loop_type
        ), placed AS (
         SELECT cell.shares_with,
            cell.loop_type,
            cell.people,
            cell.bolus,
            cell.smb,
            cell.basal,
            cell.total,
            sum(cell.people) OVER everybody AS all_people,
            openaps.is_hidden(row_number() OVER by_size, count(*) FILTER (WHERE (cell.people < 5)) OVER everybody, (sum(cell.people) OVER by_size - (cell.people)::numeric)) AS is_hidden
           FROM cell
          WINDOW everybody AS (PARTITION BY cell.shares_with), by_size AS (PARTITION BY cell.shares_with ORDER BY cell.people, cell.loop_type ROWS UNBOUNDED PRECEDING)
        ), grouped AS (
         SELECT project_of.project,
                CASE
                    WHEN placed.is_hidden THEN 'small'::text
                    ELSE placed.loop_type
                END AS loop,
            placed.people,
            placed.bolus,
            placed.smb,
            placed.basal,
            placed.total
           FROM (placed
             JOIN openaps.project_of USING (shares_with))
          WHERE (placed.all_people >= (5)::numeric)
        UNION ALL
         SELECT project_of.project,
            'everybody'::text,
            placed.people,
            placed.bolus,
            placed.smb,
            placed.basal,
            placed.total
           FROM (placed
             JOIN openaps.project_of USING (shares_with))
          WHERE (placed.all_people >= (5)::numeric)
        )
 SELECT grouped.project,
    array_position(ARRAY['everybody'::text, 'closed'::text, 'open'::text, 'unknown'::text, 'small'::text], grouped.loop) AS place,
        CASE grouped.loop
            WHEN 'everybody'::text THEN 'Everybody'::text
            WHEN 'closed'::text THEN 'Closed loop'::text
            WHEN 'open'::text THEN 'Open loop'::text
            WHEN 'unknown'::text THEN 'No loop known'::text
            ELSE 'Groups too small to show, together'::text
        END AS loop,
    (sum(grouped.people))::integer AS participants,
    round(((sum(grouped.bolus) / (sum(grouped.people))::double precision))::numeric, 1) AS bolus_units,
    round(((sum(grouped.smb) / (sum(grouped.people))::double precision))::numeric, 1) AS smb_units,
    round(((sum(grouped.basal) / (sum(grouped.people))::double precision))::numeric, 1) AS basal_units,
    round(((sum(grouped.total) / (sum(grouped.people))::double precision))::numeric, 1) AS total_units
   FROM grouped
  GROUP BY grouped.project, grouped.loop;

COMMENT ON VIEW analytics.insulin IS 'Means of the participants'' own mean insulin of a local day, everybody and by the loop type of most of their days; of days whose basal is known for all 24 hours.';

COMMENT ON COLUMN analytics.insulin.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.insulin.place IS 'order of the groups';

COMMENT ON COLUMN analytics.insulin.loop IS 'kind of loop';

COMMENT ON COLUMN analytics.insulin.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.insulin.bolus_units IS 'given by hand; unit: U/day';

COMMENT ON COLUMN analytics.insulin.smb_units IS 'given by the controller; unit: U/day';

COMMENT ON COLUMN analytics.insulin.basal_units IS 'basal, temporary basal included; unit: U/day';

COMMENT ON COLUMN analytics.insulin.total_units IS 'all together; unit: U/day';

CREATE VIEW analytics.loop_by_month WITH (security_barrier='true') AS
 WITH cell AS (
         SELECT (date_trunc('month'::text, (aid_day.local_day)::timestamp with time zone))::date AS month,
            aid_day.loop_type,
            sharing.shares_with,
            count(DISTINCT aid_day.participant_id) AS people,
            count(*) AS days
           FROM (openaps.aid_day
             JOIN openaps.sharing USING (participant_id))
          GROUP BY ((date_trunc('month'::text, (aid_day.local_day)::timestamp with time zone))::date), aid_day.loop_type, sharing.shares_with
         HAVING (count(DISTINCT aid_day.participant_id) >= 5)
        )
 SELECT project_of.project,
    cell.month,
        CASE cell.loop_type
            WHEN 'closed'::text THEN 'Closed loop'::text
            WHEN 'open'::text THEN 'Open loop'::text
            ELSE 'No loop known'::text
        END AS loop,
    (sum(cell.people))::integer AS participants,
    (sum(cell.days))::bigint AS days
   FROM (cell
     JOIN openaps.project_of USING (shares_with))
  GROUP BY project_of.project, cell.month, cell.loop_type;

COMMENT ON VIEW analytics.loop_by_month IS 'How insulin was delivered: local days of each loop type; a participant who used several is in each.';

COMMENT ON COLUMN analytics.loop_by_month.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.loop_by_month.month IS 'its first day';

COMMENT ON COLUMN analytics.loop_by_month.loop IS 'kind of loop';

COMMENT ON COLUMN analytics.loop_by_month.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.loop_by_month.days IS 'local days, added up over participants';

CREATE TABLE openaps.record_day (
    participant_id bigint NOT NULL,
    day date NOT NULL,
    collection text NOT NULL,
    kind text NOT NULL,
    records integer NOT NULL,
    CONSTRAINT record_day_collection_check CHECK ((collection = ANY (ARRAY['entries'::text, 'treatments'::text, 'devicestatus'::text])))
);

COMMENT ON TABLE openaps.record_day IS 'Records of a participant by UTC day and kind; those without a usable time are not counted. Made with the summaries of the day. Writer: open-humans-etl. Readers: charts, through research.';

COMMENT ON COLUMN openaps.record_day.participant_id IS 'random number that stands for the participant';

COMMENT ON COLUMN openaps.record_day.day IS 'UTC';

COMMENT ON COLUMN openaps.record_day.collection IS 'entries, treatments or devicestatus';

COMMENT ON COLUMN openaps.record_day.kind IS 'of entries and devicestatus the group of the device (openaps.device_group), of treatments their event type';

COMMENT ON COLUMN openaps.record_day.records IS 'how many records';

CREATE VIEW analytics.overlapping WITH (security_barrier='true') AS
 WITH person AS (
         SELECT DISTINCT
                CASE record_day.collection
                    WHEN 'entries'::text THEN 'devices'::text
                    ELSE 'treatments'::text
                END AS kind,
            record_day.participant_id,
                CASE
                    WHEN (record_day.kind = '<none>'::text) THEN 'without a type'::text
                    ELSE record_day.kind
                END AS name
           FROM openaps.record_day
          WHERE (record_day.collection = ANY (ARRAY['entries'::text, 'treatments'::text]))
        UNION
         SELECT 'systems'::text,
            aid_day.participant_id,
                CASE split_part(aid_day.controllers, ','::text, 1)
                    WHEN 'openaps'::text THEN 'OpenAPS'::text
                    WHEN 'aaps'::text THEN 'AndroidAPS'::text
                    WHEN 'loop'::text THEN 'Loop'::text
                    WHEN 'trio'::text THEN 'Trio or iAPS'::text
                    ELSE split_part(aid_day.controllers, ','::text, 1)
                END AS split_part
           FROM openaps.aid_day
          WHERE (aid_day.controllers <> ''::text)
        UNION
         SELECT 'systems-answered'::text,
            member_demographics_cleaned.participant_id,
            TRIM(BOTH FROM name.name) AS btrim
           FROM (openaps.member_demographics_cleaned
             CROSS JOIN LATERAL string_to_table(member_demographics_cleaned.diy_closed_loop_type, ','::text) name(name))
          WHERE (TRIM(BOTH FROM name.name) <> ''::text)
        ), everybody AS (
         SELECT person.kind,
            sharing.shares_with,
            count(DISTINCT person.participant_id) AS all_people
           FROM (person
             JOIN openaps.sharing USING (participant_id))
          GROUP BY person.kind, sharing.shares_with
        ), cell AS (
         SELECT person.kind,
            sharing.shares_with,
            person.name,
            count(*) AS people,
            everybody.all_people
           FROM ((person
             JOIN openaps.sharing USING (participant_id))
             JOIN everybody USING (kind, shares_with))
          GROUP BY person.kind, sharing.shares_with, person.name, everybody.all_people
         HAVING ((count(*) >= 5) AND (((everybody.all_people - count(*)) < 1) OR ((everybody.all_people - count(*)) > 4)))
        )
 SELECT p.project,
    cell.kind,
    cell.name,
    (sum(cell.people))::integer AS participants,
    round(((100.0 * sum(cell.people)) / ( SELECT sum(e.all_people) AS sum
           FROM (everybody e
             JOIN openaps.project_of o USING (shares_with))
          WHERE ((e.kind = cell.kind) AND (o.project = p.project) AND (e.all_people >= 5)))), 1) AS share_percent
   FROM (cell
     JOIN openaps.project_of p USING (shares_with))
  GROUP BY p.project, cell.kind, cell.name;

COMMENT ON VIEW analytics.overlapping IS 'Participants by what sends their readings, types of treatments, systems that delivered their insulin, and systems as they answered: one may be in several groups of a kind.';

COMMENT ON COLUMN analytics.overlapping.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.overlapping.kind IS 'devices, treatments, systems or systems-answered';

COMMENT ON COLUMN analytics.overlapping.name IS 'of the group';

COMMENT ON COLUMN analytics.overlapping.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.overlapping.share_percent IS 'of those with any of the kind; unit: %';

CREATE VIEW analytics.participants WITH (security_barrier='true') AS
 WITH glucose AS (
         SELECT cohort_glucose.shares_with,
            count(*) AS people,
            sum(cohort_glucose.days) AS days,
            sum(cohort_glucose.in_range_percent) AS in_range,
            sum(cohort_glucose.mean_mgdl) AS mean
           FROM openaps.cohort_glucose
          GROUP BY cohort_glucose.shares_with
         HAVING (count(*) >= 5)
        ), everybody AS (
         SELECT sharing.shares_with,
            count(*) AS people
           FROM openaps.sharing
          GROUP BY sharing.shares_with
         HAVING (count(*) >= 5)
        )
 SELECT project_of.project,
    (sum(e.people))::integer AS participants,
    (sum(g.people))::integer AS with_readings,
    (sum(g.days))::bigint AS days,
    round(((sum(g.in_range) / (sum(g.people))::double precision))::numeric, 1) AS in_range_percent,
    round(((sum(g.mean) / (sum(g.people))::double precision))::numeric) AS mean_mgdl,
    round((((sum(g.mean) / (sum(g.people))::double precision) / (18.01559)::double precision))::numeric, 1) AS mean_mmol,
    round((((3.31)::double precision + (((0.02392)::double precision * sum(g.mean)) / (sum(g.people))::double precision)))::numeric, 1) AS gmi_percent
   FROM ((everybody e
     LEFT JOIN glucose g USING (shares_with))
     JOIN openaps.project_of USING (shares_with))
  GROUP BY project_of.project;

COMMENT ON VIEW analytics.participants IS 'One row for each commons: how many share, and means of those with readings, everybody weighing the same.';

COMMENT ON COLUMN analytics.participants.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.participants.participants IS 'who share something';

COMMENT ON COLUMN analytics.participants.with_readings IS 'of them, with glucose readings';

COMMENT ON COLUMN analytics.participants.days IS 'their local days with readings, added up';

COMMENT ON COLUMN analytics.participants.in_range_percent IS 'mean of the participants'' own shares of readings from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN analytics.participants.mean_mgdl IS 'mean of the participants'' own means; unit: mg/dL';

COMMENT ON COLUMN analytics.participants.mean_mmol IS 'the same; unit: mmol/L';

COMMENT ON COLUMN analytics.participants.gmi_percent IS 'glucose management indicator of that mean; unit: %';

CREATE VIEW analytics.records_by_month WITH (security_barrier='true') AS
 WITH person AS (
         SELECT (date_trunc('month'::text, (record_day.day)::timestamp with time zone))::date AS month,
            record_day.participant_id,
            record_day.collection,
            sum(record_day.records) AS records
           FROM openaps.record_day
          GROUP BY ((date_trunc('month'::text, (record_day.day)::timestamp with time zone))::date), record_day.participant_id, record_day.collection
        ), cell AS (
         SELECT person.month,
            sharing.shares_with,
            count(DISTINCT person.participant_id) AS people,
                CASE
                    WHEN (count(*) FILTER (WHERE (person.collection = 'entries'::text)) >= 5) THEN sum(person.records) FILTER (WHERE (person.collection = 'entries'::text))
                    ELSE NULL::numeric
                END AS entries,
                CASE
                    WHEN (count(*) FILTER (WHERE (person.collection = 'treatments'::text)) >= 5) THEN sum(person.records) FILTER (WHERE (person.collection = 'treatments'::text))
                    ELSE NULL::numeric
                END AS treatments,
                CASE
                    WHEN (count(*) FILTER (WHERE (person.collection = 'devicestatus'::text)) >= 5) THEN sum(person.records) FILTER (WHERE (person.collection = 'devicestatus'::text))
                    ELSE NULL::numeric
                END AS device_status
           FROM (person
             JOIN openaps.sharing USING (participant_id))
          GROUP BY person.month, sharing.shares_with
         HAVING (count(DISTINCT person.participant_id) >= 5)
        )
 SELECT project_of.project,
    cell.month,
    (sum(cell.people))::integer AS participants,
    (sum(cell.entries))::bigint AS entries,
    (sum(cell.treatments))::bigint AS treatments,
    (sum(cell.device_status))::bigint AS device_status
   FROM (cell
     JOIN openaps.project_of USING (shares_with))
  GROUP BY project_of.project, cell.month;

COMMENT ON VIEW analytics.records_by_month IS 'Records by the month (UTC) that they are of, not when they were loaded.';

COMMENT ON COLUMN analytics.records_by_month.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.records_by_month.month IS 'its first day';

COMMENT ON COLUMN analytics.records_by_month.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.records_by_month.entries IS 'records; null: fewer than five participants have any';

COMMENT ON COLUMN analytics.records_by_month.treatments IS 'records; null: fewer than five participants have any';

COMMENT ON COLUMN analytics.records_by_month.device_status IS 'records; null: fewer than five participants have any';

CREATE VIEW analytics.time_in_ranges WITH (security_barrier='true') AS
 WITH cell AS (
         SELECT cohort_glucose.shares_with,
            cohort_glucose.loop_type,
            count(*) AS people,
            sum(cohort_glucose.very_low_percent) AS very_low,
            sum(cohort_glucose.low_percent) AS low,
            sum(cohort_glucose.in_range_percent) AS in_range,
            sum(cohort_glucose.high_percent) AS high,
            sum(cohort_glucose.very_high_percent) AS very_high
           FROM openaps.cohort_glucose
          GROUP BY cohort_glucose.shares_with, cohort_glucose.loop_type
        ), placed AS (
         SELECT cell.shares_with,
            cell.loop_type,
            cell.people,
            cell.very_low,
            cell.low,
            cell.in_range,
            cell.high,
            cell.very_high,
            sum(cell.people) OVER everybody AS all_people,
            openaps.is_hidden(row_number() OVER by_size, count(*) FILTER (WHERE (cell.people < 5)) OVER everybody, (sum(cell.people) OVER by_size - (cell.people)::numeric)) AS is_hidden
           FROM cell
          WINDOW everybody AS (PARTITION BY cell.shares_with), by_size AS (PARTITION BY cell.shares_with ORDER BY cell.people, cell.loop_type ROWS UNBOUNDED PRECEDING)
        ), grouped AS (
         SELECT project_of.project,
                CASE
                    WHEN placed.is_hidden THEN 'small'::text
                    ELSE placed.loop_type
                END AS loop,
            placed.people,
            placed.very_low,
            placed.low,
            placed.in_range,
            placed.high,
            placed.very_high
           FROM (placed
             JOIN openaps.project_of USING (shares_with))
          WHERE (placed.all_people >= (5)::numeric)
        UNION ALL
         SELECT project_of.project,
            'everybody'::text,
            placed.people,
            placed.very_low,
            placed.low,
            placed.in_range,
            placed.high,
            placed.very_high
           FROM (placed
             JOIN openaps.project_of USING (shares_with))
          WHERE (placed.all_people >= (5)::numeric)
        )
 SELECT grouped.project,
    array_position(ARRAY['everybody'::text, 'closed'::text, 'open'::text, 'unknown'::text, 'small'::text], grouped.loop) AS place,
        CASE grouped.loop
            WHEN 'everybody'::text THEN 'Everybody'::text
            WHEN 'closed'::text THEN 'Closed loop'::text
            WHEN 'open'::text THEN 'Open loop'::text
            WHEN 'unknown'::text THEN 'No loop known'::text
            ELSE 'Groups too small to show, together'::text
        END AS loop,
    (sum(grouped.people))::integer AS participants,
    round(((sum(grouped.very_low) / (sum(grouped.people))::double precision))::numeric, 1) AS very_low_percent,
    round(((sum(grouped.low) / (sum(grouped.people))::double precision))::numeric, 1) AS low_percent,
    round(((sum(grouped.in_range) / (sum(grouped.people))::double precision))::numeric, 1) AS in_range_percent,
    round(((sum(grouped.high) / (sum(grouped.people))::double precision))::numeric, 1) AS high_percent,
    round(((sum(grouped.very_high) / (sum(grouped.people))::double precision))::numeric, 1) AS very_high_percent
   FROM grouped
  GROUP BY grouped.project, grouped.loop;

COMMENT ON VIEW analytics.time_in_ranges IS 'Means of the participants'' own shares of readings in each range, everybody and by the loop type of most of their days.';

COMMENT ON COLUMN analytics.time_in_ranges.project IS 'whose numbers: openaps, nsf or all';

COMMENT ON COLUMN analytics.time_in_ranges.place IS 'order of the groups';

COMMENT ON COLUMN analytics.time_in_ranges.loop IS 'kind of loop';

COMMENT ON COLUMN analytics.time_in_ranges.participants IS 'how many they are of; never one to four';

COMMENT ON COLUMN analytics.time_in_ranges.very_low_percent IS 'below 54 mg/dL; unit: %';

COMMENT ON COLUMN analytics.time_in_ranges.low_percent IS 'from 54 to below 70 mg/dL; unit: %';

COMMENT ON COLUMN analytics.time_in_ranges.in_range_percent IS 'from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN analytics.time_in_ranges.high_percent IS 'above 180 to 250 mg/dL; unit: %';

COMMENT ON COLUMN analytics.time_in_ranges.very_high_percent IS 'above 250 mg/dL; unit: %';

CREATE TABLE ingest.absent (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    record_id text NOT NULL,
    day date NOT NULL,
    at timestamp with time zone,
    since timestamp with time zone NOT NULL,
    settled_at timestamp with time zone
);

COMMENT ON TABLE ingest.absent IS 'Records that we hold and a complete read of their day did not find. Found again, the row goes; absent from another complete read a day later, the record is marked as deleted in our file.';

COMMENT ON COLUMN ingest.absent.day IS 'UTC day that our file holds it under; -infinity: without a usable time';

COMMENT ON COLUMN ingest.absent.at IS 'time of the record';

COMMENT ON COLUMN ingest.absent.since IS 'end of the first complete read that lacked it';

COMMENT ON COLUMN ingest.absent.settled_at IS 'when it was found to be deleted or pruned at the source. The row stays: should the file of another day hold the record too, because a run was killed when it moved, that copy goes';

CREATE TABLE ingest.cursor (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    imported_from date NOT NULL,
    imported_all_at timestamp with time zone,
    read_at timestamp with time zone NOT NULL,
    read_week_at timestamp with time zone NOT NULL,
    read_day_at timestamp with time zone,
    full_read_at timestamp with time zone,
    full_started_at timestamp with time zone,
    full_read_from date,
    has_offsets boolean DEFAULT false NOT NULL,
    recent_ids text[] DEFAULT '{}'::text[] NOT NULL,
    pages text[] DEFAULT '{}'::text[] NOT NULL,
    history_at bigint,
    odd_untold smallint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE ingest.cursor IS 'How far each collection is copied. Written in the transaction that stores what was read.';

COMMENT ON COLUMN ingest.cursor.imported_from IS 'first import, which goes backwards: every day from this one on has been copied';

COMMENT ON COLUMN ingest.cursor.imported_all_at IS 'when the site was proven to hold nothing older; null while the first import goes on';

COMMENT ON COLUMN ingest.cursor.read_at IS 'start of the last forward read that ended well';

COMMENT ON COLUMN ingest.cursor.read_week_at IS 'start of the last weekly read, which goes further back, for late and edited records';

COMMENT ON COLUMN ingest.cursor.read_day_at IS 'start of the last daily read; null: none yet';

COMMENT ON COLUMN ingest.cursor.full_read_at IS 'start of the last read of the whole history that reached its end; null: none yet';

COMMENT ON COLUMN ingest.cursor.full_started_at IS 'start of the read of the whole history that is going on; null: none';

COMMENT ON COLUMN ingest.cursor.full_read_from IS 'every day from this one on has been read by it';

COMMENT ON COLUMN ingest.cursor.has_offsets IS 'the site holds times with a local offset, which it sorts by wall clock: its ranges are widened';

COMMENT ON COLUMN ingest.cursor.recent_ids IS 'ids of the newest records: when the site knows none of them any more, it is another site';

COMMENT ON COLUMN ingest.cursor.pages IS 'query and ETag of each page of the last forward read, alternating: sent as If-None-Match when the same is asked again';

COMMENT ON COLUMN ingest.cursor.history_at IS 'API v3: greatest srvModified seen; null: not asked yet';

COMMENT ON COLUMN ingest.cursor.odd_untold IS 'reads in a row in which the site did not tell its records without a usable time; 0: it did the last time. Asked again with each of the next runs, then once a week';

CREATE TABLE ingest.day_digest (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    day date NOT NULL,
    records integer NOT NULL,
    digest bigint NOT NULL,
    ids bytea
);

COMMENT ON TABLE ingest.day_digest IS 'What the site served for a UTC day when it was last read: an equal day needs no file.';

COMMENT ON COLUMN ingest.day_digest.day IS 'UTC; -infinity stands for records without a usable time';

COMMENT ON COLUMN ingest.day_digest.digest IS 'sum, modulo 2^64, of keyed hashes of the day''s records without their volatile fields; independent of order';

COMMENT ON COLUMN ingest.day_digest.ids IS 'sorted 8-byte hashes of the record ids in the day''s file: when the site still serves them all, the file is rewritten without reading it back; null: unknown';

CREATE TABLE ingest.day_part (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    day date NOT NULL,
    local_day date NOT NULL,
    source integer,
    copied integer NOT NULL,
    bands integer[],
    glucose smallint[],
    readings smallint[],
    quarters smallint[],
    CONSTRAINT day_part_quarters_check CHECK ((cardinality(quarters) = 96))
);

COMMENT ON TABLE ingest.day_part IS 'What a UTC day holds of a local day; the view ingest.day_summary adds the parts up. Made for everybody, also those who share nothing. Writer: nightscout-ingester. Reader: the participant''s own report.';

COMMENT ON COLUMN ingest.day_part.local_day IS 'day on the participant''s clock: the zone of their profile, else the offset of the record, else UTC';

COMMENT ON COLUMN ingest.day_part.source IS 'records that the site served when the day was last read; null: not read since the file was taken over';

COMMENT ON COLUMN ingest.day_part.copied IS 'records in our file on Open Humans, without those marked as deleted';

COMMENT ON COLUMN ingest.day_part.bands IS 'entries: readings below 54, 54 to 69, 70 to 180, 181 to 250, above 250 mg/dL';

COMMENT ON COLUMN ingest.day_part.glucose IS 'entries: the values that occur, mg/dL, ascending; readings tells how often each';

COMMENT ON COLUMN ingest.day_part.quarters IS 'entries: mean of the readings in each quarter of an hour of the local day, from midnight, mg/dL; null where there is none. Filled where a day is read anew';

CREATE VIEW ingest.day_summary AS
 SELECT day_part.participant_id,
    day_part.collection,
    day_part.local_day AS day,
    (sum(day_part.source))::integer AS source,
    (sum(day_part.copied))::integer AS copied,
    (sum(day_part.bands[1]))::integer AS very_low,
    (sum(day_part.bands[2]))::integer AS low,
    (sum(day_part.bands[3]))::integer AS in_range,
    (sum(day_part.bands[4]))::integer AS high,
    (sum(day_part.bands[5]))::integer AS very_high
   FROM ingest.day_part
  GROUP BY day_part.participant_id, day_part.collection, day_part.local_day;

COMMENT ON VIEW ingest.day_summary IS 'Coverage per participant, collection and local day: records at the source and on Open Humans; of entries also how many readings lie in each band. Percentiles come from ingest.day_part.';

CREATE TABLE ingest.day_to_read (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    day date NOT NULL
);

COMMENT ON TABLE ingest.day_to_read IS 'Days in which API v3 reported a change: they are read with the next run, days of closed months with the next daily one.';

CREATE TABLE ingest.file (
    file_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    period text NOT NULL,
    revision integer NOT NULL,
    state text NOT NULL,
    fence bigint NOT NULL,
    open_humans_id bigint,
    bytes bigint NOT NULL,
    sha256 bytea NOT NULL,
    md5 bytea NOT NULL,
    records integer NOT NULL,
    first_at timestamp with time zone,
    last_at timestamp with time zone,
    planned_at timestamp with time zone DEFAULT now() NOT NULL,
    current_at timestamp with time zone,
    missing_since timestamp with time zone,
    closed_at timestamp with time zone,
    CONSTRAINT file_state_check CHECK ((state = ANY (ARRAY['planned'::text, 'started'::text, 'put'::text, 'completed'::text, 'current'::text, 'superseded'::text, 'deleted'::text, 'abandoned'::text, 'removed'::text])))
);

COMMENT ON TABLE ingest.file IS 'Every file written to Open Humans, ahead of writing it: a restart goes on from the state. Writer: nightscout-ingester. Reader: open-humans-etl.';

COMMENT ON COLUMN ingest.file.period IS 'yyyy-mm-dd (UTC day), yyyy-mm (month), or undated';

COMMENT ON COLUMN ingest.file.state IS 'planned -> started (Open Humans gave an id) -> put (bytes there, checked) -> completed (size checked) -> current -> superseded -> deleted; abandoned: given up; when it is listed all the same it is taken over, unless its sha256 is empty: then it stays where it is; removed: the participant deleted it, it is not written again';

COMMENT ON COLUMN ingest.file.sha256 IS 'of the bytes as we wrote them; empty: those in the account are not ours, but taken over or damaged';

COMMENT ON COLUMN ingest.file.missing_since IS 'first complete listing that lacked the current file; lacking it again an hour later, it counts as removed by the participant';

ALTER TABLE ingest.file ALTER COLUMN file_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ingest.file_file_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE ingest.month_pages (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    month text NOT NULL,
    pages text[] NOT NULL
);

COMMENT ON TABLE ingest.month_pages IS 'Query and ETag of each page of a month, as the quarterly read saw it last: a month that is as before costs no bytes.';

CREATE TABLE ingest.odd_record (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    record_id text NOT NULL,
    day date NOT NULL,
    hash bigint NOT NULL
);

COMMENT ON TABLE ingest.odd_record IS 'Records in our files that no range of the site finds, because their time is missing or of another type: they are asked for by themselves and belong to no day''s digest.';

CREATE TABLE ingest.participant (
    participant_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    site bytea,
    listed_at timestamp with time zone,
    seen_change_at timestamp with time zone,
    outcome text DEFAULT 'waiting'::text NOT NULL,
    failed_since timestamp with time zone,
    succeeded_at timestamp with time zone,
    failures integer DEFAULT 0 NOT NULL,
    history_from date DEFAULT '-infinity'::date NOT NULL,
    zone text,
    night date DEFAULT '-infinity'::date NOT NULL,
    night_pages integer DEFAULT 0 NOT NULL,
    site_key bigint,
    refused text[] DEFAULT '{}'::text[] NOT NULL,
    refused_at timestamp with time zone,
    clock_skew_seconds integer,
    clock_seen_at timestamp with time zone
);

COMMENT ON TABLE ingest.participant IS 'The queue of participants whose Nightscout is copied, and how the last run went. Writer: nightscout-ingester.';

COMMENT ON COLUMN ingest.participant.lease_until IS 'on the database''s clock; after it another replica may take over';

COMMENT ON COLUMN ingest.participant.fence IS 'grows with every claim: a commit or an upload under an older number is refused, so a paused replica cannot come back';

COMMENT ON COLUMN ingest.participant.site IS 'address read from the participant''s Open Humans account, sealed; read again there at least once a day';

COMMENT ON COLUMN ingest.participant.listed_at IS 'when the participant''s files on Open Humans were last listed completely';

COMMENT ON COLUMN ingest.participant.seen_change_at IS 'register.participant.changed_at as the last run saw it: a later one makes the participant due at once';

COMMENT ON COLUMN ingest.participant.outcome IS 'cause of the last run''s end: success, or what has to happen next';

COMMENT ON COLUMN ingest.participant.failed_since IS 'start of the current row of failures; null after a success';

COMMENT ON COLUMN ingest.participant.failures IS 'runs in a row that failed: the pause before the next grows with it';

COMMENT ON COLUMN ingest.participant.history_from IS 'first day on which this site was read; our records of days before it came from another site, so that one absent here was not deleted here';

COMMENT ON COLUMN ingest.participant.zone IS 'time zone (IANA) of the newest profile: days of summaries and nights are local; null: not known';

COMMENT ON COLUMN ingest.participant.night IS 'local day of the night that night_pages counts';

COMMENT ON COLUMN ingest.participant.night_pages IS 'pages read this night by the quarterly read';

COMMENT ON COLUMN ingest.participant.site_key IS 'hash of the site in hand: while the lease lasts no other participant''s run reads the same site';

COMMENT ON COLUMN ingest.participant.refused IS 'collections that the site does not let us read, and v3 where its API v3 does not: not asked for again for a day (v3: until the participant changes something)';

COMMENT ON COLUMN ingest.participant.refused_at IS 'when they were refused last';

COMMENT ON COLUMN ingest.participant.clock_skew_seconds IS 's; by how much the clock of the site was ahead of ours at the last run that reached it; negative: behind; null: it did not tell';

COMMENT ON COLUMN ingest.participant.clock_seen_at IS 'when that was';

CREATE TABLE ingest.run (
    run_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone NOT NULL,
    outcome text NOT NULL,
    records_read bigint NOT NULL,
    files_written integer NOT NULL,
    bytes_up bigint NOT NULL,
    bytes_down bigint NOT NULL,
    due_at timestamp with time zone,
    requests integer DEFAULT 0 NOT NULL,
    site_bytes bigint DEFAULT 0 NOT NULL,
    problem text
);

COMMENT ON TABLE ingest.run IS 'One row per participant and run. Writer: nightscout-ingester.';

COMMENT ON COLUMN ingest.run.bytes_up IS 'bytes sent to Open Humans';

COMMENT ON COLUMN ingest.run.bytes_down IS 'bytes read from Open Humans';

COMMENT ON COLUMN ingest.run.due_at IS 'when the next run was due as this one ended';

COMMENT ON COLUMN ingest.run.requests IS 'requests to the site';

COMMENT ON COLUMN ingest.run.site_bytes IS 'bytes read from the site, decoded';

COMMENT ON COLUMN ingest.run.problem IS 'what failed, in words without address, token or content; null after a success';

ALTER TABLE ingest.run ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME ingest.run_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE openaps.aid_cycle (
    participant_id bigint NOT NULL,
    device_status_id text NOT NULL,
    controller text NOT NULL,
    controller_version text,
    suggested boolean NOT NULL,
    enacted boolean NOT NULL,
    enacted_at timestamp with time zone,
    iob numeric,
    iob_source text,
    cob numeric,
    cob_source text,
    eventual_bg numeric,
    target numeric,
    isf numeric,
    cr numeric,
    dev numeric,
    bgi numeric,
    min_pred_bg numeric,
    min_guard_bg numeric,
    reason_unit text,
    reason_unit_evidence text,
    insulin_req numeric,
    sensitivity_ratio numeric,
    temp_basal_rate numeric,
    temp_basal_duration numeric,
    smb numeric,
    bolus_volume numeric,
    override_active boolean,
    override_multiplier numeric,
    failure text,
    reservoir numeric,
    max_iob numeric,
    max_cob numeric,
    autosens_min numeric,
    autosens_max numeric,
    max_smb_basal_minutes numeric,
    max_uam_smb_basal_minutes numeric,
    enable_uam boolean,
    enable_smb_always boolean,
    enable_smb_with_cob boolean,
    enable_smb_after_carbs boolean,
    dynamic_isf boolean,
    adjustment_factor numeric,
    insulin_curve text,
    created_at timestamp with time zone,
    period text NOT NULL,
    content_hash bigint NOT NULL,
    CONSTRAINT aid_cycle_controller_check CHECK ((controller = ANY (ARRAY['openaps'::text, 'aaps'::text, 'loop'::text, 'trio'::text])))
);
ALTER TABLE ONLY openaps.aid_cycle ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.aid_cycle IS 'What an automated insulin delivery (AID) system reported of a cycle: one row per device_status that holds a controller''s record. Writer: open-humans-etl. Readers: open-humans-etl (aid_day), researchers.';

COMMENT ON COLUMN openaps.aid_cycle.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.aid_cycle.device_status_id IS 'id of the device_status; exports carry a code instead';

COMMENT ON COLUMN openaps.aid_cycle.controller IS 'openaps (oref0 on a rig), aaps (AndroidAPS), loop, or trio (also iAPS and FreeAPS X), by the device''s name and by fields that only one of them writes';

COMMENT ON COLUMN openaps.aid_cycle.controller_version IS 'version of the controller, null when it reports none';

COMMENT ON COLUMN openaps.aid_cycle.suggested IS 'the record holds a recommendation or a prediction';

COMMENT ON COLUMN openaps.aid_cycle.enacted IS 'the pump has taken what was recommended (enacted.received)';

COMMENT ON COLUMN openaps.aid_cycle.enacted_at IS 'when, UTC, as the controller says; rigs repeat what was enacted in later records';

COMMENT ON COLUMN openaps.aid_cycle.iob IS 'insulin on board as reported; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.iob_source IS 'field of the record that iob is from';

COMMENT ON COLUMN openaps.aid_cycle.cob IS 'carbs on board as reported; unit: g';

COMMENT ON COLUMN openaps.aid_cycle.cob_source IS 'field of the record that cob is from';

COMMENT ON COLUMN openaps.aid_cycle.eventual_bg IS 'where the controller expects glucose to end; of Loop the last predicted value; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.target IS 'glucose target; null when the unit of the reason is not known; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.isf IS 'insulin sensitivity factor in use; null when the unit of the reason is not known; unit: mg/dL per U';

COMMENT ON COLUMN openaps.aid_cycle.cr IS 'carb ratio in use; unit: g/U';

COMMENT ON COLUMN openaps.aid_cycle.dev IS 'deviation of glucose from what insulin explains, over 30 minutes; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.bgi IS 'expected change of glucose by insulin in 5 minutes; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.min_pred_bg IS 'lowest predicted glucose that counts for dosing; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.min_guard_bg IS 'lowest predicted glucose that counts for safety; unit: mg/dL';

COMMENT ON COLUMN openaps.aid_cycle.reason_unit IS 'unit in which the reason was written: mg/dL or mmol/L; null when it does not tell';

COMMENT ON COLUMN openaps.aid_cycle.reason_unit_evidence IS 'how the unit is known: eventual BG (the reason against the record''s own field) or range (predictions and target fit one unit only)';

COMMENT ON COLUMN openaps.aid_cycle.insulin_req IS 'insulin required; negative: too much on board; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.sensitivity_ratio IS 'autosens: 1 is the profile''s sensitivity, above 1 more insulin';

COMMENT ON COLUMN openaps.aid_cycle.temp_basal_rate IS 'enacted temporary basal; null when nothing was enacted; unit: U/h';

COMMENT ON COLUMN openaps.aid_cycle.temp_basal_duration IS 'of the enacted temporary basal; unit: minutes';

COMMENT ON COLUMN openaps.aid_cycle.smb IS 'enacted super micro bolus; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.bolus_volume IS 'automatic bolus that Loop enacted; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.override_active IS 'a temporary override was in force (Loop)';

COMMENT ON COLUMN openaps.aid_cycle.override_multiplier IS 'of the override: insulin needs, 1 is usual';

COMMENT ON COLUMN openaps.aid_cycle.failure IS 'name of Loop''s error when it is a known one';

COMMENT ON COLUMN openaps.aid_cycle.reservoir IS 'insulin left in the pump; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.max_iob IS 'oref0 setting: most insulin on board; null where settings are not uploaded; unit: U';

COMMENT ON COLUMN openaps.aid_cycle.max_cob IS 'oref0 setting: most carbs on board; unit: g';

COMMENT ON COLUMN openaps.aid_cycle.autosens_min IS 'oref0 setting: lowest sensitivity ratio';

COMMENT ON COLUMN openaps.aid_cycle.autosens_max IS 'oref0 setting: highest sensitivity ratio';

COMMENT ON COLUMN openaps.aid_cycle.max_smb_basal_minutes IS 'oref0 setting: an SMB is at most the basal of so long; unit: minutes';

COMMENT ON COLUMN openaps.aid_cycle.max_uam_smb_basal_minutes IS 'oref0 setting: the same for unannounced meals; unit: minutes';

COMMENT ON COLUMN openaps.aid_cycle.enable_uam IS 'oref0 setting: detection of unannounced meals';

COMMENT ON COLUMN openaps.aid_cycle.enable_smb_always IS 'oref0 setting: super micro boluses at any time';

COMMENT ON COLUMN openaps.aid_cycle.enable_smb_with_cob IS 'oref0 setting: super micro boluses while carbs are on board';

COMMENT ON COLUMN openaps.aid_cycle.enable_smb_after_carbs IS 'oref0 setting: super micro boluses for six hours after carbs';

COMMENT ON COLUMN openaps.aid_cycle.dynamic_isf IS 'setting of Trio and iAPS (useNewFormula): ISF that changes with glucose';

COMMENT ON COLUMN openaps.aid_cycle.adjustment_factor IS 'setting of Trio and iAPS for dynamic ISF, ratio';

COMMENT ON COLUMN openaps.aid_cycle.insulin_curve IS 'oref0 setting: model of insulin action';

COMMENT ON COLUMN openaps.aid_cycle.created_at IS 'that of the device_status, UTC';

COMMENT ON COLUMN openaps.aid_cycle.period IS 'period of the file the row is from';

COMMENT ON COLUMN openaps.aid_cycle.content_hash IS 'of the record as the warehouse keeps it';

CREATE TABLE openaps.demographics_load (
    google_sheets_source text NOT NULL,
    read_at timestamp with time zone NOT NULL,
    rows_read integer NOT NULL,
    rows_matched integer NOT NULL,
    dropped jsonb NOT NULL,
    CONSTRAINT demographics_load_google_sheets_source_check CHECK ((google_sheets_source = ANY (ARRAY['openaps'::text, 'nightscout'::text])))
);

COMMENT ON TABLE openaps.demographics_load IS 'The last complete read of each survey. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.demographics_load.read_at IS 'when it ended; the next is due a day later';

COMMENT ON COLUMN openaps.demographics_load.rows_read IS 'rows of the survey, without its headings';

COMMENT ON COLUMN openaps.demographics_load.rows_matched IS 'of them the ones of participants who share something';

COMMENT ON COLUMN openaps.demographics_load.dropped IS 'how many rows or values were left out, by reason; no values';

CREATE TABLE openaps.device_status (
    seq_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    id text NOT NULL,
    device text,
    pump_id text,
    pump_bolusing boolean,
    pump_suspended boolean,
    pump_model text,
    loop_cob numeric,
    loop_iob numeric,
    loop_version text,
    loop_failure_reason text,
    snooze text,
    override_active boolean,
    created_at timestamp with time zone,
    period text NOT NULL,
    content_hash bigint NOT NULL,
    utc_offset bigint
);
ALTER TABLE ONLY openaps.device_status ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.device_status IS 'What loops, pumps and uploaders reported of themselves: one row per Nightscout devicestatus. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.device_status.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.device_status.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.device_status.device IS 'recognised family and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.device_status.pump_id IS 'stable pseudonym of the pump''s id';

COMMENT ON COLUMN openaps.device_status.pump_bolusing IS 'the pump was delivering a bolus';

COMMENT ON COLUMN openaps.device_status.pump_suspended IS 'delivery was suspended';

COMMENT ON COLUMN openaps.device_status.pump_model IS 'model of the pump when it is a known one, else null';

COMMENT ON COLUMN openaps.device_status.loop_cob IS 'carbs on board as Loop reported them; limits: -1 to 1000; unit: g';

COMMENT ON COLUMN openaps.device_status.loop_iob IS 'insulin on board as Loop reported it; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status.loop_version IS 'version of Loop';

COMMENT ON COLUMN openaps.device_status.loop_failure_reason IS 'name of Loop''s error when it is a known one, else null';

COMMENT ON COLUMN openaps.device_status.snooze IS 'which alarm was snoozed, as sent';

COMMENT ON COLUMN openaps.device_status.override_active IS 'a temporary override was in force (Loop)';

COMMENT ON COLUMN openaps.device_status.created_at IS 'when the report was made, UTC; limits: 2000 to 2039';

COMMENT ON COLUMN openaps.device_status.utc_offset IS 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; limits: -720 to 840; unit: minutes';

CREATE TABLE openaps.device_status_metrics (
    seq_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    device_status_id text NOT NULL,
    iob_iob numeric,
    iob_activity numeric,
    iob_basal_iob numeric,
    iob_bolus_iob numeric,
    iob_net_basal_insulin numeric,
    iob_bolus_insulin numeric,
    iob_timestamp timestamp with time zone,
    suggested_temp text,
    suggested_bg numeric,
    suggested_tick text,
    suggested_eventual_bg numeric,
    suggested_insulin_req numeric,
    suggested_reservoir numeric,
    suggested_cob numeric,
    suggested_iob numeric,
    enacted_temp text,
    enacted_bg numeric,
    enacted_tick text,
    enacted_eventual_bg numeric,
    enacted_insulin_req numeric,
    enacted_reservoir text,
    enacted_cob numeric,
    enacted_iob numeric,
    enacted_duration numeric,
    enacted_rate numeric,
    enacted_timestamp timestamp with time zone,
    created_at timestamp with time zone,
    period text NOT NULL,
    content_hash bigint NOT NULL
);
ALTER TABLE ONLY openaps.device_status_metrics ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.device_status_metrics IS 'What an oref0 based loop (OpenAPS, AAPS, Trio) calculated: one row per device_status that holds "openaps". Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.device_status_metrics.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.device_status_metrics.device_status_id IS 'id of the device_status; exports carry a code instead';

COMMENT ON COLUMN openaps.device_status_metrics.iob_iob IS 'insulin on board; the first element where iob is a list; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.iob_activity IS 'insulin activity: what acts each minute; unit: U/minute';

COMMENT ON COLUMN openaps.device_status_metrics.iob_basal_iob IS 'insulin on board by basal that differs from the schedule; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.iob_bolus_iob IS 'insulin on board by boluses; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.iob_net_basal_insulin IS 'basal of the duration of insulin action that differs from the schedule; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.iob_bolus_insulin IS 'insulin of the boluses of the duration of insulin action; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.iob_timestamp IS 'when insulin on board was worked out, UTC';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_temp IS 'kind of temporary basal: absolute or percent';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_bg IS 'glucose the calculation began with; limits: 0 to 1000; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_tick IS 'change of glucose since the reading before, as sent: +5; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_eventual_bg IS 'where glucose is expected to end; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_insulin_req IS 'insulin required; negative: too much on board; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_reservoir IS 'insulin left in the pump, as sent; limits: 0 to 1000; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_cob IS 'carbs on board; limits: -1 to 1000; unit: g';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_iob IS 'insulin on board; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_temp IS 'kind of temporary basal: absolute or percent';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_bg IS 'glucose the calculation began with; limits: 0 to 1000; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_tick IS 'change of glucose since the reading before, as sent: +5; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_eventual_bg IS 'where glucose is expected to end; unit: mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_insulin_req IS 'insulin required; negative: too much on board; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_reservoir IS 'insulin left in the pump, as sent; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_cob IS 'carbs on board; limits: -1 to 1000; unit: g';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_iob IS 'insulin on board; limits: -300 to 300; unit: U';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_duration IS 'of the enacted temporary basal; limits: 0 to 1440; unit: minutes';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_rate IS 'enacted temporary basal; limits: 0 to 100; unit: U/h';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_timestamp IS 'when it was enacted, UTC; rigs repeat what was enacted in later records';

COMMENT ON COLUMN openaps.device_status_metrics.created_at IS 'that of the device_status, UTC';

ALTER TABLE openaps.device_status_metrics ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.device_status_metrics_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

ALTER TABLE openaps.device_status ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.device_status_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE openaps.dirty_day (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    day date NOT NULL
);

COMMENT ON TABLE openaps.dirty_day IS 'Queue: UTC days of which records were added, changed or removed since their summaries were made. Writer: open-humans-etl, in the transaction that changes the records; taken in the transaction that makes the summaries.';

COMMENT ON COLUMN openaps.dirty_day.participant_id IS 'random number that stands for the participant';

COMMENT ON COLUMN openaps.dirty_day.collection IS 'entries, treatments, devicestatus or profile';

COMMENT ON COLUMN openaps.dirty_day.day IS 'UTC; -infinity stands for records without a usable time';

CREATE TABLE openaps.duplicate_entry (
    participant_id bigint NOT NULL,
    id text NOT NULL,
    canonical_id text NOT NULL,
    day date NOT NULL
);

COMMENT ON TABLE openaps.duplicate_entry IS 'Entries that repeat what another uploader sent: same type, within 150 s, value within 1 mg/dL, another device. All rows stay in openaps.entries; those not here are canonical. The one stands whose device has more records on its local day; ties go to the first device by name, then the earlier time, then the lower id. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.duplicate_entry.participant_id IS 'random number that stands for the participant';

COMMENT ON COLUMN openaps.duplicate_entry.id IS 'openaps.entries.id of the entry that is left out of summaries';

COMMENT ON COLUMN openaps.duplicate_entry.canonical_id IS 'openaps.entries.id of the entry that stands for it';

COMMENT ON COLUMN openaps.duplicate_entry.day IS 'local day of the entry';

CREATE TABLE openaps.entries (
    seq_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    id text NOT NULL,
    sgv numeric,
    direction text,
    device text,
    type text,
    rssi numeric,
    rawbg numeric,
    trend text,
    glucose numeric,
    mbg numeric,
    delta numeric,
    filtered numeric,
    unfiltered numeric,
    noise numeric,
    scale numeric,
    slope numeric,
    intercept numeric,
    system_time text,
    date timestamp with time zone,
    date_string text,
    period text NOT NULL,
    content_hash bigint NOT NULL,
    utc_offset bigint
);
ALTER TABLE ONLY openaps.entries ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.entries IS 'CGM readings, finger sticks and calibrations: one row per Nightscout entry. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.entries.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.entries.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.entries.sgv IS 'sensor glucose, whatever unit the site displays; 1 to 12 are Dexcom error codes, 39 and 401 usually mean LOW and HIGH; limits: 0 to 1000; unit: mg/dL';

COMMENT ON COLUMN openaps.entries.direction IS 'trend arrow by name, as sent';

COMMENT ON COLUMN openaps.entries.device IS 'recognised family of the uploader and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.entries.type IS 'sgv, mbg, cal or what the uploader sent';

COMMENT ON COLUMN openaps.entries.rssi IS 'radio signal strength, as sent';

COMMENT ON COLUMN openaps.entries.rawbg IS 'glucose that the uploader worked out of the raw sensor signal; unit: mg/dL';

COMMENT ON COLUMN openaps.entries.trend IS 'trend as number or text (trend, else trend_arrow)';

COMMENT ON COLUMN openaps.entries.glucose IS 'repeats sgv where an uploader sends both; limits: 0 to 1000; unit: mg/dL or mmol/L';

COMMENT ON COLUMN openaps.entries.mbg IS 'meter glucose (finger stick); limits: 0 to 1000; unit: mg/dL';

COMMENT ON COLUMN openaps.entries.delta IS 'change since the reading before; limits: -1000 to 1000; unit: mg/dL';

COMMENT ON COLUMN openaps.entries.filtered IS 'raw sensor signal, smoothed by the sensor; as sent';

COMMENT ON COLUMN openaps.entries.unfiltered IS 'raw sensor signal; as sent';

COMMENT ON COLUMN openaps.entries.noise IS '0 to 5, as sent; text such as "Clean" is left out';

COMMENT ON COLUMN openaps.entries.scale IS 'of a calibration: factor of the raw signal';

COMMENT ON COLUMN openaps.entries.slope IS 'of a calibration: raw signal per glucose';

COMMENT ON COLUMN openaps.entries.intercept IS 'of a calibration: raw signal at no glucose';

COMMENT ON COLUMN openaps.entries.system_time IS 'when it was uploaded, as the uploader wrote it, in any zone';

COMMENT ON COLUMN openaps.entries.date IS 'time of the reading, UTC; limits: 2000 to 2039';

COMMENT ON COLUMN openaps.entries.date_string IS 'the time as the uploader wrote it; local offsets are possible';

COMMENT ON COLUMN openaps.entries.utc_offset IS 'how far local time is ahead of UTC, as sent; Loop sends 0 wherever it is, so this is evidence and no answer: openaps.utc_offset_timeline is; limits: -720 to 840; unit: minutes';

ALTER TABLE openaps.entries ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.entries_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE openaps.load_run (
    run_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    outcome text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone DEFAULT now() NOT NULL,
    files integer NOT NULL,
    lines_read bigint NOT NULL,
    rows_loaded bigint NOT NULL,
    rows_unchanged bigint NOT NULL,
    rows_quarantined bigint NOT NULL
);

COMMENT ON TABLE openaps.load_run IS 'Loads of the last 30 days with what they did. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.load_run.files IS 'files read; of most loads none is new';

COMMENT ON COLUMN openaps.load_run.rows_quarantined IS 'lines that could not be read, and were left out';

ALTER TABLE openaps.load_run ALTER COLUMN run_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.load_run_run_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE openaps.load_state (
    participant_id bigint NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    listed_at timestamp with time zone,
    seen_file_id bigint DEFAULT 0 NOT NULL,
    seen_change_at timestamp with time zone,
    consent_file_key text,
    consent_missing_since timestamp with time zone,
    outcome text DEFAULT 'waiting'::text NOT NULL,
    failed_since timestamp with time zone,
    succeeded_at timestamp with time zone,
    withdrawn_consent_id bigint DEFAULT 0 NOT NULL
);

COMMENT ON TABLE openaps.load_state IS 'The queue of participants whose files are loaded, and how the last load went. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.load_state.seen_file_id IS 'newest ingest.file.file_id the last listing came after';

COMMENT ON COLUMN openaps.load_state.consent_file_key IS 'Open Humans'' id of the consent file that was read last';

COMMENT ON COLUMN openaps.load_state.consent_missing_since IS 'first complete listing without a consent file: hidden at once, rows deleted a day later';

COMMENT ON COLUMN openaps.load_state.withdrawn_consent_id IS 'entry of the consent ledger after which all rows were removed last; 0: never';

CREATE TABLE openaps.loaded_file (
    participant_id bigint NOT NULL,
    file_key text NOT NULL,
    loader_version integer NOT NULL,
    collection text NOT NULL,
    period text NOT NULL,
    revision bigint NOT NULL,
    written_at timestamp with time zone NOT NULL,
    lines_done bigint DEFAULT 0 NOT NULL,
    rows_loaded bigint DEFAULT 0 NOT NULL,
    rows_unchanged bigint DEFAULT 0 NOT NULL,
    rows_repeated bigint DEFAULT 0 NOT NULL,
    rows_quarantined bigint DEFAULT 0 NOT NULL,
    rows_deleted bigint DEFAULT 0 NOT NULL,
    started_at timestamp with time zone DEFAULT now() NOT NULL,
    completed_at timestamp with time zone,
    source_stamp text
);

COMMENT ON TABLE openaps.loaded_file IS 'Ledger of loads: a file is loaded once per loader version. Written in the transactions that load its rows. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.loaded_file.file_key IS 'oh:<id> (file of that id on Open Humans) or dir:<file name>:<sha256 of its content>';

COMMENT ON COLUMN openaps.loaded_file.lines_done IS 'lines committed so far; a killed load goes on after them';

COMMENT ON COLUMN openaps.loaded_file.rows_repeated IS 'lines whose record stands again further down in the same file: the last one counts';

COMMENT ON COLUMN openaps.loaded_file.rows_deleted IS 'lines whose record was deleted at the source (isValid false)';

COMMENT ON COLUMN openaps.loaded_file.source_stamp IS 'of a file in a directory (dir:…): its size in bytes and the time of its last change in ticks, as they were when it was loaded; a file that has both still is not read again';

CREATE TABLE openaps.loaded_period (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    period text NOT NULL,
    file_key text NOT NULL,
    loader_version integer NOT NULL,
    revision bigint NOT NULL,
    written_at timestamp with time zone NOT NULL,
    sha256 bytea NOT NULL,
    rows bigint NOT NULL,
    loaded_at timestamp with time zone DEFAULT now() NOT NULL,
    missing_since timestamp with time zone
);

COMMENT ON TABLE openaps.loaded_period IS 'What each period of a participant''s collection was last loaded from. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.loaded_period.period IS 'yyyy-mm-dd, yyyy-mm, undated, or whole (a whole-history file of the system this one replaces)';

COMMENT ON COLUMN openaps.loaded_period.revision IS 'of the period''s file; a lower one is refused';

COMMENT ON COLUMN openaps.loaded_period.sha256 IS 'of the file''s content as stored';

COMMENT ON COLUMN openaps.loaded_period.rows IS 'records the file held when it was loaded';

COMMENT ON COLUMN openaps.loaded_period.missing_since IS 'first complete listing that lacked the file; lacking it again an hour later, its rows go';

CREATE VIEW openaps.loop_typ_reference AS
 SELECT aid_day.participant_id,
    aid_day.local_day AS device_date,
    (aid_day.loop_type || ' loop'::text) AS loop_type
   FROM openaps.aid_day
  WHERE (aid_day.loop_type = ANY (ARRAY['closed'::text, 'open'::text]));

COMMENT ON VIEW openaps.loop_typ_reference IS 'Loop type per participant and local day: closed loop or open loop; days without a controller record are absent.';

CREATE TABLE openaps.mmol_day (
    participant_id bigint NOT NULL,
    day date NOT NULL,
    device text NOT NULL,
    readings integer NOT NULL,
    with_decimals integer NOT NULL,
    CONSTRAINT mmol_day_readings_check CHECK ((readings > 0)),
    CONSTRAINT mmol_day_with_decimals_check CHECK ((with_decimals > 0))
);

COMMENT ON TABLE openaps.mmol_day IS 'Days on which what a device or uploader sent as sgv or mbg is mmol/L, against Nightscout''s rule that entries are in mg/dL. Evidence: of the day''s readings none is above 33.3, and at least half have decimals; error codes (1 to 12) have none, and no sensor reports that little in mg/dL. Writer: open-humans-etl, with the summaries of the day. Readers: the summaries, which count these readings as mg/dL; researchers, through research.';

COMMENT ON COLUMN openaps.mmol_day.day IS 'UTC';

COMMENT ON COLUMN openaps.mmol_day.device IS 'as openaps.entries.device; empty: none';

COMMENT ON COLUMN openaps.mmol_day.readings IS 'readings above 0 that the day has of the device';

COMMENT ON COLUMN openaps.mmol_day.with_decimals IS 'how many of them have decimals';

CREATE TABLE openaps.observed_field (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    path text NOT NULL,
    types smallint NOT NULL,
    records bigint NOT NULL
);

COMMENT ON TABLE openaps.observed_field IS 'openaps.observed_part added up by participant, in the transaction that completes or removes a period. Writer: open-humans-etl. Readers: researchers, as numbers of participants, through research.observed_field.';

COMMENT ON COLUMN openaps.observed_field.participant_id IS 'register.participant';

COMMENT ON COLUMN openaps.observed_field.collection IS 'entries, treatments, devicestatus or profile';

COMMENT ON COLUMN openaps.observed_field.path IS 'as an element of openaps.observed_part.paths';

COMMENT ON COLUMN openaps.observed_field.types IS 'as an element of openaps.observed_part.types';

COMMENT ON COLUMN openaps.observed_field.records IS 'of all periods: as an element of openaps.observed_part.records';

CREATE TABLE openaps.observed_part (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    period text NOT NULL,
    part integer NOT NULL,
    paths text[] NOT NULL,
    types smallint[] NOT NULL,
    records integer[] NOT NULL,
    CONSTRAINT observed_part_check CHECK (((cardinality(types) = cardinality(paths)) AND (cardinality(records) = cardinality(paths))))
);

COMMENT ON TABLE openaps.observed_part IS 'Which fields the lines of a raw segment hold; made, replaced and removed with it. The three arrays go together. Writer and reader: open-humans-etl.';

COMMENT ON COLUMN openaps.observed_part.participant_id IS 'register.participant';

COMMENT ON COLUMN openaps.observed_part.collection IS 'entries, treatments, devicestatus or profile';

COMMENT ON COLUMN openaps.observed_part.period IS 'as openaps.raw_segment.period';

COMMENT ON COLUMN openaps.observed_part.part IS 'as openaps.raw_segment.part';

COMMENT ON COLUMN openaps.observed_part.paths IS 'dotted, only of the allow-list: * stands for names that participants chose, an array for its elements, empty for the record itself';

COMMENT ON COLUMN openaps.observed_part.types IS 'JSON types that were kept there, added up: 1 object, 2 array, 4 text, 8 number, 16 true or false, 32 null';

COMMENT ON COLUMN openaps.observed_part.records IS 'records that hold something other than null there; one that the file holds twice counts twice';

CREATE TABLE openaps.profile (
    seq_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    id text NOT NULL,
    default_profile text,
    mills bigint,
    units text,
    start_date timestamp with time zone,
    created_at timestamp with time zone,
    period text NOT NULL,
    content_hash bigint NOT NULL
);
ALTER TABLE ONLY openaps.profile ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.profile IS 'Therapy profiles (schedules are in the raw segments): one row per Nightscout profile document. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.profile.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.profile.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.profile.default_profile IS 'stable pseudonym of the name the participant gave to the profile';

COMMENT ON COLUMN openaps.profile.mills IS 'start of the profile in Unix milliseconds, as sent; unit: ms';

COMMENT ON COLUMN openaps.profile.units IS 'unit of the profile''s glucose values: mg/dl or mmol';

COMMENT ON COLUMN openaps.profile.start_date IS 'from when it was in force, UTC';

COMMENT ON COLUMN openaps.profile.created_at IS 'when the document was made, UTC; start_date where it does not say';

ALTER TABLE openaps.profile ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.profile_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE openaps.profile_zone (
    participant_id bigint NOT NULL,
    since timestamp with time zone NOT NULL,
    zone text NOT NULL
);

COMMENT ON TABLE openaps.profile_zone IS 'Time zones of a participant''s profiles: those of the default profile of each document, where they change. Made anew when a profile changes. Writer and reader: open-humans-etl.';

COMMENT ON COLUMN openaps.profile_zone.participant_id IS 'random number that stands for the participant';

COMMENT ON COLUMN openaps.profile_zone.since IS 'from when it is in force, UTC; -infinity: the profile''s start is before 2005, as clocks that were reset write it';

COMMENT ON COLUMN openaps.profile_zone.zone IS 'name in the tz database; Etc/GMT+8 is UTC-8';

CREATE TABLE openaps.quarantine (
    participant_id bigint NOT NULL,
    file_key text NOT NULL,
    collection text NOT NULL,
    line bigint NOT NULL,
    field text DEFAULT ''::text NOT NULL,
    reason text NOT NULL,
    occurrences bigint DEFAULT 1 NOT NULL,
    found_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE openaps.quarantine IS 'What could not be read or cannot be, and why. The line itself stays where it is, in the participant''s file. All reasons: docs/deidentification.md. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.quarantine.file_key IS 'as in openaps.loaded_file; day:yyyy-mm-dd: found among the entries or profile switches of that UTC day, of whatever files, when summaries were made';

COMMENT ON COLUMN openaps.quarantine.line IS 'counted from 1 in the file, of therapy settings in the raw segment; of a field the first line it was found on; 0: found among the rows of a day';

COMMENT ON COLUMN openaps.quarantine.field IS 'empty: the whole line was left out; else only this field, and the record was loaded without it (unit not certain: without a value in mg/dL)';

COMMENT ON COLUMN openaps.quarantine.occurrences IS 'lines of the file, or rows of the day, with this field and reason';

CREATE TABLE openaps.raw_segment (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    period text NOT NULL,
    part integer NOT NULL,
    lines integer NOT NULL,
    sha256 bytea NOT NULL,
    data bytea NOT NULL,
    file_key text NOT NULL,
    loader_version integer NOT NULL
);
ALTER TABLE ONLY openaps.raw_segment ALTER COLUMN data SET STORAGE EXTERNAL;

COMMENT ON TABLE openaps.raw_segment IS 'De-identified records as NDJSON, gzipped; the parts of a period joined are one gzip stream. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.raw_segment.sha256 IS 'of data';

COMMENT ON COLUMN openaps.raw_segment.data IS 'every line starts with {"participant":"<16 hex>","record":"<32 hex>", so that an export can replace both without parsing';

CREATE VIEW openaps.site_survey AS
 SELECT member_demographics.participant_id,
    member_demographics.source,
    member_demographics.ts,
    member_demographics.survey_version,
    member_demographics.gender,
    member_demographics.ethnicity,
    member_demographics.country,
    member_demographics.country_code,
    member_demographics.diy_closed_loop_type,
    member_demographics.who_uses_the_closed_loop_system,
    member_demographics.cleaned_height_cm,
    member_demographics.cleaned_weight_kg,
    member_demographics.age_bracket,
    member_demographics.years_since_diagnosed_bracket,
    member_demographics.years_since_first_insulin_pump_bracket,
    member_demographics.years_since_first_glucose_monitor_bracket,
    member_demographics.years_since_first_diy_closed_loop_bracket,
    member_demographics.insulin_units_per_day,
    member_demographics.basal_insulin_units_per_day,
    member_demographics.carb_grams_per_day,
    member_demographics.last_lab_reported_a1c,
    member_demographics.last_lab_reported_a1c_date
   FROM openaps.member_demographics
  WHERE (member_demographics.source = 'site'::text)
  WITH CASCADED CHECK OPTION;

COMMENT ON VIEW openaps.site_survey IS 'The rows of openaps.member_demographics that registration-site may read and write: its own. Answers of the sheets cannot be seen, changed or removed through it.';

CREATE TABLE openaps.source_entities (
    id integer NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE openaps.source_entities IS 'Meaning of source_entity: the commons a participant shares with.';

CREATE TABLE openaps.therapy_setting (
    participant_id bigint NOT NULL,
    valid_from timestamp with time zone NOT NULL,
    kind text NOT NULL,
    seconds integer NOT NULL,
    value numeric,
    unit text,
    sent_value numeric NOT NULL,
    sent_unit text,
    unit_evidence text,
    timezone text,
    source text NOT NULL,
    CONSTRAINT therapy_setting_kind_check CHECK ((kind = ANY (ARRAY['basal'::text, 'isf'::text, 'carb_ratio'::text, 'target_low'::text, 'target_high'::text, 'dia'::text, 'max_basal'::text, 'max_bolus'::text, 'suspend_threshold'::text, 'dosing_enabled'::text]))),
    CONSTRAINT therapy_setting_seconds_check CHECK (((seconds >= 0) AND (seconds <= 86399)))
);

COMMENT ON TABLE openaps.therapy_setting IS 'Therapy settings in force, made of profile documents and profile switches: those of the newest valid_from hold, all kinds together, until the next. Writer: open-humans-etl. Readers: open-humans-etl (aid_day), researchers.';

COMMENT ON COLUMN openaps.therapy_setting.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.therapy_setting.valid_from IS 'from when it holds, UTC; 1970 is what Nightscout''s profile editor writes for "always"';

COMMENT ON COLUMN openaps.therapy_setting.kind IS 'basal, isf (insulin sensitivity factor), carb_ratio, target_low, target_high, dia (duration of insulin action); of Loop also max_basal, max_bolus, suspend_threshold and dosing_enabled (1: closed loop switched on)';

COMMENT ON COLUMN openaps.therapy_setting.seconds IS 'time of the day from which the value holds, by the clock of column timezone; 0 for what does not change over the day; unit: seconds';

COMMENT ON COLUMN openaps.therapy_setting.value IS 'in the unit of column unit; null when it is not known whether mg/dL or mmol/L was sent; unit: see column unit';

COMMENT ON COLUMN openaps.therapy_setting.unit IS 'unit of value: U/h, mg/dL per U, g/U, mg/dL, h or U';

COMMENT ON COLUMN openaps.therapy_setting.sent_value IS 'as sent; of a profile switch before its percentage; unit: see column sent_unit';

COMMENT ON COLUMN openaps.therapy_setting.sent_unit IS 'unit of glucose as the profile names it, null when it names none';

COMMENT ON COLUMN openaps.therapy_setting.unit_evidence IS 'of glucose: units (as named), range (the targets fit one unit only), units and range, range against units (they differ, the range counts), unknown';

COMMENT ON COLUMN openaps.therapy_setting.timezone IS 'as the profile names it; null: the wearer''s local time';

COMMENT ON COLUMN openaps.therapy_setting.source IS 'profile, profile switch (by name or with its own schedules), or default profile (the switch names a profile that is not in the store)';

CREATE TABLE openaps.treatments (
    seq_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    id text NOT NULL,
    event_type text,
    "timestamp" timestamp with time zone,
    insulin numeric,
    carbs numeric,
    protein numeric,
    fat numeric,
    glucose numeric,
    glucose_type text,
    food_type text,
    temp text,
    rate numeric,
    duration numeric,
    units text,
    amount numeric,
    absolute numeric,
    medtronic text,
    type text,
    absorption_time numeric,
    unabsorbed numeric,
    ratio numeric,
    target_top numeric,
    target_bottom numeric,
    fixed numeric,
    programmed text,
    reason text,
    notes text,
    entered_by text,
    created_at timestamp with time zone,
    period text NOT NULL,
    content_hash bigint NOT NULL,
    percent numeric,
    duration_ms numeric,
    automatic boolean,
    is_smb boolean,
    entered_insulin numeric,
    split_ext numeric,
    is_emulating_temp_basal boolean,
    profile text,
    original_profile text,
    percentage numeric,
    timeshift numeric,
    original_percentage numeric,
    profile_json text,
    utc_offset bigint,
    glucose_unit text,
    glucose_unit_evidence text,
    CONSTRAINT treatments_glucose_unit_check CHECK ((glucose_unit = ANY (ARRAY['mg/dL'::text, 'mmol/L'::text]))),
    CONSTRAINT treatments_glucose_unit_evidence_check CHECK ((glucose_unit_evidence = ANY (ARRAY['record'::text, 'range'::text, 'conflict'::text])))
);
ALTER TABLE ONLY openaps.treatments ALTER COLUMN participant_id SET STATISTICS 0;

COMMENT ON TABLE openaps.treatments IS 'Boluses, carbs, temporary basals, site changes, notes: one row per Nightscout treatment. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.treatments.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.treatments.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.treatments.event_type IS 'Nightscout''s event type when it is a known one, else null';

COMMENT ON COLUMN openaps.treatments."timestamp" IS 'time the uploader gave besides created_at, UTC; limits: 2000 to 2039';

COMMENT ON COLUMN openaps.treatments.insulin IS 'insulin of a bolus; limits: 0 to 300; unit: U';

COMMENT ON COLUMN openaps.treatments.carbs IS 'carbohydrates; below 0 where an uploader takes back what was entered before; limits: -1000 to 1000; unit: g';

COMMENT ON COLUMN openaps.treatments.protein IS 'protein; limits: 0 to 1000; unit: g';

COMMENT ON COLUMN openaps.treatments.fat IS 'fat; limits: 0 to 1000; unit: g';

COMMENT ON COLUMN openaps.treatments.glucose IS 'as sent, in mg/dL or mmol/L: column glucose_unit says which; a value above 35 can only be mg/dL; limits: 0 to 1000; unit: mg/dL or mmol/L';

COMMENT ON COLUMN openaps.treatments.glucose_type IS 'where glucose is from: Sensor, Finger or Manual; as sent';

COMMENT ON COLUMN openaps.treatments.food_type IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.temp IS 'kind of temporary basal: absolute or percent';

COMMENT ON COLUMN openaps.treatments.rate IS 'temporary basal: U/h (absolute) or % (percent); limits: 0 to 1000; unit: U/h or %';

COMMENT ON COLUMN openaps.treatments.duration IS 'how long it lasts; limits: 0 to 525600; unit: minutes';

COMMENT ON COLUMN openaps.treatments.units IS 'unit of glucose as sent: mg/dl or mmol';

COMMENT ON COLUMN openaps.treatments.amount IS 'of a bolus from a Medtronic pump''s history: what was delivered; limits: 0 to 1000; unit: U';

COMMENT ON COLUMN openaps.treatments.absolute IS 'temporary basal; limits: 0 to 100; unit: U/h';

COMMENT ON COLUMN openaps.treatments.medtronic IS 'which of oref0''s formatters made the record of a Medtronic pump''s history';

COMMENT ON COLUMN openaps.treatments.type IS 'kind of bolus or pump event by its known names; null for others';

COMMENT ON COLUMN openaps.treatments.absorption_time IS 'expected absorption of the carbohydrates; limits: 0 to 1440; unit: minutes';

COMMENT ON COLUMN openaps.treatments.unabsorbed IS 'of a bolus from a Medtronic pump''s history: insulin still active at its start; limits: 0 to 300; unit: U';

COMMENT ON COLUMN openaps.treatments.ratio IS 'carb ratio the bolus was worked out with, as sent';

COMMENT ON COLUMN openaps.treatments.target_top IS 'as sent, in mg/dL or mmol/L: column glucose_unit says which; 0: no target; limits: 0 to 1000; unit: mg/dL or mmol/L';

COMMENT ON COLUMN openaps.treatments.target_bottom IS 'as sent, in mg/dL or mmol/L: column glucose_unit says which; 0: no target; limits: 0 to 1000; unit: mg/dL or mmol/L';

COMMENT ON COLUMN openaps.treatments.fixed IS 'insulin of a fixed bolus, as sent; unit: U';

COMMENT ON COLUMN openaps.treatments.programmed IS 'of a bolus from a Medtronic pump''s history: what was asked for; unit: U';

COMMENT ON COLUMN openaps.treatments.reason IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.notes IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.entered_by IS 'recognised app and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.treatments.created_at IS 'time of the event, UTC; limits: 2000 to 2039';

COMMENT ON COLUMN openaps.treatments.percent IS 'temporary basal as difference to the schedule: 30 is 30 % more, -100 none; limits: -100 to 1000; unit: %';

COMMENT ON COLUMN openaps.treatments.duration_ms IS 'as AAPS writes it besides duration; unit: ms';

COMMENT ON COLUMN openaps.treatments.automatic IS 'the loop gave it, not the wearer (Loop)';

COMMENT ON COLUMN openaps.treatments.is_smb IS 'super micro bolus (AAPS)';

COMMENT ON COLUMN openaps.treatments.entered_insulin IS 'of a combination bolus, both parts; limits: 0 to 300; unit: U';

COMMENT ON COLUMN openaps.treatments.split_ext IS 'share of entered_insulin that is given over duration; limits: 0 to 100; unit: %';

COMMENT ON COLUMN openaps.treatments.is_emulating_temp_basal IS 'an extended bolus that stands for a temporary basal, which has its own record';

COMMENT ON COLUMN openaps.treatments.profile IS 'of a profile switch: stable pseudonym of the profile''s name, as in the profile''s store';

COMMENT ON COLUMN openaps.treatments.original_profile IS 'of a profile switch of AAPS: pseudonym of the name without percentage and timeshift';

COMMENT ON COLUMN openaps.treatments.percentage IS 'of a profile switch: insulin as share of the profile''s; unit: %';

COMMENT ON COLUMN openaps.treatments.timeshift IS 'of a profile switch: by how much its times are later, hours, or milliseconds above 24; unit: hours or ms';

COMMENT ON COLUMN openaps.treatments.original_percentage IS 'of AAPS''s effective profile switch: percentage that is already in profile_json; unit: %';

COMMENT ON COLUMN openaps.treatments.profile_json IS 'of a profile switch of AAPS: dia, time zone, units and schedules as JSON';

COMMENT ON COLUMN openaps.treatments.utc_offset IS 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; limits: -720 to 840; unit: minutes';

COMMENT ON COLUMN openaps.treatments.glucose_unit IS 'unit of glucose, target_top and target_bottom as the record alone tells it: mg/dL or mmol/L; null: it does not tell, or contradicts itself';

COMMENT ON COLUMN openaps.treatments.glucose_unit_evidence IS 'record: it names the unit; range: all its values can be of one unit only (mg/dL from 20 on, mmol/L from 1 to 35); conflict: they contradict the unit named, or each other; null: no glucose, or the record does not tell: then research.treatments asks the profile in force';

ALTER TABLE openaps.treatments ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.treatments_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW openaps.treatments_view AS
 SELECT treatments.participant_id,
    treatments.id,
    treatments.event_type,
    treatments."timestamp",
    treatments.insulin,
    treatments.carbs,
    treatments.protein,
    treatments.fat,
    treatments.glucose,
    treatments.glucose_type,
    treatments.food_type,
    treatments.temp,
    treatments.rate,
    treatments.duration,
    treatments.units,
    treatments.amount,
    treatments.absolute,
    treatments.medtronic,
    treatments.type,
    treatments.absorption_time,
    treatments.unabsorbed,
    treatments.ratio,
    treatments.target_top,
    treatments.target_bottom,
    treatments.fixed,
    treatments.programmed,
    treatments.reason,
    treatments.notes,
    treatments.entered_by,
    treatments.created_at,
    1 AS count_column
   FROM openaps.treatments;

COMMENT ON VIEW openaps.treatments_view IS 'All treatments, with a column of ones for counting.';

CREATE TABLE openaps.utc_offset_seen (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    day date NOT NULL,
    source text NOT NULL,
    utc_offset integer NOT NULL,
    records integer NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE openaps.utc_offset_seen IS 'Offsets that records themselves carry, by UTC day and what wrote them: evidence for openaps.utc_offset_timeline. Writer and reader: open-humans-etl.';

COMMENT ON COLUMN openaps.utc_offset_seen.participant_id IS 'random number that stands for the participant';

COMMENT ON COLUMN openaps.utc_offset_seen.collection IS 'entries, treatments or devicestatus';

COMMENT ON COLUMN openaps.utc_offset_seen.day IS 'UTC';

COMMENT ON COLUMN openaps.utc_offset_seen.source IS 'device or entered_by of the records; empty: none';

COMMENT ON COLUMN openaps.utc_offset_seen.utc_offset IS 'minutes ahead of UTC, -720 to 840 in steps of 15; anything else is no offset of any place';

COMMENT ON COLUMN openaps.utc_offset_seen.records IS 'how many carry it';

COMMENT ON COLUMN openaps.utc_offset_seen.first_at IS 'earliest of them, UTC';

COMMENT ON COLUMN openaps.utc_offset_seen.last_at IS 'latest of them, UTC';

CREATE TABLE openaps.utc_offset_timeline (
    participant_id bigint NOT NULL,
    from_utc timestamp with time zone NOT NULL,
    to_utc timestamp with time zone NOT NULL,
    offset_minutes integer NOT NULL,
    zone text,
    source text NOT NULL,
    confidence text NOT NULL,
    CONSTRAINT utc_offset_timeline_check CHECK ((from_utc < to_utc)),
    CONSTRAINT utc_offset_timeline_confidence_check CHECK ((confidence = ANY (ARRAY['high'::text, 'medium'::text, 'low'::text]))),
    CONSTRAINT utc_offset_timeline_source_check CHECK ((source = ANY (ARRAY['profile'::text, 'record'::text, 'both'::text, 'none'::text])))
);

COMMENT ON TABLE openaps.utc_offset_timeline IS 'Local time of a participant: intervals of constant offset from -infinity to infinity, without gaps, cut where clocks change. Local wall time is (t at time zone ''UTC'') + offset_minutes minutes with from_utc <= t < to_utc. Rule: a profile''s zone holds from its start to the next profile''s, the first also before. Records tell an offset where what wrote them has ever sent another than 0 (Loop never does): the offset most of a UTC day''s records have, for that day, and over gaps of up to 7 days. Where both tell and differ, the records count: a phone knows that its owner travels. Where neither tells, the nearest offset of records; without any, UTC. Writer: open-humans-etl. Readers: researchers, through research.';

COMMENT ON COLUMN openaps.utc_offset_timeline.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN openaps.utc_offset_timeline.from_utc IS 'first instant, UTC, or -infinity';

COMMENT ON COLUMN openaps.utc_offset_timeline.to_utc IS 'first instant after it, UTC, or infinity; clock changes are cut from 2005 to 2039';

COMMENT ON COLUMN openaps.utc_offset_timeline.offset_minutes IS 'how far local time is ahead of UTC; unit: minutes';

COMMENT ON COLUMN openaps.utc_offset_timeline.zone IS 'zone of the profile (tz database) when the offset is its own; null: only the offset is known';

COMMENT ON COLUMN openaps.utc_offset_timeline.source IS 'who says so: profile, record, both, or none (then it is UTC)';

COMMENT ON COLUMN openaps.utc_offset_timeline.confidence IS 'high: profile and records agree. medium: only one of them tells (the profile by a zone of a place and while it is in force), or they differ and the records count. low: a profile with a fixed offset (ETC/GMT+8, UTC) alone, the time before the first profile, the nearest records, or nothing';

CREATE TABLE portal.access_grant (
    grant_id bigint NOT NULL,
    user_id bigint NOT NULL,
    openaps boolean NOT NULL,
    nsf boolean NOT NULL,
    secret_hash bytea NOT NULL,
    sealed_secret bytea NOT NULL,
    granted_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone,
    study text,
    expiry_told_at timestamp with time zone,
    CONSTRAINT access_grant_check CHECK ((openaps OR nsf))
);

COMMENT ON TABLE portal.access_grant IS 'Which commons a researcher may read, for one study. Writer: data-management-app; looked up by the views of schema research.';

COMMENT ON COLUMN portal.access_grant.secret_hash IS 'SHA-256 of the secret that a transaction names to see the grant''s rows';

COMMENT ON COLUMN portal.access_grant.sealed_secret IS 'the secret, sealed with the deployment key: a stolen dump opens nothing';

COMMENT ON COLUMN portal.access_grant.expires_at IS 'the end of a day, UTC';

COMMENT ON COLUMN portal.access_grant.study IS 'what the study is called and for, in words for participants; null: not told, they see its number';

COMMENT ON COLUMN portal.access_grant.expiry_told_at IS 'when its end was announced by mail; null: not for this end';

ALTER TABLE portal.access_grant ALTER COLUMN grant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.access_grant_grant_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.access_token (
    token_id bigint NOT NULL,
    user_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    name text NOT NULL,
    token_hash bytea NOT NULL,
    scopes text[] NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone,
    CONSTRAINT access_token_name_check CHECK (((length(name) >= 1) AND (length(name) <= 60))),
    CONSTRAINT access_token_scopes_check CHECK (((scopes <@ ARRAY['read'::text, 'export'::text, 'download'::text]) AND (cardinality(scopes) > 0)))
);

COMMENT ON TABLE portal.access_token IS 'Personal access tokens of the HTTP API: what a program may do in its owner''s name, for one study. Writer: data-management-app.';

COMMENT ON COLUMN portal.access_token.grant_id IS 'the study: the token ends with it';

COMMENT ON COLUMN portal.access_token.token_hash IS 'SHA-256 of the token, which is shown once';

COMMENT ON COLUMN portal.access_token.scopes IS 'read: records and the data dictionary; export: ask for files, look at them, delete them; download: files';

COMMENT ON COLUMN portal.access_token.last_used_at IS 'to the minute';

ALTER TABLE portal.access_token ALTER COLUMN token_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.access_token_token_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.alert (
    alert_id bigint NOT NULL,
    cause text NOT NULL,
    text text NOT NULL,
    count integer NOT NULL,
    began_at timestamp with time zone DEFAULT now() NOT NULL,
    seen_at timestamp with time zone DEFAULT now() NOT NULL,
    told_at timestamp with time zone,
    ended_at timestamp with time zone
);

COMMENT ON TABLE portal.alert IS 'What operators have to look at, one row from its begin to its end; kept for 90 days. Counts and causes only: nobody is named. Writer: data-management-app.';

COMMENT ON COLUMN portal.alert.cause IS 'what is digested together: copying: site unreachable, say';

COMMENT ON COLUMN portal.alert.text IS 'the line of the message, as it was last';

COMMENT ON COLUMN portal.alert.count IS 'participants, mails, … that it is about; 1 where there is nothing to count';

COMMENT ON COLUMN portal.alert.seen_at IS 'when it was found last; unseen for a while, it is over';

COMMENT ON COLUMN portal.alert.told_at IS 'when a message with it was written last, in the same transaction; null: none yet';

COMMENT ON COLUMN portal.alert.ended_at IS 'null: it lasts';

ALTER TABLE portal.alert ALTER COLUMN alert_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.alert_alert_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.app_users (
    id bigint NOT NULL,
    email text NOT NULL,
    hashed_pw text,
    session_stamp uuid DEFAULT gen_random_uuid() NOT NULL,
    failed_sign_ins integer DEFAULT 0 NOT NULL,
    locked_until timestamp with time zone,
    verified boolean DEFAULT false NOT NULL,
    admin boolean DEFAULT false NOT NULL,
    last_signin timestamp with time zone,
    login_count integer DEFAULT 0 NOT NULL,
    num_downloads integer DEFAULT 0 NOT NULL,
    total_download_size_mb numeric DEFAULT 0 NOT NULL,
    deactivated boolean DEFAULT false NOT NULL,
    deactivated_date timestamp with time zone,
    created_ts timestamp with time zone DEFAULT now() NOT NULL,
    allowed_projects integer,
    name text,
    reviewer boolean DEFAULT false NOT NULL,
    sealed_totp bytea,
    totp_since timestamp with time zone,
    totp_step bigint DEFAULT 0 NOT NULL,
    failed_codes integer DEFAULT 0 NOT NULL,
    chosen_grant_id bigint,
    codes_locked_until timestamp with time zone,
    CONSTRAINT app_users_email_check CHECK ((email = lower(email)))
);

COMMENT ON TABLE portal.app_users IS 'Researchers and administrators. Writer: data-management-app.';

COMMENT ON COLUMN portal.app_users.hashed_pw IS 'PBKDF2 as ASP.NET Core Identity writes it; null until the person has chosen a password';

COMMENT ON COLUMN portal.app_users.session_stamp IS 'stands in every session cookie; a new one ends all sessions';

COMMENT ON COLUMN portal.app_users.allowed_projects IS 'what the system before this one allowed (openaps.source_entities), brought by import-original; the first link to choose a password gives the access grant. Null: not imported';

COMMENT ON COLUMN portal.app_users.reviewer IS 'reviews applications; administrators do as well';

COMMENT ON COLUMN portal.app_users.sealed_totp IS 'secret of the second factor (RFC 6238), sealed with the deployment key; null: none';

COMMENT ON COLUMN portal.app_users.totp_since IS 'when a code of it was first right; null: it is not in use yet';

COMMENT ON COLUMN portal.app_users.totp_step IS 'number of the time step whose code was used last: none is taken twice';

COMMENT ON COLUMN portal.app_users.failed_codes IS 'wrong codes of the second factor in a row; a right password does not clear it';

COMMENT ON COLUMN portal.app_users.chosen_grant_id IS 'the study they work in; null, or no longer valid: the newest';

COMMENT ON COLUMN portal.app_users.codes_locked_until IS 'after wrong codes of the second factor; another password does not end it';

ALTER TABLE portal.app_users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.app_users_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.application_message (
    message_id bigint NOT NULL,
    seq_id bigint NOT NULL,
    reviewer_id bigint,
    at timestamp with time zone DEFAULT now() NOT NULL,
    text text NOT NULL,
    CONSTRAINT application_message_text_check CHECK (((length(text) >= 1) AND (length(text) <= 4000)))
);

COMMENT ON TABLE portal.application_message IS 'What an applicant and the reviewers write to each other. Writer: data-management-app.';

COMMENT ON COLUMN portal.application_message.reviewer_id IS 'null: the applicant wrote it';

ALTER TABLE portal.application_message ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.application_message_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.audit (
    audit_id bigint NOT NULL,
    at timestamp with time zone DEFAULT now() NOT NULL,
    user_id bigint,
    action text NOT NULL,
    detail text DEFAULT ''::text NOT NULL
);

COMMENT ON TABLE portal.audit IS 'Append-only: who did what. Writer: data-management-app, which may insert and read, not change.';

ALTER TABLE portal.audit ALTER COLUMN audit_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.audit_audit_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.data_protection_key (
    name text NOT NULL,
    xml text NOT NULL
);

COMMENT ON TABLE portal.data_protection_key IS 'ASP.NET Data Protection key ring of the portal, sealed with the deployment key.';

CREATE TABLE portal.delivery (
    participant_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    first_at timestamp with time zone DEFAULT now() NOT NULL,
    last_at timestamp with time zone DEFAULT now() NOT NULL,
    downloads integer NOT NULL,
    releases integer[] DEFAULT '{}'::integer[] NOT NULL,
    elsewhere boolean DEFAULT true NOT NULL,
    told_at timestamp with time zone
);

COMMENT ON TABLE portal.delivery IS 'Which study was given files with records of which participant, and when. Stays when the file goes; goes with the participant''s erasure. Writer: data-management-app. Reader: registration-site, for the participant''s own page.';

COMMENT ON COLUMN portal.delivery.participant_id IS 'whose records were in the file';

COMMENT ON COLUMN portal.delivery.grant_id IS 'the study; who works on it is not told';

COMMENT ON COLUMN portal.delivery.first_at IS 'when a file was first given out';

COMMENT ON COLUMN portal.delivery.last_at IS 'when a file was last given out';

COMMENT ON COLUMN portal.delivery.downloads IS 'how often; a download that was resumed counts once';

COMMENT ON COLUMN portal.delivery.releases IS 'numbers of the releases whose files of theirs were given out';

COMMENT ON COLUMN portal.delivery.elsewhere IS 'also in a file of the study''s own, or by the API';

COMMENT ON COLUMN portal.delivery.told_at IS 'when the study was told to delete its copies, since the participant does not share with it any more; null: not, or given out again since';

CREATE TABLE portal.export (
    export_id bigint NOT NULL,
    user_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    entity text NOT NULL,
    format text NOT NULL,
    from_day date,
    to_day date,
    state text DEFAULT 'queued'::text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    rows bigint DEFAULT 0 NOT NULL,
    bytes bigint,
    sha256 bytea,
    problem text,
    requested_at timestamp with time zone DEFAULT now() NOT NULL,
    started_at timestamp with time zone,
    finished_at timestamp with time zone,
    replaces bigint,
    commons text,
    min_days integer DEFAULT 0 NOT NULL,
    columns text[] DEFAULT '{}'::text[] NOT NULL,
    per_participant boolean DEFAULT false NOT NULL,
    expected_rows bigint,
    content_bytes bigint DEFAULT 0 NOT NULL,
    zipped boolean DEFAULT true NOT NULL,
    attempt_at timestamp with time zone,
    attempt_rows bigint DEFAULT 0 NOT NULL,
    CONSTRAINT export_check CHECK ((to_day >= from_day)),
    CONSTRAINT export_commons_check CHECK ((commons = ANY (ARRAY['openaps'::text, 'nsf'::text]))),
    CONSTRAINT export_days_check CHECK (((from_day IS NULL) = (to_day IS NULL))),
    CONSTRAINT export_entity_check CHECK ((entity = ANY (ARRAY['all'::text, 'entries'::text, 'treatments'::text, 'device_status'::text, 'device_status_metrics'::text, 'profile'::text, 'demographics'::text, 'daily_metrics'::text, 'aid_signals'::text]))),
    CONSTRAINT export_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'json'::text, 'parquet'::text, 'ndjson'::text, 'raw_csv'::text]))),
    CONSTRAINT export_min_days_check CHECK ((min_days >= 0)),
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'building'::text, 'ready'::text, 'failed'::text, 'cancelled'::text, 'withdrawn'::text, 'expired'::text])))
);

COMMENT ON TABLE portal.export IS 'Files that researchers asked for. Writer: data-management-app.';

COMMENT ON COLUMN portal.export.format IS 'csv, json (a table) and parquet: typed rows; ndjson and raw_csv: records as they were sent, de-identified';

COMMENT ON COLUMN portal.export.from_day IS 'null, as to_day then is: all days, and records without a usable time';

COMMENT ON COLUMN portal.export.to_day IS 'included, as from_day is; UTC';

COMMENT ON COLUMN portal.export.state IS 'queued -> building -> ready -> expired (kept long enough, or deleted by its owner) or withdrawn (somebody in it left or shares less, or the study may read less; the files are deleted and asked for again); cancelled: by its owner; failed: see problem';

COMMENT ON COLUMN portal.export.bytes IS 'of the zip, or of all files when they are too large for one';

COMMENT ON COLUMN portal.export.sha256 IS 'of the zip; null: there is none';

COMMENT ON COLUMN portal.export.problem IS 'why it failed or, of one that is queued, what it waits for; in words for its owner';

COMMENT ON COLUMN portal.export.started_at IS 'when the first attempt began';

COMMENT ON COLUMN portal.export.replaces IS 'the withdrawn export that this one was asked for in place of; null: a person asked for it';

COMMENT ON COLUMN portal.export.commons IS 'only participants who share with this commons; null: with any that the grant covers';

COMMENT ON COLUMN portal.export.min_days IS 'only participants with glucose readings on at least so many local days of those asked for';

COMMENT ON COLUMN portal.export.columns IS 'table.column of the columns asked for; of a table that none is named of, all';

COMMENT ON COLUMN portal.export.expected_rows IS 'estimated from summaries when the build began; null: not begun';

COMMENT ON COLUMN portal.export.content_bytes IS 'written so far, not packed';

COMMENT ON COLUMN portal.export.zipped IS 'false: the files are given out one by one, being too large for a zip';

COMMENT ON COLUMN portal.export.attempt_at IS 'when the present attempt, or the last, began';

COMMENT ON COLUMN portal.export.attempt_rows IS 'rows that were complete then: the others tell how fast it is';

ALTER TABLE portal.export ALTER COLUMN export_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.export_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.export_file (
    export_id bigint NOT NULL,
    number integer NOT NULL,
    fence bigint NOT NULL,
    name text NOT NULL,
    packed boolean NOT NULL,
    rows bigint NOT NULL,
    length bigint NOT NULL,
    crc32 bigint NOT NULL,
    sha256 bytea NOT NULL,
    file_bytes bigint NOT NULL,
    file_sha256 bytea NOT NULL,
    participant_id bigint,
    withdrawn_at timestamp with time zone
);

COMMENT ON TABLE portal.export_file IS 'Files of an export that are complete: a build that was interrupted goes on behind them. Writer: data-management-app.';

COMMENT ON COLUMN portal.export_file.fence IS 'of the lease the file was made under; part of its name on disk';

COMMENT ON COLUMN portal.export_file.name IS 'as in the zip; names a participant by the study''s code only';

COMMENT ON COLUMN portal.export_file.packed IS 'gzipped on disk; in a zip the same deflated bytes';

COMMENT ON COLUMN portal.export_file.length IS 'bytes, not packed';

COMMENT ON COLUMN portal.export_file.crc32 IS 'of the content, not packed, as zip and gzip have it';

COMMENT ON COLUMN portal.export_file.sha256 IS 'of the content, not packed';

COMMENT ON COLUMN portal.export_file.file_bytes IS 'on disk';

COMMENT ON COLUMN portal.export_file.file_sha256 IS 'of the file on disk';

COMMENT ON COLUMN portal.export_file.participant_id IS 'whose file it is, where each participant has files of their own; null: several people''s, nobody''s, or withdrawn';

COMMENT ON COLUMN portal.export_file.withdrawn_at IS 'of a release: when its participant withdrew; the file is deleted, and asking for it answers 410';

CREATE TABLE portal.export_participant (
    export_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    source_entity integer DEFAULT 2 NOT NULL,
    consent_id bigint DEFAULT 0 NOT NULL,
    written boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE portal.export_participant IS 'Whose records an export that is being built or is ready may hold. Written before the first record is; the rows go with the file. Writer: data-management-app; shown to nobody.';

COMMENT ON COLUMN portal.export_participant.source_entity IS 'what the file says they share with, as in openaps.source_entities: the file is taken back when that is no longer so';

COMMENT ON COLUMN portal.export_participant.consent_id IS 'place in the consent ledger when the build began: what was built before a restart is kept only while nobody changed their mind';

COMMENT ON COLUMN portal.export_participant.written IS 'records of theirs are in a file that is complete';

CREATE TABLE register.participant (
    participant_id bigint NOT NULL,
    project_member_id text NOT NULL,
    salt bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    suspended_at timestamp with time zone,
    suspended_because text,
    paused_at timestamp with time zone,
    sessions_ended bigint DEFAULT 0 NOT NULL,
    messages_off_at timestamp with time zone,
    CONSTRAINT participant_check CHECK (((suspended_at IS NULL) = (suspended_because IS NULL))),
    CONSTRAINT participant_participant_id_check CHECK ((participant_id > 0)),
    CONSTRAINT participant_project_member_id_check CHECK ((project_member_id ~ '^[0-9]{1,16}$'::text)),
    CONSTRAINT participant_suspended_because_check CHECK ((suspended_because = ANY (ARRAY['open humans refused the tokens'::text, 'left the project on open humans'::text])))
);

COMMENT ON TABLE register.participant IS 'One row per participant. Writer: registration-site. Readers: nightscout-ingester, open-humans-etl.';

COMMENT ON COLUMN register.participant.participant_id IS 'random, 48 bits; the only name of a participant outside this schema';

COMMENT ON COLUMN register.participant.project_member_id IS 'Open Humans'' name of the participant in this project: digits, leading zeros kept';

COMMENT ON COLUMN register.participant.salt IS 'the participant''s keys are derived from the deployment key and this; destroying it makes every sealed value unreadable';

COMMENT ON COLUMN register.participant.changed_at IS 'when the copying or the sharing has reason to begin anew: another address or consent, a resumption, a sign-in that mends a lost permission; the ingester and the ETL look in at once after it';

COMMENT ON COLUMN register.participant.suspended_at IS 'since then nothing is copied and nothing is visible to researchers; a new sign-in ends it';

COMMENT ON COLUMN register.participant.paused_at IS 'the participant paused the copying; null: it goes on. What is shared stays shared. Set by register.pause; the ingester claims and renews no lease of who is paused';

COMMENT ON COLUMN register.participant.sessions_ended IS 'grows with every sign-out; a session knows the number it began under and ends when that is no longer the present one';

COMMENT ON COLUMN register.participant.messages_off_at IS 'since then the participant wants no messages; null: they get them';

CREATE VIEW portal.failing_copy AS
 SELECT i.outcome,
    i.failed_since
   FROM ingest.participant i
  WHERE ((i.failed_since IS NOT NULL) AND (i.outcome <> 'suspended'::text) AND (NOT (EXISTS ( SELECT
           FROM register.participant p
          WHERE ((p.participant_id = i.participant_id) AND ((p.paused_at IS NOT NULL) OR ((p.suspended_at IS NOT NULL) AND (i.outcome <> 'sign in again'::text))))))));

COMMENT ON VIEW portal.failing_copy IS 'Copies that fail, and since when. Who paused or left is none of them; whose tokens Open Humans refused is one for a day.';

CREATE TABLE portal.mail (
    mail_id bigint NOT NULL,
    kind text NOT NULL,
    recipient text NOT NULL,
    subject text NOT NULL,
    sealed_body bytea,
    state text DEFAULT 'waiting'::text NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    problem text,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    sent_at timestamp with time zone,
    CONSTRAINT mail_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text])))
);

COMMENT ON TABLE portal.mail IS 'Mails that wait, were sent or could not be. Writer: data-management-app.';

COMMENT ON COLUMN portal.mail.sealed_body IS 'sealed with the deployment key, because links in it open accounts; null: removed some days after it was sent';

COMMENT ON COLUMN portal.mail.problem IS 'why the last attempt failed, in words of ours';

ALTER TABLE portal.mail ALTER COLUMN mail_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.mail_mail_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.one_time_link (
    token_hash bytea NOT NULL,
    user_id bigint,
    purpose text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    seq_id bigint,
    email text,
    code_hash bytea,
    tries integer DEFAULT 0 NOT NULL,
    CONSTRAINT one_time_link_purpose_check CHECK ((purpose = ANY (ARRAY['invitation'::text, 'reset'::text, 'application'::text]))),
    CONSTRAINT one_time_link_subject_check CHECK ((((purpose = 'application'::text) = (seq_id IS NOT NULL)) AND ((purpose <> 'application'::text) = (user_id IS NOT NULL))))
);

COMMENT ON TABLE portal.one_time_link IS 'Links, and codes to type instead, that work once: to choose a password, or to confirm an e-mail. Writer: data-management-app.';

COMMENT ON COLUMN portal.one_time_link.token_hash IS 'SHA-256 of the token in the link';

COMMENT ON COLUMN portal.one_time_link.email IS 'to whom it was sent; null: it was printed, and has no code';

COMMENT ON COLUMN portal.one_time_link.code_hash IS 'HMAC-SHA256 of e-mail and code under a key derived from the deployment key';

COMMENT ON COLUMN portal.one_time_link.tries IS 'wrong codes typed for this e-mail since; after five only the link works';

CREATE TABLE portal.release (
    number integer NOT NULL,
    minor integer DEFAULT 0 NOT NULL,
    export_id bigint NOT NULL,
    user_id bigint NOT NULL,
    title text NOT NULL,
    changes text NOT NULL,
    citation text NOT NULL,
    made_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT release_number_check CHECK ((number > 0))
);

COMMENT ON TABLE portal.release IS 'Frozen versions of the data. Researchers see them when their export is ready. Writer: data-management-app.';

COMMENT ON COLUMN portal.release.minor IS 'grows when files of people who withdrew go: version number.minor';

COMMENT ON COLUMN portal.release.export_id IS 'the export that builds it and holds its files; it does not expire';

COMMENT ON COLUMN portal.release.user_id IS 'the administrator who made it';

COMMENT ON COLUMN portal.release.changes IS 'what is new, in words of the administrator';

COMMENT ON COLUMN portal.release.citation IS 'how it is cited';

COMMENT ON COLUMN portal.release.changed_at IS 'of the version as it is';

CREATE VIEW portal.outdated_participant AS
 SELECT x.export_id,
    x.participant_id
   FROM ((((portal.export_participant x
     JOIN portal.export e USING (export_id))
     JOIN portal.access_grant g USING (grant_id))
     LEFT JOIN portal.release r USING (export_id))
     LEFT JOIN register.current_consent c USING (participant_id))
  WHERE ((e.state = ANY (ARRAY['queued'::text, 'building'::text, 'ready'::text])) AND ((c.participant_id IS NULL) OR ((x.source_entity = ANY (ARRAY[0, 2])) AND (NOT c.openaps)) OR ((x.source_entity = ANY (ARRAY[1, 2])) AND (NOT c.nsf)) OR ((r.export_id IS NULL) AND (NOT ((g.openaps AND c.openaps) OR (g.nsf AND c.nsf))))));

COMMENT ON VIEW portal.outdated_participant IS 'Who left, shares less than an export says of them, or is not covered by its study any more, and the exports that name them.';

CREATE TABLE portal.recovery_code (
    user_id bigint NOT NULL,
    code_hash bytea NOT NULL,
    used_at timestamp with time zone
);

COMMENT ON TABLE portal.recovery_code IS 'Codes that stand in for the second factor, each once. Writer: data-management-app.';

COMMENT ON COLUMN portal.recovery_code.code_hash IS 'HMAC-SHA256 under a key derived from the deployment key';

CREATE TABLE portal.release_text (
    number integer NOT NULL,
    minor integer NOT NULL,
    name text NOT NULL,
    content text NOT NULL
);

COMMENT ON TABLE portal.release_text IS 'Files that tell about a version of a release, written when it is made or reissued: another build of the portal, which would word them in another way, changes no byte of them. Those of earlier versions, which name who withdrew since, are not kept. Writer: data-management-app.';

COMMENT ON COLUMN portal.release_text.minor IS 'of the version number.minor';

CREATE TABLE portal.researcher_applications (
    seq_id bigint NOT NULL,
    researcher_name text NOT NULL,
    email text NOT NULL,
    phone_number text,
    project_requests integer NOT NULL,
    irb_approval text NOT NULL,
    sponsor_organisation text,
    request_description text NOT NULL,
    application_processed boolean DEFAULT false NOT NULL,
    application_granted boolean DEFAULT false NOT NULL,
    processed_date timestamp with time zone,
    inserted_ts timestamp with time zone DEFAULT now() NOT NULL,
    user_id bigint,
    organisation text,
    study text,
    terms_version text,
    terms_accepted timestamp with time zone,
    confirmed_at timestamp with time zone,
    renews_grant_id bigint,
    decided_by bigint,
    reason text,
    grant_id bigint,
    CONSTRAINT researcher_applications_email_check CHECK ((email = lower(email))),
    CONSTRAINT researcher_applications_irb_approval_check CHECK ((irb_approval = ANY (ARRAY['yes'::text, 'no'::text, 'unsure'::text])))
);

COMMENT ON TABLE portal.researcher_applications IS 'Applications for access. Writer: data-management-app.';

COMMENT ON COLUMN portal.researcher_applications.user_id IS 'who applied signed in; null: by the public form';

COMMENT ON COLUMN portal.researcher_applications.study IS 'purpose of the study, in words that participants see too when access is given';

COMMENT ON COLUMN portal.researcher_applications.terms_version IS 'of the conditions that were accepted; null: imported from the system before this one';

COMMENT ON COLUMN portal.researcher_applications.confirmed_at IS 'when the e-mail was confirmed; null: not yet, nobody is told of the application, and after two days it is forgotten';

COMMENT ON COLUMN portal.researcher_applications.renews_grant_id IS 'the grant that is to last longer; null: a new one is asked for';

COMMENT ON COLUMN portal.researcher_applications.reason IS 'why it was refused, as the applicant reads it';

COMMENT ON COLUMN portal.researcher_applications.grant_id IS 'what came of it';

ALTER TABLE portal.researcher_applications ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.researcher_applications_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.slack_message (
    message_id bigint NOT NULL,
    text text NOT NULL,
    state text DEFAULT 'waiting'::text NOT NULL,
    queued_at timestamp with time zone DEFAULT now() NOT NULL,
    due_at timestamp with time zone DEFAULT now() NOT NULL,
    attempts integer DEFAULT 0 NOT NULL,
    problem text,
    sent_at timestamp with time zone,
    lease_owner text,
    lease_until timestamp with time zone,
    fence bigint DEFAULT 0 NOT NULL,
    CONSTRAINT slack_message_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'sent'::text, 'failed'::text])))
);

COMMENT ON TABLE portal.slack_message IS 'Alerts on their way to Slack; kept for 90 days. Those by mail are in portal.mail. Writer: data-management-app.';

COMMENT ON COLUMN portal.slack_message.state IS 'waiting -> sent or, after a day of failures, failed';

COMMENT ON COLUMN portal.slack_message.problem IS 'why the last attempt failed';

COMMENT ON COLUMN portal.slack_message.fence IS 'grows with every claim: a replica under an older number writes nothing';

ALTER TABLE portal.slack_message ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.slack_message_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW portal.uncovered_delivery AS
 SELECT d.participant_id,
    d.grant_id,
    g.user_id
   FROM ((portal.delivery d
     JOIN portal.access_grant g USING (grant_id))
     LEFT JOIN register.current_consent c USING (participant_id))
  WHERE ((d.told_at IS NULL) AND (NOT COALESCE(((g.openaps AND c.openaps) OR (g.nsf AND c.nsf)), false)));

COMMENT ON VIEW portal.uncovered_delivery IS 'Studies that were given records of who does not share with them any more, and were not told yet to delete them.';

CREATE TABLE public.deployment_key (
    service text NOT NULL,
    key_id bigint NOT NULL,
    noted_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.deployment_key IS 'Which deployment key each service runs with, so that two keys are noticed. Writer: each service its own row, by public.note_deployment_key.';

COMMENT ON COLUMN public.deployment_key.service IS 'its role in the database';

COMMENT ON COLUMN public.deployment_key.key_id IS 'four bytes of a hash of the key, as sealed values carry them; the key itself is not in the database';

COMMENT ON COLUMN public.deployment_key.noted_at IS 'when the service started last';

CREATE TABLE public.service_instance (
    service text DEFAULT replace((CURRENT_USER)::text, '_'::text, '-'::text) NOT NULL,
    instance text NOT NULL,
    version text NOT NULL,
    started_at timestamp with time zone NOT NULL,
    beat_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE public.service_instance IS 'Processes of the services that use the database. One that stops in order removes its row; of one that was killed, or hangs, the last beat grows old. Writer: each service its own rows.';

COMMENT ON COLUMN public.service_instance.service IS 'the service''s name, made of its role''s';

COMMENT ON COLUMN public.service_instance.instance IS 'machine/process; in containers the machine is the container';

COMMENT ON COLUMN public.service_instance.version IS 'build that runs';

COMMENT ON COLUMN public.service_instance.beat_at IS 'when it last said that it runs, every 20 seconds';

CREATE TABLE quartz.qrtz_blob_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    blob_data bytea
);

CREATE TABLE quartz.qrtz_calendars (
    sched_name text NOT NULL,
    calendar_name text NOT NULL,
    calendar bytea NOT NULL
);

CREATE TABLE quartz.qrtz_cron_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    cron_expression text NOT NULL,
    time_zone_id text
);

CREATE TABLE quartz.qrtz_execution_history (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    instance_name text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    fired_time bigint NOT NULL,
    run_time bigint NOT NULL,
    succeeded boolean NOT NULL,
    error_message text,
    retry_attempt integer DEFAULT 0 NOT NULL,
    retry_scheduled boolean DEFAULT false NOT NULL,
    execution_log text,
    result integer,
    summary text,
    metrics text,
    manual boolean,
    fire_instance_id text,
    job_input text,
    job_input_too_large boolean
);

CREATE TABLE quartz.qrtz_fired_triggers (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    instance_name text NOT NULL,
    fired_time bigint NOT NULL,
    sched_time bigint NOT NULL,
    priority integer NOT NULL,
    state text NOT NULL,
    job_name text,
    job_group text,
    is_nonconcurrent boolean NOT NULL,
    requests_recovery boolean,
    execution_group character varying(200),
    progress integer,
    progress_message character varying(250),
    interrupt_requested_time bigint
);

CREATE TABLE quartz.qrtz_job_details (
    sched_name text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    description text,
    job_class_name text NOT NULL,
    is_durable boolean NOT NULL,
    is_nonconcurrent boolean NOT NULL,
    is_update_data boolean NOT NULL,
    requests_recovery boolean NOT NULL,
    job_data bytea
);

CREATE TABLE quartz.qrtz_job_status (
    sched_name text NOT NULL,
    job_group text NOT NULL,
    job_name text NOT NULL,
    first_fired_time bigint NOT NULL,
    last_fired_time bigint NOT NULL,
    last_result integer NOT NULL,
    last_run_time bigint NOT NULL,
    last_instance_name text NOT NULL,
    last_entry_id text,
    last_summary text,
    last_success_time bigint,
    last_failure_time bigint,
    last_failure_message text,
    consecutive_failures integer DEFAULT 0 NOT NULL,
    run_count bigint DEFAULT 0 NOT NULL,
    failure_count bigint DEFAULT 0 NOT NULL
);

CREATE TABLE quartz.qrtz_locks (
    sched_name text NOT NULL,
    lock_name text NOT NULL
);

CREATE TABLE quartz.qrtz_misfire_history (
    sched_name text NOT NULL,
    entry_id text NOT NULL,
    instance_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    job_name text,
    job_group text,
    misfire_time bigint NOT NULL,
    sched_time bigint,
    reason integer
);

CREATE TABLE quartz.qrtz_paused_job_grps (
    sched_name text NOT NULL,
    job_group text NOT NULL,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint
);

CREATE TABLE quartz.qrtz_paused_trigger_grps (
    sched_name text NOT NULL,
    trigger_group text NOT NULL,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint
);

CREATE TABLE quartz.qrtz_scheduler_state (
    sched_name text NOT NULL,
    instance_name text NOT NULL,
    last_checkin_time bigint NOT NULL,
    checkin_interval bigint NOT NULL,
    quartz_version character varying(20)
);

CREATE TABLE quartz.qrtz_simple_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    repeat_count bigint NOT NULL,
    repeat_interval bigint NOT NULL,
    times_triggered bigint NOT NULL
);

CREATE TABLE quartz.qrtz_simprop_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    str_prop_1 text,
    str_prop_2 text,
    str_prop_3 text,
    int_prop_1 integer,
    int_prop_2 integer,
    long_prop_1 bigint,
    long_prop_2 bigint,
    dec_prop_1 numeric,
    dec_prop_2 numeric,
    bool_prop_1 boolean,
    bool_prop_2 boolean,
    time_zone_id text
);

CREATE TABLE quartz.qrtz_triggers (
    sched_name text NOT NULL,
    trigger_name text NOT NULL,
    trigger_group text NOT NULL,
    job_name text NOT NULL,
    job_group text NOT NULL,
    description text,
    next_fire_time bigint,
    prev_fire_time bigint,
    priority integer,
    trigger_state text NOT NULL,
    trigger_type text NOT NULL,
    start_time bigint NOT NULL,
    end_time bigint,
    calendar_name text,
    misfire_instr smallint,
    misfire_orig_fire_time bigint,
    execution_group character varying(200),
    preferred_node character varying(200),
    preferred_node_auto boolean DEFAULT false NOT NULL,
    retry_policy character varying(250),
    retry_attempt integer,
    continues_trigger_name text,
    continues_trigger_group text,
    continuation_condition integer,
    overlap_policy integer,
    pause_reason character varying(250),
    paused_by character varying(200),
    paused_at bigint,
    misfire_threshold bigint,
    fixed_delay boolean,
    job_data bytea
);

CREATE TABLE register.consent (
    consent_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    source text NOT NULL,
    projects text NOT NULL,
    text_version text NOT NULL,
    given_at timestamp with time zone DEFAULT now() NOT NULL,
    given_by text,
    CONSTRAINT consent_given_by_check CHECK ((given_by = ANY (ARRAY['self'::text, 'guardian'::text]))),
    CONSTRAINT consent_projects_check CHECK ((projects = ANY (ARRAY['openaps'::text, 'nsf'::text, 'both'::text, 'none'::text]))),
    CONSTRAINT consent_source_check CHECK ((source = ANY (ARRAY['page'::text, 'file'::text])))
);

COMMENT ON TABLE register.consent IS 'Append-only ledger of what was agreed to. Writer: register.record_consent.';

COMMENT ON COLUMN register.consent.source IS 'page: the consent page of the registration site; file: the consent file in the participant''s Open Humans account. The narrower of the two latest counts';

COMMENT ON COLUMN register.consent.projects IS 'openaps: OpenAPS Data Commons, nsf: Nightscout Data Commons, both, or none (copied to the participant''s own account only)';

COMMENT ON COLUMN register.consent.text_version IS 'version of the consent text that was shown; for a file what was read: its state';

COMMENT ON COLUMN register.consent.given_by IS 'self: the person with diabetes; guardian: a parent or guardian of a child who has it; null: not asked (consent files, entries from before the question, and who shares nothing need not say)';

ALTER TABLE register.consent ALTER COLUMN consent_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME register.consent_consent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE register.data_protection_key (
    name text NOT NULL,
    xml text NOT NULL
);

COMMENT ON TABLE register.data_protection_key IS 'ASP.NET Data Protection key ring of the registration site, sealed with the deployment key.';

CREATE TABLE register.erasure_receipt (
    receipt_id uuid DEFAULT gen_random_uuid() NOT NULL,
    participant_id bigint,
    member_hash bytea NOT NULL,
    asked_by text NOT NULL,
    asked_at timestamp with time zone DEFAULT now() NOT NULL,
    copying_at timestamp with time zone,
    warehouse_at timestamp with time zone,
    portal_at timestamp with time zone,
    completed_at timestamp with time zone,
    CONSTRAINT erasure_receipt_asked_by_check CHECK ((asked_by = ANY (ARRAY['participant'::text, 'webhook'::text, 'operator'::text, 'restore'::text]))),
    CONSTRAINT erasure_receipt_check CHECK (((completed_at IS NULL) = (participant_id IS NOT NULL)))
);

COMMENT ON TABLE register.erasure_receipt IS 'Who asked for erasure: what is to be removed, and once it is complete a receipt without personal data. Writer: registration-site, and register.report_erased for the parts. Readers: nightscout-ingester, open-humans-etl, data-management-app.';

COMMENT ON COLUMN register.erasure_receipt.receipt_id IS 'random; given to whoever asked';

COMMENT ON COLUMN register.erasure_receipt.participant_id IS 'whose rows are to go; null as soon as all are gone';

COMMENT ON COLUMN register.erasure_receipt.member_hash IS 'HMAC-SHA256 of the project_member_id under a key derived from the deployment key: tells after a restore who must be erased again, and nothing to who has only the database';

COMMENT ON COLUMN register.erasure_receipt.asked_by IS 'participant: on the registration site; webhook: Open Humans, signed; operator: the command erase; restore: the command replay-erasures';

COMMENT ON COLUMN register.erasure_receipt.asked_at IS 'also when consent, tokens, salt and member id were removed';

COMMENT ON COLUMN register.erasure_receipt.copying_at IS 'when nightscout-ingester had removed its rows; null: not yet';

COMMENT ON COLUMN register.erasure_receipt.warehouse_at IS 'when open-humans-etl had removed its rows; null: not yet';

COMMENT ON COLUMN register.erasure_receipt.portal_at IS 'when data-management-app had removed its rows and files; null: not yet';

COMMENT ON COLUMN register.erasure_receipt.completed_at IS 'when the last part was done; null: not yet';

CREATE TABLE register.message (
    message_id bigint NOT NULL,
    participant_id bigint NOT NULL,
    cause text NOT NULL,
    since timestamp with time zone NOT NULL,
    claimed_at timestamp with time zone DEFAULT now() NOT NULL,
    outcome text DEFAULT 'sending'::text NOT NULL,
    CONSTRAINT message_cause_check CHECK ((cause = ANY (ARRAY['sign in again'::text, 'site refused'::text]))),
    CONSTRAINT message_outcome_check CHECK ((outcome = ANY (ARRAY['sending'::text, 'sent'::text, 'declined'::text, 'no answer'::text])))
);

COMMENT ON TABLE register.message IS 'Messages to participants through Open Humans, written down before they are sent. Goes with the participant''s erasure. Writer and reader: registration-site.';

COMMENT ON COLUMN register.message.message_id IS 'grows';

COMMENT ON COLUMN register.message.participant_id IS 'to whom';

COMMENT ON COLUMN register.message.cause IS 'sign in again: Open Humans refused our permission; site refused: their Nightscout has not let us in for three days';

COMMENT ON COLUMN register.message.since IS 'when the cause began: each is told once';

COMMENT ON COLUMN register.message.claimed_at IS 'when a replica took it in hand; there is at most one a week';

COMMENT ON COLUMN register.message.outcome IS 'sending: in hand, or the sender stopped before it knew; sent: Open Humans took it; declined: Open Humans did not take it, for the person is no member any more for instance; no answer: whether it went is not known. Sending and no answer are tried again after a week';

ALTER TABLE register.message ALTER COLUMN message_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME register.message_message_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE register.nightscout_token (
    participant_id bigint NOT NULL,
    token bytea NOT NULL,
    stored_at timestamp with time zone DEFAULT now() NOT NULL
);

COMMENT ON TABLE register.nightscout_token IS 'Access token of a participant''s Nightscout site. Writer: registration-site. Reader: nightscout-ingester.';

COMMENT ON COLUMN register.nightscout_token.token IS 'sealed, with the host it was given for as part of the seal: it opens for no other host';

CREATE TABLE register.open_humans_token (
    participant_id bigint NOT NULL,
    access_token bytea NOT NULL,
    refresh_token bytea NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    generation bigint NOT NULL,
    refused_at timestamp with time zone,
    imported_generation bigint
);

COMMENT ON TABLE register.open_humans_token IS 'The participant''s current Open Humans token pair, sealed. Writer: registration-site, and register.swap_tokens for a refreshed pair.';

COMMENT ON COLUMN register.open_humans_token.expires_at IS 'of the access token; the refresh token does not expire';

COMMENT ON COLUMN register.open_humans_token.generation IS 'grows with every pair: who wants to replace a pair names the generation it has seen';

COMMENT ON COLUMN register.open_humans_token.refused_at IS 'Open Humans refused this pair: the participant needs to sign in again';

COMMENT ON COLUMN register.open_humans_token.imported_generation IS 'generation that import-original stored: as long as it is the present one, the pair is not newer than that of the system before this one; null: never imported';

CREATE VIEW research.participant WITH (security_barrier='true') AS
 SELECT c.participant_id,
        CASE
            WHEN (c.openaps AND c.nsf) THEN 2
            WHEN c.openaps THEN 0
            ELSE 1
        END AS source_entity,
    c.consent_id
   FROM register.current_consent c
  WHERE (EXISTS ( SELECT
           FROM portal.access_grant g
          WHERE ((g.secret_hash = sha256(convert_to(current_setting('app.grant'::text, true), 'UTF8'::name))) AND (g.revoked_at IS NULL) AND (g.expires_at > now()) AND ((g.openaps AND c.openaps) OR (g.nsf AND c.nsf)))));

COMMENT ON VIEW research.participant IS 'Participants the transaction''s grant covers; source_entity as in openaps.source_entities; consent_id grows with every change of mind.';

COMMENT ON COLUMN research.participant.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.participant.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

COMMENT ON COLUMN research.participant.consent_id IS 'grows with every change of mind';

CREATE VIEW research.aid_cycle WITH (security_barrier='true') AS
 SELECT aid_cycle.participant_id,
    aid_cycle.device_status_id,
    aid_cycle.controller,
    aid_cycle.controller_version,
    aid_cycle.suggested,
    aid_cycle.enacted,
    aid_cycle.enacted_at,
    aid_cycle.iob,
    aid_cycle.iob_source,
    aid_cycle.cob,
    aid_cycle.cob_source,
    aid_cycle.eventual_bg,
    aid_cycle.target,
    aid_cycle.isf,
    aid_cycle.cr,
    aid_cycle.dev,
    aid_cycle.bgi,
    aid_cycle.min_pred_bg,
    aid_cycle.min_guard_bg,
    aid_cycle.reason_unit,
    aid_cycle.reason_unit_evidence,
    aid_cycle.insulin_req,
    aid_cycle.sensitivity_ratio,
    aid_cycle.temp_basal_rate,
    aid_cycle.temp_basal_duration,
    aid_cycle.smb,
    aid_cycle.bolus_volume,
    aid_cycle.override_active,
    aid_cycle.override_multiplier,
    aid_cycle.failure,
    aid_cycle.reservoir,
    aid_cycle.max_iob,
    aid_cycle.max_cob,
    aid_cycle.autosens_min,
    aid_cycle.autosens_max,
    aid_cycle.max_smb_basal_minutes,
    aid_cycle.max_uam_smb_basal_minutes,
    aid_cycle.enable_uam,
    aid_cycle.enable_smb_always,
    aid_cycle.enable_smb_with_cob,
    aid_cycle.enable_smb_after_carbs,
    aid_cycle.dynamic_isf,
    aid_cycle.adjustment_factor,
    aid_cycle.insulin_curve,
    aid_cycle.created_at,
    p.source_entity
   FROM (openaps.aid_cycle
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.aid_cycle.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.aid_day WITH (security_barrier='true') AS
 SELECT aid_day.participant_id,
    aid_day.local_day,
    aid_day.from_utc,
    aid_day.to_utc,
    aid_day.loop_type,
    aid_day.controllers,
    aid_day.controller_version,
    aid_day.settings,
    aid_day.cycles,
    aid_day.enacted,
    aid_day.smbs,
    aid_day.bolus_units,
    aid_day.smb_units,
    aid_day.basal_units,
    aid_day.total_units,
    aid_day.carbs,
    aid_day.basal_hours,
    aid_day.temp_basal_source,
    p.source_entity
   FROM (openaps.aid_day
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.aid_day.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.glucose_month WITH (security_barrier='true') AS
 SELECT glucose_month.participant_id,
    glucose_month.month,
    glucose_month.days,
    glucose_month.n,
    glucose_month.very_low,
    glucose_month.low,
    glucose_month.in_range,
    glucose_month.high,
    glucose_month.very_high,
    glucose_month.tight,
    glucose_month.pregnancy,
    glucose_month.below_pregnancy,
    glucose_month.sum_mgdl,
    glucose_month.sum_squares,
    glucose_month.low_risk,
    glucose_month.high_risk,
    glucose_month.min_mgdl,
    glucose_month.max_mgdl,
    glucose_month.expected,
    glucose_month.covered_minutes,
    glucose_month.day_minutes,
    glucose_month.duplicates,
    p.source_entity
   FROM (openaps.glucose_month
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.glucose_month.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.glucose_participant WITH (security_barrier='true') AS
 SELECT summed.participant_id,
    summed.first_month,
    summed.last_month,
    summed.days,
    summed.n,
    (summed.covered_minutes / (1440)::double precision) AS sensor_days,
    summed.duplicates,
    (((100.0)::double precision * summed.duplicates) / (summed.n + summed.duplicates)) AS duplicate_percent,
    summed.mean_mgdl,
    summed.sd_mgdl,
    (((100)::double precision * summed.sd_mgdl) / summed.mean_mgdl) AS cv_percent,
        CASE
            WHEN ((summed.days >= 14) AND (summed.covered_minutes >= (((0.7 * (14)::numeric) * (1440)::numeric))::double precision)) THEN ((3.31)::double precision + ((0.02392)::double precision * summed.mean_mgdl))
            ELSE NULL::double precision
        END AS gmi_percent,
    (summed.low_risk / summed.n) AS lbgi,
    (summed.high_risk / summed.n) AS hbgi,
    summed.very_low_percent,
    summed.low_percent,
    summed.in_range_percent,
    summed.high_percent,
    summed.very_high_percent,
    summed.tight_percent,
    summed.pregnancy_percent,
    (summed.very_low_percent + ((0.8)::double precision * summed.low_percent)) AS gri_hypo,
    (summed.very_high_percent + ((0.5)::double precision * summed.high_percent)) AS gri_hyper,
    LEAST((100)::double precision, (((3)::double precision * (summed.very_low_percent + ((0.8)::double precision * summed.low_percent))) + ((1.6)::double precision * (summed.very_high_percent + ((0.5)::double precision * summed.high_percent))))) AS gri,
    ((summed.days >= 14) AND (summed.covered_minutes >= (((0.7 * (14)::numeric) * (1440)::numeric))::double precision)) AS is_sufficient,
    summed.source_entity
   FROM ( SELECT glucose_month.participant_id,
            glucose_month.source_entity,
            min(glucose_month.month) AS first_month,
            max(glucose_month.month) AS last_month,
            sum(glucose_month.days) AS days,
            (sum(glucose_month.n))::double precision AS n,
            sum(glucose_month.covered_minutes) AS covered_minutes,
            (sum(glucose_month.duplicates))::double precision AS duplicates,
            (sum(glucose_month.sum_mgdl) / (sum(glucose_month.n))::double precision) AS mean_mgdl,
                CASE
                    WHEN (sum(glucose_month.n) > (1)::numeric) THEN sqrt((GREATEST((0)::double precision, (sum(glucose_month.sum_squares) - (((sum(glucose_month.sum_mgdl) - (((120)::numeric * sum(glucose_month.n)))::double precision) ^ (2)::double precision) / (sum(glucose_month.n))::double precision))) / ((sum(glucose_month.n) - (1)::numeric))::double precision))
                    ELSE NULL::double precision
                END AS sd_mgdl,
            sum(glucose_month.low_risk) AS low_risk,
            sum(glucose_month.high_risk) AS high_risk,
            (((100)::double precision * (sum(glucose_month.very_low))::double precision) / (sum(glucose_month.n))::double precision) AS very_low_percent,
            (((100)::double precision * (sum(glucose_month.low))::double precision) / (sum(glucose_month.n))::double precision) AS low_percent,
            (((100)::double precision * (sum(glucose_month.in_range))::double precision) / (sum(glucose_month.n))::double precision) AS in_range_percent,
            (((100)::double precision * (sum(glucose_month.high))::double precision) / (sum(glucose_month.n))::double precision) AS high_percent,
            (((100)::double precision * (sum(glucose_month.very_high))::double precision) / (sum(glucose_month.n))::double precision) AS very_high_percent,
            (((100)::double precision * (sum(glucose_month.tight))::double precision) / (sum(glucose_month.n))::double precision) AS tight_percent,
            (((100)::double precision * (sum(glucose_month.pregnancy))::double precision) / (sum(glucose_month.n))::double precision) AS pregnancy_percent
           FROM research.glucose_month
          GROUP BY glucose_month.participant_id, glucose_month.source_entity) summed;

COMMENT ON VIEW research.glucose_participant IS 'Metrics of each participant over all their days, as libraries/Glucose has them: the points of the GRI grid, and what distributions are made of.';

COMMENT ON COLUMN research.glucose_participant.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.glucose_participant.first_month IS 'first day of the first local month with readings';

COMMENT ON COLUMN research.glucose_participant.last_month IS 'first day of the last local month with readings';

COMMENT ON COLUMN research.glucose_participant.days IS 'local days with readings';

COMMENT ON COLUMN research.glucose_participant.n IS 'readings';

COMMENT ON COLUMN research.glucose_participant.sensor_days IS 'time that readings cover; unit: days of 24 hours';

COMMENT ON COLUMN research.glucose_participant.duplicates IS 'sensor readings left out because another uploader''s stands for them';

COMMENT ON COLUMN research.glucose_participant.duplicate_percent IS 'of the sensor readings, those left out because another uploader''s stands for them; unit: %';

COMMENT ON COLUMN research.glucose_participant.mean_mgdl IS 'mean of the readings; unit: mg/dL';

COMMENT ON COLUMN research.glucose_participant.sd_mgdl IS 'sample standard deviation (n - 1); null for a single reading; unit: mg/dL';

COMMENT ON COLUMN research.glucose_participant.cv_percent IS 'coefficient of variation: sd_mgdl over mean_mgdl; unit: %';

COMMENT ON COLUMN research.glucose_participant.gmi_percent IS 'glucose management indicator; null below 14 days or 70 % of 14 days of sensor time; unit: %';

COMMENT ON COLUMN research.glucose_participant.lbgi IS 'low blood glucose index';

COMMENT ON COLUMN research.glucose_participant.hbgi IS 'high blood glucose index';

COMMENT ON COLUMN research.glucose_participant.very_low_percent IS 'share of the readings below 54 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.low_percent IS 'share of the readings from 54 to below 70 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.in_range_percent IS 'share of the readings from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.high_percent IS 'share of the readings above 180 to 250 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.very_high_percent IS 'share of the readings above 250 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.tight_percent IS 'share of the readings from 70 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.pregnancy_percent IS 'share of the readings from 63 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.glucose_participant.gri_hypo IS 'horizontal axis of the GRI grid: very low + 0.8 low; unit: %';

COMMENT ON COLUMN research.glucose_participant.gri_hyper IS 'vertical axis of the GRI grid: very high + 0.5 high; unit: %';

COMMENT ON COLUMN research.glucose_participant.gri IS 'glycemia risk index, 0 to 100';

COMMENT ON COLUMN research.glucose_participant.is_sufficient IS '14 days with data and 70 % of 14 days of sensor time';

COMMENT ON COLUMN research.glucose_participant.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.cohort_bands WITH (security_barrier='true') AS
 SELECT count(*) AS participants,
    sum(glucose_participant.days) AS days,
    sum(glucose_participant.n) AS n,
    (sum((glucose_participant.very_low_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS very_low_percent,
    (sum((glucose_participant.low_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS low_percent,
    (sum((glucose_participant.in_range_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS in_range_percent,
    (sum((glucose_participant.high_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS high_percent,
    (sum((glucose_participant.very_high_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS very_high_percent,
    (sum((glucose_participant.tight_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS tight_percent,
    (sum((glucose_participant.pregnancy_percent * glucose_participant.n)) / sum(glucose_participant.n)) AS pregnancy_percent,
    avg(glucose_participant.in_range_percent) AS mean_in_range_percent,
    avg((glucose_participant.very_low_percent + glucose_participant.low_percent)) AS mean_below_range_percent,
    avg((glucose_participant.high_percent + glucose_participant.very_high_percent)) AS mean_above_range_percent,
    (sum((glucose_participant.mean_mgdl * glucose_participant.n)) / sum(glucose_participant.n)) AS mean_mgdl
   FROM research.glucose_participant;

COMMENT ON VIEW research.cohort_bands IS 'One row: shares of all readings of the cohort by band, and (mean_...) the mean of the participants'' own shares, which weighs everybody the same.';

COMMENT ON COLUMN research.cohort_bands.participants IS 'participants with readings';

COMMENT ON COLUMN research.cohort_bands.days IS 'their local days with readings, added up';

COMMENT ON COLUMN research.cohort_bands.n IS 'readings';

COMMENT ON COLUMN research.cohort_bands.very_low_percent IS 'share of all readings below 54 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.low_percent IS 'share of all readings from 54 to below 70 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.in_range_percent IS 'share of all readings from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.high_percent IS 'share of all readings above 180 to 250 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.very_high_percent IS 'share of all readings above 250 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.tight_percent IS 'share of all readings from 70 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.pregnancy_percent IS 'share of all readings from 63 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.mean_in_range_percent IS 'mean of the participants'' own shares from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.mean_below_range_percent IS 'mean of the participants'' own shares below 70 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.mean_above_range_percent IS 'mean of the participants'' own shares above 180 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_bands.mean_mgdl IS 'mean of all readings; unit: mg/dL';

CREATE VIEW research.glucose_day WITH (security_barrier='true') AS
 SELECT glucose_day.participant_id,
    glucose_day.day,
    glucose_day.n,
    glucose_day.very_low,
    glucose_day.low,
    glucose_day.in_range,
    glucose_day.high,
    glucose_day.very_high,
    glucose_day.tight,
    glucose_day.pregnancy,
    glucose_day.below_pregnancy,
    glucose_day.sum_mgdl,
    glucose_day.sum_squares,
    glucose_day.low_risk,
    glucose_day.high_risk,
    glucose_day.min_mgdl,
    glucose_day.max_mgdl,
    glucose_day.cadence_minutes,
    glucose_day.expected,
    glucose_day.covered_minutes,
    glucose_day.day_minutes,
    glucose_day.duplicates,
    glucose_day.readings,
    p.source_entity
   FROM (openaps.glucose_day
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.glucose_day.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.cohort_calendar WITH (security_barrier='true') AS
 SELECT glucose_day.day,
    count(*) AS participants,
    sum(glucose_day.n) AS n,
    (((100)::double precision * sum(glucose_day.covered_minutes)) / (sum(glucose_day.day_minutes))::double precision) AS covered_percent
   FROM research.glucose_day
  GROUP BY glucose_day.day;

COMMENT ON VIEW research.cohort_calendar IS 'Coverage: participants with readings on each local day, and the share of their day that readings cover.';

COMMENT ON COLUMN research.cohort_calendar.day IS 'local';

COMMENT ON COLUMN research.cohort_calendar.participants IS 'participants with readings on the day';

COMMENT ON COLUMN research.cohort_calendar.n IS 'readings';

COMMENT ON COLUMN research.cohort_calendar.covered_percent IS 'share of their day that readings cover; unit: %';

CREATE VIEW research.cohort_distribution WITH (security_barrier='true') AS
 SELECT of_each.metric,
    (floor((of_each.value / of_each.width)) * of_each.width) AS from_value,
    ((floor((of_each.value / of_each.width)) * of_each.width) + of_each.width) AS to_value,
    count(*) AS participants
   FROM (research.glucose_participant
     CROSS JOIN LATERAL ( VALUES ('in_range_percent'::text,glucose_participant.in_range_percent,(5)::double precision,glucose_participant.is_sufficient), ('gmi_percent'::text,glucose_participant.gmi_percent,0.25,glucose_participant.is_sufficient), ('cv_percent'::text,glucose_participant.cv_percent,2,glucose_participant.is_sufficient), ('days'::text,(glucose_participant.days)::double precision,30,true)) of_each(metric, value, width, counts))
  WHERE (of_each.counts AND (of_each.value IS NOT NULL))
  GROUP BY of_each.metric, (floor((of_each.value / of_each.width))), of_each.width;

COMMENT ON VIEW research.cohort_distribution IS 'How many participants have a metric in [from_value, to_value): in_range_percent, gmi_percent, cv_percent of those with 14 days and 70 % of 14 days of sensor time; days with data of all.';

COMMENT ON COLUMN research.cohort_distribution.metric IS 'in_range_percent, gmi_percent, cv_percent or days';

COMMENT ON COLUMN research.cohort_distribution.from_value IS 'lower end, included; unit: that of the metric';

COMMENT ON COLUMN research.cohort_distribution.to_value IS 'upper end, not included; unit: that of the metric';

COMMENT ON COLUMN research.cohort_distribution.participants IS 'how many have a value between the two';

CREATE VIEW research.glucose_time_of_day WITH (security_barrier='true') AS
 SELECT glucose_time_of_day.participant_id,
    glucose_time_of_day.half_hour,
    glucose_time_of_day.from_mgdl,
    glucose_time_of_day.n0,
    glucose_time_of_day.n1,
    glucose_time_of_day.n2,
    glucose_time_of_day.n3,
    glucose_time_of_day.n4,
    glucose_time_of_day.n5,
    glucose_time_of_day.n6,
    glucose_time_of_day.n7,
    glucose_time_of_day.n8,
    glucose_time_of_day.n9,
    p.source_entity
   FROM (openaps.glucose_time_of_day
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.glucose_time_of_day.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.cohort_profile WITH (security_barrier='true') AS
 WITH total AS MATERIALIZED (
         SELECT glucose_time_of_day.half_hour,
            glucose_time_of_day.from_mgdl,
            (sum(glucose_time_of_day.n0))::double precision AS n0,
            (sum(glucose_time_of_day.n1))::double precision AS n1,
            (sum(glucose_time_of_day.n2))::double precision AS n2,
            (sum(glucose_time_of_day.n3))::double precision AS n3,
            (sum(glucose_time_of_day.n4))::double precision AS n4,
            (sum(glucose_time_of_day.n5))::double precision AS n5,
            (sum(glucose_time_of_day.n6))::double precision AS n6,
            (sum(glucose_time_of_day.n7))::double precision AS n7,
            (sum(glucose_time_of_day.n8))::double precision AS n8,
            (sum(glucose_time_of_day.n9))::double precision AS n9
           FROM research.glucose_time_of_day
          GROUP BY glucose_time_of_day.half_hour, glucose_time_of_day.from_mgdl
        ), bins AS (
         SELECT counted.half_hour,
            counted.from_mgdl,
            counted.n0,
            counted.n1,
            counted.n2,
            counted.n3,
            counted.n4,
            counted.n5,
            counted.n6,
            counted.n7,
            counted.n8,
            counted.n9,
            counted.here,
            (sum(counted.here) OVER (PARTITION BY counted.half_hour ORDER BY counted.from_mgdl) - counted.here) AS before,
            sum(counted.here) OVER (PARTITION BY counted.half_hour) AS n
           FROM ( SELECT total.half_hour,
                    total.from_mgdl,
                    total.n0,
                    total.n1,
                    total.n2,
                    total.n3,
                    total.n4,
                    total.n5,
                    total.n6,
                    total.n7,
                    total.n8,
                    total.n9,
                    (((((((((total.n0 + total.n1) + total.n2) + total.n3) + total.n4) + total.n5) + total.n6) + total.n7) + total.n8) + total.n9) AS here
                   FROM total) counted
        ), found AS (
         SELECT bins.half_hour,
            bins.n,
            wanted.percent,
                CASE wanted.upper
                    WHEN 0 THEN (((1)::double precision - a.exact) + floor(a.exact))
                    ELSE (a.exact - floor(a.exact))
                END AS weight,
            (((((((((bins.from_mgdl + (((bins.before + bins.n0) <= b.place))::integer) + ((((bins.before + bins.n0) + bins.n1) <= b.place))::integer) + (((((bins.before + bins.n0) + bins.n1) + bins.n2) <= b.place))::integer) + ((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) <= b.place))::integer) + (((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) + bins.n4) <= b.place))::integer) + ((((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) + bins.n4) + bins.n5) <= b.place))::integer) + (((((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) + bins.n4) + bins.n5) + bins.n6) <= b.place))::integer) + ((((((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) + bins.n4) + bins.n5) + bins.n6) + bins.n7) <= b.place))::integer) + (((((((((((bins.before + bins.n0) + bins.n1) + bins.n2) + bins.n3) + bins.n4) + bins.n5) + bins.n6) + bins.n7) + bins.n8) <= b.place))::integer) AS mgdl
           FROM (((bins
             CROSS JOIN ( VALUES (5,0), (5,1), (25,0), (25,1), (50,0), (50,1), (75,0), (75,1), (95,0), (95,1)) wanted(percent, upper))
             CROSS JOIN LATERAL ( SELECT (((bins.n - (1)::double precision) * (wanted.percent)::double precision) / (100)::double precision) AS "?column?") a(exact))
             CROSS JOIN LATERAL ( SELECT LEAST((floor(a.exact) + (wanted.upper)::double precision), (bins.n - (1)::double precision)) AS "least") b(place))
          WHERE ((b.place >= bins.before) AND (b.place < (bins.before + bins.here)))
        )
 SELECT found.half_hour,
    found.n,
    ( SELECT count(DISTINCT glucose_month.participant_id) AS count
           FROM research.glucose_month) AS participants,
    sum(((found.mgdl)::double precision * found.weight)) FILTER (WHERE (found.percent = 5)) AS p5,
    sum(((found.mgdl)::double precision * found.weight)) FILTER (WHERE (found.percent = 25)) AS p25,
    sum(((found.mgdl)::double precision * found.weight)) FILTER (WHERE (found.percent = 50)) AS p50,
    sum(((found.mgdl)::double precision * found.weight)) FILTER (WHERE (found.percent = 75)) AS p75,
    sum(((found.mgdl)::double precision * found.weight)) FILTER (WHERE (found.percent = 95)) AS p95
   FROM found
  GROUP BY found.half_hour, found.n;

COMMENT ON VIEW research.cohort_profile IS 'Percentile profile: percentiles (linear, type 7) of all readings of the cohort by local half hour (0: 00:00 to 00:29), from 1 mg/dL histograms.';

COMMENT ON COLUMN research.cohort_profile.half_hour IS 'local, 0 (00:00 to 00:29) to 47';

COMMENT ON COLUMN research.cohort_profile.n IS 'readings of the half hour';

COMMENT ON COLUMN research.cohort_profile.participants IS 'of the cohort, with readings at any time of day';

COMMENT ON COLUMN research.cohort_profile.p5 IS '5th percentile; unit: mg/dL';

COMMENT ON COLUMN research.cohort_profile.p25 IS '25th percentile; unit: mg/dL';

COMMENT ON COLUMN research.cohort_profile.p50 IS 'median; unit: mg/dL';

COMMENT ON COLUMN research.cohort_profile.p75 IS '75th percentile; unit: mg/dL';

COMMENT ON COLUMN research.cohort_profile.p95 IS '95th percentile; unit: mg/dL';

CREATE VIEW research.glucose_week WITH (security_barrier='true') AS
 SELECT glucose_week.participant_id,
    glucose_week.weekday,
    glucose_week.hour,
    glucose_week.n,
    glucose_week.sum_mgdl,
    glucose_week.low,
    glucose_week.in_range,
    glucose_week.high,
    p.source_entity
   FROM (openaps.glucose_week
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.glucose_week.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.cohort_week WITH (security_barrier='true') AS
 SELECT glucose_week.weekday,
    glucose_week.hour,
    count(*) AS participants,
    sum(glucose_week.n) AS n,
    (sum(glucose_week.sum_mgdl) / sum(glucose_week.n)) AS mean_mgdl,
    (((100)::numeric * sum(glucose_week.low)) / sum(glucose_week.n)) AS low_percent,
    (((100)::numeric * sum(glucose_week.in_range)) / sum(glucose_week.n)) AS in_range_percent,
    (((100)::numeric * sum(glucose_week.high)) / sum(glucose_week.n)) AS high_percent
   FROM research.glucose_week
  GROUP BY glucose_week.weekday, glucose_week.hour;

COMMENT ON VIEW research.cohort_week IS 'Heat map: the cohort''s readings by local weekday (1 is Monday) and hour; low is below 70 mg/dL, high above 180.';

COMMENT ON COLUMN research.cohort_week.weekday IS '1 (Monday) to 7 (Sunday)';

COMMENT ON COLUMN research.cohort_week.hour IS 'local, 0 to 23';

COMMENT ON COLUMN research.cohort_week.participants IS 'participants with readings then';

COMMENT ON COLUMN research.cohort_week.n IS 'readings';

COMMENT ON COLUMN research.cohort_week.mean_mgdl IS 'mean of the readings; unit: mg/dL';

COMMENT ON COLUMN research.cohort_week.low_percent IS 'share of the readings below 70 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_week.in_range_percent IS 'share of the readings from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN research.cohort_week.high_percent IS 'share of the readings above 180 mg/dL; unit: %';

CREATE VIEW research.daily_metrics WITH (security_barrier='true') AS
 SELECT glucose_day.participant_id,
    glucose_day.day,
    glucose_day.n,
    glucose_day.covered_minutes,
    (((100)::double precision * glucose_day.covered_minutes) / (glucose_day.day_minutes)::double precision) AS covered_percent,
    glucose_day.duplicates,
    (glucose_day.sum_mgdl / (glucose_day.n)::double precision) AS mean_mgdl,
        CASE
            WHEN (glucose_day.n > 1) THEN sqrt((GREATEST((0)::double precision, (glucose_day.sum_squares - (((glucose_day.sum_mgdl - ((120.0 * (glucose_day.n)::numeric))::double precision) ^ (2)::double precision) / (glucose_day.n)::double precision))) / ((glucose_day.n - 1))::double precision))
            ELSE NULL::double precision
        END AS sd_mgdl,
        CASE
            WHEN (glucose_day.n > 1) THEN (((100)::double precision * sqrt((GREATEST((0)::double precision, (glucose_day.sum_squares - (((glucose_day.sum_mgdl - ((120.0 * (glucose_day.n)::numeric))::double precision) ^ (2)::double precision) / (glucose_day.n)::double precision))) / ((glucose_day.n - 1))::double precision))) / (glucose_day.sum_mgdl / (glucose_day.n)::double precision))
            ELSE NULL::double precision
        END AS cv_percent,
    glucose_day.min_mgdl,
    glucose_day.max_mgdl,
    (((100.0)::double precision * (glucose_day.very_low)::double precision) / (glucose_day.n)::double precision) AS very_low_percent,
    (((100.0)::double precision * (glucose_day.low)::double precision) / (glucose_day.n)::double precision) AS low_percent,
    (((100.0)::double precision * (glucose_day.in_range)::double precision) / (glucose_day.n)::double precision) AS in_range_percent,
    (((100.0)::double precision * (glucose_day.high)::double precision) / (glucose_day.n)::double precision) AS high_percent,
    (((100.0)::double precision * (glucose_day.very_high)::double precision) / (glucose_day.n)::double precision) AS very_high_percent,
    (((100.0)::double precision * (glucose_day.tight)::double precision) / (glucose_day.n)::double precision) AS tight_percent,
    (((100.0)::double precision * (glucose_day.pregnancy)::double precision) / (glucose_day.n)::double precision) AS pregnancy_percent,
    (glucose_day.low_risk / (glucose_day.n)::double precision) AS lbgi,
    (glucose_day.high_risk / (glucose_day.n)::double precision) AS hbgi,
    glucose_day.source_entity
   FROM research.glucose_day;

COMMENT ON VIEW research.daily_metrics IS 'Metrics of sensor glucose of each participant and local day, as libraries/Glucose has them.';

COMMENT ON COLUMN research.daily_metrics.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.daily_metrics.day IS 'local day';

COMMENT ON COLUMN research.daily_metrics.n IS 'readings';

COMMENT ON COLUMN research.daily_metrics.covered_minutes IS 'time that readings cover; unit: minutes';

COMMENT ON COLUMN research.daily_metrics.covered_percent IS 'share of the day that readings cover; unit: %';

COMMENT ON COLUMN research.daily_metrics.duplicates IS 'sensor readings left out because another uploader''s stands for them';

COMMENT ON COLUMN research.daily_metrics.mean_mgdl IS 'mean of the readings; unit: mg/dL';

COMMENT ON COLUMN research.daily_metrics.sd_mgdl IS 'sample standard deviation (n - 1); null for a single reading; unit: mg/dL';

COMMENT ON COLUMN research.daily_metrics.cv_percent IS 'coefficient of variation: sd_mgdl over mean_mgdl; unit: %';

COMMENT ON COLUMN research.daily_metrics.min_mgdl IS 'lowest reading; unit: mg/dL';

COMMENT ON COLUMN research.daily_metrics.max_mgdl IS 'highest reading; unit: mg/dL';

COMMENT ON COLUMN research.daily_metrics.very_low_percent IS 'share of the readings below 54 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.low_percent IS 'share of the readings from 54 to below 70 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.in_range_percent IS 'share of the readings from 70 to 180 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.high_percent IS 'share of the readings above 180 to 250 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.very_high_percent IS 'share of the readings above 250 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.tight_percent IS 'share of the readings from 70 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.pregnancy_percent IS 'share of the readings from 63 to 140 mg/dL; unit: %';

COMMENT ON COLUMN research.daily_metrics.lbgi IS 'low blood glucose index';

COMMENT ON COLUMN research.daily_metrics.hbgi IS 'high blood glucose index';

COMMENT ON COLUMN research.daily_metrics.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.device_status WITH (security_barrier='true') AS
 SELECT device_status.participant_id,
    device_status.id,
    device_status.device,
    device_status.pump_id,
    device_status.pump_bolusing,
    device_status.pump_suspended,
    device_status.pump_model,
    device_status.loop_cob,
    device_status.loop_iob,
    device_status.loop_version,
    device_status.loop_failure_reason,
    device_status.snooze,
    device_status.override_active,
    device_status.created_at,
    p.source_entity
   FROM (openaps.device_status
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.device_status.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.device_status_metrics WITH (security_barrier='true') AS
 SELECT device_status_metrics.participant_id,
    device_status_metrics.device_status_id,
    device_status_metrics.iob_iob,
    device_status_metrics.iob_activity,
    device_status_metrics.iob_basal_iob,
    device_status_metrics.iob_bolus_iob,
    device_status_metrics.iob_net_basal_insulin,
    device_status_metrics.iob_bolus_insulin,
    device_status_metrics.iob_timestamp,
    device_status_metrics.suggested_temp,
    device_status_metrics.suggested_bg,
    device_status_metrics.suggested_tick,
    device_status_metrics.suggested_eventual_bg,
    device_status_metrics.suggested_insulin_req,
    device_status_metrics.suggested_reservoir,
    device_status_metrics.suggested_cob,
    device_status_metrics.suggested_iob,
    device_status_metrics.enacted_temp,
    device_status_metrics.enacted_bg,
    device_status_metrics.enacted_tick,
    device_status_metrics.enacted_eventual_bg,
    device_status_metrics.enacted_insulin_req,
    device_status_metrics.enacted_reservoir,
    device_status_metrics.enacted_cob,
    device_status_metrics.enacted_iob,
    device_status_metrics.enacted_duration,
    device_status_metrics.enacted_rate,
    device_status_metrics.enacted_timestamp,
    device_status_metrics.created_at,
    p.source_entity
   FROM (openaps.device_status_metrics
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.device_status_metrics.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.entries WITH (security_barrier='true') AS
 SELECT e.participant_id,
    e.id,
    e.sgv,
    e.direction,
    e.device,
    e.type,
    e.rssi,
    e.rawbg,
    e.trend,
    e.glucose,
    e.mbg,
    e.delta,
    e.filtered,
    e.unfiltered,
    e.noise,
    e.scale,
    e.slope,
    e.intercept,
    e.system_time,
    e.date,
    e.date_string,
    p.source_entity,
        CASE
            WHEN (m.day IS NOT NULL) THEN round((e.sgv * 18.01559), 2)
            WHEN (e.sgv >= (39)::numeric) THEN e.sgv
            ELSE NULL::numeric
        END AS sgv_mgdl,
        CASE
            WHEN (m.day IS NOT NULL) THEN round((e.mbg * 18.01559), 2)
            WHEN (e.mbg >= (20)::numeric) THEN e.mbg
            ELSE NULL::numeric
        END AS mbg_mgdl,
        CASE
            WHEN (m.day IS NOT NULL) THEN 'mmol/L'::text
            WHEN ((e.sgv >= (39)::numeric) OR (e.mbg >= (20)::numeric)) THEN 'mg/dL'::text
            ELSE NULL::text
        END AS glucose_unit,
        CASE
            WHEN (m.day IS NOT NULL) THEN 'day'::text
            WHEN ((e.sgv >= (39)::numeric) OR (e.mbg >= (39)::numeric)) THEN 'range'::text
            WHEN (e.mbg >= (20)::numeric) THEN 'rule'::text
            ELSE NULL::text
        END AS glucose_unit_evidence
   FROM ((openaps.entries e
     JOIN research.participant p USING (participant_id))
     LEFT JOIN openaps.mmol_day m ON (((m.participant_id = e.participant_id) AND (m.day = ((e.date AT TIME ZONE 'UTC'::text))::date) AND (m.device = COALESCE(e.device, ''::text)) AND (((e.sgv > (0)::numeric) AND (e.sgv < (39)::numeric)) OR ((e.mbg > (0)::numeric) AND (e.mbg < (39)::numeric))))));

COMMENT ON COLUMN research.entries.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

COMMENT ON COLUMN research.entries.sgv_mgdl IS 'sgv in mg/dL; null: an error code (below 39), or a unit that is not certain; unit: mg/dL';

COMMENT ON COLUMN research.entries.mbg_mgdl IS 'mbg in mg/dL; null: a unit that is not certain; unit: mg/dL';

COMMENT ON COLUMN research.entries.glucose_unit IS 'unit of sgv and mbg as sent: mg/dL or mmol/L; null: error code, or not certain';

COMMENT ON COLUMN research.entries.glucose_unit_evidence IS 'day: all of the day from this device fits mmol/L only (openaps.mmol_day); range: the value can be mg/dL only; rule: entries are in mg/dL by Nightscout''s rule, and nothing speaks against it';

CREATE VIEW research.entries_local WITH (security_barrier='true') AS
 SELECT e.participant_id,
    e.id,
    e.type,
    e.sgv,
    e.mbg,
    e.device,
    e.date,
    ((e.date AT TIME ZONE 'UTC'::text) + ((t.offset_minutes)::double precision * '00:01:00'::interval)) AS local_time,
    t.offset_minutes,
    t.zone,
    t.source AS offset_source,
    t.confidence AS offset_confidence,
    (d.id IS NULL) AS is_canonical,
    d.canonical_id,
    e.source_entity,
    e.sgv_mgdl
   FROM ((research.entries e
     LEFT JOIN LATERAL ( SELECT o.offset_minutes,
            o.zone,
            o.source,
            o.confidence
           FROM openaps.utc_offset_timeline o
          WHERE ((o.participant_id = e.participant_id) AND (o.from_utc <= e.date))
          ORDER BY o.from_utc DESC
         LIMIT 1) t ON (true))
     LEFT JOIN openaps.duplicate_entry d ON (((d.participant_id = e.participant_id) AND (d.id = e.id))));

COMMENT ON VIEW research.entries_local IS 'Entries with the local wall time, how sure it is, and whether another uploader''s entry stands for this one.';

COMMENT ON COLUMN research.entries_local.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.entries_local.id IS 'as in entries';

COMMENT ON COLUMN research.entries_local.type IS 'as in entries';

COMMENT ON COLUMN research.entries_local.sgv IS 'as in entries; unit: mg/dL';

COMMENT ON COLUMN research.entries_local.mbg IS 'as in entries; unit: mg/dL';

COMMENT ON COLUMN research.entries_local.device IS 'as in entries';

COMMENT ON COLUMN research.entries_local.date IS 'time of the reading, UTC';

COMMENT ON COLUMN research.entries_local.local_time IS 'wall clock of the participant; null: the record has no time, or its summaries are not made yet';

COMMENT ON COLUMN research.entries_local.offset_minutes IS 'how far local time is ahead of UTC; unit: minutes';

COMMENT ON COLUMN research.entries_local.zone IS 'as in utc_offset_timeline';

COMMENT ON COLUMN research.entries_local.offset_source IS 'source in utc_offset_timeline';

COMMENT ON COLUMN research.entries_local.offset_confidence IS 'confidence in utc_offset_timeline';

COMMENT ON COLUMN research.entries_local.is_canonical IS 'false: it repeats canonical_id, and no summary counts it';

COMMENT ON COLUMN research.entries_local.canonical_id IS 'the entry that stands for this one; null: it stands for itself';

COMMENT ON COLUMN research.entries_local.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

COMMENT ON COLUMN research.entries_local.sgv_mgdl IS 'as research.entries.sgv_mgdl; unit: mg/dL';

CREATE VIEW research.member_demographics WITH (security_barrier='true') AS
 SELECT d.participant_id,
    (EXTRACT(year FROM d.ts))::integer AS answered_year,
    d.gender,
    d.ethnicity,
    d.country_corrected AS country,
    d.country_code,
    d.diy_closed_loop_type,
    d.who_uses_the_closed_loop_system,
    d.cleaned_height_cm,
    d.cleaned_weight_kg,
    d.age_bracket,
    d.years_since_diagnosed_bracket,
    d.years_since_first_insulin_pump_bracket,
    d.years_since_first_glucose_monitor_bracket,
    d.years_since_first_diy_closed_loop_bracket,
    d.insulin_units_per_day,
    d.basal_insulin_units_per_day,
    d.carb_grams_per_day,
    d.last_lab_reported_a1c,
    (EXTRACT(year FROM d.last_lab_reported_a1c_date))::integer AS last_lab_reported_a1c_year,
    p.source_entity
   FROM (openaps.member_demographics_cleaned d
     JOIN research.participant p USING (participant_id));

COMMENT ON VIEW research.member_demographics IS 'What participants answered in the surveys, cleaned: one row each, of every field the newest answer.';

COMMENT ON COLUMN research.member_demographics.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.member_demographics.answered_year IS 'of the newest answer; brackets count from the answer they come from';

COMMENT ON COLUMN research.member_demographics.cleaned_height_cm IS 'height when it was answered; unit: cm';

COMMENT ON COLUMN research.member_demographics.cleaned_weight_kg IS 'weight when it was answered; unit: kg';

COMMENT ON COLUMN research.member_demographics.insulin_units_per_day IS 'all insulin of a usual day; unit: U/day';

COMMENT ON COLUMN research.member_demographics.basal_insulin_units_per_day IS 'basal insulin of a usual day; unit: U/day';

COMMENT ON COLUMN research.member_demographics.carb_grams_per_day IS 'carbohydrates of a usual day; unit: g/day';

COMMENT ON COLUMN research.member_demographics.last_lab_reported_a1c IS 'HbA1c as the laboratory last reported it; an answer in mmol/mol is converted; unit: % (NGSP)';

COMMENT ON COLUMN research.member_demographics.last_lab_reported_a1c_year IS 'of that measurement';

COMMENT ON COLUMN research.member_demographics.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.observed_field WITH (security_barrier='true') AS
 WITH seen AS (
         SELECT observed_field.collection,
            observed_field.path,
            bit_or(observed_field.types) AS types,
            count(*) FILTER (WHERE (observed_field.records > 0)) AS participants,
            sum(observed_field.records) AS records
           FROM (openaps.observed_field
             JOIN research.participant USING (participant_id))
          GROUP BY observed_field.collection, observed_field.path
        ), counted AS (
         SELECT seen.collection,
            seen.path,
            seen.types,
            seen.participants,
            seen.records,
            max(seen.participants) FILTER (WHERE (seen.path = ''::text)) OVER (PARTITION BY seen.collection) AS participants_of
           FROM seen
        )
 SELECT counted.collection,
    counted.path,
    array_remove(ARRAY[
        CASE
            WHEN (((counted.types)::integer & 1) > 0) THEN 'object'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((counted.types)::integer & 2) > 0) THEN 'array'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((counted.types)::integer & 4) > 0) THEN 'text'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((counted.types)::integer & 8) > 0) THEN 'number'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((counted.types)::integer & 16) > 0) THEN 'true or false'::text
            ELSE NULL::text
        END,
        CASE
            WHEN (((counted.types)::integer & 32) > 0) THEN 'null'::text
            ELSE NULL::text
        END], NULL::text) AS types,
        CASE
            WHEN (counted.participants >= 5) THEN counted.participants
            ELSE NULL::bigint
        END AS participants,
        CASE
            WHEN (counted.participants_of >= 5) THEN counted.participants_of
            ELSE NULL::bigint
        END AS participants_of,
        CASE
            WHEN (counted.participants >= 5) THEN counted.records
            ELSE NULL::numeric
        END AS records
   FROM counted;

COMMENT ON VIEW research.observed_field IS 'Fields that the records of the grant''s participants were seen to have, as they stand in the raw lines: numbers for the data dictionary.';

COMMENT ON COLUMN research.observed_field.collection IS 'entries, treatments, devicestatus or profile';

COMMENT ON COLUMN research.observed_field.path IS 'dotted; * stands for names that participants chose, an array for its elements, empty for the record itself';

COMMENT ON COLUMN research.observed_field.types IS 'JSON types seen: object, array, text, number, true or false, null';

COMMENT ON COLUMN research.observed_field.participants IS 'who have it, with something other than null; null: fewer than 5';

COMMENT ON COLUMN research.observed_field.participants_of IS 'who have records of the collection; null: fewer than 5';

COMMENT ON COLUMN research.observed_field.records IS 'records that hold it, with something other than null; null: of fewer than 5 participants';

CREATE VIEW research.outdated_export AS
 SELECT DISTINCT outdated_participant.export_id
   FROM portal.outdated_participant;

COMMENT ON VIEW research.outdated_export IS 'Exports that name somebody who left or whom their study does not cover any more, or say of somebody that they share with a commons they no longer share with.';

CREATE VIEW research.profile WITH (security_barrier='true') AS
 SELECT profile.participant_id,
    profile.id,
    profile.default_profile,
    profile.mills,
    profile.units,
    profile.start_date,
    profile.created_at,
    p.source_entity
   FROM (openaps.profile
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.profile.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.raw_record WITH (security_barrier='true') AS
 SELECT entries.participant_id,
    'entries'::text AS collection,
    entries.id,
    entries.date AS at,
    entries.period,
    p.source_entity
   FROM (openaps.entries
     JOIN research.participant p USING (participant_id))
UNION ALL
 SELECT treatments.participant_id,
    'treatments'::text AS collection,
    treatments.id,
    treatments.created_at AS at,
    treatments.period,
    p.source_entity
   FROM (openaps.treatments
     JOIN research.participant p USING (participant_id))
UNION ALL
 SELECT device_status.participant_id,
    'devicestatus'::text AS collection,
    device_status.id,
    device_status.created_at AS at,
    device_status.period,
    p.source_entity
   FROM (openaps.device_status
     JOIN research.participant p USING (participant_id))
UNION ALL
 SELECT profile.participant_id,
    'profile'::text AS collection,
    profile.id,
    profile.created_at AS at,
    profile.period,
    p.source_entity
   FROM (openaps.profile
     JOIN research.participant p USING (participant_id));

COMMENT ON VIEW research.raw_record IS 'Which records of raw_segment belong to which days.';

COMMENT ON COLUMN research.raw_record.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.raw_record.collection IS 'as in raw_segment';

COMMENT ON COLUMN research.raw_record.id IS 'as in entries; exports carry a code instead';

COMMENT ON COLUMN research.raw_record.at IS 'time by which dates choose, UTC; null: none that is usable';

COMMENT ON COLUMN research.raw_record.period IS 'as in raw_segment';

COMMENT ON COLUMN research.raw_record.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.raw_segment WITH (security_barrier='true') AS
 SELECT raw_segment.participant_id,
    raw_segment.collection,
    raw_segment.period,
    raw_segment.part,
    raw_segment.lines,
    octet_length(raw_segment.data) AS bytes,
    raw_segment.data,
    p.source_entity
   FROM (openaps.raw_segment
     JOIN research.participant p USING (participant_id));

COMMENT ON VIEW research.raw_segment IS 'De-identified records as they were sent, gzipped lines; exports replace the codes that every line begins with by those of the study.';

COMMENT ON COLUMN research.raw_segment.participant_id IS 'random number that stands for the participant; exports carry a code of the study instead';

COMMENT ON COLUMN research.raw_segment.collection IS 'entries, treatments, devicestatus or profile';

COMMENT ON COLUMN research.raw_segment.period IS 'of the file the records are from: a UTC day, a month, undated or whole';

COMMENT ON COLUMN research.raw_segment.part IS 'counted from 0; the parts of a period joined are one gzip stream';

COMMENT ON COLUMN research.raw_segment.lines IS 'records';

COMMENT ON COLUMN research.raw_segment.bytes IS 'of data; unit: bytes';

COMMENT ON COLUMN research.raw_segment.data IS 'NDJSON, gzipped';

COMMENT ON COLUMN research.raw_segment.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.record_day WITH (security_barrier='true') AS
 SELECT record_day.participant_id,
    record_day.day,
    record_day.collection,
    record_day.kind,
    record_day.records,
    p.source_entity
   FROM (openaps.record_day
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.record_day.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.therapy_setting WITH (security_barrier='true') AS
 SELECT therapy_setting.participant_id,
    therapy_setting.valid_from,
    therapy_setting.kind,
    therapy_setting.seconds,
    therapy_setting.value,
    therapy_setting.unit,
    therapy_setting.sent_value,
    therapy_setting.sent_unit,
    therapy_setting.unit_evidence,
    therapy_setting.timezone,
    therapy_setting.source,
    p.source_entity
   FROM (openaps.therapy_setting
     JOIN research.participant p USING (participant_id));

COMMENT ON COLUMN research.therapy_setting.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

CREATE VIEW research.treatments WITH (security_barrier='true') AS
 SELECT t.participant_id,
    t.id,
    t.event_type,
    t."timestamp",
    t.insulin,
    t.carbs,
    t.protein,
    t.fat,
    t.glucose,
    t.glucose_type,
    t.food_type,
    t.temp,
    t.rate,
    t.duration,
    t.units,
    t.amount,
    t.absolute,
    t.medtronic,
    t.type,
    t.absorption_time,
    t.unabsorbed,
    t.ratio,
    t.target_top,
    t.target_bottom,
    t.fixed,
    t.programmed,
    t.reason,
    t.notes,
    t.entered_by,
    t.created_at,
    p.source_entity,
    round((NULLIF(t.glucose, (0)::numeric) * f.factor), 2) AS glucose_mgdl,
    round((NULLIF(t.target_top, (0)::numeric) * f.factor), 2) AS target_top_mgdl,
    round((NULLIF(t.target_bottom, (0)::numeric) * f.factor), 2) AS target_bottom_mgdl,
    decided.unit AS glucose_unit,
    decided.evidence AS glucose_unit_evidence
   FROM ((((openaps.treatments t
     JOIN research.participant p USING (participant_id))
     LEFT JOIN LATERAL ( SELECT
                CASE
                    WHEN (s.unit_evidence = ANY (ARRAY['units'::text, 'units and range'::text])) THEN
                    CASE
                        WHEN (s.sent_unit ~~* 'mmol%'::text) THEN 'mmol/L'::text
                        ELSE 'mg/dL'::text
                    END
                    WHEN (s.value = s.sent_value) THEN 'mg/dL'::text
                    ELSE 'mmol/L'::text
                END AS unit
           FROM openaps.therapy_setting s
          WHERE ((s.participant_id = t.participant_id) AND (s.valid_from <= t.created_at) AND ((s.kind = ANY (ARRAY['target_low'::text, 'target_high'::text])) OR ((s.kind = 'isf'::text) AND (s.unit_evidence = 'units'::text))) AND (s.value IS NOT NULL) AND (num_nonnulls(NULLIF(t.glucose, (0)::numeric), NULLIF(t.target_top, (0)::numeric), NULLIF(t.target_bottom, (0)::numeric)) > 0) AND (COALESCE(t.glucose_unit_evidence, 'range'::text) = 'range'::text))
          ORDER BY s.valid_from DESC
         LIMIT 1) profile ON (true))
     CROSS JOIN LATERAL ( SELECT
                CASE
                    WHEN (t.glucose_unit_evidence IS NULL) THEN profile.unit
                    ELSE t.glucose_unit
                END AS unit,
                CASE
                    WHEN (t.glucose_unit_evidence = ANY (ARRAY['record'::text, 'conflict'::text])) THEN t.glucose_unit_evidence
                    WHEN (t.glucose_unit_evidence = 'range'::text) THEN
                    CASE
                        WHEN (profile.unit = t.glucose_unit) THEN 'profile'::text
                        WHEN (profile.unit IS NULL) THEN 'range'::text
                        ELSE 'range against profile'::text
                    END
                    WHEN (profile.unit IS NOT NULL) THEN 'profile'::text
                    WHEN (num_nonnulls(NULLIF(t.glucose, (0)::numeric), NULLIF(t.target_top, (0)::numeric), NULLIF(t.target_bottom, (0)::numeric)) > 0) THEN 'unknown'::text
                    ELSE NULL::text
                END AS evidence) decided)
     CROSS JOIN LATERAL ( SELECT
                CASE decided.unit
                    WHEN 'mg/dL'::text THEN (1)::numeric
                    WHEN 'mmol/L'::text THEN 18.01559
                    ELSE NULL::numeric
                END AS factor) f);

COMMENT ON COLUMN research.treatments.source_entity IS 'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both';

COMMENT ON COLUMN research.treatments.glucose_mgdl IS 'glucose in mg/dL; null: none, or its unit is not certain; unit: mg/dL';

COMMENT ON COLUMN research.treatments.target_top_mgdl IS 'target_top in mg/dL; null: none (0), or its unit is not certain; unit: mg/dL';

COMMENT ON COLUMN research.treatments.target_bottom_mgdl IS 'target_bottom in mg/dL; null: none (0), or its unit is not certain; unit: mg/dL';

COMMENT ON COLUMN research.treatments.glucose_unit IS 'unit of glucose, target_top and target_bottom as sent: mg/dL or mmol/L; null: none of them, or not certain';

COMMENT ON COLUMN research.treatments.glucose_unit_evidence IS 'record: it names the unit; profile: that of the profile in force, and the values can be of it; range: no profile tells, the values can be of one unit only; range against profile: the profile in force has the other unit, but the values cannot be of it; conflict: values contradict the unit named or each other; unknown: nothing tells; null: no glucose';

CREATE VIEW research.utc_offset_timeline WITH (security_barrier='true') AS
 SELECT t.participant_id,
    t.from_utc,
    t.to_utc,
    t.offset_minutes,
    t.zone,
    t.source,
    t.confidence
   FROM (openaps.utc_offset_timeline t
     JOIN research.participant p USING (participant_id));

ALTER TABLE ONLY ingest.absent
    ADD CONSTRAINT absent_pkey PRIMARY KEY (participant_id, collection, record_id, day);

ALTER TABLE ONLY ingest.cursor
    ADD CONSTRAINT cursor_pkey PRIMARY KEY (participant_id, collection);

ALTER TABLE ONLY ingest.day_digest
    ADD CONSTRAINT day_digest_pkey PRIMARY KEY (participant_id, collection, day);

ALTER TABLE ONLY ingest.day_part
    ADD CONSTRAINT day_part_pkey PRIMARY KEY (participant_id, collection, day, local_day);

ALTER TABLE ONLY ingest.day_to_read
    ADD CONSTRAINT day_to_read_pkey PRIMARY KEY (participant_id, collection, day);

ALTER TABLE ONLY ingest.file
    ADD CONSTRAINT file_participant_id_collection_period_revision_key UNIQUE (participant_id, collection, period, revision);

ALTER TABLE ONLY ingest.file
    ADD CONSTRAINT file_pkey PRIMARY KEY (file_id);

ALTER TABLE ONLY ingest.month_pages
    ADD CONSTRAINT month_pages_pkey PRIMARY KEY (participant_id, collection, month);

ALTER TABLE ONLY ingest.odd_record
    ADD CONSTRAINT odd_record_pkey PRIMARY KEY (participant_id, collection, record_id);

ALTER TABLE ONLY ingest.participant
    ADD CONSTRAINT participant_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY ingest.run
    ADD CONSTRAINT run_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY openaps.aid_cycle
    ADD CONSTRAINT aid_cycle_pkey PRIMARY KEY (participant_id, device_status_id);

ALTER TABLE ONLY openaps.aid_day
    ADD CONSTRAINT aid_day_pkey PRIMARY KEY (participant_id, local_day);

ALTER TABLE ONLY openaps.demographics_load
    ADD CONSTRAINT demographics_load_pkey PRIMARY KEY (google_sheets_source);

ALTER TABLE ONLY openaps.device_status_metrics
    ADD CONSTRAINT device_status_metrics_pkey PRIMARY KEY (participant_id, device_status_id);

ALTER TABLE ONLY openaps.device_status
    ADD CONSTRAINT device_status_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.dirty_day
    ADD CONSTRAINT dirty_day_pkey PRIMARY KEY (participant_id, collection, day);

ALTER TABLE ONLY openaps.duplicate_entry
    ADD CONSTRAINT duplicate_entry_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.glucose_day
    ADD CONSTRAINT glucose_day_pkey PRIMARY KEY (participant_id, day);

ALTER TABLE ONLY openaps.glucose_month
    ADD CONSTRAINT glucose_month_pkey PRIMARY KEY (participant_id, month);

ALTER TABLE ONLY openaps.glucose_time_of_day
    ADD CONSTRAINT glucose_time_of_day_pkey PRIMARY KEY (participant_id, half_hour, from_mgdl);

ALTER TABLE ONLY openaps.glucose_week
    ADD CONSTRAINT glucose_week_pkey PRIMARY KEY (participant_id, weekday, hour);

ALTER TABLE ONLY openaps.load_run
    ADD CONSTRAINT load_run_pkey PRIMARY KEY (run_id);

ALTER TABLE ONLY openaps.load_state
    ADD CONSTRAINT load_state_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY openaps.loaded_file
    ADD CONSTRAINT loaded_file_pkey PRIMARY KEY (participant_id, file_key, loader_version);

ALTER TABLE ONLY openaps.loaded_period
    ADD CONSTRAINT loaded_period_pkey PRIMARY KEY (participant_id, collection, period);

ALTER TABLE ONLY openaps.member_demographics
    ADD CONSTRAINT member_demographics_key UNIQUE NULLS NOT DISTINCT (participant_id, source, google_sheets_source);

ALTER TABLE ONLY openaps.mmol_day
    ADD CONSTRAINT mmol_day_pkey PRIMARY KEY (participant_id, day, device);

ALTER TABLE ONLY openaps.observed_field
    ADD CONSTRAINT observed_field_pkey PRIMARY KEY (participant_id, collection, path);

ALTER TABLE ONLY openaps.observed_part
    ADD CONSTRAINT observed_part_pkey PRIMARY KEY (participant_id, collection, period, part);

ALTER TABLE ONLY openaps.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.profile_zone
    ADD CONSTRAINT profile_zone_pkey PRIMARY KEY (participant_id, since);

ALTER TABLE ONLY openaps.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (participant_id, file_key, line, field, reason);

ALTER TABLE ONLY openaps.raw_segment
    ADD CONSTRAINT raw_segment_pkey PRIMARY KEY (participant_id, collection, period, part);

ALTER TABLE ONLY openaps.record_day
    ADD CONSTRAINT record_day_pkey PRIMARY KEY (participant_id, day, collection, kind);

ALTER TABLE ONLY openaps.source_entities
    ADD CONSTRAINT source_entities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY openaps.therapy_setting
    ADD CONSTRAINT therapy_setting_pkey PRIMARY KEY (participant_id, valid_from, kind, seconds);

ALTER TABLE ONLY openaps.treatments
    ADD CONSTRAINT treatments_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.utc_offset_seen
    ADD CONSTRAINT utc_offset_seen_pkey PRIMARY KEY (participant_id, collection, day, source, utc_offset);

ALTER TABLE ONLY openaps.utc_offset_timeline
    ADD CONSTRAINT utc_offset_timeline_pkey PRIMARY KEY (participant_id, from_utc);

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_pkey PRIMARY KEY (grant_id);

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY portal.access_token
    ADD CONSTRAINT access_token_pkey PRIMARY KEY (token_id);

ALTER TABLE ONLY portal.access_token
    ADD CONSTRAINT access_token_token_hash_key UNIQUE (token_hash);

ALTER TABLE ONLY portal.alert
    ADD CONSTRAINT alert_pkey PRIMARY KEY (alert_id);

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_email_key UNIQUE (email);

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY portal.application_message
    ADD CONSTRAINT application_message_pkey PRIMARY KEY (message_id);

ALTER TABLE ONLY portal.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (audit_id);

ALTER TABLE ONLY portal.data_protection_key
    ADD CONSTRAINT data_protection_key_pkey PRIMARY KEY (name);

ALTER TABLE ONLY portal.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (participant_id, grant_id);

ALTER TABLE ONLY portal.export_file
    ADD CONSTRAINT export_file_pkey PRIMARY KEY (export_id, number);

ALTER TABLE ONLY portal.export_participant
    ADD CONSTRAINT export_participant_pkey PRIMARY KEY (export_id, participant_id);

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (export_id);

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_replaces_key UNIQUE (replaces);

ALTER TABLE ONLY portal.mail
    ADD CONSTRAINT mail_pkey PRIMARY KEY (mail_id);

ALTER TABLE ONLY portal.one_time_link
    ADD CONSTRAINT one_time_link_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY portal.recovery_code
    ADD CONSTRAINT recovery_code_pkey PRIMARY KEY (user_id, code_hash);

ALTER TABLE ONLY portal.release
    ADD CONSTRAINT release_export_id_key UNIQUE (export_id);

ALTER TABLE ONLY portal.release
    ADD CONSTRAINT release_pkey PRIMARY KEY (number);

ALTER TABLE ONLY portal.release_text
    ADD CONSTRAINT release_text_pkey PRIMARY KEY (number, minor, name);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_pkey PRIMARY KEY (seq_id);

ALTER TABLE ONLY portal.slack_message
    ADD CONSTRAINT slack_message_pkey PRIMARY KEY (message_id);

ALTER TABLE ONLY public.deployment_key
    ADD CONSTRAINT deployment_key_pkey PRIMARY KEY (service);

ALTER TABLE ONLY public.service_instance
    ADD CONSTRAINT service_instance_pkey PRIMARY KEY (service, instance);

ALTER TABLE ONLY quartz.qrtz_blob_triggers
    ADD CONSTRAINT qrtz_blob_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_calendars
    ADD CONSTRAINT qrtz_calendars_pkey PRIMARY KEY (sched_name, calendar_name);

ALTER TABLE ONLY quartz.qrtz_cron_triggers
    ADD CONSTRAINT qrtz_cron_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_execution_history
    ADD CONSTRAINT qrtz_execution_history_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_fired_triggers
    ADD CONSTRAINT qrtz_fired_triggers_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_job_details
    ADD CONSTRAINT qrtz_job_details_pkey PRIMARY KEY (sched_name, job_name, job_group);

ALTER TABLE ONLY quartz.qrtz_job_status
    ADD CONSTRAINT qrtz_job_status_pkey PRIMARY KEY (sched_name, job_group, job_name);

ALTER TABLE ONLY quartz.qrtz_locks
    ADD CONSTRAINT qrtz_locks_pkey PRIMARY KEY (sched_name, lock_name);

ALTER TABLE ONLY quartz.qrtz_misfire_history
    ADD CONSTRAINT qrtz_misfire_history_pkey PRIMARY KEY (sched_name, entry_id);

ALTER TABLE ONLY quartz.qrtz_paused_job_grps
    ADD CONSTRAINT qrtz_paused_job_grps_pkey PRIMARY KEY (sched_name, job_group);

ALTER TABLE ONLY quartz.qrtz_paused_trigger_grps
    ADD CONSTRAINT qrtz_paused_trigger_grps_pkey PRIMARY KEY (sched_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_scheduler_state
    ADD CONSTRAINT qrtz_scheduler_state_pkey PRIMARY KEY (sched_name, instance_name);

ALTER TABLE ONLY quartz.qrtz_simple_triggers
    ADD CONSTRAINT qrtz_simple_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_simprop_triggers
    ADD CONSTRAINT qrtz_simprop_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY quartz.qrtz_triggers
    ADD CONSTRAINT qrtz_triggers_pkey PRIMARY KEY (sched_name, trigger_name, trigger_group);

ALTER TABLE ONLY register.consent
    ADD CONSTRAINT consent_pkey PRIMARY KEY (consent_id);

ALTER TABLE ONLY register.data_protection_key
    ADD CONSTRAINT data_protection_key_pkey PRIMARY KEY (name);

ALTER TABLE ONLY register.erasure_receipt
    ADD CONSTRAINT erasure_receipt_participant_id_key UNIQUE (participant_id);

ALTER TABLE ONLY register.erasure_receipt
    ADD CONSTRAINT erasure_receipt_pkey PRIMARY KEY (receipt_id);

ALTER TABLE ONLY register.message
    ADD CONSTRAINT message_pkey PRIMARY KEY (message_id);

ALTER TABLE ONLY register.nightscout_token
    ADD CONSTRAINT nightscout_token_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY register.open_humans_token
    ADD CONSTRAINT open_humans_token_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY register.participant
    ADD CONSTRAINT participant_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY register.participant
    ADD CONSTRAINT participant_project_member_id_key UNIQUE (project_member_id);

CREATE INDEX day_part_local ON ingest.day_part USING btree (participant_id, collection, local_day);

CREATE UNIQUE INDEX file_current ON ingest.file USING btree (participant_id, collection, period) WHERE (state = 'current'::text);

CREATE INDEX file_news ON ingest.file USING btree (current_at);

CREATE INDEX file_open ON ingest.file USING btree (participant_id) WHERE (state = ANY (ARRAY['planned'::text, 'started'::text, 'put'::text, 'completed'::text, 'superseded'::text]));

CREATE INDEX participant_due ON ingest.participant USING btree (due_at);

CREATE INDEX participant_site ON ingest.participant USING btree (site_key) WHERE (site_key IS NOT NULL);

CREATE INDEX run_ended ON ingest.run USING brin (ended_at);

COMMENT ON INDEX ingest.run_ended IS 'rows come in the order of their end: the last day''s are found in a few blocks';

CREATE INDEX run_latest ON ingest.run USING btree (participant_id, run_id DESC);

CREATE INDEX aid_cycle_by_date ON openaps.aid_cycle USING btree (participant_id, created_at);

CREATE INDEX aid_cycle_date ON openaps.aid_cycle USING brin (created_at);

CREATE INDEX device_status_by_date ON openaps.device_status USING btree (participant_id, created_at);

CREATE INDEX device_status_date ON openaps.device_status USING brin (created_at);

CREATE INDEX device_status_metrics_by_date ON openaps.device_status_metrics USING btree (participant_id, created_at);

CREATE INDEX duplicate_entry_day ON openaps.duplicate_entry USING btree (participant_id, day);

CREATE INDEX entries_by_date ON openaps.entries USING btree (participant_id, date);

CREATE INDEX entries_date ON openaps.entries USING brin (date);

CREATE INDEX glucose_day_day ON openaps.glucose_day USING btree (day);

CREATE INDEX load_run_of ON openaps.load_run USING btree (participant_id, ended_at);

CREATE INDEX load_state_due ON openaps.load_state USING btree (due_at);

CREATE INDEX profile_by_date ON openaps.profile USING btree (participant_id, created_at);

CREATE INDEX treatments_by_date ON openaps.treatments USING btree (participant_id, created_at);

CREATE INDEX treatments_date ON openaps.treatments USING brin (created_at);

CREATE INDEX treatments_profile ON openaps.treatments USING btree (participant_id, created_at) WHERE ((profile IS NOT NULL) OR (profile_json IS NOT NULL));

CREATE INDEX access_token_of_user ON portal.access_token USING btree (user_id);

CREATE INDEX alert_ended ON portal.alert USING btree (ended_at);

CREATE UNIQUE INDEX alert_open ON portal.alert USING btree (cause) WHERE (ended_at IS NULL);

CREATE INDEX application_message_of ON portal.application_message USING btree (seq_id, message_id);

CREATE INDEX application_of ON portal.researcher_applications USING btree (email, seq_id DESC);

CREATE UNIQUE INDEX application_waiting_for ON portal.researcher_applications USING btree (email, COALESCE(renews_grant_id, (0)::bigint)) WHERE ((confirmed_at IS NOT NULL) AND (NOT application_processed));

CREATE INDEX audit_action ON portal.audit USING btree (action, audit_id DESC);

CREATE INDEX audit_user ON portal.audit USING btree (user_id, audit_id DESC);

CREATE INDEX export_due ON portal.export USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'building'::text]));

CREATE INDEX export_file_of ON portal.export_file USING btree (participant_id) WHERE (participant_id IS NOT NULL);

CREATE INDEX export_of_user ON portal.export USING btree (user_id, export_id DESC);

CREATE INDEX export_participant_of ON portal.export_participant USING btree (participant_id);

CREATE INDEX mail_due ON portal.mail USING btree (due_at) WHERE (state = 'waiting'::text);

CREATE INDEX mail_to ON portal.mail USING btree (recipient, kind, queued_at);

CREATE INDEX one_time_link_email ON portal.one_time_link USING btree (email) WHERE (used_at IS NULL);

CREATE INDEX slack_message_due ON portal.slack_message USING btree (due_at) WHERE (state = 'waiting'::text);

CREATE INDEX idx_qrtz_eh_fire_inst ON quartz.qrtz_execution_history USING btree (sched_name, fire_instance_id);

CREATE INDEX idx_qrtz_eh_fired_time ON quartz.qrtz_execution_history USING btree (sched_name, fired_time);

CREATE INDEX idx_qrtz_eh_inst ON quartz.qrtz_execution_history USING btree (sched_name, instance_name);

CREATE INDEX idx_qrtz_eh_job_time ON quartz.qrtz_execution_history USING btree (sched_name, job_group, job_name, fired_time);

CREATE INDEX idx_qrtz_eh_trig_time ON quartz.qrtz_execution_history USING btree (sched_name, trigger_group, trigger_name, fired_time);

CREATE INDEX idx_qrtz_ft_inst_job_req_rcvry ON quartz.qrtz_fired_triggers USING btree (sched_name, instance_name, requests_recovery);

CREATE INDEX idx_qrtz_ft_j_g ON quartz.qrtz_fired_triggers USING btree (sched_name, job_name, job_group);

CREATE INDEX idx_qrtz_ft_t_g ON quartz.qrtz_fired_triggers USING btree (sched_name, trigger_name, trigger_group);

CREATE INDEX idx_qrtz_j_g_n ON quartz.qrtz_job_details USING btree (sched_name, job_group, job_name);

CREATE INDEX idx_qrtz_mh_inst ON quartz.qrtz_misfire_history USING btree (sched_name, instance_name);

CREATE INDEX idx_qrtz_mh_misfire_time ON quartz.qrtz_misfire_history USING btree (sched_name, misfire_time);

CREATE INDEX idx_qrtz_t_c ON quartz.qrtz_triggers USING btree (sched_name, calendar_name);

CREATE INDEX idx_qrtz_t_g_n ON quartz.qrtz_triggers USING btree (sched_name, trigger_group, trigger_name);

CREATE INDEX idx_qrtz_t_j ON quartz.qrtz_triggers USING btree (sched_name, job_name, job_group);

CREATE INDEX idx_qrtz_t_nft_st ON quartz.qrtz_triggers USING btree (sched_name, trigger_state, next_fire_time, priority DESC, misfire_instr);

CREATE INDEX consent_latest ON register.consent USING btree (participant_id, source, consent_id DESC);

CREATE INDEX erasure_receipt_member ON register.erasure_receipt USING btree (member_hash);

CREATE INDEX message_latest ON register.message USING btree (participant_id, claimed_at DESC);

CREATE OR REPLACE VIEW register.current_consent AS
 SELECT p.participant_id,
    ((p.suspended_at IS NULL) AND COALESCE(bool_and((c.projects = ANY (ARRAY['openaps'::text, 'both'::text]))), false)) AS openaps,
    ((p.suspended_at IS NULL) AND COALESCE(bool_and((c.projects = ANY (ARRAY['nsf'::text, 'both'::text]))), false)) AS nsf,
    COALESCE(max(c.consent_id), (0)::bigint) AS consent_id,
    max(c.projects) FILTER (WHERE (c.source = 'page'::text)) AS page,
    max(c.projects) FILTER (WHERE (c.source = 'file'::text)) AS file,
    max(c.text_version) FILTER (WHERE (c.source = 'file'::text)) AS file_version
   FROM (register.participant p
     LEFT JOIN LATERAL ( SELECT DISTINCT ON (consent.source) consent.consent_id,
            consent.source,
            consent.projects,
            consent.text_version
           FROM register.consent
          WHERE (consent.participant_id = p.participant_id)
          ORDER BY consent.source, consent.consent_id DESC) c ON (true))
  GROUP BY p.participant_id;

CREATE TRIGGER keep_release BEFORE UPDATE ON portal.export FOR EACH ROW WHEN ((old.state = 'ready'::text)) EXECUTE FUNCTION portal.keep_released_export();

CREATE TRIGGER keep_release BEFORE INSERT OR DELETE OR UPDATE ON portal.export_file FOR EACH ROW EXECUTE FUNCTION portal.keep_release();

ALTER TABLE ONLY openaps.load_run
    ADD CONSTRAINT load_run_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES openaps.load_state(participant_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.access_token
    ADD CONSTRAINT access_token_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.access_token
    ADD CONSTRAINT access_token_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_allowed_projects_fkey FOREIGN KEY (allowed_projects) REFERENCES openaps.source_entities(id);

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_chosen_grant_id_fkey FOREIGN KEY (chosen_grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.application_message
    ADD CONSTRAINT application_message_reviewer_id_fkey FOREIGN KEY (reviewer_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.application_message
    ADD CONSTRAINT application_message_seq_id_fkey FOREIGN KEY (seq_id) REFERENCES portal.researcher_applications(seq_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.delivery
    ADD CONSTRAINT delivery_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.export_file
    ADD CONSTRAINT export_file_export_id_fkey FOREIGN KEY (export_id) REFERENCES portal.export(export_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.export_participant
    ADD CONSTRAINT export_participant_export_id_fkey FOREIGN KEY (export_id) REFERENCES portal.export(export_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_replaces_fkey FOREIGN KEY (replaces) REFERENCES portal.export(export_id);

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.one_time_link
    ADD CONSTRAINT one_time_link_seq_id_fkey FOREIGN KEY (seq_id) REFERENCES portal.researcher_applications(seq_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.one_time_link
    ADD CONSTRAINT one_time_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.recovery_code
    ADD CONSTRAINT recovery_code_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.release
    ADD CONSTRAINT release_export_id_fkey FOREIGN KEY (export_id) REFERENCES portal.export(export_id);

ALTER TABLE ONLY portal.release_text
    ADD CONSTRAINT release_text_number_fkey FOREIGN KEY (number) REFERENCES portal.release(number);

ALTER TABLE ONLY portal.release
    ADD CONSTRAINT release_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_decided_by_fkey FOREIGN KEY (decided_by) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_project_requests_fkey FOREIGN KEY (project_requests) REFERENCES openaps.source_entities(id);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_renews_grant_id_fkey FOREIGN KEY (renews_grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY quartz.qrtz_blob_triggers
    ADD CONSTRAINT qrtz_blob_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_cron_triggers
    ADD CONSTRAINT qrtz_cron_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_simple_triggers
    ADD CONSTRAINT qrtz_simple_triggers_sched_name_trigger_name_trigger_group_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_simprop_triggers
    ADD CONSTRAINT qrtz_simprop_triggers_sched_name_trigger_name_trigger_grou_fkey FOREIGN KEY (sched_name, trigger_name, trigger_group) REFERENCES quartz.qrtz_triggers(sched_name, trigger_name, trigger_group) ON DELETE CASCADE;

ALTER TABLE ONLY quartz.qrtz_triggers
    ADD CONSTRAINT qrtz_triggers_sched_name_job_name_job_group_fkey FOREIGN KEY (sched_name, job_name, job_group) REFERENCES quartz.qrtz_job_details(sched_name, job_name, job_group);

ALTER TABLE ONLY register.consent
    ADD CONSTRAINT consent_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id);

ALTER TABLE ONLY register.message
    ADD CONSTRAINT message_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id) ON DELETE CASCADE;

ALTER TABLE ONLY register.nightscout_token
    ADD CONSTRAINT nightscout_token_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id) ON DELETE CASCADE;

ALTER TABLE ONLY register.open_humans_token
    ADD CONSTRAINT open_humans_token_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id) ON DELETE CASCADE;

CREATE POLICY everybody_sees ON public.service_instance FOR SELECT USING (true);

CREATE POLICY own_delete ON public.service_instance FOR DELETE USING ((service = replace((CURRENT_USER)::text, '_'::text, '-'::text)));

CREATE POLICY own_insert ON public.service_instance FOR INSERT WITH CHECK ((service = replace((CURRENT_USER)::text, '_'::text, '-'::text)));

CREATE POLICY own_update ON public.service_instance FOR UPDATE USING ((service = replace((CURRENT_USER)::text, '_'::text, '-'::text)));

ALTER TABLE public.service_instance ENABLE ROW LEVEL SECURITY;

GRANT USAGE ON SCHEMA analytics TO metabase_reader;

GRANT USAGE ON SCHEMA ingest TO nightscout_ingester;
GRANT USAGE ON SCHEMA ingest TO open_humans_etl;
GRANT USAGE ON SCHEMA ingest TO registration_site;
GRANT USAGE ON SCHEMA ingest TO data_management_app;

GRANT USAGE ON SCHEMA openaps TO open_humans_etl;
GRANT USAGE ON SCHEMA openaps TO registration_site;

GRANT USAGE ON SCHEMA portal TO data_management_app;
GRANT USAGE ON SCHEMA portal TO registration_site;

REVOKE USAGE ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO registration_site;
GRANT USAGE ON SCHEMA public TO nightscout_ingester;
GRANT USAGE ON SCHEMA public TO open_humans_etl;
GRANT USAGE ON SCHEMA public TO data_management_app;

GRANT USAGE ON SCHEMA quartz TO nightscout_ingester;
GRANT USAGE ON SCHEMA quartz TO open_humans_etl;
GRANT USAGE ON SCHEMA quartz TO data_management_app;

GRANT USAGE ON SCHEMA register TO registration_site;
GRANT USAGE ON SCHEMA register TO nightscout_ingester;
GRANT USAGE ON SCHEMA register TO open_humans_etl;
GRANT USAGE ON SCHEMA register TO data_management_app;

GRANT USAGE ON SCHEMA research TO data_management_app;

REVOKE ALL ON FUNCTION portal.copying_lag(OUT waiting integer, OUT due_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.copying_lag(OUT waiting integer, OUT due_at timestamp with time zone) TO data_management_app;

REVOKE ALL ON FUNCTION portal.erasures_open(OUT waiting integer, OUT asked_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.erasures_open(OUT waiting integer, OUT asked_at timestamp with time zone) TO data_management_app;

REVOKE ALL ON FUNCTION portal.load_runs(most integer) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.load_runs(most integer) TO data_management_app;

REVOKE ALL ON FUNCTION portal.load_totals() FROM PUBLIC;
GRANT ALL ON FUNCTION portal.load_totals() TO data_management_app;

REVOKE ALL ON FUNCTION portal.loading_lag(OUT waiting integer, OUT due_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.loading_lag(OUT waiting integer, OUT due_at timestamp with time zone) TO data_management_app;

REVOKE ALL ON FUNCTION portal.loads() FROM PUBLIC;
GRANT ALL ON FUNCTION portal.loads() TO data_management_app;

REVOKE ALL ON FUNCTION portal.quarantined(OUT last_day bigint, OUT last_day_rows bigint, OUT usual numeric) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.quarantined(OUT last_day bigint, OUT last_day_rows bigint, OUT usual numeric) TO data_management_app;

REVOKE ALL ON FUNCTION portal.retry_copy(whose bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.retry_copy(whose bigint) TO data_management_app;

REVOKE ALL ON FUNCTION portal.retry_load(whose bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION portal.retry_load(whose bigint) TO data_management_app;

REVOKE ALL ON FUNCTION public.note_deployment_key(id bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION public.note_deployment_key(id bigint) TO registration_site;
GRANT ALL ON FUNCTION public.note_deployment_key(id bigint) TO nightscout_ingester;
GRANT ALL ON FUNCTION public.note_deployment_key(id bigint) TO open_humans_etl;
GRANT ALL ON FUNCTION public.note_deployment_key(id bigint) TO data_management_app;

REVOKE ALL ON FUNCTION register.open_records(whose bigint, kind text) FROM PUBLIC;
GRANT ALL ON FUNCTION register.open_records(whose bigint, kind text) TO registration_site;

REVOKE ALL ON FUNCTION register.open_rows(whose bigint, named text) FROM PUBLIC;
GRANT ALL ON FUNCTION register.open_rows(whose bigint, named text) TO registration_site;

REVOKE ALL ON FUNCTION register.pause(whose bigint) FROM PUBLIC;
GRANT ALL ON FUNCTION register.pause(whose bigint) TO registration_site;

REVOKE ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) TO registration_site;
GRANT ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) TO open_humans_etl;

REVOKE ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text, entry_given_by text) FROM PUBLIC;
GRANT ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text, entry_given_by text) TO registration_site;

REVOKE ALL ON FUNCTION register.report_erased(receipt uuid) FROM PUBLIC;
GRANT ALL ON FUNCTION register.report_erased(receipt uuid) TO nightscout_ingester;
GRANT ALL ON FUNCTION register.report_erased(receipt uuid) TO open_humans_etl;
GRANT ALL ON FUNCTION register.report_erased(receipt uuid) TO data_management_app;

REVOKE ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO registration_site;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO nightscout_ingester;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO open_humans_etl;

REVOKE ALL ON FUNCTION register.withdrawal_state(whose bigint, OUT warehouse_done boolean, OUT exports_done boolean) FROM PUBLIC;
GRANT ALL ON FUNCTION register.withdrawal_state(whose bigint, OUT warehouse_done boolean, OUT exports_done boolean) TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.aid_day TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.glucose_month TO open_humans_etl;

GRANT SELECT ON TABLE register.current_consent TO registration_site;
GRANT SELECT ON TABLE register.current_consent TO open_humans_etl;

GRANT SELECT ON TABLE analytics.distribution TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.glucose_day TO open_humans_etl;

GRANT SELECT ON TABLE analytics.glucose_days TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.glucose_time_of_day TO open_humans_etl;

GRANT SELECT ON TABLE analytics.glucose_pattern TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.glucose_week TO open_humans_etl;

GRANT SELECT ON TABLE analytics.glucose_week TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.member_demographics TO open_humans_etl;

GRANT SELECT ON TABLE openaps.member_demographics_cleaned TO open_humans_etl;

GRANT SELECT ON TABLE analytics.groups TO metabase_reader;

GRANT SELECT ON TABLE analytics.insulin TO metabase_reader;

GRANT SELECT ON TABLE analytics.loop_by_month TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.record_day TO open_humans_etl;

GRANT SELECT ON TABLE analytics.overlapping TO metabase_reader;

GRANT SELECT ON TABLE analytics.participants TO metabase_reader;

GRANT SELECT ON TABLE analytics.records_by_month TO metabase_reader;

GRANT SELECT ON TABLE analytics.time_in_ranges TO metabase_reader;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.absent TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.cursor TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.cursor TO registration_site;

GRANT SELECT(participant_id) ON TABLE ingest.cursor TO data_management_app;

GRANT SELECT(collection) ON TABLE ingest.cursor TO data_management_app;

GRANT SELECT(imported_from) ON TABLE ingest.cursor TO data_management_app;

GRANT SELECT(imported_all_at) ON TABLE ingest.cursor TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.day_digest TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.day_part TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.day_part TO registration_site;

GRANT SELECT ON TABLE ingest.day_summary TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.day_to_read TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.file TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.file TO open_humans_etl;
GRANT SELECT ON TABLE ingest.file TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.month_pages TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.odd_record TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE ingest.participant TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.participant TO registration_site;
GRANT SELECT ON TABLE ingest.participant TO data_management_app;

GRANT SELECT,INSERT,DELETE ON TABLE ingest.run TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.run TO registration_site;
GRANT SELECT ON TABLE ingest.run TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.aid_cycle TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.demographics_load TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.device_status TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.device_status_metrics TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.dirty_day TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.duplicate_entry TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.entries TO open_humans_etl;

GRANT SELECT,INSERT,DELETE ON TABLE openaps.load_run TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.load_state TO open_humans_etl;
GRANT SELECT ON TABLE openaps.load_state TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.loaded_file TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.loaded_period TO open_humans_etl;
GRANT SELECT ON TABLE openaps.loaded_period TO registration_site;

GRANT SELECT ON TABLE openaps.loop_typ_reference TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.mmol_day TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.observed_field TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.observed_part TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.profile TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.profile_zone TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.quarantine TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.raw_segment TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.site_survey TO registration_site;

GRANT SELECT ON TABLE openaps.source_entities TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.therapy_setting TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.treatments TO open_humans_etl;

GRANT SELECT ON TABLE openaps.treatments_view TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.utc_offset_seen TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.utc_offset_timeline TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.access_grant TO data_management_app;

GRANT SELECT(grant_id) ON TABLE portal.access_grant TO registration_site;

GRANT SELECT(openaps) ON TABLE portal.access_grant TO registration_site;

GRANT SELECT(nsf) ON TABLE portal.access_grant TO registration_site;

GRANT SELECT(study) ON TABLE portal.access_grant TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.access_token TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.alert TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.app_users TO data_management_app;

GRANT SELECT,INSERT,DELETE ON TABLE portal.application_message TO data_management_app;

GRANT UPDATE(seq_id) ON TABLE portal.application_message TO data_management_app;

GRANT SELECT,INSERT ON TABLE portal.audit TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.data_protection_key TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.delivery TO data_management_app;
GRANT SELECT ON TABLE portal.delivery TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.export TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.export_file TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.export_participant TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.participant TO registration_site;
GRANT SELECT ON TABLE register.participant TO nightscout_ingester;
GRANT SELECT ON TABLE register.participant TO open_humans_etl;

GRANT SELECT ON TABLE portal.failing_copy TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.mail TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.one_time_link TO data_management_app;

GRANT SELECT,INSERT ON TABLE portal.release TO data_management_app;

GRANT UPDATE(minor) ON TABLE portal.release TO data_management_app;

GRANT UPDATE(changed_at) ON TABLE portal.release TO data_management_app;

GRANT SELECT ON TABLE portal.outdated_participant TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.recovery_code TO data_management_app;

GRANT SELECT,INSERT,DELETE ON TABLE portal.release_text TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.researcher_applications TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.slack_message TO data_management_app;

GRANT SELECT ON TABLE portal.uncovered_delivery TO data_management_app;

GRANT SELECT ON TABLE public.deployment_key TO registration_site;
GRANT SELECT ON TABLE public.deployment_key TO nightscout_ingester;
GRANT SELECT ON TABLE public.deployment_key TO open_humans_etl;
GRANT SELECT ON TABLE public.deployment_key TO data_management_app;

GRANT SELECT,DELETE ON TABLE public.service_instance TO registration_site;
GRANT SELECT,DELETE ON TABLE public.service_instance TO nightscout_ingester;
GRANT SELECT,DELETE ON TABLE public.service_instance TO open_humans_etl;
GRANT SELECT,DELETE ON TABLE public.service_instance TO data_management_app;

GRANT INSERT(instance) ON TABLE public.service_instance TO registration_site;
GRANT INSERT(instance) ON TABLE public.service_instance TO nightscout_ingester;
GRANT INSERT(instance) ON TABLE public.service_instance TO open_humans_etl;
GRANT INSERT(instance) ON TABLE public.service_instance TO data_management_app;

GRANT INSERT(version),UPDATE(version) ON TABLE public.service_instance TO registration_site;
GRANT INSERT(version),UPDATE(version) ON TABLE public.service_instance TO nightscout_ingester;
GRANT INSERT(version),UPDATE(version) ON TABLE public.service_instance TO open_humans_etl;
GRANT INSERT(version),UPDATE(version) ON TABLE public.service_instance TO data_management_app;

GRANT INSERT(started_at),UPDATE(started_at) ON TABLE public.service_instance TO registration_site;
GRANT INSERT(started_at),UPDATE(started_at) ON TABLE public.service_instance TO nightscout_ingester;
GRANT INSERT(started_at),UPDATE(started_at) ON TABLE public.service_instance TO open_humans_etl;
GRANT INSERT(started_at),UPDATE(started_at) ON TABLE public.service_instance TO data_management_app;

GRANT UPDATE(beat_at) ON TABLE public.service_instance TO registration_site;
GRANT UPDATE(beat_at) ON TABLE public.service_instance TO nightscout_ingester;
GRANT UPDATE(beat_at) ON TABLE public.service_instance TO open_humans_etl;
GRANT UPDATE(beat_at) ON TABLE public.service_instance TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_blob_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_blob_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_blob_triggers TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_calendars TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_calendars TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_calendars TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_cron_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_cron_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_cron_triggers TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_execution_history TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_execution_history TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_execution_history TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_fired_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_fired_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_fired_triggers TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_details TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_details TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_details TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_status TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_status TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_job_status TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_locks TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_locks TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_locks TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_misfire_history TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_misfire_history TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_misfire_history TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_job_grps TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_job_grps TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_job_grps TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_trigger_grps TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_trigger_grps TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_paused_trigger_grps TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_scheduler_state TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_scheduler_state TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_scheduler_state TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simple_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simple_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simple_triggers TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simprop_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simprop_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_simprop_triggers TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_triggers TO nightscout_ingester;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_triggers TO open_humans_etl;
GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE quartz.qrtz_triggers TO data_management_app;

GRANT SELECT,DELETE ON TABLE register.consent TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.data_protection_key TO registration_site;

GRANT SELECT,INSERT ON TABLE register.erasure_receipt TO registration_site;

GRANT SELECT(receipt_id) ON TABLE register.erasure_receipt TO nightscout_ingester;
GRANT SELECT(receipt_id) ON TABLE register.erasure_receipt TO open_humans_etl;
GRANT SELECT(receipt_id) ON TABLE register.erasure_receipt TO data_management_app;

GRANT SELECT(participant_id) ON TABLE register.erasure_receipt TO nightscout_ingester;
GRANT SELECT(participant_id) ON TABLE register.erasure_receipt TO open_humans_etl;
GRANT SELECT(participant_id) ON TABLE register.erasure_receipt TO data_management_app;

GRANT SELECT(member_hash) ON TABLE register.erasure_receipt TO open_humans_etl;

GRANT SELECT(copying_at) ON TABLE register.erasure_receipt TO nightscout_ingester;

GRANT SELECT(warehouse_at) ON TABLE register.erasure_receipt TO open_humans_etl;

GRANT SELECT(portal_at) ON TABLE register.erasure_receipt TO data_management_app;

GRANT SELECT,INSERT,UPDATE ON TABLE register.message TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.nightscout_token TO registration_site;
GRANT SELECT ON TABLE register.nightscout_token TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.open_humans_token TO registration_site;
GRANT SELECT ON TABLE register.open_humans_token TO nightscout_ingester;
GRANT SELECT ON TABLE register.open_humans_token TO open_humans_etl;

GRANT SELECT ON TABLE research.participant TO data_management_app;

GRANT SELECT ON TABLE research.aid_cycle TO data_management_app;

GRANT SELECT ON TABLE research.aid_day TO data_management_app;

GRANT SELECT ON TABLE research.glucose_month TO data_management_app;

GRANT SELECT ON TABLE research.glucose_participant TO data_management_app;

GRANT SELECT ON TABLE research.cohort_bands TO data_management_app;

GRANT SELECT ON TABLE research.glucose_day TO data_management_app;

GRANT SELECT ON TABLE research.cohort_calendar TO data_management_app;

GRANT SELECT ON TABLE research.cohort_distribution TO data_management_app;

GRANT SELECT ON TABLE research.glucose_time_of_day TO data_management_app;

GRANT SELECT ON TABLE research.cohort_profile TO data_management_app;

GRANT SELECT ON TABLE research.glucose_week TO data_management_app;

GRANT SELECT ON TABLE research.cohort_week TO data_management_app;

GRANT SELECT ON TABLE research.daily_metrics TO data_management_app;

GRANT SELECT ON TABLE research.device_status TO data_management_app;

GRANT SELECT ON TABLE research.device_status_metrics TO data_management_app;

GRANT SELECT ON TABLE research.entries TO data_management_app;

GRANT SELECT ON TABLE research.entries_local TO data_management_app;

GRANT SELECT ON TABLE research.member_demographics TO data_management_app;

GRANT SELECT ON TABLE research.observed_field TO data_management_app;

GRANT SELECT ON TABLE research.outdated_export TO data_management_app;

GRANT SELECT ON TABLE research.profile TO data_management_app;

GRANT SELECT ON TABLE research.raw_record TO data_management_app;

GRANT SELECT ON TABLE research.raw_segment TO data_management_app;

GRANT SELECT ON TABLE research.record_day TO data_management_app;

GRANT SELECT ON TABLE research.therapy_setting TO data_management_app;

GRANT SELECT ON TABLE research.treatments TO data_management_app;

GRANT SELECT ON TABLE research.utc_offset_timeline TO data_management_app;

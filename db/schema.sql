-- The schema after all migrations and views. Generated: dotnet run --project db -- schema > db/schema.sql

CREATE SCHEMA ingest;

CREATE SCHEMA openaps;

CREATE SCHEMA portal;

CREATE SCHEMA quartz;

CREATE SCHEMA register;

CREATE SCHEMA research;

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

CREATE TABLE ingest.absent (
    participant_id bigint NOT NULL,
    collection text NOT NULL,
    record_id text NOT NULL,
    day date NOT NULL,
    at timestamp with time zone,
    since timestamp with time zone NOT NULL
);

COMMENT ON TABLE ingest.absent IS 'Records that we hold and a complete read of their day did not find. Found again, the row goes; absent from another complete read a day later, the record is marked as deleted in our file.';

COMMENT ON COLUMN ingest.absent.day IS 'UTC day that our file holds it under; -infinity: without a usable time';

COMMENT ON COLUMN ingest.absent.at IS 'time of the record';

COMMENT ON COLUMN ingest.absent.since IS 'end of the first complete read that lacked it';

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
    history_at bigint
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
    readings smallint[]
);

COMMENT ON TABLE ingest.day_part IS 'What a UTC day holds of a local day; the view ingest.day_summary adds the parts up. Made for everybody, also those who share nothing. Writer: nightscout-ingester. Reader: the participant''s own report.';

COMMENT ON COLUMN ingest.day_part.local_day IS 'day on the participant''s clock: the zone of their profile, else the offset of the record, else UTC';

COMMENT ON COLUMN ingest.day_part.source IS 'records that the site served when the day was last read; null: not read since the file was taken over';

COMMENT ON COLUMN ingest.day_part.copied IS 'records in our file on Open Humans, without those marked as deleted';

COMMENT ON COLUMN ingest.day_part.bands IS 'entries: readings below 54, 54 to 69, 70 to 180, 181 to 250, above 250 mg/dL';

COMMENT ON COLUMN ingest.day_part.glucose IS 'entries: the values that occur, mg/dL, ascending; readings tells how often each';

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

COMMENT ON COLUMN ingest.file.state IS 'planned -> started (Open Humans gave an id) -> put (bytes there, checked) -> completed (size checked) -> current -> superseded -> deleted; abandoned: given up before it was current; removed: the participant deleted it, it is not written again';

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
    site_key bigint
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

CREATE TABLE openaps.member_demographics (
    participant_id bigint NOT NULL,
    ts timestamp with time zone NOT NULL,
    google_sheets_source text NOT NULL,
    date_of_birth date,
    gender text,
    ethnicity text,
    country text,
    first_diagnosed_date date,
    first_insulin_pump_date date,
    first_glucose_monitor_date date,
    first_diy_closed_loop_date date,
    diy_closed_loop_type text,
    who_uses_the_closed_loop_system text,
    weight text,
    height text,
    insulin_units_per_day numeric,
    basal_insulin_units_per_day numeric,
    carb_grams_per_day numeric,
    last_lab_reported_a1c numeric,
    last_lab_reported_a1c_date date,
    inserted_ts timestamp with time zone DEFAULT now() NOT NULL,
    CONSTRAINT member_demographics_google_sheets_source_check CHECK ((google_sheets_source = ANY (ARRAY['openaps'::text, 'nightscout'::text])))
);

COMMENT ON TABLE openaps.member_demographics IS 'Survey answers, one row per answer sheet. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.member_demographics.insulin_units_per_day IS 'U/day';

COMMENT ON COLUMN openaps.member_demographics.carb_grams_per_day IS 'g/day';

COMMENT ON COLUMN openaps.member_demographics.last_lab_reported_a1c IS '%';

CREATE VIEW openaps.country_ref AS
 SELECT DISTINCT written.country_original,
        CASE
            WHEN (written.country_original = ANY (ARRAY['uk'::text, 'england'::text, 'scotland'::text, 'wales'::text, 'northern ireland'::text])) THEN 'united kingdom'::text
            WHEN ((written.country_original = ANY (ARRAY['us'::text, 'usa'::text, 'america'::text, 'united states'::text, 'u.s.'::text])) OR (written.country_original ~~ 'u.s.a%'::text)) THEN 'united states of america'::text
            WHEN (written.country_original = 'españa'::text) THEN 'spain'::text
            WHEN (written.country_original = 'italia'::text) THEN 'italy'::text
            WHEN (written.country_original = ''::text) THEN 'not available'::text
            ELSE written.country_original
        END AS country_corrected
   FROM ( SELECT btrim(replace(lower(member_demographics.country), 'the '::text, ''::text)) AS country_original
           FROM openaps.member_demographics) written;

COMMENT ON VIEW openaps.country_ref IS 'Country as written in the surveys, and as it is counted.';

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
    content_hash bigint NOT NULL
);

COMMENT ON TABLE openaps.device_status IS 'What loops, pumps and uploaders reported of themselves: one row per Nightscout devicestatus. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.device_status.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.device_status.device IS 'recognised family and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.device_status.pump_id IS 'stable pseudonym of the pump''s id';

COMMENT ON COLUMN openaps.device_status.loop_cob IS 'carbs on board as Loop reported them, g';

COMMENT ON COLUMN openaps.device_status.loop_iob IS 'insulin on board as Loop reported it, U';

COMMENT ON COLUMN openaps.device_status.loop_failure_reason IS 'name of Loop''s error when it is a known one, else null';

COMMENT ON COLUMN openaps.device_status.created_at IS 'UTC';

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

COMMENT ON TABLE openaps.device_status_metrics IS 'What an oref0 based loop (OpenAPS, AAPS, Trio) calculated: one row per device_status that holds "openaps". Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.device_status_metrics.device_status_id IS 'openaps.device_status.id';

COMMENT ON COLUMN openaps.device_status_metrics.iob_iob IS 'insulin on board, U; the first element where iob is a list';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_bg IS 'mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_eventual_bg IS 'mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_insulin_req IS 'U';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_reservoir IS 'U';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_cob IS 'g';

COMMENT ON COLUMN openaps.device_status_metrics.suggested_iob IS 'U';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_bg IS 'mg/dL';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_duration IS 'minutes';

COMMENT ON COLUMN openaps.device_status_metrics.enacted_rate IS 'U/h';

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
    content_hash bigint NOT NULL
);

COMMENT ON TABLE openaps.entries IS 'CGM readings, finger sticks and calibrations: one row per Nightscout entry. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.entries.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.entries.sgv IS 'sensor glucose, mg/dL whatever unit the site displays; 1 to 12 are Dexcom error codes, 39 and 401 usually mean LOW and HIGH';

COMMENT ON COLUMN openaps.entries.direction IS 'trend arrow by name, as sent';

COMMENT ON COLUMN openaps.entries.device IS 'recognised family of the uploader and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.entries.type IS 'sgv, mbg, cal or what the uploader sent';

COMMENT ON COLUMN openaps.entries.rssi IS 'radio signal strength, as sent';

COMMENT ON COLUMN openaps.entries.trend IS 'trend as number or text (trend, else trend_arrow)';

COMMENT ON COLUMN openaps.entries.glucose IS 'mg/dL, repeats sgv where an uploader sends both';

COMMENT ON COLUMN openaps.entries.mbg IS 'meter glucose, mg/dL';

COMMENT ON COLUMN openaps.entries.delta IS 'change since the reading before, mg/dL';

COMMENT ON COLUMN openaps.entries.noise IS '0 to 5, as sent; text such as "Clean" is left out';

COMMENT ON COLUMN openaps.entries.system_time IS 'upload time as sent by the uploader (text, any zone)';

COMMENT ON COLUMN openaps.entries.date IS 'time of the reading, UTC';

COMMENT ON COLUMN openaps.entries.date_string IS 'the uploader''s own text for the time; local offsets are possible';

ALTER TABLE openaps.entries ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.entries_seq_id_seq
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
    succeeded_at timestamp with time zone
);

COMMENT ON TABLE openaps.load_state IS 'The queue of participants whose files are loaded, and how the last load went. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.load_state.seen_file_id IS 'newest ingest.file.file_id the last listing came after';

COMMENT ON COLUMN openaps.load_state.consent_file_key IS 'Open Humans'' id of the consent file that was read last';

COMMENT ON COLUMN openaps.load_state.consent_missing_since IS 'first complete listing without a consent file: hidden at once, rows deleted a day later';

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
    completed_at timestamp with time zone
);

COMMENT ON TABLE openaps.loaded_file IS 'Ledger of loads: a file is loaded once per loader version. Written in the transactions that load its rows. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.loaded_file.file_key IS 'oh:<id> (file of that id on Open Humans) or dir:<file name>:<sha256 of its content>';

COMMENT ON COLUMN openaps.loaded_file.lines_done IS 'lines committed so far; a killed load goes on after them';

COMMENT ON COLUMN openaps.loaded_file.rows_repeated IS 'lines whose record stands again further down in the same file: the last one counts';

COMMENT ON COLUMN openaps.loaded_file.rows_deleted IS 'lines whose record was deleted at the source (isValid false)';

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
 SELECT reported.participant_id,
    reported.device_date,
        CASE
            WHEN bool_or(reported.closed) THEN 'closed loop'::text
            ELSE 'open loop'::text
        END AS loop_type
   FROM ( SELECT device_status.participant_id,
            ((device_status.created_at AT TIME ZONE 'UTC'::text))::date AS device_date,
            (device_status.loop_iob IS NOT NULL) AS closed
           FROM openaps.device_status
          WHERE ((device_status.created_at IS NOT NULL) AND ((device_status.loop_iob IS NOT NULL) OR (device_status.loop_version IS NOT NULL)))
        UNION ALL
         SELECT device_status_metrics.participant_id,
            ((device_status_metrics.created_at AT TIME ZONE 'UTC'::text))::date AS timezone,
            (device_status_metrics.enacted_timestamp IS NOT NULL)
           FROM openaps.device_status_metrics
          WHERE (device_status_metrics.created_at IS NOT NULL)) reported
  GROUP BY reported.participant_id, reported.device_date;

COMMENT ON VIEW openaps.loop_typ_reference IS 'Loop type per participant and UTC day; days without a controller record are absent.';

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

COMMENT ON TABLE openaps.profile IS 'Therapy profiles (schedules are in the raw segments): one row per Nightscout profile document. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.profile.default_profile IS 'stable pseudonym of the name the participant gave to the profile';

COMMENT ON COLUMN openaps.profile.mills IS 'Unix milliseconds, as sent';

COMMENT ON COLUMN openaps.profile.units IS 'unit of the profile''s glucose values: mg/dl or mmol';

COMMENT ON COLUMN openaps.profile.start_date IS 'from when it was in force, UTC';

COMMENT ON COLUMN openaps.profile.created_at IS 'UTC; start_date where the document has none';

ALTER TABLE openaps.profile ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME openaps.profile_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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

COMMENT ON TABLE openaps.quarantine IS 'What could not be read, and why. The line itself stays where it is, in the participant''s file. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.quarantine.line IS 'counted from 1 in the file; of a field the first line it was found on';

COMMENT ON COLUMN openaps.quarantine.field IS 'empty: the whole line was left out; else only this field, and the record was loaded without it';

COMMENT ON COLUMN openaps.quarantine.occurrences IS 'lines of the file with this field and reason';

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

CREATE TABLE openaps.source_entities (
    id integer NOT NULL,
    name text NOT NULL
);

COMMENT ON TABLE openaps.source_entities IS 'Meaning of source_entity: the commons a participant shares with.';

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
    content_hash bigint NOT NULL
);

COMMENT ON TABLE openaps.treatments IS 'Boluses, carbs, temporary basals, site changes, notes: one row per Nightscout treatment. Writer: open-humans-etl.';

COMMENT ON COLUMN openaps.treatments.id IS 'Nightscout''s _id; exports carry a code instead';

COMMENT ON COLUMN openaps.treatments.event_type IS 'Nightscout''s event type when it is a known one, else null';

COMMENT ON COLUMN openaps.treatments."timestamp" IS 'time the uploader gave besides created_at, UTC';

COMMENT ON COLUMN openaps.treatments.insulin IS 'U';

COMMENT ON COLUMN openaps.treatments.carbs IS 'g';

COMMENT ON COLUMN openaps.treatments.protein IS 'g';

COMMENT ON COLUMN openaps.treatments.fat IS 'g';

COMMENT ON COLUMN openaps.treatments.glucose IS 'in the unit of column units; mg/dL when it is null and the value is above 30';

COMMENT ON COLUMN openaps.treatments.food_type IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.temp IS 'kind of temporary basal: absolute or percent';

COMMENT ON COLUMN openaps.treatments.rate IS 'temporary basal, U/h (absolute) or % (percent)';

COMMENT ON COLUMN openaps.treatments.duration IS 'minutes';

COMMENT ON COLUMN openaps.treatments.units IS 'unit of glucose as sent: mg/dl or mmol';

COMMENT ON COLUMN openaps.treatments.amount IS 'U';

COMMENT ON COLUMN openaps.treatments.absolute IS 'temporary basal, U/h';

COMMENT ON COLUMN openaps.treatments.absorption_time IS 'minutes';

COMMENT ON COLUMN openaps.treatments.target_top IS 'as sent: mg/dL, or mmol/L when below 20';

COMMENT ON COLUMN openaps.treatments.target_bottom IS 'as sent: mg/dL, or mmol/L when below 20';

COMMENT ON COLUMN openaps.treatments.reason IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.notes IS 'always null: free text is not kept';

COMMENT ON COLUMN openaps.treatments.entered_by IS 'recognised app and a stable pseudonym of the rest';

COMMENT ON COLUMN openaps.treatments.created_at IS 'time of the event, UTC';

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
    CONSTRAINT access_grant_check CHECK ((openaps OR nsf))
);

COMMENT ON TABLE portal.access_grant IS 'Which commons a researcher may read, for one study. Writer: data-management-app; looked up by the views of schema research.';

COMMENT ON COLUMN portal.access_grant.secret_hash IS 'SHA-256 of the secret that a transaction names to see the grant''s rows';

COMMENT ON COLUMN portal.access_grant.sealed_secret IS 'the secret, sealed with the deployment key: a stolen dump opens nothing';

ALTER TABLE portal.access_grant ALTER COLUMN grant_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.access_grant_grant_id_seq
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
    CONSTRAINT app_users_email_check CHECK ((email = lower(email)))
);

COMMENT ON TABLE portal.app_users IS 'Researchers and administrators. Writer: data-management-app.';

COMMENT ON COLUMN portal.app_users.hashed_pw IS 'PBKDF2 as ASP.NET Core Identity writes it; null until the person has chosen a password';

COMMENT ON COLUMN portal.app_users.session_stamp IS 'stands in every session cookie; a new one ends all sessions';

ALTER TABLE portal.app_users ALTER COLUMN id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.app_users_id_seq
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

CREATE TABLE portal.export (
    export_id bigint NOT NULL,
    user_id bigint NOT NULL,
    grant_id bigint NOT NULL,
    entity text NOT NULL,
    format text NOT NULL,
    from_day date NOT NULL,
    to_day date NOT NULL,
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
    CONSTRAINT export_check CHECK ((to_day >= from_day)),
    CONSTRAINT export_entity_check CHECK ((entity = ANY (ARRAY['all'::text, 'entries'::text, 'treatments'::text, 'device_status'::text, 'profile'::text]))),
    CONSTRAINT export_format_check CHECK ((format = ANY (ARRAY['csv'::text, 'json'::text]))),
    CONSTRAINT export_state_check CHECK ((state = ANY (ARRAY['queued'::text, 'building'::text, 'ready'::text, 'failed'::text])))
);

COMMENT ON TABLE portal.export IS 'Files that researchers asked for. Writer: data-management-app.';

COMMENT ON COLUMN portal.export.to_day IS 'included, as from_day is; UTC';

ALTER TABLE portal.export ALTER COLUMN export_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.export_export_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE TABLE portal.export_participant (
    export_id bigint NOT NULL,
    participant_id bigint NOT NULL
);

COMMENT ON TABLE portal.export_participant IS 'Whose records a finished export holds: it is served only while the grant still covers every one of them.';

CREATE TABLE portal.one_time_link (
    token_hash bytea NOT NULL,
    user_id bigint NOT NULL,
    purpose text NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    used_at timestamp with time zone,
    CONSTRAINT one_time_link_purpose_check CHECK ((purpose = 'invitation'::text))
);

COMMENT ON TABLE portal.one_time_link IS 'Links by which a person chooses a password. Writer: data-management-app.';

COMMENT ON COLUMN portal.one_time_link.token_hash IS 'SHA-256 of the token in the link';

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
    CONSTRAINT researcher_applications_email_check CHECK ((email = lower(email))),
    CONSTRAINT researcher_applications_irb_approval_check CHECK ((irb_approval = ANY (ARRAY['yes'::text, 'no'::text, 'unsure'::text])))
);

COMMENT ON TABLE portal.researcher_applications IS 'Applications for access. Writer: data-management-app.';

ALTER TABLE portal.researcher_applications ALTER COLUMN seq_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME portal.researcher_applications_seq_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

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
    CONSTRAINT consent_projects_check CHECK ((projects = ANY (ARRAY['openaps'::text, 'nsf'::text, 'both'::text, 'none'::text]))),
    CONSTRAINT consent_source_check CHECK ((source = ANY (ARRAY['page'::text, 'file'::text])))
);

COMMENT ON TABLE register.consent IS 'Append-only ledger of what was agreed to. Writer: register.record_consent.';

COMMENT ON COLUMN register.consent.source IS 'page: the consent page of the registration site; file: the consent file in the participant''s Open Humans account. The narrower of the two latest counts';

COMMENT ON COLUMN register.consent.projects IS 'openaps: OpenAPS Data Commons, nsf: Nightscout Data Commons, both, or none (copied to the participant''s own account only)';

COMMENT ON COLUMN register.consent.text_version IS 'version of the consent text that was shown; for a file what was read: its state';

ALTER TABLE register.consent ALTER COLUMN consent_id ADD GENERATED ALWAYS AS IDENTITY (
    SEQUENCE NAME register.consent_consent_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);

CREATE VIEW register.current_consent AS
SELECT
    NULL::bigint AS participant_id,
    NULL::boolean AS openaps,
    NULL::boolean AS nsf,
    NULL::bigint AS consent_id,
    NULL::text AS page,
    NULL::text AS file;

COMMENT ON VIEW register.current_consent IS 'The commons a participant shares with now; consent_id grows with every change of mind; page and file are what the latest entries of each say, null: none.';

CREATE TABLE register.data_protection_key (
    name text NOT NULL,
    xml text NOT NULL
);

COMMENT ON TABLE register.data_protection_key IS 'ASP.NET Data Protection key ring of the registration site, sealed with the deployment key.';

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
    refused_at timestamp with time zone
);

COMMENT ON TABLE register.open_humans_token IS 'The participant''s current Open Humans token pair, sealed. Writer: registration-site, and register.swap_tokens for a refreshed pair.';

COMMENT ON COLUMN register.open_humans_token.expires_at IS 'of the access token; the refresh token does not expire';

COMMENT ON COLUMN register.open_humans_token.generation IS 'grows with every pair: who wants to replace a pair names the generation it has seen';

COMMENT ON COLUMN register.open_humans_token.refused_at IS 'Open Humans refused this pair: the participant needs to sign in again';

CREATE TABLE register.participant (
    participant_id bigint NOT NULL,
    project_member_id text NOT NULL,
    salt bytea NOT NULL,
    created_at timestamp with time zone DEFAULT now() NOT NULL,
    changed_at timestamp with time zone DEFAULT now() NOT NULL,
    suspended_at timestamp with time zone,
    suspended_because text,
    CONSTRAINT participant_check CHECK (((suspended_at IS NULL) = (suspended_because IS NULL))),
    CONSTRAINT participant_participant_id_check CHECK ((participant_id > 0)),
    CONSTRAINT participant_project_member_id_check CHECK ((project_member_id ~ '^[0-9]{1,16}$'::text)),
    CONSTRAINT participant_suspended_because_check CHECK ((suspended_because = ANY (ARRAY['open humans refused the tokens'::text, 'left the project on open humans'::text])))
);

COMMENT ON TABLE register.participant IS 'One row per participant. Writer: registration-site. Readers: nightscout-ingester, open-humans-etl.';

COMMENT ON COLUMN register.participant.participant_id IS 'random, 48 bits; the only name of a participant outside this schema';

COMMENT ON COLUMN register.participant.project_member_id IS 'Open Humans'' name of the participant in this project: digits, leading zeros kept';

COMMENT ON COLUMN register.participant.salt IS 'the participant''s keys are derived from the deployment key and this; destroying it makes every sealed value unreadable';

COMMENT ON COLUMN register.participant.changed_at IS 'last sign-in, change of address or consent: the ingester and the ETL look in at once after it';

COMMENT ON COLUMN register.participant.suspended_at IS 'since then nothing is copied and nothing is visible to researchers; a new sign-in ends it';

CREATE VIEW research.participant WITH (security_barrier='true') AS
 SELECT c.participant_id,
        CASE
            WHEN (c.openaps AND c.nsf) THEN 2
            WHEN c.openaps THEN 0
            ELSE 1
        END AS source_entity
   FROM register.current_consent c
  WHERE (EXISTS ( SELECT
           FROM portal.access_grant g
          WHERE ((g.secret_hash = sha256(convert_to(current_setting('app.grant'::text, true), 'UTF8'::name))) AND (g.revoked_at IS NULL) AND (g.expires_at > now()) AND ((g.openaps AND c.openaps) OR (g.nsf AND c.nsf)))));

COMMENT ON VIEW research.participant IS 'Participants the transaction''s grant covers; source_entity as in openaps.source_entities.';

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

CREATE VIEW research.entries WITH (security_barrier='true') AS
 SELECT entries.participant_id,
    entries.id,
    entries.sgv,
    entries.direction,
    entries.device,
    entries.type,
    entries.rssi,
    entries.rawbg,
    entries.trend,
    entries.glucose,
    entries.mbg,
    entries.delta,
    entries.filtered,
    entries.unfiltered,
    entries.noise,
    entries.scale,
    entries.slope,
    entries.intercept,
    entries.system_time,
    entries.date,
    entries.date_string,
    p.source_entity
   FROM (openaps.entries
     JOIN research.participant p USING (participant_id));

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

CREATE VIEW research.treatments WITH (security_barrier='true') AS
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
    p.source_entity
   FROM (openaps.treatments
     JOIN research.participant p USING (participant_id));

ALTER TABLE ONLY ingest.absent
    ADD CONSTRAINT absent_pkey PRIMARY KEY (participant_id, collection, record_id);

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

ALTER TABLE ONLY openaps.device_status_metrics
    ADD CONSTRAINT device_status_metrics_pkey PRIMARY KEY (participant_id, device_status_id);

ALTER TABLE ONLY openaps.device_status
    ADD CONSTRAINT device_status_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.entries
    ADD CONSTRAINT entries_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.load_state
    ADD CONSTRAINT load_state_pkey PRIMARY KEY (participant_id);

ALTER TABLE ONLY openaps.loaded_file
    ADD CONSTRAINT loaded_file_pkey PRIMARY KEY (participant_id, file_key, loader_version);

ALTER TABLE ONLY openaps.loaded_period
    ADD CONSTRAINT loaded_period_pkey PRIMARY KEY (participant_id, collection, period);

ALTER TABLE ONLY openaps.member_demographics
    ADD CONSTRAINT member_demographics_pkey PRIMARY KEY (participant_id, google_sheets_source, ts);

ALTER TABLE ONLY openaps.profile
    ADD CONSTRAINT profile_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY openaps.quarantine
    ADD CONSTRAINT quarantine_pkey PRIMARY KEY (participant_id, file_key, line, field, reason);

ALTER TABLE ONLY openaps.raw_segment
    ADD CONSTRAINT raw_segment_pkey PRIMARY KEY (participant_id, collection, period, part);

ALTER TABLE ONLY openaps.source_entities
    ADD CONSTRAINT source_entities_pkey PRIMARY KEY (id);

ALTER TABLE ONLY openaps.treatments
    ADD CONSTRAINT treatments_pkey PRIMARY KEY (participant_id, id);

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_pkey PRIMARY KEY (grant_id);

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_secret_hash_key UNIQUE (secret_hash);

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_email_key UNIQUE (email);

ALTER TABLE ONLY portal.app_users
    ADD CONSTRAINT app_users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY portal.audit
    ADD CONSTRAINT audit_pkey PRIMARY KEY (audit_id);

ALTER TABLE ONLY portal.data_protection_key
    ADD CONSTRAINT data_protection_key_pkey PRIMARY KEY (name);

ALTER TABLE ONLY portal.export_participant
    ADD CONSTRAINT export_participant_pkey PRIMARY KEY (export_id, participant_id);

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_pkey PRIMARY KEY (export_id);

ALTER TABLE ONLY portal.one_time_link
    ADD CONSTRAINT one_time_link_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_email_key UNIQUE (email);

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_pkey PRIMARY KEY (seq_id);

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

CREATE INDEX device_status_by_date ON openaps.device_status USING btree (participant_id, created_at);

CREATE INDEX device_status_date ON openaps.device_status USING brin (created_at);

CREATE INDEX device_status_metrics_by_date ON openaps.device_status_metrics USING btree (participant_id, created_at);

CREATE INDEX entries_by_date ON openaps.entries USING btree (participant_id, date);

CREATE INDEX entries_date ON openaps.entries USING brin (date);

CREATE INDEX load_state_due ON openaps.load_state USING btree (due_at);

CREATE INDEX profile_by_date ON openaps.profile USING btree (participant_id, created_at);

CREATE INDEX treatments_by_date ON openaps.treatments USING btree (participant_id, created_at);

CREATE INDEX treatments_date ON openaps.treatments USING brin (created_at);

CREATE INDEX export_due ON portal.export USING btree (due_at) WHERE (state = ANY (ARRAY['queued'::text, 'building'::text]));

CREATE INDEX export_of_user ON portal.export USING btree (user_id, export_id DESC);

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

CREATE OR REPLACE VIEW register.current_consent AS
 SELECT p.participant_id,
    ((p.suspended_at IS NULL) AND COALESCE(bool_and((c.projects = ANY (ARRAY['openaps'::text, 'both'::text]))), false)) AS openaps,
    ((p.suspended_at IS NULL) AND COALESCE(bool_and((c.projects = ANY (ARRAY['nsf'::text, 'both'::text]))), false)) AS nsf,
    COALESCE(max(c.consent_id), (0)::bigint) AS consent_id,
    max(c.projects) FILTER (WHERE (c.source = 'page'::text)) AS page,
    max(c.projects) FILTER (WHERE (c.source = 'file'::text)) AS file
   FROM (register.participant p
     LEFT JOIN LATERAL ( SELECT DISTINCT ON (consent.source) consent.consent_id,
            consent.source,
            consent.projects
           FROM register.consent
          WHERE (consent.participant_id = p.participant_id)
          ORDER BY consent.source, consent.consent_id DESC) c ON (true))
  GROUP BY p.participant_id;

ALTER TABLE ONLY portal.access_grant
    ADD CONSTRAINT access_grant_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_grant_id_fkey FOREIGN KEY (grant_id) REFERENCES portal.access_grant(grant_id);

ALTER TABLE ONLY portal.export_participant
    ADD CONSTRAINT export_participant_export_id_fkey FOREIGN KEY (export_id) REFERENCES portal.export(export_id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.export
    ADD CONSTRAINT export_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id);

ALTER TABLE ONLY portal.one_time_link
    ADD CONSTRAINT one_time_link_user_id_fkey FOREIGN KEY (user_id) REFERENCES portal.app_users(id) ON DELETE CASCADE;

ALTER TABLE ONLY portal.researcher_applications
    ADD CONSTRAINT researcher_applications_project_requests_fkey FOREIGN KEY (project_requests) REFERENCES openaps.source_entities(id);

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

ALTER TABLE ONLY register.nightscout_token
    ADD CONSTRAINT nightscout_token_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id) ON DELETE CASCADE;

ALTER TABLE ONLY register.open_humans_token
    ADD CONSTRAINT open_humans_token_participant_id_fkey FOREIGN KEY (participant_id) REFERENCES register.participant(participant_id) ON DELETE CASCADE;

GRANT USAGE ON SCHEMA ingest TO nightscout_ingester;
GRANT USAGE ON SCHEMA ingest TO open_humans_etl;
GRANT USAGE ON SCHEMA ingest TO registration_site;
GRANT USAGE ON SCHEMA ingest TO data_management_app;

GRANT USAGE ON SCHEMA openaps TO open_humans_etl;
GRANT USAGE ON SCHEMA openaps TO registration_site;

GRANT USAGE ON SCHEMA portal TO data_management_app;

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

GRANT USAGE ON SCHEMA research TO data_management_app;

REVOKE ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) FROM PUBLIC;
GRANT ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) TO registration_site;
GRANT ALL ON FUNCTION register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) TO open_humans_etl;

REVOKE ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) FROM PUBLIC;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO registration_site;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO nightscout_ingester;
GRANT ALL ON FUNCTION register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamp with time zone) TO open_humans_etl;

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

GRANT SELECT,INSERT ON TABLE ingest.run TO nightscout_ingester;
GRANT SELECT ON TABLE ingest.run TO registration_site;
GRANT SELECT ON TABLE ingest.run TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.member_demographics TO open_humans_etl;

GRANT SELECT ON TABLE openaps.country_ref TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.device_status TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.device_status_metrics TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.entries TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.load_state TO open_humans_etl;
GRANT SELECT ON TABLE openaps.load_state TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.loaded_file TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.loaded_period TO open_humans_etl;
GRANT SELECT ON TABLE openaps.loaded_period TO registration_site;

GRANT SELECT ON TABLE openaps.loop_typ_reference TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.profile TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.quarantine TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.raw_segment TO open_humans_etl;

GRANT SELECT ON TABLE openaps.source_entities TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE openaps.treatments TO open_humans_etl;

GRANT SELECT ON TABLE openaps.treatments_view TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.access_grant TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.app_users TO data_management_app;

GRANT SELECT,INSERT ON TABLE portal.audit TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.data_protection_key TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.export TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.export_participant TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.one_time_link TO data_management_app;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE portal.researcher_applications TO data_management_app;

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

GRANT SELECT ON TABLE register.consent TO registration_site;

GRANT SELECT ON TABLE register.current_consent TO registration_site;
GRANT SELECT ON TABLE register.current_consent TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.data_protection_key TO registration_site;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.nightscout_token TO registration_site;
GRANT SELECT ON TABLE register.nightscout_token TO nightscout_ingester;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.open_humans_token TO registration_site;
GRANT SELECT ON TABLE register.open_humans_token TO nightscout_ingester;
GRANT SELECT ON TABLE register.open_humans_token TO open_humans_etl;

GRANT SELECT,INSERT,DELETE,UPDATE ON TABLE register.participant TO registration_site;
GRANT SELECT ON TABLE register.participant TO nightscout_ingester;
GRANT SELECT ON TABLE register.participant TO open_humans_etl;

GRANT SELECT ON TABLE research.participant TO data_management_app;

GRANT SELECT ON TABLE research.device_status TO data_management_app;

GRANT SELECT ON TABLE research.device_status_metrics TO data_management_app;

GRANT SELECT ON TABLE research.entries TO data_management_app;

GRANT SELECT ON TABLE research.profile TO data_management_app;

GRANT SELECT ON TABLE research.treatments TO data_management_app;

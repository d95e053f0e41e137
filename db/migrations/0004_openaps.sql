-- oldest-build: 1
-- The warehouse. Written by open-humans-etl alone; researchers read it through the views of schema research.
-- Names and columns are those of the system this one replaces, with four differences: participant_id instead of user_id, timestamptz
-- everywhere, no raw_json (de-identified lines are in raw_segment), and source_entity computed in the views from current consent.
create schema openaps;
grant usage on schema openaps to open_humans_etl, registration_site;

create table openaps.entries (
    seq_id          bigint  generated always as identity,
    participant_id  bigint  not null,
    id              text    not null,
    sgv             numeric,
    direction       text,
    device          text,
    type            text,
    rssi            numeric,
    rawbg           numeric,
    trend           text,
    glucose         numeric,
    mbg             numeric,
    delta           numeric,
    filtered        numeric,
    unfiltered      numeric,
    noise           numeric,
    scale           numeric,
    slope           numeric,
    intercept       numeric,
    system_time     text,
    date            timestamptz,
    date_string     text,
    period          text    not null,
    content_hash    bigint  not null,
    primary key (participant_id, id)
);
create index entries_by_date on openaps.entries (participant_id, date);
create index entries_date on openaps.entries using brin (date);
comment on table openaps.entries is 'CGM readings, finger sticks and calibrations: one row per Nightscout entry. Writer: open-humans-etl.';
comment on column openaps.entries.id is 'Nightscout''s _id; exports carry a code instead';
comment on column openaps.entries.sgv is 'sensor glucose, mg/dL whatever unit the site displays; 1 to 12 are Dexcom error codes, 39 and 401 usually mean LOW and HIGH';
comment on column openaps.entries.direction is 'trend arrow by name, as sent';
comment on column openaps.entries.device is 'recognised family of the uploader and a stable pseudonym of the rest';
comment on column openaps.entries.type is 'sgv, mbg, cal or what the uploader sent';
comment on column openaps.entries.rssi is 'radio signal strength, as sent';
comment on column openaps.entries.glucose is 'mg/dL, repeats sgv where an uploader sends both';
comment on column openaps.entries.mbg is 'meter glucose, mg/dL';
comment on column openaps.entries.delta is 'change since the reading before, mg/dL';
comment on column openaps.entries.noise is '0 to 5, as sent; text such as "Clean" is left out';
comment on column openaps.entries.trend is 'trend as number or text (trend, else trend_arrow)';
comment on column openaps.entries.system_time is 'upload time as sent by the uploader (text, any zone)';
comment on column openaps.entries.date is 'time of the reading, UTC';
comment on column openaps.entries.date_string is 'the uploader''s own text for the time; local offsets are possible';

create table openaps.treatments (
    seq_id           bigint  generated always as identity,
    participant_id   bigint  not null,
    id               text    not null,
    event_type       text,
    "timestamp"      timestamptz,
    insulin          numeric,
    carbs            numeric,
    protein          numeric,
    fat              numeric,
    glucose          numeric,
    glucose_type     text,
    food_type        text,
    temp             text,
    rate             numeric,
    duration         numeric,
    units            text,
    amount           numeric,
    absolute         numeric,
    medtronic        text,
    type             text,
    absorption_time  numeric,
    unabsorbed       numeric,
    ratio            numeric,
    target_top       numeric,
    target_bottom    numeric,
    fixed            numeric,
    programmed       text,
    reason           text,
    notes            text,
    entered_by       text,
    created_at       timestamptz,
    period           text    not null,
    content_hash     bigint  not null,
    primary key (participant_id, id)
);
create index treatments_by_date on openaps.treatments (participant_id, created_at);
create index treatments_date on openaps.treatments using brin (created_at);
comment on table openaps.treatments is 'Boluses, carbs, temporary basals, site changes, notes: one row per Nightscout treatment. Writer: open-humans-etl.';
comment on column openaps.treatments.id is 'Nightscout''s _id; exports carry a code instead';
comment on column openaps.treatments.event_type is 'Nightscout''s event type when it is a known one, else null';
comment on column openaps.treatments."timestamp" is 'time the uploader gave besides created_at, UTC';
comment on column openaps.treatments.insulin is 'U';
comment on column openaps.treatments.carbs is 'g';
comment on column openaps.treatments.protein is 'g';
comment on column openaps.treatments.fat is 'g';
comment on column openaps.treatments.glucose is 'in the unit of column units; mg/dL when it is null and the value is above 30';
comment on column openaps.treatments.units is 'unit of glucose as sent: mg/dl or mmol';
comment on column openaps.treatments.temp is 'kind of temporary basal: absolute or percent';
comment on column openaps.treatments.rate is 'temporary basal, U/h (absolute) or % (percent)';
comment on column openaps.treatments.absolute is 'temporary basal, U/h';
comment on column openaps.treatments.duration is 'minutes';
comment on column openaps.treatments.amount is 'U';
comment on column openaps.treatments.absorption_time is 'minutes';
comment on column openaps.treatments.target_top is 'as sent: mg/dL, or mmol/L when below 20';
comment on column openaps.treatments.target_bottom is 'as sent: mg/dL, or mmol/L when below 20';
comment on column openaps.treatments.food_type is 'always null: free text is not kept';
comment on column openaps.treatments.reason is 'always null: free text is not kept';
comment on column openaps.treatments.notes is 'always null: free text is not kept';
comment on column openaps.treatments.entered_by is 'recognised app and a stable pseudonym of the rest';
comment on column openaps.treatments.created_at is 'time of the event, UTC';

create table openaps.device_status (
    seq_id               bigint   generated always as identity,
    participant_id       bigint   not null,
    id                   text     not null,
    device               text,
    pump_id              text,
    pump_bolusing        boolean,
    pump_suspended       boolean,
    pump_model           text,
    loop_cob             numeric,
    loop_iob             numeric,
    loop_version         text,
    loop_failure_reason  text,
    snooze               text,
    override_active      boolean,
    created_at           timestamptz,
    period               text     not null,
    content_hash         bigint   not null,
    primary key (participant_id, id)
);
create index device_status_by_date on openaps.device_status (participant_id, created_at);
create index device_status_date on openaps.device_status using brin (created_at);
comment on table openaps.device_status is 'What loops, pumps and uploaders reported of themselves: one row per Nightscout devicestatus. Writer: open-humans-etl.';
comment on column openaps.device_status.id is 'Nightscout''s _id; exports carry a code instead';
comment on column openaps.device_status.device is 'recognised family and a stable pseudonym of the rest';
comment on column openaps.device_status.pump_id is 'stable pseudonym of the pump''s id';
comment on column openaps.device_status.loop_cob is 'carbs on board as Loop reported them, g';
comment on column openaps.device_status.loop_iob is 'insulin on board as Loop reported it, U';
comment on column openaps.device_status.loop_failure_reason is 'name of Loop''s error when it is a known one, else null';
comment on column openaps.device_status.created_at is 'UTC';

create table openaps.device_status_metrics (
    seq_id                  bigint  generated always as identity,
    participant_id          bigint  not null,
    device_status_id        text    not null,
    iob_iob                 numeric,
    iob_activity            numeric,
    iob_basal_iob           numeric,
    iob_bolus_iob           numeric,
    iob_net_basal_insulin   numeric,
    iob_bolus_insulin       numeric,
    iob_timestamp           timestamptz,
    suggested_temp          text,
    suggested_bg            numeric,
    suggested_tick          text,
    suggested_eventual_bg   numeric,
    suggested_insulin_req   numeric,
    suggested_reservoir     numeric,
    suggested_cob           numeric,
    suggested_iob           numeric,
    enacted_temp            text,
    enacted_bg              numeric,
    enacted_tick            text,
    enacted_eventual_bg     numeric,
    enacted_insulin_req     numeric,
    enacted_reservoir       text,
    enacted_cob             numeric,
    enacted_iob             numeric,
    enacted_duration        numeric,
    enacted_rate            numeric,
    enacted_timestamp       timestamptz,
    created_at              timestamptz,
    period                  text    not null,
    content_hash            bigint  not null,
    primary key (participant_id, device_status_id)
);
create index device_status_metrics_by_date on openaps.device_status_metrics (participant_id, created_at);
comment on table openaps.device_status_metrics is 'What an oref0 based loop (OpenAPS, AAPS, Trio) calculated: one row per device_status that holds "openaps". Writer: open-humans-etl.';
comment on column openaps.device_status_metrics.device_status_id is 'openaps.device_status.id';
comment on column openaps.device_status_metrics.iob_iob is 'insulin on board, U; the first element where iob is a list';
comment on column openaps.device_status_metrics.suggested_bg is 'mg/dL';
comment on column openaps.device_status_metrics.suggested_eventual_bg is 'mg/dL';
comment on column openaps.device_status_metrics.suggested_insulin_req is 'U';
comment on column openaps.device_status_metrics.suggested_reservoir is 'U';
comment on column openaps.device_status_metrics.suggested_cob is 'g';
comment on column openaps.device_status_metrics.suggested_iob is 'U';
comment on column openaps.device_status_metrics.enacted_bg is 'mg/dL';
comment on column openaps.device_status_metrics.enacted_duration is 'minutes';
comment on column openaps.device_status_metrics.enacted_rate is 'U/h';
comment on column openaps.device_status_metrics.created_at is 'that of the device_status, UTC';

create table openaps.profile (
    seq_id           bigint  generated always as identity,
    participant_id   bigint  not null,
    id               text    not null,
    default_profile  text,
    mills            bigint,
    units            text,
    start_date       timestamptz,
    created_at       timestamptz,
    period           text    not null,
    content_hash     bigint  not null,
    primary key (participant_id, id)
);
create index profile_by_date on openaps.profile (participant_id, created_at);
comment on table openaps.profile is 'Therapy profiles (schedules are in the raw segments): one row per Nightscout profile document. Writer: open-humans-etl.';
comment on column openaps.profile.default_profile is 'stable pseudonym of the name the participant gave to the profile';
comment on column openaps.profile.mills is 'Unix milliseconds, as sent';
comment on column openaps.profile.units is 'unit of the profile''s glucose values: mg/dl or mmol';
comment on column openaps.profile.start_date is 'from when it was in force, UTC';
comment on column openaps.profile.created_at is 'UTC; start_date where the document has none';

create table openaps.raw_segment (
    participant_id  bigint  not null,
    collection      text    not null,
    period          text    not null,
    part            int     not null,
    lines           int     not null,
    sha256          bytea   not null,
    data            bytea   not null,
    file_key        text    not null,
    loader_version  int     not null,
    primary key (participant_id, collection, period, part)
);
alter table openaps.raw_segment alter column data set storage external;
comment on table openaps.raw_segment is 'De-identified records as NDJSON, gzipped; the parts of a period joined are one gzip stream. Writer: open-humans-etl.';
comment on column openaps.raw_segment.data is 'every line starts with {"participant":"<16 hex>","record":"<32 hex>", so that an export can replace both without parsing';
comment on column openaps.raw_segment.sha256 is 'of data';

create table openaps.loaded_file (
    participant_id   bigint      not null,
    file_key         text        not null,
    loader_version   int         not null,
    collection       text        not null,
    period           text        not null,
    revision         bigint      not null,
    written_at       timestamptz not null,
    lines_done       bigint      not null default 0,
    rows_loaded      bigint      not null default 0,
    rows_unchanged   bigint      not null default 0,
    rows_repeated    bigint      not null default 0,
    rows_quarantined bigint      not null default 0,
    rows_deleted     bigint      not null default 0,
    started_at       timestamptz not null default now(),
    completed_at     timestamptz,
    primary key (participant_id, file_key, loader_version)
);
comment on table openaps.loaded_file is 'Ledger of loads: a file is loaded once per loader version. Written in the transactions that load its rows. Writer: open-humans-etl.';
comment on column openaps.loaded_file.file_key is 'oh:<id> (file of that id on Open Humans) or dir:<file name>:<sha256 of its content>';
comment on column openaps.loaded_file.lines_done is 'lines committed so far; a killed load goes on after them';
comment on column openaps.loaded_file.rows_repeated is 'lines whose record stands again further down in the same file: the last one counts';
comment on column openaps.loaded_file.rows_deleted is 'lines whose record was deleted at the source (isValid false)';

create table openaps.loaded_period (
    participant_id  bigint      not null,
    collection      text        not null,
    period          text        not null,
    file_key        text        not null,
    loader_version  int         not null,
    revision        bigint      not null,
    written_at      timestamptz not null,
    sha256          bytea       not null,
    rows            bigint      not null,
    loaded_at       timestamptz not null default now(),
    missing_since   timestamptz,
    primary key (participant_id, collection, period)
);
comment on table openaps.loaded_period is 'What each period of a participant''s collection was last loaded from. Writer: open-humans-etl.';
comment on column openaps.loaded_period.period is 'yyyy-mm-dd, yyyy-mm, undated, or whole (a whole-history file of the system this one replaces)';
comment on column openaps.loaded_period.revision is 'of the period''s file; a lower one is refused';
comment on column openaps.loaded_period.sha256 is 'of the file''s content as stored';
comment on column openaps.loaded_period.missing_since is 'first complete listing that lacked the file; lacking it again an hour later, its rows go';
comment on column openaps.loaded_period.rows is 'records the file held when it was loaded';

create table openaps.quarantine (
    participant_id  bigint      not null,
    file_key        text        not null,
    collection      text        not null,
    line            bigint      not null,
    field           text        not null default '',
    reason          text        not null,
    occurrences     bigint      not null default 1,
    found_at        timestamptz not null default now(),
    primary key (participant_id, file_key, line, field, reason)
);
comment on table openaps.quarantine is 'What could not be read, and why. The line itself stays where it is, in the participant''s file. Writer: open-humans-etl.';
comment on column openaps.quarantine.line is 'counted from 1 in the file; of a field the first line it was found on';
comment on column openaps.quarantine.field is 'empty: the whole line was left out; else only this field, and the record was loaded without it';
comment on column openaps.quarantine.occurrences is 'lines of the file with this field and reason';

create table openaps.load_state (
    participant_id          bigint      primary key,
    due_at                  timestamptz not null default now(),
    lease_owner             text,
    lease_until             timestamptz,
    fence                   bigint      not null default 0,
    listed_at               timestamptz,
    seen_file_id            bigint      not null default 0,
    seen_change_at          timestamptz,
    consent_file_key        text,
    consent_missing_since   timestamptz,
    outcome                 text        not null default 'waiting',
    failed_since            timestamptz,
    succeeded_at            timestamptz
);
create index load_state_due on openaps.load_state (due_at);
comment on table openaps.load_state is 'The queue of participants whose files are loaded, and how the last load went. Writer: open-humans-etl.';
comment on column openaps.load_state.seen_file_id is 'newest ingest.file.file_id the last listing came after';
comment on column openaps.load_state.consent_file_key is 'Open Humans'' id of the consent file that was read last';
comment on column openaps.load_state.consent_missing_since is 'first complete listing without a consent file: hidden at once, rows deleted a day later';

create table openaps.member_demographics (
    participant_id                   bigint      not null,
    ts                               timestamptz not null,
    google_sheets_source             text        not null check (google_sheets_source in ('openaps', 'nightscout')),
    date_of_birth                    date,
    gender                           text,
    ethnicity                        text,
    country                          text,
    first_diagnosed_date             date,
    first_insulin_pump_date          date,
    first_glucose_monitor_date       date,
    first_diy_closed_loop_date       date,
    diy_closed_loop_type             text,
    who_uses_the_closed_loop_system  text,
    weight                           text,
    height                           text,
    insulin_units_per_day            numeric,
    basal_insulin_units_per_day      numeric,
    carb_grams_per_day               numeric,
    last_lab_reported_a1c            numeric,
    last_lab_reported_a1c_date       date,
    inserted_ts                      timestamptz not null default now(),
    primary key (participant_id, google_sheets_source, ts)
);
comment on table openaps.member_demographics is 'Survey answers, one row per answer sheet. Writer: open-humans-etl.';
comment on column openaps.member_demographics.insulin_units_per_day is 'U/day';
comment on column openaps.member_demographics.carb_grams_per_day is 'g/day';
comment on column openaps.member_demographics.last_lab_reported_a1c is '%';

create table openaps.source_entities (
    id    int  primary key,
    name  text not null
);
insert into openaps.source_entities values (0, 'OpenAPS Data Commons'), (1, 'Nightscout Data Commons'), (2, 'All');
comment on table openaps.source_entities is 'Meaning of source_entity: the commons a participant shares with.';

grant select, insert, update, delete on openaps.entries, openaps.treatments, openaps.device_status, openaps.device_status_metrics, openaps.profile,
    openaps.raw_segment, openaps.loaded_file, openaps.loaded_period, openaps.quarantine, openaps.load_state, openaps.member_demographics to open_humans_etl;
grant select on openaps.source_entities to open_humans_etl;
grant select on openaps.load_state, openaps.loaded_period to registration_site;

-- oldest-build: 1
-- Local time of every record, duplicates of several uploaders, and glucose summaries by local day. All written by open-humans-etl, in one
-- transaction per participant: what changed is queued in dirty_day, and a job recomputes the local days that follow from it.

alter table openaps.entries add column utc_offset bigint;
alter table openaps.treatments add column utc_offset bigint;
alter table openaps.device_status add column utc_offset bigint;
comment on column openaps.entries.utc_offset is 'minutes that local time is ahead of UTC, as sent; Loop sends 0 wherever it is, so this is evidence and no answer: openaps.utc_offset_timeline is';
comment on column openaps.treatments.utc_offset is 'minutes that local time is ahead of UTC, as sent; see openaps.entries.utc_offset';
comment on column openaps.device_status.utc_offset is 'minutes that local time is ahead of UTC, as sent; see openaps.entries.utc_offset';

create table openaps.dirty_day (
    participant_id  bigint  not null,
    collection      text    not null,
    day             date    not null,
    primary key (participant_id, collection, day)
);
comment on table openaps.dirty_day is 'Queue: UTC days of which records were added, changed or removed since their summaries were made. Writer: open-humans-etl, in the transaction that changes the records; '
    'taken in the transaction that makes the summaries.';
comment on column openaps.dirty_day.collection is 'entries, treatments, devicestatus or profile';
comment on column openaps.dirty_day.day is 'UTC; -infinity stands for records without a usable time';

create table openaps.profile_zone (
    participant_id  bigint       not null,
    since           timestamptz  not null,
    zone            text         not null,
    primary key (participant_id, since)
);
comment on table openaps.profile_zone is 'Time zones of a participant''s profiles: those of the default profile of each document, where they change. Made anew when a profile changes. Writer and reader: open-humans-etl.';
comment on column openaps.profile_zone.since is 'from when it is in force, UTC; -infinity: the profile''s start is before 2005, as clocks that were reset write it';
comment on column openaps.profile_zone.zone is 'name in the tz database; Etc/GMT+8 is UTC-8';

create table openaps.utc_offset_seen (
    participant_id  bigint       not null,
    collection      text         not null,
    day             date         not null,
    source          text         not null,
    utc_offset      int          not null,
    records         int          not null,
    first_at        timestamptz  not null,
    last_at         timestamptz  not null,
    primary key (participant_id, collection, day, source, utc_offset)
);
comment on table openaps.utc_offset_seen is 'Offsets that records themselves carry, by UTC day and what wrote them: evidence for openaps.utc_offset_timeline. Writer and reader: open-humans-etl.';
comment on column openaps.utc_offset_seen.day is 'UTC';
comment on column openaps.utc_offset_seen.source is 'device or entered_by of the records; empty: none';
comment on column openaps.utc_offset_seen.utc_offset is 'minutes ahead of UTC, -720 to 840 in steps of 15; anything else is no offset of any place';
comment on column openaps.utc_offset_seen.records is 'how many carry it';
comment on column openaps.utc_offset_seen.first_at is 'earliest of them, UTC';
comment on column openaps.utc_offset_seen.last_at is 'latest of them, UTC';

create table openaps.utc_offset_timeline (
    participant_id  bigint       not null,
    from_utc        timestamptz  not null,
    to_utc          timestamptz  not null,
    offset_minutes  int          not null,
    zone            text,
    source          text         not null check (source in ('profile', 'record', 'both', 'none')),
    confidence      text         not null check (confidence in ('high', 'medium', 'low')),
    primary key (participant_id, from_utc),
    check (from_utc < to_utc)
);
comment on table openaps.utc_offset_timeline is 'Local time of a participant: intervals of constant offset from -infinity to infinity, without gaps, cut where clocks change. '
    'Local wall time is (t at time zone ''UTC'') + offset_minutes minutes with from_utc <= t < to_utc. '
    'Rule: a profile''s zone holds from its start to the next profile''s, the first also before. Records tell an offset where what wrote them has ever sent another than 0 (Loop never does): '
    'the offset most of a UTC day''s records have, for that day, and over gaps of up to 7 days. Where both tell and differ, the records count: a phone knows that its owner travels. '
    'Where neither tells, the nearest offset of records; without any, UTC. Writer: open-humans-etl. Readers: researchers, through research.';
comment on column openaps.utc_offset_timeline.from_utc is 'first instant, or -infinity';
comment on column openaps.utc_offset_timeline.to_utc is 'first instant after it, or infinity; clock changes are cut from 2005 to 2039';
comment on column openaps.utc_offset_timeline.offset_minutes is 'minutes that local time is ahead of UTC';
comment on column openaps.utc_offset_timeline.zone is 'zone of the profile (tz database) when the offset is its own; null: only the offset is known';
comment on column openaps.utc_offset_timeline.source is 'who says so: profile, record, both, or none (then it is UTC)';
comment on column openaps.utc_offset_timeline.confidence is 'high: profile and records agree. medium: only one of them tells (the profile by a zone of a place and while it is in force), or they differ and the records count. '
    'low: a profile with a fixed offset (ETC/GMT+8, UTC) alone, the time before the first profile, the nearest records, or nothing';

create table openaps.duplicate_entry (
    participant_id  bigint  not null,
    id              text    not null,
    canonical_id    text    not null,
    day             date    not null,
    primary key (participant_id, id)
);
create index duplicate_entry_day on openaps.duplicate_entry (participant_id, day);
comment on table openaps.duplicate_entry is 'Entries that repeat what another uploader sent: same type, within 150 s, value within 1 mg/dL, another device. All rows stay in openaps.entries; those not here are canonical. '
    'The one stands whose device has more records on its local day; ties go to the first device by name, then the earlier time, then the lower id. Writer: open-humans-etl.';
comment on column openaps.duplicate_entry.id is 'openaps.entries.id of the entry that is left out of summaries';
comment on column openaps.duplicate_entry.canonical_id is 'openaps.entries.id of the entry that stands for it';
comment on column openaps.duplicate_entry.day is 'local day of the entry';

create table openaps.glucose_day (
    participant_id   bigint            not null,
    day              date              not null,
    n                int               not null,
    very_low         int               not null,
    low              int               not null,
    in_range         int               not null,
    high             int               not null,
    very_high        int               not null,
    tight            int               not null,
    pregnancy        int               not null,
    below_pregnancy  int               not null,
    sum_mgdl         double precision  not null,
    sum_squares      double precision  not null,
    low_risk         double precision  not null,
    high_risk        double precision  not null,
    min_mgdl         double precision  not null,
    max_mgdl         double precision  not null,
    cadence_minutes  int               not null,
    expected         int               not null,
    covered_minutes  double precision  not null,
    day_minutes      int               not null,
    duplicates       int               not null,
    readings         smallint[]        not null,
    primary key (participant_id, day)
) with (toast_tuple_target = 128);
alter table openaps.glucose_day alter column readings set storage external; -- out of line, whole: what scans the days does not read it
create index glucose_day_day on openaps.glucose_day (day);
comment on table openaps.glucose_day is 'Sensor glucose of a local day. Counts entries of type sgv (or without type) from 39 to 599 mg/dL that are canonical (openaps.duplicate_entry), each instant once (the lowest value): '
    'error codes (1 to 12, 38), calibrations and meter readings do not count. Days without any have no row. Equal to libraries/Glucose. Writer: open-humans-etl.';
comment on column openaps.glucose_day.day is 'local day, from its first to the next one''s first instant: 23 or 25 hours where clocks change';
comment on column openaps.glucose_day.n is 'readings';
comment on column openaps.glucose_day.very_low is 'readings below 54 mg/dL';
comment on column openaps.glucose_day.low is 'readings from 54 to below 70 mg/dL';
comment on column openaps.glucose_day.in_range is 'readings from 70 to 180 mg/dL';
comment on column openaps.glucose_day.high is 'readings above 180 to 250 mg/dL';
comment on column openaps.glucose_day.very_high is 'readings above 250 mg/dL';
comment on column openaps.glucose_day.tight is 'readings from 70 to 140 mg/dL';
comment on column openaps.glucose_day.pregnancy is 'readings from 63 to 140 mg/dL';
comment on column openaps.glucose_day.below_pregnancy is 'readings below 63 mg/dL';
comment on column openaps.glucose_day.sum_mgdl is 'sum of the readings, mg/dL';
comment on column openaps.glucose_day.sum_squares is 'sum of (reading - 120)^2, mg2/dL2: about a fixed origin, so that sums of days add up and lose no digits';
comment on column openaps.glucose_day.low_risk is 'sum of the risk of low glucose (Kovatchev); over n it is the LBGI';
comment on column openaps.glucose_day.high_risk is 'sum of the risk of high glucose (Kovatchev); over n it is the HBGI';
comment on column openaps.glucose_day.min_mgdl is 'lowest reading, mg/dL';
comment on column openaps.glucose_day.max_mgdl is 'highest reading, mg/dL';
comment on column openaps.glucose_day.cadence_minutes is 'median interval of the readings in whole minutes, 1 to 15; 5 where there is only one reading';
comment on column openaps.glucose_day.expected is 'readings that the cadence lets expect of the whole day';
comment on column openaps.glucose_day.covered_minutes is 'minutes that readings cover, each to the next one, for at most the cadence';
comment on column openaps.glucose_day.day_minutes is 'minutes the day has';
comment on column openaps.glucose_day.duplicates is 'sensor readings left out because another uploader''s stands for them';
comment on column openaps.glucose_day.readings is 'histogram by half hour: an element a reading, ascending, 600 x local half hour (0: 00:00 to 00:29) + mg/dL rounded, halves up';

create table openaps.glucose_month (
    participant_id   bigint            not null,
    month            date              not null,
    days             int               not null,
    n                bigint            not null,
    very_low         bigint            not null,
    low              bigint            not null,
    in_range         bigint            not null,
    high             bigint            not null,
    very_high        bigint            not null,
    tight            bigint            not null,
    pregnancy        bigint            not null,
    below_pregnancy  bigint            not null,
    sum_mgdl         double precision  not null,
    sum_squares      double precision  not null,
    low_risk         double precision  not null,
    high_risk        double precision  not null,
    min_mgdl         double precision  not null,
    max_mgdl         double precision  not null,
    expected         bigint            not null,
    covered_minutes  double precision  not null,
    day_minutes      bigint            not null,
    duplicates       bigint            not null,
    primary key (participant_id, month)
);
comment on table openaps.glucose_month is 'openaps.glucose_day added up by local month: columns of the same name mean the same. Writer: open-humans-etl.';
comment on column openaps.glucose_month.month is 'first day of the month';
comment on column openaps.glucose_month.days is 'days with readings';

create table openaps.glucose_time_of_day (
    participant_id  bigint    not null,
    half_hour       smallint  not null,
    from_mgdl       smallint  not null,
    n0              int       not null,
    n1              int       not null,
    n2              int       not null,
    n3              int       not null,
    n4              int       not null,
    n5              int       not null,
    n6              int       not null,
    n7              int       not null,
    n8              int       not null,
    n9              int       not null,
    primary key (participant_id, half_hour, from_mgdl)
) with (fillfactor = 90);
comment on table openaps.glucose_time_of_day is 'Histogram of all of a participant''s readings by local half hour, ten values a row: adds up over participants. The sum of openaps.glucose_day.readings. Writer: open-humans-etl.';
comment on column openaps.glucose_time_of_day.half_hour is 'local, 0 (00:00 to 00:29) to 47';
comment on column openaps.glucose_time_of_day.from_mgdl is 'a multiple of 10, mg/dL; n0 counts readings of this value (rounded), n9 of this value + 9';

create table openaps.glucose_week (
    participant_id  bigint    not null,
    weekday         smallint  not null,
    hour            smallint  not null,
    n               bigint    not null,
    sum_mgdl        bigint    not null,
    low             bigint    not null,
    in_range        bigint    not null,
    high            bigint    not null,
    primary key (participant_id, weekday, hour)
);
comment on table openaps.glucose_week is 'All of a participant''s readings, in whole mg/dL, by local weekday and hour. The sum of openaps.glucose_day.readings. Writer: open-humans-etl.';
comment on column openaps.glucose_week.weekday is '1 (Monday) to 7 (Sunday)';
comment on column openaps.glucose_week.hour is 'local, 0 to 23';
comment on column openaps.glucose_week.sum_mgdl is 'sum of the readings, mg/dL';
comment on column openaps.glucose_week.low is 'readings below 70 mg/dL';
comment on column openaps.glucose_week.in_range is 'readings from 70 to 180 mg/dL';
comment on column openaps.glucose_week.high is 'readings above 180 mg/dL';

comment on column openaps.glucose_week.n is 'readings';
do $$
declare said record;
begin
    for said in select t.relname, a.attname,
                       case when a.attname = 'participant_id' then 'random number that stands for the participant'
                            when a.attname ~ '^n[0-9]$' then 'readings of from_mgdl + ' || right(a.attname, 1) || ' mg/dL'
                            else (select col_description(d.attrelid, d.attnum) from pg_attribute d where d.attrelid = 'openaps.glucose_day'::regclass and d.attname = a.attname) end as text
                  from pg_class t join pg_attribute a on a.attrelid = t.oid and a.attnum > 0 and not a.attisdropped
                 where t.oid in ('openaps.dirty_day'::regclass, 'openaps.profile_zone'::regclass, 'openaps.utc_offset_seen'::regclass, 'openaps.utc_offset_timeline'::regclass,
                                 'openaps.duplicate_entry'::regclass, 'openaps.glucose_day'::regclass, 'openaps.glucose_month'::regclass, 'openaps.glucose_time_of_day'::regclass,
                                 'openaps.glucose_week'::regclass)
                   and col_description(t.oid, a.attnum) is null
    loop
        execute format('comment on column openaps.%I.%I is %L', said.relname, said.attname, said.text);
    end loop;
end $$;
comment on column openaps.utc_offset_seen.collection is 'entries, treatments or devicestatus';

grant select, insert, update, delete on openaps.dirty_day, openaps.profile_zone, openaps.utc_offset_seen, openaps.utc_offset_timeline, openaps.duplicate_entry,
    openaps.glucose_day, openaps.glucose_month, openaps.glucose_time_of_day, openaps.glucose_week to open_humans_etl;

-- What was loaded before has no summaries yet.
insert into openaps.dirty_day
select distinct participant_id, 'entries', coalesce((date at time zone 'UTC')::date, '-infinity') from openaps.entries
union all
select distinct participant_id, 'treatments', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.treatments
union all
select distinct participant_id, 'devicestatus', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.device_status
union all
select distinct participant_id, 'profile', coalesce((created_at at time zone 'UTC')::date, '-infinity') from openaps.profile;

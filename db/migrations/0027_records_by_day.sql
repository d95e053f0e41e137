-- oldest-build: 1
-- How many records of which kind a participant has of each day: charts of a cohort count these and not the records.

create function openaps.device_group(device text) returns text language sql immutable parallel safe as $$
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
comment on function openaps.device_group is 'The family of a device or uploader, of its name as it is kept (openaps.entries.device, openaps.device_status.device): a closed list, no name of anybody.';

create table openaps.record_day (
    participant_id  bigint  not null,
    day             date    not null,
    collection      text    not null check (collection in ('entries', 'treatments', 'devicestatus')),
    kind            text    not null,
    records         int     not null,
    primary key (participant_id, day, collection, kind)
);
comment on table openaps.record_day is 'Records of a participant by UTC day and kind; those without a usable time are not counted. Made with the summaries of the day. Writer: open-humans-etl. Readers: charts, through research.';
comment on column openaps.record_day.participant_id is 'random number that stands for the participant';
comment on column openaps.record_day.day is 'UTC';
comment on column openaps.record_day.collection is 'entries, treatments or devicestatus';
comment on column openaps.record_day.kind is 'of entries and devicestatus the group of the device (openaps.device_group), of treatments their event type';
comment on column openaps.record_day.records is 'how many records';

insert into openaps.record_day (participant_id, day, collection, kind, records)
select participant_id, (date at time zone 'UTC')::date, 'entries', openaps.device_group(device), count(*) from openaps.entries where date >= '1900-01-01Z' and date < '2200-01-01Z' group by 1, 2, 4
union all
select participant_id, (created_at at time zone 'UTC')::date, 'treatments', coalesce(event_type, '<none>'), count(*) from openaps.treatments where created_at >= '1900-01-01Z' and created_at < '2200-01-01Z' group by 1, 2, 4
union all
select participant_id, (created_at at time zone 'UTC')::date, 'devicestatus', openaps.device_group(device), count(*) from openaps.device_status where created_at >= '1900-01-01Z' and created_at < '2200-01-01Z' group by 1, 2, 4;

grant select, insert, update, delete on openaps.record_day to open_humans_etl;

-- oldest-build: 1
-- What the ingester has to remember to find late, edited and deleted records, to tell a site from another, and to say how copying goes.
alter table ingest.participant
    add column failures     int  not null default 0,
    add column history_from date not null default '-infinity',
    add column zone         text,
    add column night        date not null default '-infinity',
    add column night_pages  int  not null default 0,
    add column site_key     bigint;
create index participant_site on ingest.participant (site_key) where site_key is not null;
comment on column ingest.participant.failures is 'runs in a row that failed: the pause before the next grows with it';
comment on column ingest.participant.history_from is 'first day on which this site was read; our records of days before it came from another site, so that one absent here was not deleted here';
comment on column ingest.participant.zone is 'time zone (IANA) of the newest profile: days of summaries and nights are local; null: not known';
comment on column ingest.participant.site_key is 'hash of the site in hand: while the lease lasts no other participant''s run reads the same site';
comment on column ingest.participant.night is 'local day of the night that night_pages counts';
comment on column ingest.participant.night_pages is 'pages read this night by the quarterly read';

alter table ingest.run
    add column due_at     timestamptz,
    add column requests   int    not null default 0,
    add column site_bytes bigint not null default 0,
    add column problem    text;
comment on column ingest.run.due_at is 'when the next run was due as this one ended';
comment on column ingest.run.requests is 'requests to the site';
comment on column ingest.run.site_bytes is 'bytes read from the site, decoded';
comment on column ingest.run.bytes_down is 'bytes read from Open Humans';
comment on column ingest.run.problem is 'what failed, in words without address, token or content; null after a success';

alter table ingest.cursor
    add column read_day_at     timestamptz,
    add column full_read_at    timestamptz,
    add column full_started_at timestamptz,
    add column full_read_from  date,
    add column has_offsets     boolean not null default false,
    add column recent_ids      text[]  not null default '{}',
    add column pages           text[]  not null default '{}',
    add column history_at      bigint;
update ingest.cursor set full_read_at = imported_all_at;
comment on column ingest.cursor.read_day_at is 'start of the last daily read; null: none yet';
comment on column ingest.cursor.full_read_at is 'start of the last read of the whole history that reached its end; null: none yet';
comment on column ingest.cursor.full_started_at is 'start of the read of the whole history that is going on; null: none';
comment on column ingest.cursor.full_read_from is 'every day from this one on has been read by it';
comment on column ingest.cursor.has_offsets is 'the site holds times with a local offset, which it sorts by wall clock: its ranges are widened';
comment on column ingest.cursor.recent_ids is 'ids of the newest records: when the site knows none of them any more, it is another site';
comment on column ingest.cursor.pages is 'query and ETag of each page of the last forward read, alternating: sent as If-None-Match when the same is asked again';
comment on column ingest.cursor.history_at is 'API v3: greatest srvModified seen; null: not asked yet';

create table ingest.month_pages (
    participant_id  bigint  not null,
    collection      text    not null,
    month           text    not null,
    pages           text[]  not null,
    primary key (participant_id, collection, month)
);
comment on table ingest.month_pages is 'Query and ETag of each page of a month, as the quarterly read saw it last: a month that is as before costs no bytes.';

create table ingest.absent (
    participant_id  bigint      not null,
    collection      text        not null,
    record_id       text        not null,
    day             date        not null,
    at              timestamptz,
    since           timestamptz not null,
    primary key (participant_id, collection, record_id)
);
comment on table ingest.absent is 'Records that we hold and a complete read of their day did not find. Found again, the row goes; absent from another complete read a day later, the record is marked as deleted in our file.';
comment on column ingest.absent.day is 'UTC day that our file holds it under; -infinity: without a usable time';
comment on column ingest.absent.at is 'time of the record';
comment on column ingest.absent.since is 'end of the first complete read that lacked it';

create table ingest.odd_record (
    participant_id  bigint  not null,
    collection      text    not null,
    record_id       text    not null,
    day             date    not null,
    hash            bigint  not null,
    primary key (participant_id, collection, record_id)
);
comment on table ingest.odd_record is 'Records in our files that no range of the site finds, because their time is missing or of another type: they are asked for by themselves and belong to no day''s digest.';

create table ingest.day_to_read (
    participant_id  bigint  not null,
    collection      text    not null,
    day             date    not null,
    primary key (participant_id, collection, day)
);
comment on table ingest.day_to_read is 'Days in which API v3 reported a change: they are read with the next run, days of closed months with the next daily one.';

create table ingest.day_part (
    participant_id  bigint      not null,
    collection      text        not null,
    day             date        not null,
    local_day       date        not null,
    source          int,
    copied          int         not null,
    bands           int[],
    glucose         smallint[],
    readings        smallint[],
    primary key (participant_id, collection, day, local_day)
);
comment on table ingest.day_part is 'What a UTC day holds of a local day; the view ingest.day_summary adds the parts up. Made for everybody, also those who share nothing. Writer: nightscout-ingester. Reader: the participant''s own report.';
comment on column ingest.day_part.local_day is 'day on the participant''s clock: the zone of their profile, else the offset of the record, else UTC';
comment on column ingest.day_part.source is 'records that the site served when the day was last read; null: not read since the file was taken over';
comment on column ingest.day_part.copied is 'records in our file on Open Humans, without those marked as deleted';
comment on column ingest.day_part.bands is 'entries: readings below 54, 54 to 69, 70 to 180, 181 to 250, above 250 mg/dL';
comment on column ingest.day_part.glucose is 'entries: the values that occur, mg/dL, ascending; readings tells how often each';

create view ingest.day_summary as
select participant_id, collection, local_day as day, sum(source)::int as source, sum(copied)::int as copied,
       sum(bands[1])::int as very_low, sum(bands[2])::int as low, sum(bands[3])::int as in_range, sum(bands[4])::int as high, sum(bands[5])::int as very_high
  from ingest.day_part
 group by participant_id, collection, local_day;
comment on view ingest.day_summary is 'Coverage per participant, collection and local day: records at the source and on Open Humans; of entries also how many readings lie in each band. Percentiles come from ingest.day_part.';

create index day_part_local on ingest.day_part (participant_id, collection, local_day);

grant select, insert, update, delete on ingest.month_pages, ingest.absent, ingest.odd_record, ingest.day_to_read, ingest.day_part to nightscout_ingester;
grant select on ingest.day_part, ingest.day_summary to registration_site;

-- oldest-build: 1
-- The state of copying Nightscout sites to Open Humans. Written by nightscout-ingester alone; the registration site shows it, the ETL follows it.
create schema ingest;
grant usage on schema ingest to nightscout_ingester, open_humans_etl, registration_site, data_management_app;

create table ingest.participant (
    participant_id  bigint      primary key,
    due_at          timestamptz not null default now(),
    lease_owner     text,
    lease_until     timestamptz,
    fence           bigint      not null default 0,
    site            bytea,
    listed_at       timestamptz,
    seen_change_at  timestamptz,
    outcome         text        not null default 'waiting',
    failed_since    timestamptz,
    succeeded_at    timestamptz
);
create index participant_due on ingest.participant (due_at);
comment on table ingest.participant is 'The queue of participants whose Nightscout is copied, and how the last run went. Writer: nightscout-ingester.';
comment on column ingest.participant.lease_until is 'on the database''s clock; after it another replica may take over';
comment on column ingest.participant.fence is 'grows with every claim: a commit or an upload under an older number is refused, so a paused replica cannot come back';
comment on column ingest.participant.site is 'address read from the participant''s Open Humans account, sealed; read again there at least once a day';
comment on column ingest.participant.listed_at is 'when the participant''s files on Open Humans were last listed completely';
comment on column ingest.participant.seen_change_at is 'register.participant.changed_at as the last run saw it: a later one makes the participant due at once';
comment on column ingest.participant.outcome is 'cause of the last run''s end: success, or what has to happen next';
comment on column ingest.participant.failed_since is 'start of the current row of failures; null after a success';

create table ingest.run (
    run_id          bigint      generated always as identity primary key,
    participant_id  bigint      not null,
    started_at      timestamptz not null,
    ended_at        timestamptz not null,
    outcome         text        not null,
    records_read    bigint      not null,
    files_written   int         not null,
    bytes_up        bigint      not null,
    bytes_down      bigint      not null
);
create index run_latest on ingest.run (participant_id, run_id desc);
comment on table ingest.run is 'One row per participant and run. Writer: nightscout-ingester.';
comment on column ingest.run.bytes_up is 'bytes sent to Open Humans';
comment on column ingest.run.bytes_down is 'bytes read from the site and from Open Humans';

create table ingest.cursor (
    participant_id  bigint      not null,
    collection      text        not null,
    imported_from   date        not null,
    imported_all_at timestamptz,
    read_at         timestamptz not null,
    read_week_at    timestamptz not null,
    primary key (participant_id, collection)
);
comment on table ingest.cursor is 'How far each collection is copied. Written in the transaction that stores what was read.';
comment on column ingest.cursor.imported_from is 'first import, which goes backwards: every day from this one on has been copied';
comment on column ingest.cursor.imported_all_at is 'when the site was proven to hold nothing older; null while the first import goes on';
comment on column ingest.cursor.read_at is 'start of the last forward read that ended well';
comment on column ingest.cursor.read_week_at is 'start of the last weekly read, which goes further back, for late and edited records';

create table ingest.day_digest (
    participant_id  bigint  not null,
    collection      text    not null,
    day             date    not null,
    records         int     not null,
    digest          bigint  not null,
    ids             bytea,
    primary key (participant_id, collection, day)
);
comment on table ingest.day_digest is 'What the site served for a UTC day when it was last read: an equal day needs no file.';
comment on column ingest.day_digest.day is 'UTC; -infinity stands for records without a usable time';
comment on column ingest.day_digest.ids is 'sorted 8-byte hashes of the record ids in the day''s file: when the site still serves them all, the file is rewritten without reading it back; null: unknown';
comment on column ingest.day_digest.digest is 'sum, modulo 2^64, of keyed hashes of the day''s records without their volatile fields; independent of order';

create table ingest.file (
    file_id         bigint      generated always as identity primary key,
    participant_id  bigint      not null,
    collection      text        not null,
    period          text        not null,
    revision        int         not null,
    state           text        not null check (state in ('planned', 'started', 'put', 'completed', 'current', 'superseded', 'deleted', 'abandoned', 'removed')),
    fence           bigint      not null,
    open_humans_id  bigint,
    bytes           bigint      not null,
    sha256          bytea       not null,
    md5             bytea       not null,
    records         int         not null,
    first_at        timestamptz,
    last_at         timestamptz,
    planned_at      timestamptz not null default now(),
    current_at      timestamptz,
    missing_since   timestamptz,
    closed_at       timestamptz,
    unique (participant_id, collection, period, revision)
);
create unique index file_current on ingest.file (participant_id, collection, period) where state = 'current';
create index file_open on ingest.file (participant_id) where state in ('planned', 'started', 'put', 'completed', 'superseded');
create index file_news on ingest.file (current_at);
comment on table ingest.file is 'Every file written to Open Humans, ahead of writing it: a restart goes on from the state. Writer: nightscout-ingester. Reader: open-humans-etl.';
comment on column ingest.file.period is 'yyyy-mm-dd (UTC day), yyyy-mm (month), or undated';
comment on column ingest.file.missing_since is 'first complete listing that lacked the current file; lacking it again an hour later, it counts as removed by the participant';
comment on column ingest.file.state is 'planned -> started (Open Humans gave an id) -> put (bytes there, checked) -> completed (size checked) -> current -> superseded -> deleted; '
    'abandoned: given up before it was current; removed: the participant deleted it, it is not written again';

grant select, insert, update, delete on ingest.participant, ingest.cursor, ingest.day_digest, ingest.file to nightscout_ingester;
grant select, insert on ingest.run to nightscout_ingester;
grant select on ingest.file to open_humans_etl;
grant select on ingest.participant, ingest.run, ingest.cursor, ingest.file to registration_site;
grant select on ingest.participant, ingest.run to data_management_app;

-- oldest-build: 1
-- Exports by choice (commons, days of data, columns, a file per participant, Parquet, raw records), built in parts that survive a restart.
alter table portal.export drop constraint export_entity_check, drop constraint export_format_check, drop constraint export_state_check;
alter table portal.export
    alter column from_day drop not null,
    alter column to_day drop not null,
    add constraint export_entity_check check (entity in ('all', 'entries', 'treatments', 'device_status', 'device_status_metrics', 'profile', 'demographics', 'daily_metrics', 'aid_signals')),
    add constraint export_format_check check (format in ('csv', 'json', 'parquet', 'ndjson', 'raw_csv')),
    add constraint export_state_check check (state in ('queued', 'building', 'ready', 'failed', 'cancelled', 'withdrawn', 'expired')),
    add constraint export_days_check check ((from_day is null) = (to_day is null)),
    add column commons          text    check (commons in ('openaps', 'nsf')),
    add column min_days         int     not null default 0 check (min_days >= 0),
    add column columns          text[]  not null default '{}',
    add column per_participant  boolean not null default false,
    add column expected_rows    bigint,
    add column content_bytes    bigint  not null default 0,
    add column zipped           boolean not null default true;
comment on column portal.export.from_day is 'null, as to_day then is: all days, and records without a usable time';
comment on column portal.export.to_day is 'included, as from_day is; UTC';
comment on column portal.export.format is 'csv, json (a table) and parquet: typed rows; ndjson and raw_csv: records as they were sent, de-identified';
comment on column portal.export.state is 'queued -> building -> ready -> expired (kept long enough) or withdrawn (somebody in it left or shares less; the files are deleted and asked for again); cancelled: by its owner; failed: see problem';
comment on column portal.export.commons is 'only participants who share with this commons; null: with any that the grant covers';
comment on column portal.export.min_days is 'only participants with glucose readings on at least so many local days of those asked for';
comment on column portal.export.columns is 'table.column of the columns asked for; of a table that none is named of, all';
comment on column portal.export.expected_rows is 'estimated from summaries when the build began; null: not begun';
comment on column portal.export.content_bytes is 'written so far, not packed';
comment on column portal.export.bytes is 'of the zip, or of all files when they are too large for one';
comment on column portal.export.sha256 is 'of the zip; null: there is none';
comment on column portal.export.zipped is 'false: the files are given out one by one, being too large for a zip';

create table portal.export_file (
    export_id    bigint  not null references portal.export on delete cascade,
    number       int     not null,
    fence        bigint  not null,
    name         text    not null,
    packed       boolean not null,
    rows         bigint  not null,
    length       bigint  not null,
    crc32        bigint  not null,
    sha256       bytea   not null,
    file_bytes   bigint  not null,
    file_sha256  bytea   not null,
    primary key (export_id, number)
);
comment on table portal.export_file is 'Files of an export that are complete: a build that was interrupted goes on behind them. Writer: data-management-app.';
comment on column portal.export_file.fence is 'of the lease the file was made under; part of its name on disk';
comment on column portal.export_file.name is 'as in the zip; names a participant by the study''s code only';
comment on column portal.export_file.packed is 'gzipped on disk; in a zip the same deflated bytes';
comment on column portal.export_file.length is 'bytes, not packed';
comment on column portal.export_file.crc32 is 'of the content, not packed, as zip and gzip have it';
comment on column portal.export_file.sha256 is 'of the content, not packed';
comment on column portal.export_file.file_bytes is 'on disk';
comment on column portal.export_file.file_sha256 is 'of the file on disk';
grant select, insert, update, delete on portal.export_file to data_management_app;

alter table portal.export_participant
    add column consent_id bigint  not null default 0,
    add column written    boolean not null default false;
comment on column portal.export_participant.consent_id is 'place in the consent ledger when the build began: what was built before a restart is kept only while nobody changed their mind';
comment on column portal.export_participant.written is 'records of theirs are in a file that is complete';

-- Files of the builds before are laid out in another way; TakenBack removes them.
update portal.export set state = 'expired' where state = 'ready';
update portal.export set state = 'queued', due_at = now(), lease_until = null where state = 'building';

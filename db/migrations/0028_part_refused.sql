-- oldest-build: 1
alter table ingest.participant add column refused text[] not null default '{}', add column refused_at timestamptz;
comment on column ingest.participant.refused is 'collections that the site does not let us read, and v3 where its API v3 does not: not asked for again for a day (v3: until the participant changes something)';
comment on column ingest.participant.refused_at is 'when they were refused last';

-- oldest-build: 1
alter table ingest.absent drop constraint absent_pkey;
alter table ingest.absent add primary key (participant_id, collection, record_id, day);
alter table ingest.absent add column settled_at timestamptz;
comment on column ingest.absent.settled_at is 'when it was found to be deleted or pruned at the source. The row stays: should the file of another day hold the record too, because a run was killed when it moved, that copy goes';
comment on table ingest.absent is 'Records that we hold and a complete read of their day did not find. Found again, the row goes; absent from another complete read a day later, the record is marked as deleted in our file.';

alter table ingest.cursor add column odd_untold smallint not null default 0;
comment on column ingest.cursor.odd_untold is 'reads in a row in which the site did not tell its records without a usable time; 0: it did the last time. Asked again with each of the next runs, then once a week';

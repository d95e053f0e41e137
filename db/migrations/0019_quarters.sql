-- oldest-build: 1
alter table ingest.day_part add column quarters smallint[] check (cardinality(quarters) = 96);
comment on column ingest.day_part.quarters is 'entries: mean of the readings in each quarter of an hour of the local day, from midnight, mg/dL; null where there is none. Filled where a day is read anew';

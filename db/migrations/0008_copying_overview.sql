-- oldest-build: 1
-- The administrators' overview of the copying: who still imports their history, and what the last day's runs moved.
grant select (participant_id, collection, imported_from, imported_all_at) on ingest.cursor to data_management_app;

create index run_ended on ingest.run using brin (ended_at);
comment on index ingest.run_ended is 'rows come in the order of their end: the last day''s are found in a few blocks';

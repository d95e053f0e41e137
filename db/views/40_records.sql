-- How many records of which kind there are, for charts: behind the grant like the views before.

create view research.record_day with (security_barrier) as
select participant_id, day, collection, kind, records, p.source_entity
  from openaps.record_day join research.participant p using (participant_id);

grant select on research.record_day to data_management_app;

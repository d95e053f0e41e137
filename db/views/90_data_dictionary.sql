-- What the data dictionary tells of the records themselves: no participant, and no number of fewer than five.

create view research.observed_field with (security_barrier) as
with seen as (
    select collection, path, bit_or(types) as types, count(*) filter (where records > 0) as participants, sum(records) as records
      from openaps.observed_field join research.participant using (participant_id)
     group by collection, path),
counted as (
    select *, max(participants) filter (where path = '') over (partition by collection) as participants_of from seen)
select collection, path,
       array_remove(array[case when types & 1 > 0 then 'object' end, case when types & 2 > 0 then 'array' end, case when types & 4 > 0 then 'text' end,
                          case when types & 8 > 0 then 'number' end, case when types & 16 > 0 then 'true or false' end, case when types & 32 > 0 then 'null' end], null) as types,
       case when participants >= 5 then participants end as participants,
       case when participants_of >= 5 then participants_of end as participants_of,
       case when participants >= 5 then records end as records
  from counted;
comment on view research.observed_field is 'Fields that the records of the grant''s participants were seen to have, as they stand in the raw lines: numbers for the data dictionary.';
comment on column research.observed_field.collection is 'entries, treatments, devicestatus or profile';
comment on column research.observed_field.path is 'dotted; * stands for names that participants chose, an array for its elements, empty for the record itself';
comment on column research.observed_field.types is 'JSON types seen: object, array, text, number, true or false, null';
comment on column research.observed_field.participants is 'who have it, with something other than null; null: fewer than 5';
comment on column research.observed_field.participants_of is 'who have records of the collection; null: fewer than 5';
comment on column research.observed_field.records is 'records that hold it, with something other than null; null: of fewer than 5 participants';

grant select on research.observed_field to data_management_app;

-- The same in every view that has it.
do $$
declare of_view record;
begin
    for of_view in select table_name from information_schema.columns where table_schema = 'research' and column_name = 'source_entity'
    loop
        execute format('comment on column research.%I.source_entity is %L', of_view.table_name,
            'the commons the participant shares with now: 0 OpenAPS Data Commons, 1 Nightscout Data Commons, 2 both');
    end loop;
end $$;

-- The views of the system this one replaces, for people with access to the warehouse itself; kept under their old names.

-- Which kind of loop a participant ran on a UTC day. Differs from the original: it looked at Loop's insulin on board only, so every
-- oref0 based day (OpenAPS, AAPS, Trio) counted as open; and a day without any controller record is absent here, not "open".
create view openaps.loop_typ_reference as
select participant_id, device_date, case when bool_or(closed) then 'closed loop' else 'open loop' end as loop_type
  from (select participant_id, (created_at at time zone 'UTC')::date as device_date, loop_iob is not null as closed
          from openaps.device_status
         where created_at is not null and (loop_iob is not null or loop_version is not null)
        union all
        select participant_id, (created_at at time zone 'UTC')::date, enacted_timestamp is not null
          from openaps.device_status_metrics
         where created_at is not null) as reported
 group by participant_id, device_date;
comment on view openaps.loop_typ_reference is 'Loop type per participant and UTC day; days without a controller record are absent.';

create view openaps.treatments_view as
select participant_id, id, event_type, "timestamp", insulin, carbs, protein, fat, glucose, glucose_type, food_type, temp, rate, duration, units,
       amount, absolute, medtronic, type, absorption_time, unabsorbed, ratio, target_top, target_bottom, fixed, programmed, reason, notes,
       entered_by, created_at, 1 as count_column
  from openaps.treatments;
comment on view openaps.treatments_view is 'All treatments, with a column of ones for counting.';

create view openaps.country_ref as
select distinct country_original,
       case when country_original in ('uk', 'england', 'scotland', 'wales', 'northern ireland') then 'united kingdom'
            when country_original in ('us', 'usa', 'america', 'united states', 'u.s.') or country_original like 'u.s.a%' then 'united states of america'
            when country_original = 'españa' then 'spain'
            when country_original = 'italia' then 'italy'
            when country_original = '' then 'not available'
            else country_original end as country_corrected
  from (select btrim(replace(lower(country), 'the ', '')) as country_original from openaps.member_demographics) as written;
comment on view openaps.country_ref is 'Country as written in the surveys, and as it is counted.';

grant select on openaps.loop_typ_reference, openaps.treatments_view, openaps.country_ref to open_humans_etl;

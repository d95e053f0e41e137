-- The views of the system this one replaces, for people with access to the warehouse itself; kept under their old names.

-- Which kind of loop a participant ran on a day. Differs from the original: it looked at Loop's insulin on board only, so every oref0 based
-- day (OpenAPS, AAPS, Trio) counted as open; and a day without a suggestion of any controller is absent here, not "open".
create view openaps.loop_typ_reference as
select participant_id, local_day as device_date, loop_type || ' loop' as loop_type
  from openaps.aid_day
 where loop_type in ('closed', 'open');
comment on view openaps.loop_typ_reference is 'Loop type per participant and local day: closed loop or open loop; days without a controller record are absent.';

create view openaps.treatments_view as
select participant_id, id, event_type, "timestamp", insulin, carbs, protein, fat, glucose, glucose_type, food_type, temp, rate, duration, units,
       amount, absolute, medtronic, type, absorption_time, unabsorbed, ratio, target_top, target_bottom, fixed, programmed, reason, notes,
       entered_by, created_at, 1 as count_column
  from openaps.treatments;
comment on view openaps.treatments_view is 'All treatments, with a column of ones for counting.';

-- One row per participant: of every field the newest answer that is not empty. At the same time the person's own word on the site counts
-- before a survey, and a survey before what was imported.
create view openaps.member_demographics_cleaned as
select participant_id, max(ts) as ts,
       (array_agg(gender order by ts desc, rank) filter (where gender is not null))[1] as gender,
       (array_agg(ethnicity order by ts desc, rank) filter (where ethnicity is not null))[1] as ethnicity,
       (array_agg(country order by ts desc, rank) filter (where country is not null))[1] as country_corrected,
       (array_agg(country_code order by ts desc, rank) filter (where country_code is not null))[1] as country_code,
       (array_agg(diy_closed_loop_type order by ts desc, rank) filter (where diy_closed_loop_type is not null))[1] as diy_closed_loop_type,
       (array_agg(who_uses_the_closed_loop_system order by ts desc, rank) filter (where who_uses_the_closed_loop_system is not null))[1] as who_uses_the_closed_loop_system,
       (array_agg(cleaned_height_cm order by ts desc, rank) filter (where cleaned_height_cm is not null))[1] as cleaned_height_cm,
       (array_agg(cleaned_weight_kg order by ts desc, rank) filter (where cleaned_weight_kg is not null))[1] as cleaned_weight_kg,
       (array_agg(age_bracket order by ts desc, rank) filter (where age_bracket is not null))[1] as age_bracket,
       (array_agg(years_since_diagnosed_bracket order by ts desc, rank) filter (where years_since_diagnosed_bracket is not null))[1] as years_since_diagnosed_bracket,
       (array_agg(years_since_first_insulin_pump_bracket order by ts desc, rank) filter (where years_since_first_insulin_pump_bracket is not null))[1] as years_since_first_insulin_pump_bracket,
       (array_agg(years_since_first_glucose_monitor_bracket order by ts desc, rank) filter (where years_since_first_glucose_monitor_bracket is not null))[1] as years_since_first_glucose_monitor_bracket,
       (array_agg(years_since_first_diy_closed_loop_bracket order by ts desc, rank) filter (where years_since_first_diy_closed_loop_bracket is not null))[1] as years_since_first_diy_closed_loop_bracket,
       (array_agg(insulin_units_per_day order by ts desc, rank) filter (where insulin_units_per_day is not null))[1] as insulin_units_per_day,
       (array_agg(basal_insulin_units_per_day order by ts desc, rank) filter (where basal_insulin_units_per_day is not null))[1] as basal_insulin_units_per_day,
       (array_agg(carb_grams_per_day order by ts desc, rank) filter (where carb_grams_per_day is not null))[1] as carb_grams_per_day,
       (array_agg(last_lab_reported_a1c order by ts desc, rank) filter (where last_lab_reported_a1c is not null))[1] as last_lab_reported_a1c,
       (array_agg(last_lab_reported_a1c_date order by ts desc, rank) filter (where last_lab_reported_a1c is not null))[1] as last_lab_reported_a1c_date
  from (select *, case source when 'site' then 1 when 'survey' then 2 else 3 end as rank from openaps.member_demographics) as answered
 group by participant_id;
comment on view openaps.member_demographics_cleaned is 'One row per participant who answered a survey and shares something; units as in openaps.member_demographics.';

-- The site faces the internet: it gets its own rows of the table, and no right on it.
create view openaps.site_survey as
select participant_id, source, ts, survey_version, gender, ethnicity, country, country_code, diy_closed_loop_type, who_uses_the_closed_loop_system, cleaned_height_cm, cleaned_weight_kg, age_bracket,
       years_since_diagnosed_bracket, years_since_first_insulin_pump_bracket, years_since_first_glucose_monitor_bracket, years_since_first_diy_closed_loop_bracket,
       insulin_units_per_day, basal_insulin_units_per_day, carb_grams_per_day, last_lab_reported_a1c, last_lab_reported_a1c_date
  from openaps.member_demographics
 where source = 'site'
  with check option;
comment on view openaps.site_survey is 'The rows of openaps.member_demographics that registration-site may read and write: its own. Answers of the sheets cannot be seen, changed or removed through it.';
grant select, insert, update, delete on openaps.site_survey to registration_site;

grant select on openaps.loop_typ_reference, openaps.treatments_view, openaps.member_demographics_cleaned to open_humans_etl;

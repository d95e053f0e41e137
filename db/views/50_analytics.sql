-- What Metabase may show: numbers of many, for each commons. Every view has a column project: openaps, nsf or all, the values of the parameter that the portal signs.
--
-- Who shares with OpenAPS only, with Nightscout only, and with both are three groups that have nobody in common. In each number those groups are added up that have at least
-- five participants in it, so that no commons, nor one of them less another, tells of fewer: who may see all three can find out nothing but the three groups' own numbers,
-- and these are made like those of the portal's built-in charts. security_barrier keeps conditions of the caller from seeing the rows before.
-- Made of daily and monthly summaries and of the consent as it is now: who withdraws is in no number that is asked for afterwards.

create view openaps.sharing as
select participant_id, case when openaps and nsf then 'both' when openaps then 'openaps' else 'nsf' end as shares_with from register.current_consent where openaps or nsf;
comment on view openaps.sharing is 'Everybody who shares something now: with openaps only, with nsf only, or with both. For the views of schema analytics.';

create view openaps.project_of as
select * from (values ('openaps', 'openaps'), ('openaps', 'both'), ('nsf', 'nsf'), ('nsf', 'both'), ('all', 'openaps'), ('all', 'nsf'), ('all', 'both')) as of_each (project, shares_with);
comment on view openaps.project_of is 'Of which groups of openaps.sharing the numbers of a project are. For the views of schema analytics.';

create view openaps.main_loop as
select distinct on (participant_id) participant_id, loop_type
  from (select participant_id, loop_type, count(*) as days from openaps.aid_day group by 1, 2) as counted
 order by participant_id, days desc, array_position(array['closed', 'open', 'unknown'], loop_type);
comment on view openaps.main_loop is 'The loop type of most of a participant''s days. For the views of schema analytics.';

create view openaps.cohort_glucose as
select participant_id, shares_with, coalesce(loop_type, 'unknown') as loop_type, days, covered_minutes, mean_mgdl, 100 * sd_mgdl / mean_mgdl as cv_percent, 3.31 + 0.02392 * mean_mgdl as gmi_percent,
       very_low_percent, low_percent, in_range_percent, high_percent, very_high_percent, tight_percent,
       least(100, 3 * (very_low_percent + 0.8 * low_percent) + 1.6 * (very_high_percent + 0.5 * high_percent)) as gri, days >= 14 and covered_minutes >= 0.7 * 14 * 1440 as is_sufficient
  from (select participant_id, sum(days)::int as days, sum(covered_minutes) as covered_minutes, sum(sum_mgdl) / sum(n) as mean_mgdl,
               case when sum(n) > 1 then sqrt(greatest(0, sum(sum_squares) - (sum(sum_mgdl) - 120 * sum(n)) ^ 2 / sum(n)) / (sum(n) - 1)) end as sd_mgdl,
               100 * sum(very_low)::float8 / sum(n)::float8 as very_low_percent, 100 * sum(low)::float8 / sum(n)::float8 as low_percent, 100 * sum(in_range)::float8 / sum(n)::float8 as in_range_percent,
               100 * sum(high)::float8 / sum(n)::float8 as high_percent, 100 * sum(very_high)::float8 / sum(n)::float8 as very_high_percent, 100 * sum(tight)::float8 / sum(n)::float8 as tight_percent
          from openaps.glucose_month
         group by participant_id) as summed
  join openaps.sharing using (participant_id)
  left join openaps.main_loop using (participant_id);
comment on view openaps.cohort_glucose is 'Metrics of each participant over all their days, as research.glucose_participant has them, without a grant. For the views of schema analytics.';

create view openaps.cohort_insulin as
select participant_id, shares_with, loop_type, bolus_units, smb_units, basal_units, total_units, carbs
  from (select participant_id, avg(coalesce(bolus_units, 0)) filter (where total_units is not null)::float8 as bolus_units, avg(coalesce(smb_units, 0)) filter (where total_units is not null)::float8 as smb_units,
               avg(coalesce(basal_units, 0)) filter (where total_units is not null)::float8 as basal_units, avg(total_units)::float8 as total_units, avg(carbs)::float8 as carbs
          from openaps.aid_day
         group by participant_id) as summed
  join openaps.sharing using (participant_id)
  join openaps.main_loop using (participant_id);
comment on view openaps.cohort_insulin is 'Insulin and carbohydrates of a participant''s mean local day; insulin of days whose basal is known for all 24 hours. For the views of schema analytics.';

create view analytics.participants with (security_barrier) as
with glucose as (
    select shares_with, count(*) as people, sum(days) as days, sum(in_range_percent) as in_range, sum(mean_mgdl) as mean from openaps.cohort_glucose group by 1 having count(*) >= 5),
everybody as (
    select shares_with, count(*) as people from openaps.sharing group by 1 having count(*) >= 5)
select project, sum(e.people)::int as participants, sum(g.people)::int as with_readings, sum(g.days)::bigint as days, round((sum(g.in_range) / sum(g.people))::numeric, 1) as in_range_percent,
       round((sum(g.mean) / sum(g.people))::numeric) as mean_mgdl, round((sum(g.mean) / sum(g.people) / 18.01559)::numeric, 1) as mean_mmol, round((3.31 + 0.02392 * sum(g.mean) / sum(g.people))::numeric, 1) as gmi_percent
  from everybody e left join glucose g using (shares_with) join openaps.project_of using (shares_with)
 group by project;
comment on view analytics.participants is 'One row for each commons: how many share, and means of those with readings, everybody weighing the same.';
comment on column analytics.participants.participants is 'who share something';
comment on column analytics.participants.with_readings is 'of them, with glucose readings';
comment on column analytics.participants.days is 'their local days with readings, added up';
comment on column analytics.participants.in_range_percent is 'mean of the participants'' own shares of readings from 70 to 180 mg/dL; unit: %';
comment on column analytics.participants.mean_mgdl is 'mean of the participants'' own means; unit: mg/dL';
comment on column analytics.participants.mean_mmol is 'the same; unit: mmol/L';
comment on column analytics.participants.gmi_percent is 'glucose management indicator of that mean; unit: %';

create view analytics.time_in_ranges with (security_barrier) as
with cell as (
    select shares_with, loop_type, count(*) as people, sum(very_low_percent) as very_low, sum(low_percent) as low, sum(in_range_percent) as in_range, sum(high_percent) as high, sum(very_high_percent) as very_high
      from openaps.cohort_glucose group by 1, 2),
placed as (
    select *, sum(people) over everybody as all_people,
           openaps.is_hidden(row_number() over by_size, count(*) filter (where people < 5) over everybody, sum(people) over by_size - people) as is_hidden
      from cell
    window everybody as (partition by shares_with), by_size as (partition by shares_with order by people, loop_type rows unbounded preceding)),
grouped as (
    select project, case when is_hidden then 'small' else loop_type end as loop, people, very_low, low, in_range, high, very_high from placed join openaps.project_of using (shares_with) where all_people >= 5
     union all
    select project, 'everybody', people, very_low, low, in_range, high, very_high from placed join openaps.project_of using (shares_with) where all_people >= 5)
select project, array_position(array['everybody', 'closed', 'open', 'unknown', 'small'], loop) as place,
       case loop when 'everybody' then 'Everybody' when 'closed' then 'Closed loop' when 'open' then 'Open loop' when 'unknown' then 'No loop known' else 'Groups too small to show, together' end as loop,
       sum(people)::int as participants, round((sum(very_low) / sum(people))::numeric, 1) as very_low_percent, round((sum(low) / sum(people))::numeric, 1) as low_percent,
       round((sum(in_range) / sum(people))::numeric, 1) as in_range_percent, round((sum(high) / sum(people))::numeric, 1) as high_percent, round((sum(very_high) / sum(people))::numeric, 1) as very_high_percent
  from grouped
 group by project, loop;
comment on view analytics.time_in_ranges is 'Means of the participants'' own shares of readings in each range, everybody and by the loop type of most of their days.';
comment on column analytics.time_in_ranges.place is 'order of the groups';
comment on column analytics.time_in_ranges.very_low_percent is 'below 54 mg/dL; unit: %';
comment on column analytics.time_in_ranges.low_percent is 'from 54 to below 70 mg/dL; unit: %';
comment on column analytics.time_in_ranges.in_range_percent is 'from 70 to 180 mg/dL; unit: %';
comment on column analytics.time_in_ranges.high_percent is 'above 180 to 250 mg/dL; unit: %';
comment on column analytics.time_in_ranges.very_high_percent is 'above 250 mg/dL; unit: %';

create view analytics.insulin with (security_barrier) as
with cell as (
    select shares_with, loop_type, count(*) as people, sum(bolus_units) as bolus, sum(smb_units) as smb, sum(basal_units) as basal, sum(total_units) as total
      from openaps.cohort_insulin where total_units is not null group by 1, 2),
placed as (
    select *, sum(people) over everybody as all_people,
           openaps.is_hidden(row_number() over by_size, count(*) filter (where people < 5) over everybody, sum(people) over by_size - people) as is_hidden
      from cell
    window everybody as (partition by shares_with), by_size as (partition by shares_with order by people, loop_type rows unbounded preceding)),
grouped as (
    select project, case when is_hidden then 'small' else loop_type end as loop, people, bolus, smb, basal, total from placed join openaps.project_of using (shares_with) where all_people >= 5
     union all
    select project, 'everybody', people, bolus, smb, basal, total from placed join openaps.project_of using (shares_with) where all_people >= 5)
select project, array_position(array['everybody', 'closed', 'open', 'unknown', 'small'], loop) as place,
       case loop when 'everybody' then 'Everybody' when 'closed' then 'Closed loop' when 'open' then 'Open loop' when 'unknown' then 'No loop known' else 'Groups too small to show, together' end as loop,
       sum(people)::int as participants, round((sum(bolus) / sum(people))::numeric, 1) as bolus_units, round((sum(smb) / sum(people))::numeric, 1) as smb_units,
       round((sum(basal) / sum(people))::numeric, 1) as basal_units, round((sum(total) / sum(people))::numeric, 1) as total_units
  from grouped
 group by project, loop;
comment on view analytics.insulin is 'Means of the participants'' own mean insulin of a local day, everybody and by the loop type of most of their days; of days whose basal is known for all 24 hours.';
comment on column analytics.insulin.place is 'order of the groups';
comment on column analytics.insulin.bolus_units is 'given by hand; unit: U/day';
comment on column analytics.insulin.smb_units is 'given by the controller; unit: U/day';
comment on column analytics.insulin.basal_units is 'basal, temporary basal included; unit: U/day';
comment on column analytics.insulin.total_units is 'all together; unit: U/day';

create view analytics.distribution with (security_barrier) as
with metric as (
    select * from (values ('in_range_percent', 0::float8, 5::float8, 20, 0), ('gmi_percent', 5, 0.25, 20, 2), ('cv_percent', 14, 2, 23, 0), ('days', 0, 30, 61, 0), ('total_units', 0, 10, 15, 0), ('carbs', 0, 25, 16, 0))
        as of_each (metric, lowest, width, steps, decimals)),
value as (
    select metric, shares_with, value
      from openaps.cohort_glucose cross join lateral (values ('in_range_percent', in_range_percent, is_sufficient), ('gmi_percent', gmi_percent, is_sufficient), ('cv_percent', cv_percent, is_sufficient),
                                                             ('days', days::float8, true)) as of_each (metric, value, counts)
     where counts and value is not null
     union all
    select metric, shares_with, value from openaps.cohort_insulin cross join lateral (values ('total_units', total_units), ('carbs', carbs)) as of_each (metric, value) where value is not null),
counted as (
    select metric, shares_with, least(steps - 1, greatest(0, floor((value - lowest) / width + 1e-9)))::int as step, count(*)::int as people, sum(count(*)) over (partition by metric, shares_with) as all_people
      from value join metric using (metric) group by 1, 2, 3),
histogram as (
    select metric, lowest, width, steps, decimals, array_agg(openaps order by step) as openaps, array_agg(nsf order by step) as nsf, array_agg(both_of_them order by step) as both_of_them
      from (select m.*, s.step, coalesce(sum(people) filter (where shares_with = 'openaps'), 0)::int as openaps, coalesce(sum(people) filter (where shares_with = 'nsf'), 0)::int as nsf,
                   coalesce(sum(people) filter (where shares_with = 'both'), 0)::int as both_of_them
              from metric m cross join lateral generate_series(0, steps - 1) as s (step) left join counted c on c.metric = m.metric and c.step = s.step and c.all_people >= 5
             group by m.metric, m.lowest, m.width, m.steps, m.decimals, s.step) as of_step
     group by metric, lowest, width, steps, decimals)
select project, metric, first_step as place,
       case when first_step = 0 and last_step = steps - 1 then 'all'
            when first_step = 0 then 'below ' || round((lowest + width * (last_step + 1))::numeric, decimals)
            when last_step = steps - 1 then round((lowest + width * first_step)::numeric, decimals) || ' and more'
            else round((lowest + width * first_step)::numeric, decimals) || ' to ' || round((lowest + width * (last_step + 1))::numeric, decimals) end as range,
       (select sum(people)::int from unnest(case project when 'openaps' then openaps || both_of_them when 'nsf' then nsf || both_of_them else openaps || nsf || both_of_them end) with ordinality as one (people, i)
         where (i - 1) % steps between first_step and last_step) as participants
  from histogram cross join lateral openaps.joined_steps(openaps, nsf, both_of_them) cross join (values ('openaps'), ('nsf'), ('all')) as of_project (project);
comment on view analytics.distribution is 'How many participants have a mean or share in each range: in_range_percent, gmi_percent and cv_percent of those with 14 days and 70 % of 14 days of sensor time, days with readings, total_units of insulin and carbs of a mean day.';
comment on column analytics.distribution.place is 'order of the ranges';
comment on column analytics.distribution.range is 'neighbouring steps are joined until no group in one is smaller than five; the lower end is included; unit: that of the metric';

create view analytics.groups with (security_barrier) as
with person as (
    select 'gri' as kind, participant_id, shares_with, case when gri <= 20 then 'A: 0 to 20' when gri <= 40 then 'B: above 20 to 40' when gri <= 60 then 'C: above 40 to 60' when gri <= 80 then 'D: above 60 to 80' else 'E: above 80' end as name
      from openaps.cohort_glucose where is_sufficient
     union all
    select kind, participant_id, shares_with, coalesce(answer, 'not answered')
      from openaps.sharing left join openaps.member_demographics_cleaned using (participant_id)
     cross join lateral (values ('age', age_bracket), ('gender', gender), ('country', country_corrected), ('diagnosed', years_since_diagnosed_bracket)) as of_each (kind, answer)),
cell as (
    select kind, shares_with, name, count(*) as people from person group by 1, 2, 3),
placed as (
    select *, sum(people) over everybody as all_people,
           openaps.is_hidden(row_number() over by_size, count(*) filter (where people < 5) over everybody, sum(people) over by_size - people) as is_hidden
      from cell
    window everybody as (partition by kind, shares_with), by_size as (partition by kind, shares_with order by people, name rows unbounded preceding)),
grouped as (
    select project, kind, case when is_hidden then 'Groups too small to show, together' else name end as name, sum(people)::int as participants
      from placed join openaps.project_of using (shares_with) where all_people >= 5 group by 1, 2, 3)
select project, kind, name, row_number() over (partition by project, kind order by name like 'Groups too small%', name = 'not answered', lpad(substring(name from '^[0-9]+'), 3, '0'), name)::int as place,
       participants, round(100.0 * participants / sum(participants) over (partition by project, kind), 1) as share_percent
  from grouped;
comment on view analytics.groups is 'Participants by age, gender, country, years since diagnosis (as answered; brackets as of the answer) and zone of the glycemia risk index; everybody is in one group of each kind.';
comment on column analytics.groups.kind is 'age, gender, country, diagnosed or gri';
comment on column analytics.groups.place is 'order of the groups: ages and years from the lowest, then those that did not answer, then those too small to show';
comment on column analytics.groups.share_percent is 'of all of the kind; unit: %';

create view analytics.overlapping with (security_barrier) as
with person as (
    select distinct case collection when 'entries' then 'devices' else 'treatments' end as kind, participant_id, case when kind = '<none>' then 'without a type' else kind end as name
      from openaps.record_day where collection in ('entries', 'treatments')
     union
    select 'systems', participant_id, case split_part(controllers, ',', 1) when 'openaps' then 'OpenAPS' when 'aaps' then 'AndroidAPS' when 'loop' then 'Loop' when 'trio' then 'Trio or iAPS' else split_part(controllers, ',', 1) end
      from openaps.aid_day where controllers <> ''
     union
    select 'systems-answered', participant_id, trim(name) from openaps.member_demographics_cleaned cross join lateral string_to_table(diy_closed_loop_type, ',') as name where trim(name) <> ''),
everybody as (
    select kind, shares_with, count(distinct participant_id) as all_people from person join openaps.sharing using (participant_id) group by 1, 2),
cell as ( -- and nobody is found out as one of the few without it
    select kind, shares_with, name, count(*) as people, all_people
      from person join openaps.sharing using (participant_id) join everybody using (kind, shares_with)
     group by kind, shares_with, name, all_people having count(*) >= 5 and all_people - count(*) not between 1 and 4)
select project, kind, name, sum(people)::int as participants,
       round(100.0 * sum(people) / (select sum(e.all_people) from everybody e join openaps.project_of o using (shares_with) where e.kind = cell.kind and o.project = p.project and e.all_people >= 5), 1) as share_percent
  from cell join openaps.project_of p using (shares_with)
 group by project, kind, name;
comment on view analytics.overlapping is 'Participants by what sends their readings, types of treatments, systems that delivered their insulin, and systems as they answered: one may be in several groups of a kind.';
comment on column analytics.overlapping.kind is 'devices, treatments, systems or systems-answered';
comment on column analytics.overlapping.share_percent is 'of those with any of the kind; unit: %';

create view analytics.glucose_pattern with (security_barrier) as
with shown as (
    select half_hour, shares_with, count(distinct participant_id) as people from openaps.glucose_time_of_day join openaps.sharing using (participant_id) group by 1, 2 having count(distinct participant_id) >= 5),
of_group as materialized (
    select half_hour, shares_with, from_mgdl, sum(n0) as n0, sum(n1) as n1, sum(n2) as n2, sum(n3) as n3, sum(n4) as n4, sum(n5) as n5, sum(n6) as n6, sum(n7) as n7, sum(n8) as n8, sum(n9) as n9
      from openaps.glucose_time_of_day join openaps.sharing using (participant_id) join shown using (half_hour, shares_with) group by 1, 2, 3),
bin as (
    select project, half_hour, from_mgdl + digit as mgdl, sum(n)::float8 as n
      from of_group join openaps.project_of using (shares_with)
     cross join lateral (values (0, n0), (1, n1), (2, n2), (3, n3), (4, n4), (5, n5), (6, n6), (7, n7), (8, n8), (9, n9)) as one (digit, n)
     where n > 0 group by 1, 2, 3),
ranked as (
    select *, sum(n) over (partition by project, half_hour order by mgdl) - n as before, sum(n) over (partition by project, half_hour) as total from bin),
percentile as (
    select project, half_hour, percent, sum(mgdl * case upper when 0 then 1 - exact + floor(exact) else exact - floor(exact) end) as mgdl
      from ranked cross join (values (5, 0), (5, 1), (25, 0), (25, 1), (50, 0), (50, 1), (75, 0), (75, 1), (95, 0), (95, 1)) as wanted (percent, upper)
     cross join lateral (select (total - 1) * percent / 100) as a (exact) cross join lateral (select least(floor(exact) + upper, total - 1)) as b (place)
     where place >= before and place < before + n
     group by 1, 2, 3)
select project, to_char(half_hour / 2, 'FM00') || case half_hour % 2 when 0 then ':00' else ':30' end as local_time,
       (select sum(people)::int from shown join openaps.project_of o using (shares_with) where o.project = percentile.project and shown.half_hour = percentile.half_hour) as participants,
       round(sum(mgdl) filter (where percent = 5)) as p5_mgdl, round(sum(mgdl) filter (where percent = 25)) as p25_mgdl, round(sum(mgdl) filter (where percent = 50)) as p50_mgdl,
       round(sum(mgdl) filter (where percent = 75)) as p75_mgdl, round(sum(mgdl) filter (where percent = 95)) as p95_mgdl,
       round((sum(mgdl) filter (where percent = 5) / 18.01559)::numeric, 1) as p5_mmol, round((sum(mgdl) filter (where percent = 25) / 18.01559)::numeric, 1) as p25_mmol,
       round((sum(mgdl) filter (where percent = 50) / 18.01559)::numeric, 1) as p50_mmol, round((sum(mgdl) filter (where percent = 75) / 18.01559)::numeric, 1) as p75_mmol,
       round((sum(mgdl) filter (where percent = 95) / 18.01559)::numeric, 1) as p95_mmol
  from percentile
 group by project, half_hour;
comment on view analytics.glucose_pattern is 'Percentiles (linear, type 7) of all readings by the local half hour of each participant, from 1 mg/dL histograms.';
comment on column analytics.glucose_pattern.local_time is 'start of the half hour, by the clock each participant lived by';
comment on column analytics.glucose_pattern.p5_mgdl is '5th percentile; unit: mg/dL';
comment on column analytics.glucose_pattern.p25_mgdl is '25th percentile; unit: mg/dL';
comment on column analytics.glucose_pattern.p50_mgdl is 'median; unit: mg/dL';
comment on column analytics.glucose_pattern.p75_mgdl is '75th percentile; unit: mg/dL';
comment on column analytics.glucose_pattern.p95_mgdl is '95th percentile; unit: mg/dL';
comment on column analytics.glucose_pattern.p5_mmol is '5th percentile; unit: mmol/L';
comment on column analytics.glucose_pattern.p25_mmol is '25th percentile; unit: mmol/L';
comment on column analytics.glucose_pattern.p50_mmol is 'median; unit: mmol/L';
comment on column analytics.glucose_pattern.p75_mmol is '75th percentile; unit: mmol/L';
comment on column analytics.glucose_pattern.p95_mmol is '95th percentile; unit: mmol/L';

create view analytics.glucose_week with (security_barrier) as
with cell as (
    select weekday, hour, shares_with, count(*) as people, sum(n)::float8 as n, sum(sum_mgdl)::float8 as sum_mgdl, sum(in_range)::float8 as in_range
      from openaps.glucose_week join openaps.sharing using (participant_id) group by 1, 2, 3 having count(*) >= 5)
select project, weekday, hour, sum(people)::int as participants, round(sum(sum_mgdl) / sum(n)) as mean_mgdl, round((100 * sum(in_range) / sum(n))::numeric, 1) as in_range_percent
  from cell join openaps.project_of using (shares_with)
 group by project, weekday, hour;
comment on view analytics.glucose_week is 'All readings by local weekday and hour.';
comment on column analytics.glucose_week.weekday is '1 (Monday) to 7 (Sunday)';
comment on column analytics.glucose_week.hour is 'local, 0 to 23';
comment on column analytics.glucose_week.mean_mgdl is 'mean of the readings; unit: mg/dL';
comment on column analytics.glucose_week.in_range_percent is 'share of the readings from 70 to 180 mg/dL; unit: %';

create view analytics.glucose_days with (security_barrier) as
with cell as (
    select day, shares_with, count(*) as people, sum(covered_minutes) as covered, sum(day_minutes) as minutes from openaps.glucose_day join openaps.sharing using (participant_id) group by 1, 2 having count(*) >= 5)
select project, day, sum(people)::int as participants, round((100 * sum(covered) / sum(minutes))::numeric, 1) as covered_percent
  from cell join openaps.project_of using (shares_with)
 group by project, day;
comment on view analytics.glucose_days is 'Local days with readings: of how many participants, and the share of their day that readings cover.';
comment on column analytics.glucose_days.covered_percent is 'each reading stands for the time to the next one, for at most its sensor''s interval; unit: %';

create view analytics.records_by_month with (security_barrier) as
with person as (
    select date_trunc('month', day)::date as month, participant_id, collection, sum(records) as records from openaps.record_day group by 1, 2, 3),
cell as (
    select month, shares_with, count(distinct participant_id) as people,
           case when count(*) filter (where collection = 'entries') >= 5 then sum(records) filter (where collection = 'entries') end as entries,
           case when count(*) filter (where collection = 'treatments') >= 5 then sum(records) filter (where collection = 'treatments') end as treatments,
           case when count(*) filter (where collection = 'devicestatus') >= 5 then sum(records) filter (where collection = 'devicestatus') end as device_status
      from person join openaps.sharing using (participant_id) group by 1, 2 having count(distinct participant_id) >= 5)
select project, month, sum(people)::int as participants, sum(entries)::bigint as entries, sum(treatments)::bigint as treatments, sum(device_status)::bigint as device_status
  from cell join openaps.project_of using (shares_with)
 group by project, month;
comment on view analytics.records_by_month is 'Records by the month (UTC) that they are of, not when they were loaded.';

create view analytics.loop_by_month with (security_barrier) as
with cell as (
    select date_trunc('month', local_day)::date as month, loop_type, shares_with, count(distinct participant_id) as people, count(*) as days
      from openaps.aid_day join openaps.sharing using (participant_id) group by 1, 2, 3 having count(distinct participant_id) >= 5)
select project, month, case loop_type when 'closed' then 'Closed loop' when 'open' then 'Open loop' else 'No loop known' end as loop, sum(people)::int as participants, sum(days)::bigint as days
  from cell join openaps.project_of using (shares_with)
 group by project, month, loop_type;
comment on view analytics.loop_by_month is 'How insulin was delivered: local days of each loop type; a participant who used several is in each.';

do $$
declare of_view record;
begin
    for of_view in select table_name, column_name from information_schema.columns where table_schema = 'analytics' and column_name in ('project', 'participants', 'month', 'day', 'days', 'loop', 'name', 'metric', 'entries', 'treatments', 'device_status')
                      and col_description(format('analytics.%I', table_name)::regclass, ordinal_position::int) is null
    loop
        execute format('comment on column analytics.%I.%I is %L', of_view.table_name, of_view.column_name, case of_view.column_name
            when 'project' then 'whose numbers: openaps, nsf or all'
            when 'participants' then 'how many they are of; never one to four'
            when 'month' then 'its first day'
            when 'day' then 'local'
            when 'days' then 'local days, added up over participants'
            when 'loop' then 'kind of loop'
            when 'name' then 'of the group'
            when 'metric' then 'which number of each participant'
            else 'records; null: fewer than five participants have any' end);
    end loop;
end $$;

grant select on all tables in schema analytics to metabase_reader;

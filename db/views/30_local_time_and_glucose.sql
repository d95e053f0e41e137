-- Local time, duplicates and glucose summaries for researchers: behind the grant like the views before. Views named cohort_* answer a chart for all
-- participants of the grant from summaries alone; they show counts of participants, so that a page can hide small groups.

create view research.utc_offset_timeline with (security_barrier) as
select participant_id, from_utc, to_utc, offset_minutes, zone, t.source, confidence
  from openaps.utc_offset_timeline t join research.participant p using (participant_id);

create view research.entries_local with (security_barrier) as
select e.participant_id, e.id, e.type, e.sgv, e.mbg, e.device, e.date, (e.date at time zone 'UTC') + t.offset_minutes * interval '1 minute' as local_time,
       t.offset_minutes, t.zone, t.source as offset_source, t.confidence as offset_confidence,
       d.id is null as is_canonical, d.canonical_id, e.source_entity, e.sgv_mgdl
  from research.entries e
  left join lateral (select offset_minutes, zone, source, confidence from openaps.utc_offset_timeline o
                      where o.participant_id = e.participant_id and o.from_utc <= e.date order by o.from_utc desc limit 1) t on true -- one step in the index, not a join of all intervals
  left join openaps.duplicate_entry d on d.participant_id = e.participant_id and d.id = e.id;
comment on view research.entries_local is 'Entries with the local wall time, how sure it is, and whether another uploader''s entry stands for this one.';
comment on column research.entries_local.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.entries_local.id is 'as in entries';
comment on column research.entries_local.type is 'as in entries';
comment on column research.entries_local.sgv is 'as in entries; unit: mg/dL';
comment on column research.entries_local.mbg is 'as in entries; unit: mg/dL';
comment on column research.entries_local.device is 'as in entries';
comment on column research.entries_local.date is 'time of the reading, UTC';
comment on column research.entries_local.offset_minutes is 'how far local time is ahead of UTC; unit: minutes';
comment on column research.entries_local.zone is 'as in utc_offset_timeline';
comment on column research.entries_local.offset_source is 'source in utc_offset_timeline';
comment on column research.entries_local.offset_confidence is 'confidence in utc_offset_timeline';
comment on column research.entries_local.canonical_id is 'the entry that stands for this one; null: it stands for itself';
comment on column research.entries_local.local_time is 'wall clock of the participant; null: the record has no time, or its summaries are not made yet';
comment on column research.entries_local.sgv_mgdl is 'as research.entries.sgv_mgdl; unit: mg/dL';
comment on column research.entries_local.is_canonical is 'false: it repeats canonical_id, and no summary counts it';

create view research.glucose_day with (security_barrier) as
select participant_id, day, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, sum_squares, low_risk, high_risk, min_mgdl, max_mgdl,
       cadence_minutes, expected, covered_minutes, day_minutes, duplicates, readings, p.source_entity
  from openaps.glucose_day join research.participant p using (participant_id);

create view research.glucose_month with (security_barrier) as
select participant_id, month, days, n, very_low, low, in_range, high, very_high, tight, pregnancy, below_pregnancy, sum_mgdl, sum_squares, low_risk, high_risk, min_mgdl, max_mgdl,
       expected, covered_minutes, day_minutes, duplicates, p.source_entity
  from openaps.glucose_month join research.participant p using (participant_id);

create view research.glucose_time_of_day with (security_barrier) as
select participant_id, half_hour, from_mgdl, n0, n1, n2, n3, n4, n5, n6, n7, n8, n9, p.source_entity
  from openaps.glucose_time_of_day join research.participant p using (participant_id);

create view research.glucose_week with (security_barrier) as
select participant_id, weekday, hour, n, sum_mgdl, low, in_range, high, p.source_entity
  from openaps.glucose_week join research.participant p using (participant_id);

create view research.glucose_participant with (security_barrier) as
select participant_id, first_month, last_month, days, n, covered_minutes / 1440 as sensor_days, duplicates, 100.0 * duplicates / (n + duplicates) as duplicate_percent,
       mean_mgdl, sd_mgdl, 100 * sd_mgdl / mean_mgdl as cv_percent,
       case when days >= 14 and covered_minutes >= 0.7 * 14 * 1440 then 3.31 + 0.02392 * mean_mgdl end as gmi_percent,
       low_risk / n as lbgi, high_risk / n as hbgi,
       very_low_percent, low_percent, in_range_percent, high_percent, very_high_percent, tight_percent, pregnancy_percent,
       very_low_percent + 0.8 * low_percent as gri_hypo, very_high_percent + 0.5 * high_percent as gri_hyper,
       least(100, 3 * (very_low_percent + 0.8 * low_percent) + 1.6 * (very_high_percent + 0.5 * high_percent)) as gri,
       days >= 14 and covered_minutes >= 0.7 * 14 * 1440 as is_sufficient, source_entity
  from (select participant_id, source_entity, min(month) as first_month, max(month) as last_month, sum(days) as days, sum(n)::float8 as n, sum(covered_minutes) as covered_minutes,
               sum(duplicates)::float8 as duplicates, sum(sum_mgdl) / sum(n) as mean_mgdl,
               case when sum(n) > 1 then sqrt(greatest(0, sum(sum_squares) - (sum(sum_mgdl) - 120 * sum(n)) ^ 2 / sum(n)) / (sum(n) - 1)) end as sd_mgdl,
               sum(low_risk) as low_risk, sum(high_risk) as high_risk,
               100 * sum(very_low)::float8 / sum(n)::float8 as very_low_percent, 100 * sum(low)::float8 / sum(n)::float8 as low_percent,
               100 * sum(in_range)::float8 / sum(n)::float8 as in_range_percent, 100 * sum(high)::float8 / sum(n)::float8 as high_percent,
               100 * sum(very_high)::float8 / sum(n)::float8 as very_high_percent, 100 * sum(tight)::float8 / sum(n)::float8 as tight_percent,
               100 * sum(pregnancy)::float8 / sum(n)::float8 as pregnancy_percent
          from research.glucose_month
         group by participant_id, source_entity) as summed;
comment on view research.glucose_participant is 'Metrics of each participant over all their days, as libraries/Glucose has them: the points of the GRI grid, and what distributions are made of.';
comment on column research.glucose_participant.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.glucose_participant.first_month is 'first day of the first local month with readings';
comment on column research.glucose_participant.last_month is 'first day of the last local month with readings';
comment on column research.glucose_participant.days is 'local days with readings';
comment on column research.glucose_participant.n is 'readings';
comment on column research.glucose_participant.duplicates is 'sensor readings left out because another uploader''s stands for them';
comment on column research.glucose_participant.mean_mgdl is 'mean of the readings; unit: mg/dL';
comment on column research.glucose_participant.cv_percent is 'coefficient of variation: sd_mgdl over mean_mgdl; unit: %';
comment on column research.glucose_participant.lbgi is 'low blood glucose index';
comment on column research.glucose_participant.hbgi is 'high blood glucose index';
comment on column research.glucose_participant.very_low_percent is 'share of the readings below 54 mg/dL; unit: %';
comment on column research.glucose_participant.low_percent is 'share of the readings from 54 to below 70 mg/dL; unit: %';
comment on column research.glucose_participant.in_range_percent is 'share of the readings from 70 to 180 mg/dL; unit: %';
comment on column research.glucose_participant.high_percent is 'share of the readings above 180 to 250 mg/dL; unit: %';
comment on column research.glucose_participant.very_high_percent is 'share of the readings above 250 mg/dL; unit: %';
comment on column research.glucose_participant.tight_percent is 'share of the readings from 70 to 140 mg/dL; unit: %';
comment on column research.glucose_participant.pregnancy_percent is 'share of the readings from 63 to 140 mg/dL; unit: %';
comment on column research.glucose_participant.sensor_days is 'time that readings cover; unit: days of 24 hours';
comment on column research.glucose_participant.duplicate_percent is 'of the sensor readings, those left out because another uploader''s stands for them; unit: %';
comment on column research.glucose_participant.sd_mgdl is 'sample standard deviation (n - 1); null for a single reading; unit: mg/dL';
comment on column research.glucose_participant.gmi_percent is 'glucose management indicator; null below 14 days or 70 % of 14 days of sensor time; unit: %';
comment on column research.glucose_participant.gri_hypo is 'horizontal axis of the GRI grid: very low + 0.8 low; unit: %';
comment on column research.glucose_participant.gri_hyper is 'vertical axis of the GRI grid: very high + 0.5 high; unit: %';
comment on column research.glucose_participant.gri is 'glycemia risk index, 0 to 100';
comment on column research.glucose_participant.is_sufficient is '14 days with data and 70 % of 14 days of sensor time';

create view research.cohort_bands with (security_barrier) as
select count(*) as participants, sum(days) as days, sum(n) as n,
       sum(very_low_percent * n) / sum(n) as very_low_percent, sum(low_percent * n) / sum(n) as low_percent, sum(in_range_percent * n) / sum(n) as in_range_percent,
       sum(high_percent * n) / sum(n) as high_percent, sum(very_high_percent * n) / sum(n) as very_high_percent,
       sum(tight_percent * n) / sum(n) as tight_percent, sum(pregnancy_percent * n) / sum(n) as pregnancy_percent,
       avg(in_range_percent) as mean_in_range_percent, avg(very_low_percent + low_percent) as mean_below_range_percent, avg(high_percent + very_high_percent) as mean_above_range_percent,
       sum(mean_mgdl * n) / sum(n) as mean_mgdl
  from research.glucose_participant;
comment on view research.cohort_bands is 'One row: shares of all readings of the cohort by band, and (mean_...) the mean of the participants'' own shares, which weighs everybody the same.';
comment on column research.cohort_bands.participants is 'participants with readings';
comment on column research.cohort_bands.days is 'their local days with readings, added up';
comment on column research.cohort_bands.n is 'readings';
comment on column research.cohort_bands.very_low_percent is 'share of all readings below 54 mg/dL; unit: %';
comment on column research.cohort_bands.low_percent is 'share of all readings from 54 to below 70 mg/dL; unit: %';
comment on column research.cohort_bands.in_range_percent is 'share of all readings from 70 to 180 mg/dL; unit: %';
comment on column research.cohort_bands.high_percent is 'share of all readings above 180 to 250 mg/dL; unit: %';
comment on column research.cohort_bands.very_high_percent is 'share of all readings above 250 mg/dL; unit: %';
comment on column research.cohort_bands.tight_percent is 'share of all readings from 70 to 140 mg/dL; unit: %';
comment on column research.cohort_bands.pregnancy_percent is 'share of all readings from 63 to 140 mg/dL; unit: %';
comment on column research.cohort_bands.mean_in_range_percent is 'mean of the participants'' own shares from 70 to 180 mg/dL; unit: %';
comment on column research.cohort_bands.mean_below_range_percent is 'mean of the participants'' own shares below 70 mg/dL; unit: %';
comment on column research.cohort_bands.mean_above_range_percent is 'mean of the participants'' own shares above 180 mg/dL; unit: %';
comment on column research.cohort_bands.mean_mgdl is 'mean of all readings; unit: mg/dL';

create view research.cohort_profile with (security_barrier) as
with total as materialized (
    select half_hour, from_mgdl, sum(n0)::float8 as n0, sum(n1)::float8 as n1, sum(n2)::float8 as n2, sum(n3)::float8 as n3, sum(n4)::float8 as n4,
           sum(n5)::float8 as n5, sum(n6)::float8 as n6, sum(n7)::float8 as n7, sum(n8)::float8 as n8, sum(n9)::float8 as n9
      from research.glucose_time_of_day
     group by half_hour, from_mgdl),
bins as ( -- with how many readings are lower, and how many there are
    select *, sum(here) over (partition by half_hour order by from_mgdl) - here as before, sum(here) over (partition by half_hour) as n
      from (select *, n0 + n1 + n2 + n3 + n4 + n5 + n6 + n7 + n8 + n9 as here from total) as counted),
found as ( -- the readings at the two places that each percentile lies between
    select half_hour, n, percent,
           case upper when 0 then 1 - exact + floor(exact) else exact - floor(exact) end as weight,
           from_mgdl + (before + n0 <= place)::int + (before + n0 + n1 <= place)::int + (before + n0 + n1 + n2 <= place)::int
           + (before + n0 + n1 + n2 + n3 <= place)::int + (before + n0 + n1 + n2 + n3 + n4 <= place)::int + (before + n0 + n1 + n2 + n3 + n4 + n5 <= place)::int
           + (before + n0 + n1 + n2 + n3 + n4 + n5 + n6 <= place)::int + (before + n0 + n1 + n2 + n3 + n4 + n5 + n6 + n7 <= place)::int + (before + n0 + n1 + n2 + n3 + n4 + n5 + n6 + n7 + n8 <= place)::int as mgdl
      from bins
     cross join (values (5, 0), (5, 1), (25, 0), (25, 1), (50, 0), (50, 1), (75, 0), (75, 1), (95, 0), (95, 1)) as wanted (percent, upper)
     cross join lateral (select (n - 1) * percent / 100) as a (exact)
     cross join lateral (select least(floor(exact) + upper, n - 1)) as b (place)
     where place >= before and place < before + here)
select half_hour, n, (select count(distinct participant_id) from research.glucose_month) as participants,
       sum(mgdl * weight) filter (where percent = 5) as p5,
       sum(mgdl * weight) filter (where percent = 25) as p25,
       sum(mgdl * weight) filter (where percent = 50) as p50,
       sum(mgdl * weight) filter (where percent = 75) as p75,
       sum(mgdl * weight) filter (where percent = 95) as p95
  from found
 group by half_hour, n;
comment on view research.cohort_profile is 'Percentile profile: percentiles (linear, type 7) of all readings of the cohort by local half hour (0: 00:00 to 00:29), from 1 mg/dL histograms.';
comment on column research.cohort_profile.half_hour is 'local, 0 (00:00 to 00:29) to 47';
comment on column research.cohort_profile.n is 'readings of the half hour';
comment on column research.cohort_profile.p5 is '5th percentile; unit: mg/dL';
comment on column research.cohort_profile.p25 is '25th percentile; unit: mg/dL';
comment on column research.cohort_profile.p50 is 'median; unit: mg/dL';
comment on column research.cohort_profile.p75 is '75th percentile; unit: mg/dL';
comment on column research.cohort_profile.p95 is '95th percentile; unit: mg/dL';
comment on column research.cohort_profile.participants is 'of the cohort, with readings at any time of day';

create view research.cohort_week with (security_barrier) as
select weekday, hour, count(*) as participants, sum(n) as n, sum(sum_mgdl) / sum(n) as mean_mgdl,
       100 * sum(low) / sum(n) as low_percent, 100 * sum(in_range) / sum(n) as in_range_percent, 100 * sum(high) / sum(n) as high_percent
  from research.glucose_week
 group by weekday, hour;
comment on view research.cohort_week is 'Heat map: the cohort''s readings by local weekday (1 is Monday) and hour; low is below 70 mg/dL, high above 180.';
comment on column research.cohort_week.weekday is '1 (Monday) to 7 (Sunday)';
comment on column research.cohort_week.hour is 'local, 0 to 23';
comment on column research.cohort_week.participants is 'participants with readings then';
comment on column research.cohort_week.n is 'readings';
comment on column research.cohort_week.mean_mgdl is 'mean of the readings; unit: mg/dL';
comment on column research.cohort_week.low_percent is 'share of the readings below 70 mg/dL; unit: %';
comment on column research.cohort_week.in_range_percent is 'share of the readings from 70 to 180 mg/dL; unit: %';
comment on column research.cohort_week.high_percent is 'share of the readings above 180 mg/dL; unit: %';

create view research.cohort_distribution with (security_barrier) as
select metric, floor(value / width) * width as from_value, floor(value / width) * width + width as to_value, count(*) as participants
  from research.glucose_participant
 cross join lateral (values ('in_range_percent', in_range_percent, 5::float8, is_sufficient), ('gmi_percent', gmi_percent, 0.25, is_sufficient),
                            ('cv_percent', cv_percent, 2, is_sufficient), ('days', days::float8, 30, true)) as of_each (metric, value, width, counts)
 where counts and value is not null
 group by metric, floor(value / width), width;
comment on view research.cohort_distribution is 'How many participants have a metric in [from_value, to_value): in_range_percent, gmi_percent, cv_percent of those with 14 days and 70 % of 14 days of sensor time; days with data of all.';
comment on column research.cohort_distribution.metric is 'in_range_percent, gmi_percent, cv_percent or days';
comment on column research.cohort_distribution.from_value is 'lower end, included; unit: that of the metric';
comment on column research.cohort_distribution.to_value is 'upper end, not included; unit: that of the metric';
comment on column research.cohort_distribution.participants is 'how many have a value between the two';

create view research.cohort_calendar with (security_barrier) as
select day, count(*) as participants, sum(n) as n, 100 * sum(covered_minutes) / sum(day_minutes) as covered_percent
  from research.glucose_day
 group by day;
comment on view research.cohort_calendar is 'Coverage: participants with readings on each local day, and the share of their day that readings cover.';
comment on column research.cohort_calendar.day is 'local';
comment on column research.cohort_calendar.participants is 'participants with readings on the day';
comment on column research.cohort_calendar.n is 'readings';
comment on column research.cohort_calendar.covered_percent is 'share of their day that readings cover; unit: %';

create view research.daily_metrics with (security_barrier) as
select participant_id, day, n, covered_minutes, 100 * covered_minutes / day_minutes as covered_percent, duplicates, sum_mgdl / n as mean_mgdl,
       case when n > 1 then sqrt(greatest(0, sum_squares - (sum_mgdl - 120.0 * n) ^ 2 / n) / (n - 1)) end as sd_mgdl,
       case when n > 1 then 100 * sqrt(greatest(0, sum_squares - (sum_mgdl - 120.0 * n) ^ 2 / n) / (n - 1)) / (sum_mgdl / n) end as cv_percent, min_mgdl, max_mgdl,
       100.0::float8 * very_low / n as very_low_percent, 100.0::float8 * low / n as low_percent, 100.0::float8 * in_range / n as in_range_percent,
       100.0::float8 * high / n as high_percent, 100.0::float8 * very_high / n as very_high_percent, 100.0::float8 * tight / n as tight_percent,
       100.0::float8 * pregnancy / n as pregnancy_percent, low_risk / n as lbgi, high_risk / n as hbgi, source_entity
  from research.glucose_day;
comment on view research.daily_metrics is 'Metrics of sensor glucose of each participant and local day, as libraries/Glucose has them.';
comment on column research.daily_metrics.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.daily_metrics.day is 'local day';
comment on column research.daily_metrics.n is 'readings';
comment on column research.daily_metrics.covered_minutes is 'time that readings cover; unit: minutes';
comment on column research.daily_metrics.covered_percent is 'share of the day that readings cover; unit: %';
comment on column research.daily_metrics.duplicates is 'sensor readings left out because another uploader''s stands for them';
comment on column research.daily_metrics.mean_mgdl is 'mean of the readings; unit: mg/dL';
comment on column research.daily_metrics.sd_mgdl is 'sample standard deviation (n - 1); null for a single reading; unit: mg/dL';
comment on column research.daily_metrics.cv_percent is 'coefficient of variation: sd_mgdl over mean_mgdl; unit: %';
comment on column research.daily_metrics.min_mgdl is 'lowest reading; unit: mg/dL';
comment on column research.daily_metrics.max_mgdl is 'highest reading; unit: mg/dL';
comment on column research.daily_metrics.very_low_percent is 'share of the readings below 54 mg/dL; unit: %';
comment on column research.daily_metrics.low_percent is 'share of the readings from 54 to below 70 mg/dL; unit: %';
comment on column research.daily_metrics.in_range_percent is 'share of the readings from 70 to 180 mg/dL; unit: %';
comment on column research.daily_metrics.high_percent is 'share of the readings above 180 to 250 mg/dL; unit: %';
comment on column research.daily_metrics.very_high_percent is 'share of the readings above 250 mg/dL; unit: %';
comment on column research.daily_metrics.tight_percent is 'share of the readings from 70 to 140 mg/dL; unit: %';
comment on column research.daily_metrics.pregnancy_percent is 'share of the readings from 63 to 140 mg/dL; unit: %';
comment on column research.daily_metrics.lbgi is 'low blood glucose index';
comment on column research.daily_metrics.hbgi is 'high blood glucose index';

grant select on research.daily_metrics, research.utc_offset_timeline, research.entries_local, research.glucose_day, research.glucose_month, research.glucose_time_of_day, research.glucose_week,
    research.glucose_participant, research.cohort_bands, research.cohort_profile, research.cohort_week, research.cohort_distribution, research.cohort_calendar to data_management_app;

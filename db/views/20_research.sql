-- What a researcher can see. The portal's role has no right on any table of schema openaps: it reads these views, and they show rows only
-- in a transaction that names the secret of a valid grant:  select set_config('app.grant', '<secret>', true)
-- and only of participants whose consent, as it is now, covers a commons of that grant. security_barrier keeps conditions and functions
-- of the caller from seeing any other row.

create view research.participant with (security_barrier) as
select c.participant_id, case when c.openaps and c.nsf then 2 when c.openaps then 0 else 1 end as source_entity, c.consent_id
  from register.current_consent c
 where exists (select from portal.access_grant g
                where g.secret_hash = sha256(convert_to(current_setting('app.grant', true), 'UTF8'))
                  and g.revoked_at is null and g.expires_at > now()
                  and (g.openaps and c.openaps or g.nsf and c.nsf));
comment on view research.participant is 'Participants the transaction''s grant covers; source_entity as in openaps.source_entities; consent_id grows with every change of mind.';
comment on column research.participant.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.participant.consent_id is 'grows with every change of mind';

create view research.entries with (security_barrier) as
select e.participant_id, e.id, e.sgv, e.direction, e.device, e.type, e.rssi, e.rawbg, e.trend, e.glucose, e.mbg, e.delta, e.filtered, e.unfiltered, e.noise, e.scale, e.slope,
       e.intercept, e.system_time, e.date, e.date_string, p.source_entity,
       case when m.day is not null then round(e.sgv * 18.01559, 2) when e.sgv >= 39 then e.sgv end as sgv_mgdl,
       case when m.day is not null then round(e.mbg * 18.01559, 2) when e.mbg >= 20 then e.mbg end as mbg_mgdl,
       case when m.day is not null then 'mmol/L' when e.sgv >= 39 or e.mbg >= 20 then 'mg/dL' end as glucose_unit,
       case when m.day is not null then 'day' when e.sgv >= 39 or e.mbg >= 39 then 'range' when e.mbg >= 20 then 'rule' end as glucose_unit_evidence
  from openaps.entries e join research.participant p using (participant_id)
  left join openaps.mmol_day m
    on m.participant_id = e.participant_id and m.day = (e.date at time zone 'UTC')::date and m.device = coalesce(e.device, '') and (e.sgv > 0 and e.sgv < 39 or e.mbg > 0 and e.mbg < 39);
comment on column research.entries.sgv_mgdl is 'sgv in mg/dL; null: an error code (below 39), or a unit that is not certain; unit: mg/dL';
comment on column research.entries.mbg_mgdl is 'mbg in mg/dL; null: a unit that is not certain; unit: mg/dL';
comment on column research.entries.glucose_unit is 'unit of sgv and mbg as sent: mg/dL or mmol/L; null: error code, or not certain';
comment on column research.entries.glucose_unit_evidence is 'day: all of the day from this device fits mmol/L only (openaps.mmol_day); range: the value can be mg/dL only; rule: entries are in mg/dL by Nightscout''s rule, and nothing speaks against it';

create view research.treatments with (security_barrier) as
select participant_id, id, event_type, "timestamp", insulin, carbs, protein, fat, glucose, glucose_type, food_type, temp, rate, duration, units,
       amount, absolute, medtronic, type, absorption_time, unabsorbed, ratio, target_top, target_bottom, fixed, programmed, reason, notes,
       entered_by, created_at, p.source_entity,
       round(nullif(glucose, 0) * factor, 2) as glucose_mgdl, round(nullif(target_top, 0) * factor, 2) as target_top_mgdl, round(nullif(target_bottom, 0) * factor, 2) as target_bottom_mgdl,
       decided.unit as glucose_unit, decided.evidence as glucose_unit_evidence
  from openaps.treatments t join research.participant p using (participant_id)
  left join lateral ( -- the unit of the profile in force; a target in mg/dL is the value that was sent
    select case when s.unit_evidence in ('units', 'units and range') then case when s.sent_unit ilike 'mmol%' then 'mmol/L' else 'mg/dL' end
                when s.value = s.sent_value then 'mg/dL' else 'mmol/L' end as unit
      from openaps.therapy_setting s
     where s.participant_id = t.participant_id and s.valid_from <= t.created_at and (s.kind in ('target_low', 'target_high') or s.kind = 'isf' and s.unit_evidence = 'units') and s.value is not null
       and num_nonnulls(nullif(t.glucose, 0), nullif(t.target_top, 0), nullif(t.target_bottom, 0)) > 0 and coalesce(t.glucose_unit_evidence, 'range') = 'range'
     order by s.valid_from desc limit 1) profile on true -- all rows of a time are of one profile
 cross join lateral (
    select case when t.glucose_unit_evidence is null then profile.unit else t.glucose_unit end as unit,
           case when t.glucose_unit_evidence in ('record', 'conflict') then t.glucose_unit_evidence
                when t.glucose_unit_evidence = 'range' then case when profile.unit = t.glucose_unit then 'profile' when profile.unit is null then 'range' else 'range against profile' end
                when profile.unit is not null then 'profile'
                when num_nonnulls(nullif(t.glucose, 0), nullif(t.target_top, 0), nullif(t.target_bottom, 0)) > 0 then 'unknown' end as evidence) decided
 cross join lateral (select case decided.unit when 'mg/dL' then 1 when 'mmol/L' then 18.01559 end as factor) f;
comment on column research.treatments.glucose_mgdl is 'glucose in mg/dL; null: none, or its unit is not certain; unit: mg/dL';
comment on column research.treatments.target_top_mgdl is 'target_top in mg/dL; null: none (0), or its unit is not certain; unit: mg/dL';
comment on column research.treatments.target_bottom_mgdl is 'target_bottom in mg/dL; null: none (0), or its unit is not certain; unit: mg/dL';
comment on column research.treatments.glucose_unit is 'unit of glucose, target_top and target_bottom as sent: mg/dL or mmol/L; null: none of them, or not certain';
comment on column research.treatments.glucose_unit_evidence is 'record: it names the unit; profile: that of the profile in force, and the values can be of it; range: no profile tells, the values can be of one unit only; range against profile: the profile in force has the '
    'other unit, but the values cannot be of it; conflict: values contradict the unit named or each other; unknown: nothing tells; null: no glucose';

create view research.device_status with (security_barrier) as
select participant_id, id, device, pump_id, pump_bolusing, pump_suspended, pump_model, loop_cob, loop_iob, loop_version, loop_failure_reason,
       snooze, override_active, created_at, p.source_entity
  from openaps.device_status join research.participant p using (participant_id);

create view research.device_status_metrics with (security_barrier) as
select participant_id, device_status_id, iob_iob, iob_activity, iob_basal_iob, iob_bolus_iob, iob_net_basal_insulin, iob_bolus_insulin,
       iob_timestamp, suggested_temp, suggested_bg, suggested_tick, suggested_eventual_bg, suggested_insulin_req, suggested_reservoir,
       suggested_cob, suggested_iob, enacted_temp, enacted_bg, enacted_tick, enacted_eventual_bg, enacted_insulin_req, enacted_reservoir,
       enacted_cob, enacted_iob, enacted_duration, enacted_rate, enacted_timestamp, created_at, p.source_entity
  from openaps.device_status_metrics join research.participant p using (participant_id);

create view research.profile with (security_barrier) as
select participant_id, id, default_profile, mills, units, start_date, created_at, p.source_entity
  from openaps.profile join research.participant p using (participant_id);

create view research.aid_cycle with (security_barrier) as
select participant_id, device_status_id, controller, controller_version, suggested, enacted, enacted_at, iob, iob_source, cob, cob_source, eventual_bg, target,
       isf, cr, dev, bgi, min_pred_bg, min_guard_bg, reason_unit, reason_unit_evidence, insulin_req, sensitivity_ratio, temp_basal_rate, temp_basal_duration,
       smb, bolus_volume, override_active, override_multiplier, failure, reservoir, max_iob, max_cob, autosens_min, autosens_max, max_smb_basal_minutes,
       max_uam_smb_basal_minutes, enable_uam, enable_smb_always, enable_smb_with_cob, enable_smb_after_carbs, dynamic_isf, adjustment_factor, insulin_curve,
       created_at, p.source_entity
  from openaps.aid_cycle join research.participant p using (participant_id);

create view research.therapy_setting with (security_barrier) as
select participant_id, valid_from, kind, seconds, value, unit, sent_value, sent_unit, unit_evidence, timezone, source, p.source_entity
  from openaps.therapy_setting join research.participant p using (participant_id);

create view research.aid_day with (security_barrier) as
select participant_id, local_day, from_utc, to_utc, loop_type, controllers, controller_version, settings, cycles, enacted, smbs, bolus_units, smb_units,
       basal_units, total_units, carbs, basal_hours, temp_basal_source, p.source_entity
  from openaps.aid_day join research.participant p using (participant_id);

-- Of times only years: the second of an answer, or the day of a blood test, finds its person in another list.
create view research.member_demographics with (security_barrier) as
select d.participant_id, extract(year from d.ts)::int as answered_year, d.gender, d.ethnicity, d.country_corrected as country, d.country_code, d.diy_closed_loop_type,
       d.who_uses_the_closed_loop_system, d.cleaned_height_cm, d.cleaned_weight_kg, d.age_bracket, d.years_since_diagnosed_bracket, d.years_since_first_insulin_pump_bracket,
       d.years_since_first_glucose_monitor_bracket, d.years_since_first_diy_closed_loop_bracket, d.insulin_units_per_day, d.basal_insulin_units_per_day, d.carb_grams_per_day,
       d.last_lab_reported_a1c, extract(year from d.last_lab_reported_a1c_date)::int as last_lab_reported_a1c_year, p.source_entity
  from openaps.member_demographics_cleaned d join research.participant p using (participant_id);
comment on view research.member_demographics is 'What participants answered in the surveys, cleaned: one row each, of every field the newest answer.';
comment on column research.member_demographics.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.member_demographics.cleaned_height_cm is 'height when it was answered; unit: cm';
comment on column research.member_demographics.cleaned_weight_kg is 'weight when it was answered; unit: kg';
comment on column research.member_demographics.insulin_units_per_day is 'all insulin of a usual day; unit: U/day';
comment on column research.member_demographics.basal_insulin_units_per_day is 'basal insulin of a usual day; unit: U/day';
comment on column research.member_demographics.carb_grams_per_day is 'carbohydrates of a usual day; unit: g/day';
comment on column research.member_demographics.last_lab_reported_a1c is 'HbA1c as the laboratory last reported it; an answer in mmol/mol is converted; unit: % (NGSP)';
comment on column research.member_demographics.answered_year is 'of the newest answer; brackets count from the answer they come from';
comment on column research.member_demographics.last_lab_reported_a1c_year is 'of that measurement';

create view research.raw_segment with (security_barrier) as
select participant_id, collection, period, part, lines, octet_length(data) as bytes, data, p.source_entity
  from openaps.raw_segment join research.participant p using (participant_id);
comment on view research.raw_segment is 'De-identified records as they were sent, gzipped lines; exports replace the codes that every line begins with by those of the study.';
comment on column research.raw_segment.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.raw_segment.collection is 'entries, treatments, devicestatus or profile';
comment on column research.raw_segment.period is 'of the file the records are from: a UTC day, a month, undated or whole';
comment on column research.raw_segment.part is 'counted from 0; the parts of a period joined are one gzip stream';
comment on column research.raw_segment.lines is 'records';
comment on column research.raw_segment.bytes is 'of data; unit: bytes';
comment on column research.raw_segment.data is 'NDJSON, gzipped';

create view research.raw_record with (security_barrier) as
select participant_id, 'entries' as collection, id, date as at, period, p.source_entity from openaps.entries join research.participant p using (participant_id)
 union all
select participant_id, 'treatments', id, created_at, period, p.source_entity from openaps.treatments join research.participant p using (participant_id)
 union all
select participant_id, 'devicestatus', id, created_at, period, p.source_entity from openaps.device_status join research.participant p using (participant_id)
 union all
select participant_id, 'profile', id, created_at, period, p.source_entity from openaps.profile join research.participant p using (participant_id);
comment on view research.raw_record is 'Which records of raw_segment belong to which days.';
comment on column research.raw_record.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column research.raw_record.collection is 'as in raw_segment';
comment on column research.raw_record.id is 'as in entries; exports carry a code instead';
comment on column research.raw_record.at is 'time by which dates choose, UTC; null: none that is usable';
comment on column research.raw_record.period is 'as in raw_segment';

-- Not by grant, and in none of the researchers' files: for the job that takes exports back.
create view portal.outdated_participant as
select x.export_id, x.participant_id
  from portal.export_participant x
  join portal.export e using (export_id)
  join portal.access_grant g using (grant_id)
  left join portal.release r using (export_id)
  left join register.current_consent c using (participant_id)
 where e.state in ('queued', 'building', 'ready')
   and (c.participant_id is null or x.source_entity in (0, 2) and not c.openaps or x.source_entity in (1, 2) and not c.nsf
        or r.export_id is null and not (g.openaps and c.openaps or g.nsf and c.nsf)); -- a release is not its maker's alone: whose study covers it is looked at when it is read
comment on view portal.outdated_participant is 'Who left, shares less than an export says of them, or is not covered by its study any more, and the exports that name them.';

create view portal.uncovered_delivery as
select d.participant_id, d.grant_id, g.user_id
  from portal.delivery d
  join portal.access_grant g using (grant_id)
  left join register.current_consent c using (participant_id)
 where d.told_at is null and not coalesce(g.openaps and c.openaps or g.nsf and c.nsf, false);
comment on view portal.uncovered_delivery is 'Studies that were given records of who does not share with them any more, and were not told yet to delete them.';

-- For alerts: who paused is never copied, so that what failed before would fail for ever. One row a participant, and none of them by number.
create view portal.failing_copy as
select i.outcome, i.failed_since
  from ingest.participant i
 where i.failed_since is not null and i.outcome <> 'suspended'
   and not exists (select from register.participant p where p.participant_id = i.participant_id and (p.paused_at is not null or p.suspended_at is not null and i.outcome <> 'sign in again'));
comment on view portal.failing_copy is 'Copies that fail, and since when. Who paused or left is none of them; whose tokens Open Humans refused is one for a day.';

create view research.outdated_export as select distinct export_id from portal.outdated_participant;
comment on view research.outdated_export is 'Exports that name somebody who left or whom their study does not cover any more, or say of somebody that they share with a commons they no longer share with.';

grant usage on schema research to data_management_app;
grant select on all tables in schema research to data_management_app;
grant select on portal.outdated_participant, portal.uncovered_delivery, portal.failing_copy to data_management_app;

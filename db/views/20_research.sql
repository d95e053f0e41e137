-- What a researcher can see. The portal's role has no right on any table of schema openaps: it reads these views, and they show rows only
-- in a transaction that names the secret of a valid grant:  select set_config('app.grant', '<secret>', true)
-- and only of participants whose consent, as it is now, covers a commons of that grant. security_barrier keeps conditions and functions
-- of the caller from seeing any other row.

create view research.participant with (security_barrier) as
select c.participant_id, case when c.openaps and c.nsf then 2 when c.openaps then 0 else 1 end as source_entity
  from register.current_consent c
 where exists (select from portal.access_grant g
                where g.secret_hash = sha256(convert_to(current_setting('app.grant', true), 'UTF8'))
                  and g.revoked_at is null and g.expires_at > now()
                  and (g.openaps and c.openaps or g.nsf and c.nsf));
comment on view research.participant is 'Participants the transaction''s grant covers; source_entity as in openaps.source_entities.';

create view research.entries with (security_barrier) as
select participant_id, id, sgv, direction, device, type, rssi, rawbg, trend, glucose, mbg, delta, filtered, unfiltered, noise, scale, slope,
       intercept, system_time, date, date_string, p.source_entity
  from openaps.entries join research.participant p using (participant_id);

create view research.treatments with (security_barrier) as
select participant_id, id, event_type, "timestamp", insulin, carbs, protein, fat, glucose, glucose_type, food_type, temp, rate, duration, units,
       amount, absolute, medtronic, type, absorption_time, unabsorbed, ratio, target_top, target_bottom, fixed, programmed, reason, notes,
       entered_by, created_at, p.source_entity
  from openaps.treatments join research.participant p using (participant_id);

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

grant usage on schema research to data_management_app;
grant select on all tables in schema research to data_management_app;

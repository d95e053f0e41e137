-- oldest-build: 1
-- The data dictionary: which fields records were seen to have, and comments of one form on everything that researchers read: a description, then
-- "; unit: " and the unit where there is one. Columns of a view are described by its own comments, else by those of the table of its name.

create table openaps.observed_part (
    participant_id  bigint      not null,
    collection      text        not null,
    period          text        not null,
    part            int         not null,
    paths           text[]      not null,
    types           smallint[]  not null,
    records         int[]       not null,
    primary key (participant_id, collection, period, part),
    check (cardinality(types) = cardinality(paths) and cardinality(records) = cardinality(paths))
);
comment on table openaps.observed_part is 'Which fields the lines of a raw segment hold; made, replaced and removed with it. The three arrays go together. Writer and reader: open-humans-etl.';
comment on column openaps.observed_part.participant_id is 'register.participant';
comment on column openaps.observed_part.collection is 'entries, treatments, devicestatus or profile';
comment on column openaps.observed_part.period is 'as openaps.raw_segment.period';
comment on column openaps.observed_part.part is 'as openaps.raw_segment.part';
comment on column openaps.observed_part.paths is 'dotted, only of the allow-list: * stands for names that participants chose, an array for its elements, empty for the record itself';
comment on column openaps.observed_part.types is 'JSON types that were kept there, added up: 1 object, 2 array, 4 text, 8 number, 16 true or false, 32 null';
comment on column openaps.observed_part.records is 'records that hold something other than null there; one that the file holds twice counts twice';

create table openaps.observed_field (
    participant_id  bigint    not null,
    collection      text      not null,
    path            text      not null,
    types           smallint  not null,
    records         bigint    not null,
    primary key (participant_id, collection, path)
);
comment on table openaps.observed_field is 'openaps.observed_part added up by participant, in the transaction that completes or removes a period. Writer: open-humans-etl. Readers: researchers, as numbers of participants, through research.observed_field.';
comment on column openaps.observed_field.participant_id is 'register.participant';
comment on column openaps.observed_field.collection is 'entries, treatments, devicestatus or profile';
comment on column openaps.observed_field.path is 'as an element of openaps.observed_part.paths';
comment on column openaps.observed_field.types is 'as an element of openaps.observed_part.types';
comment on column openaps.observed_field.records is 'of all periods: as an element of openaps.observed_part.records';

grant select, insert, update, delete on openaps.observed_part, openaps.observed_field to open_humans_etl;

comment on column openaps.entries.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.treatments.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.device_status.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.device_status_metrics.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.profile.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.aid_cycle.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.aid_day.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.therapy_setting.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';

comment on column openaps.entries.sgv is 'sensor glucose, whatever unit the site displays; 1 to 12 are Dexcom error codes, 39 and 401 usually mean LOW and HIGH; unit: mg/dL';
comment on column openaps.entries.rawbg is 'glucose that the uploader worked out of the raw sensor signal; unit: mg/dL';
comment on column openaps.entries.glucose is 'repeats sgv where an uploader sends both; unit: mg/dL';
comment on column openaps.entries.mbg is 'meter glucose (finger stick); unit: mg/dL';
comment on column openaps.entries.delta is 'change since the reading before; unit: mg/dL';
comment on column openaps.entries.filtered is 'raw sensor signal, smoothed by the sensor; as sent';
comment on column openaps.entries.unfiltered is 'raw sensor signal; as sent';
comment on column openaps.entries.scale is 'of a calibration: factor of the raw signal';
comment on column openaps.entries.slope is 'of a calibration: raw signal per glucose';
comment on column openaps.entries.intercept is 'of a calibration: raw signal at no glucose';
comment on column openaps.entries.date_string is 'the time as the uploader wrote it; local offsets are possible';
comment on column openaps.entries.system_time is 'when it was uploaded, as the uploader wrote it, in any zone';
comment on column openaps.entries.utc_offset is 'how far local time is ahead of UTC, as sent; Loop sends 0 wherever it is, so this is evidence and no answer: openaps.utc_offset_timeline is; unit: minutes';

comment on column openaps.treatments.insulin is 'insulin of a bolus; unit: U';
comment on column openaps.treatments.carbs is 'carbohydrates; unit: g';
comment on column openaps.treatments.protein is 'protein; unit: g';
comment on column openaps.treatments.fat is 'fat; unit: g';
comment on column openaps.treatments.glucose is 'glucose at the time, in the unit of column units; mg/dL when that is null and the value is above 30; unit: mg/dL or mmol/L';
comment on column openaps.treatments.glucose_type is 'where glucose is from: Sensor, Finger or Manual; as sent';
comment on column openaps.treatments.rate is 'temporary basal: U/h when temp is absolute, % when it is percent; unit: U/h or %';
comment on column openaps.treatments.duration is 'how long it lasts; unit: minutes';
comment on column openaps.treatments.amount is 'of a bolus from a Medtronic pump''s history: what was delivered; unit: U';
comment on column openaps.treatments.absolute is 'temporary basal; unit: U/h';
comment on column openaps.treatments.medtronic is 'which of oref0''s formatters made the record of a Medtronic pump''s history';
comment on column openaps.treatments.type is 'kind of bolus or pump event by its known names; null for others';
comment on column openaps.treatments.absorption_time is 'expected absorption of the carbohydrates; unit: minutes';
comment on column openaps.treatments.unabsorbed is 'of a bolus from a Medtronic pump''s history: insulin still active at its start; unit: U';
comment on column openaps.treatments.ratio is 'carb ratio the bolus was worked out with, as sent';
comment on column openaps.treatments.target_top is 'upper end of a temporary target, as sent: mmol/L when below 20; unit: mg/dL or mmol/L';
comment on column openaps.treatments.target_bottom is 'lower end of a temporary target, as sent: mmol/L when below 20; unit: mg/dL or mmol/L';
comment on column openaps.treatments.fixed is 'insulin of a fixed bolus, as sent; unit: U';
comment on column openaps.treatments.programmed is 'of a bolus from a Medtronic pump''s history: what was asked for; unit: U';
comment on column openaps.treatments.percent is 'temporary basal as difference to the schedule: 30 is 30 % more, -100 none; unit: %';
comment on column openaps.treatments.duration_ms is 'as AAPS writes it besides duration; unit: ms';
comment on column openaps.treatments.entered_insulin is 'of a combination bolus, both parts; unit: U';
comment on column openaps.treatments.split_ext is 'share of entered_insulin that is given over duration; unit: %';
comment on column openaps.treatments.percentage is 'of a profile switch: insulin as share of the profile''s; unit: %';
comment on column openaps.treatments.timeshift is 'of a profile switch: by how much its times are later, hours, or milliseconds above 24; unit: hours or ms';
comment on column openaps.treatments.original_percentage is 'of AAPS''s effective profile switch: percentage that is already in profile_json; unit: %';
comment on column openaps.treatments.utc_offset is 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; unit: minutes';

comment on column openaps.device_status.pump_bolusing is 'the pump was delivering a bolus';
comment on column openaps.device_status.pump_suspended is 'delivery was suspended';
comment on column openaps.device_status.pump_model is 'model of the pump when it is a known one, else null';
comment on column openaps.device_status.loop_version is 'version of Loop';
comment on column openaps.device_status.loop_cob is 'carbs on board as Loop reported them; unit: g';
comment on column openaps.device_status.loop_iob is 'insulin on board as Loop reported it; unit: U';
comment on column openaps.device_status.snooze is 'which alarm was snoozed, as sent';
comment on column openaps.device_status.override_active is 'a temporary override was in force (Loop)';
comment on column openaps.device_status.created_at is 'when the report was made, UTC';
comment on column openaps.device_status.utc_offset is 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; unit: minutes';

comment on column openaps.device_status_metrics.device_status_id is 'id of the device_status; exports carry a code instead';
comment on column openaps.device_status_metrics.iob_iob is 'insulin on board; the first element where iob is a list; unit: U';
comment on column openaps.device_status_metrics.iob_activity is 'insulin activity: what acts each minute; unit: U/minute';
comment on column openaps.device_status_metrics.iob_basal_iob is 'insulin on board by basal that differs from the schedule; unit: U';
comment on column openaps.device_status_metrics.iob_bolus_iob is 'insulin on board by boluses; unit: U';
comment on column openaps.device_status_metrics.iob_net_basal_insulin is 'basal of the duration of insulin action that differs from the schedule; unit: U';
comment on column openaps.device_status_metrics.iob_bolus_insulin is 'insulin of the boluses of the duration of insulin action; unit: U';
comment on column openaps.device_status_metrics.iob_timestamp is 'when insulin on board was worked out, UTC';
comment on column openaps.device_status_metrics.enacted_duration is 'of the enacted temporary basal; unit: minutes';
comment on column openaps.device_status_metrics.enacted_rate is 'enacted temporary basal; unit: U/h';
comment on column openaps.device_status_metrics.enacted_timestamp is 'when it was enacted, UTC; rigs repeat what was enacted in later records';
comment on column openaps.device_status_metrics.suggested_temp is 'kind of temporary basal: absolute or percent';
comment on column openaps.device_status_metrics.suggested_bg is 'glucose the calculation began with; unit: mg/dL';
comment on column openaps.device_status_metrics.suggested_tick is 'change of glucose since the reading before, as sent: +5; unit: mg/dL';
comment on column openaps.device_status_metrics.suggested_eventual_bg is 'where glucose is expected to end; unit: mg/dL';
comment on column openaps.device_status_metrics.suggested_insulin_req is 'insulin required; negative: too much on board; unit: U';
comment on column openaps.device_status_metrics.suggested_reservoir is 'insulin left in the pump, as sent; unit: U';
comment on column openaps.device_status_metrics.suggested_cob is 'carbs on board; unit: g';
comment on column openaps.device_status_metrics.suggested_iob is 'insulin on board; unit: U';
comment on column openaps.device_status_metrics.enacted_temp is 'kind of temporary basal: absolute or percent';
comment on column openaps.device_status_metrics.enacted_bg is 'glucose the calculation began with; unit: mg/dL';
comment on column openaps.device_status_metrics.enacted_tick is 'change of glucose since the reading before, as sent: +5; unit: mg/dL';
comment on column openaps.device_status_metrics.enacted_eventual_bg is 'where glucose is expected to end; unit: mg/dL';
comment on column openaps.device_status_metrics.enacted_insulin_req is 'insulin required; negative: too much on board; unit: U';
comment on column openaps.device_status_metrics.enacted_reservoir is 'insulin left in the pump, as sent; unit: U';
comment on column openaps.device_status_metrics.enacted_cob is 'carbs on board; unit: g';
comment on column openaps.device_status_metrics.enacted_iob is 'insulin on board; unit: U';

comment on column openaps.profile.id is 'Nightscout''s _id; exports carry a code instead';
comment on column openaps.profile.mills is 'start of the profile in Unix milliseconds, as sent; unit: ms';
comment on column openaps.profile.created_at is 'when the document was made, UTC; start_date where it does not say';

comment on column openaps.aid_cycle.device_status_id is 'id of the device_status; exports carry a code instead';
comment on column openaps.aid_cycle.iob is 'insulin on board as reported; unit: U';
comment on column openaps.aid_cycle.cob is 'carbs on board as reported; unit: g';
comment on column openaps.aid_cycle.eventual_bg is 'where the controller expects glucose to end; of Loop the last predicted value; unit: mg/dL';
comment on column openaps.aid_cycle.target is 'glucose target; null when the unit of the reason is not known; unit: mg/dL';
comment on column openaps.aid_cycle.isf is 'insulin sensitivity factor in use; null when the unit of the reason is not known; unit: mg/dL per U';
comment on column openaps.aid_cycle.cr is 'carb ratio in use; unit: g/U';
comment on column openaps.aid_cycle.dev is 'deviation of glucose from what insulin explains, over 30 minutes; unit: mg/dL';
comment on column openaps.aid_cycle.bgi is 'expected change of glucose by insulin in 5 minutes; unit: mg/dL';
comment on column openaps.aid_cycle.min_pred_bg is 'lowest predicted glucose that counts for dosing; unit: mg/dL';
comment on column openaps.aid_cycle.min_guard_bg is 'lowest predicted glucose that counts for safety; unit: mg/dL';
comment on column openaps.aid_cycle.insulin_req is 'insulin required; negative: too much on board; unit: U';
comment on column openaps.aid_cycle.temp_basal_rate is 'enacted temporary basal; null when nothing was enacted; unit: U/h';
comment on column openaps.aid_cycle.temp_basal_duration is 'of the enacted temporary basal; unit: minutes';
comment on column openaps.aid_cycle.smb is 'enacted super micro bolus; unit: U';
comment on column openaps.aid_cycle.bolus_volume is 'automatic bolus that Loop enacted; unit: U';
comment on column openaps.aid_cycle.reservoir is 'insulin left in the pump; unit: U';
comment on column openaps.aid_cycle.max_iob is 'oref0 setting: most insulin on board; null where settings are not uploaded; unit: U';
comment on column openaps.aid_cycle.max_cob is 'oref0 setting: most carbs on board; unit: g';
comment on column openaps.aid_cycle.autosens_min is 'oref0 setting: lowest sensitivity ratio';
comment on column openaps.aid_cycle.autosens_max is 'oref0 setting: highest sensitivity ratio';
comment on column openaps.aid_cycle.max_smb_basal_minutes is 'oref0 setting: an SMB is at most the basal of so long; unit: minutes';
comment on column openaps.aid_cycle.max_uam_smb_basal_minutes is 'oref0 setting: the same for unannounced meals; unit: minutes';
comment on column openaps.aid_cycle.enable_smb_always is 'oref0 setting: super micro boluses at any time';
comment on column openaps.aid_cycle.enable_smb_with_cob is 'oref0 setting: super micro boluses while carbs are on board';
comment on column openaps.aid_cycle.enable_smb_after_carbs is 'oref0 setting: super micro boluses for six hours after carbs';
comment on column openaps.aid_cycle.dynamic_isf is 'setting of Trio and iAPS (useNewFormula): ISF that changes with glucose';
comment on column openaps.aid_cycle.insulin_curve is 'oref0 setting: model of insulin action';

comment on column openaps.aid_day.from_utc is 'start of the day, UTC';
comment on column openaps.aid_day.to_utc is 'end of the day, UTC; 23 or 25 hours after its start when clocks change';
comment on column openaps.aid_day.bolus_units is 'bolus the wearer gave; null when the day has no treatment record at all; unit: U';
comment on column openaps.aid_day.smb_units is 'bolus the controller gave (SMB, Loop''s automatic bolus); null as bolus_units; unit: U';
comment on column openaps.aid_day.basal_units is 'of the basal timeline in basal_hours; null when it is not known at all; unit: U';
comment on column openaps.aid_day.total_units is 'total daily dose; null unless the basal of the whole day is known; unit: U';
comment on column openaps.aid_day.carbs is 'carbohydrates; null as bolus_units; unit: g';
comment on column openaps.aid_day.basal_hours is 'time of the day for which the basal rate is known; unit: hours';

comment on column openaps.therapy_setting.valid_from is 'from when it holds, UTC; 1970 is what Nightscout''s profile editor writes for "always"';
comment on column openaps.therapy_setting.seconds is 'time of the day from which the value holds, by the clock of column timezone; 0 for what does not change over the day; unit: seconds';
comment on column openaps.therapy_setting.value is 'in the unit of column unit; null when it is not known whether mg/dL or mmol/L was sent; unit: see column unit';
comment on column openaps.therapy_setting.unit is 'unit of value: U/h, mg/dL per U, g/U, mg/dL, h or U';
comment on column openaps.therapy_setting.sent_value is 'as sent; of a profile switch before its percentage; unit: see column sent_unit';

comment on column openaps.utc_offset_timeline.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column openaps.utc_offset_timeline.from_utc is 'first instant, UTC, or -infinity';
comment on column openaps.utc_offset_timeline.to_utc is 'first instant after it, UTC, or infinity; clock changes are cut from 2005 to 2039';
comment on column openaps.utc_offset_timeline.offset_minutes is 'how far local time is ahead of UTC; unit: minutes';

comment on column openaps.glucose_day.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column openaps.glucose_day.sum_mgdl is 'sum of the readings; unit: mg/dL';
comment on column openaps.glucose_day.sum_squares is 'sum of (reading - 120)^2: about a fixed origin, so that sums of days add up and lose no digits; unit: mg2/dL2';
comment on column openaps.glucose_day.min_mgdl is 'lowest reading; unit: mg/dL';
comment on column openaps.glucose_day.max_mgdl is 'highest reading; unit: mg/dL';
comment on column openaps.glucose_day.covered_minutes is 'what readings cover, each to the next one, for at most the cadence; unit: minutes';
comment on column openaps.glucose_day.day_minutes is 'what the day has; unit: minutes';

comment on column openaps.glucose_month.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column openaps.glucose_month.sum_mgdl is 'sum of the readings; unit: mg/dL';
comment on column openaps.glucose_month.sum_squares is 'sum of (reading - 120)^2: about a fixed origin, so that sums of days add up and lose no digits; unit: mg2/dL2';
comment on column openaps.glucose_month.min_mgdl is 'lowest reading; unit: mg/dL';
comment on column openaps.glucose_month.max_mgdl is 'highest reading; unit: mg/dL';
comment on column openaps.glucose_month.expected is 'readings that the cadence lets expect of its days';
comment on column openaps.glucose_month.covered_minutes is 'what readings cover, each to the next one, for at most the cadence; unit: minutes';
comment on column openaps.glucose_month.day_minutes is 'what its days with readings have; unit: minutes';

comment on column openaps.glucose_day.cadence_minutes is 'median interval of the readings in whole minutes, 1 to 15; 5 where there is only one reading; unit: minutes';

comment on column openaps.glucose_time_of_day.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column openaps.glucose_time_of_day.from_mgdl is 'a multiple of 10; n0 counts readings of this value (rounded), n9 of this value + 9; unit: mg/dL';

comment on column openaps.glucose_week.participant_id is 'random number that stands for the participant; exports carry a code of the study instead';
comment on column openaps.glucose_week.sum_mgdl is 'sum of the readings; unit: mg/dL';

-- oldest-build: 1
-- Values that cannot be, and units of glucose: limits of columns are in their comments, what a record or a day tells of its unit is kept beside what was sent.

alter table openaps.treatments add column glucose_unit text check (glucose_unit in ('mg/dL', 'mmol/L'));
alter table openaps.treatments add column glucose_unit_evidence text check (glucose_unit_evidence in ('record', 'range', 'conflict'));
comment on column openaps.treatments.glucose_unit is 'unit of glucose, target_top and target_bottom as the record alone tells it: mg/dL or mmol/L; null: it does not tell, or contradicts itself';
comment on column openaps.treatments.glucose_unit_evidence is 'record: it names the unit; range: all its values can be of one unit only (mg/dL from 20 on, mmol/L from 1 to 35); conflict: they contradict the unit named, or each other; '
    'null: no glucose, or the record does not tell: then research.treatments asks the profile in force';

create table openaps.mmol_day (
    participant_id  bigint  not null,
    day             date    not null,
    device          text    not null,
    readings        int     not null check (readings > 0),
    with_decimals   int     not null check (with_decimals > 0),
    primary key (participant_id, day, device)
);
comment on table openaps.mmol_day is 'Days on which what a device or uploader sent as sgv or mbg is mmol/L, against Nightscout''s rule that entries are in mg/dL. Evidence: of the day''s readings none is above 33.3, and at least '
    'half have decimals; error codes (1 to 12) have none, and no sensor reports that little in mg/dL. Writer: open-humans-etl, with the summaries of the day. Readers: the summaries, which count these readings as mg/dL; researchers, through research.';
comment on column openaps.mmol_day.day is 'UTC';
comment on column openaps.mmol_day.device is 'as openaps.entries.device; empty: none';
comment on column openaps.mmol_day.readings is 'readings above 0 that the day has of the device';
comment on column openaps.mmol_day.with_decimals is 'how many of them have decimals';
grant select, insert, update, delete on openaps.mmol_day to open_humans_etl;

comment on table openaps.quarantine is 'What could not be read or cannot be, and why. The line itself stays where it is, in the participant''s file. All reasons: docs/deidentification.md. Writer: open-humans-etl.';
comment on column openaps.quarantine.file_key is 'as in openaps.loaded_file; day:yyyy-mm-dd: found among the entries or profile switches of that UTC day, of whatever files, when summaries were made';
comment on column openaps.quarantine.line is 'counted from 1 in the file, of therapy settings in the raw segment; of a field the first line it was found on; 0: found among the rows of a day';
comment on column openaps.quarantine.field is 'empty: the whole line was left out; else only this field, and the record was loaded without it (unit not certain: without a value in mg/dL)';
comment on column openaps.quarantine.occurrences is 'lines of the file, or rows of the day, with this field and reason';

-- What is outside of the limits leaves the column empty and is noted in openaps.quarantine. The limits are the code's (open-humans-etl/Tables/WarehouseTables.cs), a test compares them.
comment on column openaps.entries.sgv is 'sensor glucose, whatever unit the site displays; 1 to 12 are Dexcom error codes, 39 and 401 usually mean LOW and HIGH; limits: 0 to 1000; unit: mg/dL';
comment on column openaps.entries.glucose is 'repeats sgv where an uploader sends both; limits: 0 to 1000; unit: mg/dL or mmol/L';
comment on column openaps.entries.mbg is 'meter glucose (finger stick); limits: 0 to 1000; unit: mg/dL';
comment on column openaps.entries.delta is 'change since the reading before; limits: -1000 to 1000; unit: mg/dL';
comment on column openaps.entries.utc_offset is 'how far local time is ahead of UTC, as sent; Loop sends 0 wherever it is, so this is evidence and no answer: openaps.utc_offset_timeline is; limits: -720 to 840; unit: minutes';
comment on column openaps.treatments.insulin is 'insulin of a bolus; limits: 0 to 300; unit: U';
comment on column openaps.treatments.carbs is 'carbohydrates; below 0 where an uploader takes back what was entered before; limits: -1000 to 1000; unit: g';
comment on column openaps.treatments.protein is 'protein; limits: 0 to 1000; unit: g';
comment on column openaps.treatments.fat is 'fat; limits: 0 to 1000; unit: g';
comment on column openaps.treatments.glucose is 'as sent, in mg/dL or mmol/L: column glucose_unit says which; a value above 35 can only be mg/dL; limits: 0 to 1000; unit: mg/dL or mmol/L';
comment on column openaps.treatments.rate is 'temporary basal: U/h (absolute) or % (percent); limits: 0 to 1000; unit: U/h or %';
comment on column openaps.treatments.duration is 'how long it lasts; limits: 0 to 525600; unit: minutes';
comment on column openaps.treatments.amount is 'of a bolus from a Medtronic pump''s history: what was delivered; limits: 0 to 1000; unit: U';
comment on column openaps.treatments.absolute is 'temporary basal; limits: 0 to 100; unit: U/h';
comment on column openaps.treatments.absorption_time is 'expected absorption of the carbohydrates; limits: 0 to 1440; unit: minutes';
comment on column openaps.treatments.unabsorbed is 'of a bolus from a Medtronic pump''s history: insulin still active at its start; limits: 0 to 300; unit: U';
comment on column openaps.treatments.target_top is 'as sent, in mg/dL or mmol/L: column glucose_unit says which; 0: no target; limits: 0 to 1000; unit: mg/dL or mmol/L';
comment on column openaps.treatments.target_bottom is 'as sent, in mg/dL or mmol/L: column glucose_unit says which; 0: no target; limits: 0 to 1000; unit: mg/dL or mmol/L';
comment on column openaps.treatments.percent is 'temporary basal as difference to the schedule: 30 is 30 % more, -100 none; limits: -100 to 1000; unit: %';
comment on column openaps.treatments.entered_insulin is 'of a combination bolus, both parts; limits: 0 to 300; unit: U';
comment on column openaps.treatments.split_ext is 'share of entered_insulin that is given over duration; limits: 0 to 100; unit: %';
comment on column openaps.treatments.utc_offset is 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; limits: -720 to 840; unit: minutes';
comment on column openaps.device_status.loop_cob is 'carbs on board as Loop reported them; limits: -1 to 1000; unit: g';
comment on column openaps.device_status.loop_iob is 'insulin on board as Loop reported it; limits: -300 to 300; unit: U';
comment on column openaps.device_status.utc_offset is 'how far local time is ahead of UTC, as sent; see openaps.entries.utc_offset; limits: -720 to 840; unit: minutes';
comment on column openaps.device_status_metrics.iob_iob is 'insulin on board; the first element where iob is a list; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.iob_basal_iob is 'insulin on board by basal that differs from the schedule; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.iob_bolus_iob is 'insulin on board by boluses; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.iob_net_basal_insulin is 'basal of the duration of insulin action that differs from the schedule; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.iob_bolus_insulin is 'insulin of the boluses of the duration of insulin action; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.suggested_bg is 'glucose the calculation began with; limits: 0 to 1000; unit: mg/dL';
comment on column openaps.device_status_metrics.suggested_insulin_req is 'insulin required; negative: too much on board; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.suggested_reservoir is 'insulin left in the pump, as sent; limits: 0 to 1000; unit: U';
comment on column openaps.device_status_metrics.suggested_cob is 'carbs on board; limits: -1 to 1000; unit: g';
comment on column openaps.device_status_metrics.suggested_iob is 'insulin on board; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.enacted_bg is 'glucose the calculation began with; limits: 0 to 1000; unit: mg/dL';
comment on column openaps.device_status_metrics.enacted_insulin_req is 'insulin required; negative: too much on board; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.enacted_cob is 'carbs on board; limits: -1 to 1000; unit: g';
comment on column openaps.device_status_metrics.enacted_iob is 'insulin on board; limits: -300 to 300; unit: U';
comment on column openaps.device_status_metrics.enacted_duration is 'of the enacted temporary basal; limits: 0 to 1440; unit: minutes';
comment on column openaps.device_status_metrics.enacted_rate is 'enacted temporary basal; limits: 0 to 100; unit: U/h';
comment on column openaps.entries.date is 'time of the reading, UTC; limits: 2000 to 2039';
comment on column openaps.treatments."timestamp" is 'time the uploader gave besides created_at, UTC; limits: 2000 to 2039';
comment on column openaps.treatments.created_at is 'time of the event, UTC; limits: 2000 to 2039';
comment on column openaps.device_status.created_at is 'when the report was made, UTC; limits: 2000 to 2039';

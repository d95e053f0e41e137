-- oldest-build: 1
-- What closed loops did, the therapy settings they worked with, and what became of it per local day.

alter table openaps.treatments
    add column percent                  numeric,
    add column duration_ms              numeric,
    add column automatic                boolean,
    add column is_smb                   boolean,
    add column entered_insulin          numeric,
    add column split_ext                numeric,
    add column is_emulating_temp_basal  boolean,
    add column profile                  text,
    add column original_profile         text,
    add column percentage               numeric,
    add column timeshift                numeric,
    add column original_percentage      numeric,
    add column profile_json             text;
create index treatments_profile on openaps.treatments (participant_id, created_at) where profile is not null or profile_json is not null;
comment on column openaps.treatments.percent is 'temporary basal as difference to the schedule, %: 30 is 30 % more, -100 none';
comment on column openaps.treatments.duration_ms is 'milliseconds, as AAPS writes it besides duration';
comment on column openaps.treatments.automatic is 'the loop gave it, not the wearer (Loop)';
comment on column openaps.treatments.is_smb is 'super micro bolus (AAPS)';
comment on column openaps.treatments.entered_insulin is 'U of a combination bolus, both parts';
comment on column openaps.treatments.split_ext is '% of entered_insulin that is given over duration';
comment on column openaps.treatments.is_emulating_temp_basal is 'an extended bolus that stands for a temporary basal, which has its own record';
comment on column openaps.treatments.profile is 'of a profile switch: stable pseudonym of the profile''s name, as in the profile''s store';
comment on column openaps.treatments.original_profile is 'of a profile switch of AAPS: pseudonym of the name without percentage and timeshift';
comment on column openaps.treatments.percentage is 'of a profile switch: insulin in % of the profile''s';
comment on column openaps.treatments.timeshift is 'of a profile switch: by how much its times are later, hours, or milliseconds above 24';
comment on column openaps.treatments.original_percentage is 'of AAPS''s effective profile switch: percentage that is already in profile_json';
comment on column openaps.treatments.profile_json is 'of a profile switch of AAPS: dia, time zone, units and schedules as JSON';

create table openaps.aid_cycle (
    participant_id             bigint   not null,
    device_status_id           text     not null,
    controller                 text     not null check (controller in ('openaps', 'aaps', 'loop', 'trio')),
    controller_version         text,
    suggested                  boolean  not null,
    enacted                    boolean  not null,
    enacted_at                 timestamptz,
    iob                        numeric,
    iob_source                 text,
    cob                        numeric,
    cob_source                 text,
    eventual_bg                numeric,
    target                     numeric,
    isf                        numeric,
    cr                         numeric,
    dev                        numeric,
    bgi                        numeric,
    min_pred_bg                numeric,
    min_guard_bg               numeric,
    reason_unit                text,
    reason_unit_evidence       text,
    insulin_req                numeric,
    sensitivity_ratio          numeric,
    temp_basal_rate            numeric,
    temp_basal_duration        numeric,
    smb                        numeric,
    bolus_volume               numeric,
    override_active            boolean,
    override_multiplier        numeric,
    failure                    text,
    reservoir                  numeric,
    max_iob                    numeric,
    max_cob                    numeric,
    autosens_min               numeric,
    autosens_max               numeric,
    max_smb_basal_minutes      numeric,
    max_uam_smb_basal_minutes  numeric,
    enable_uam                 boolean,
    enable_smb_always          boolean,
    enable_smb_with_cob        boolean,
    enable_smb_after_carbs     boolean,
    dynamic_isf                boolean,
    adjustment_factor          numeric,
    insulin_curve              text,
    created_at                 timestamptz,
    period                     text     not null,
    content_hash               bigint   not null,
    primary key (participant_id, device_status_id)
);
create index aid_cycle_by_date on openaps.aid_cycle (participant_id, created_at);
create index aid_cycle_date on openaps.aid_cycle using brin (created_at);
comment on table openaps.aid_cycle is 'What an automated insulin delivery (AID) system reported of a cycle: one row per device_status that holds a controller''s record. Writer: open-humans-etl. Readers: open-humans-etl (aid_day), researchers.';
comment on column openaps.aid_cycle.participant_id is 'register.participant';
comment on column openaps.aid_cycle.device_status_id is 'openaps.device_status.id';
comment on column openaps.aid_cycle.controller is 'openaps (oref0 on a rig), aaps (AndroidAPS), loop, or trio (also iAPS and FreeAPS X), by the device''s name and by fields that only one of them writes';
comment on column openaps.aid_cycle.controller_version is 'version of the controller, null when it reports none';
comment on column openaps.aid_cycle.suggested is 'the record holds a recommendation or a prediction';
comment on column openaps.aid_cycle.enacted is 'the pump has taken what was recommended (enacted.received)';
comment on column openaps.aid_cycle.enacted_at is 'when, UTC, as the controller says; rigs repeat what was enacted in later records';
comment on column openaps.aid_cycle.iob is 'insulin on board as reported, U';
comment on column openaps.aid_cycle.iob_source is 'field of the record that iob is from';
comment on column openaps.aid_cycle.cob is 'carbs on board as reported, g';
comment on column openaps.aid_cycle.cob_source is 'field of the record that cob is from';
comment on column openaps.aid_cycle.eventual_bg is 'where the controller expects glucose to end, mg/dL; of Loop the last predicted value';
comment on column openaps.aid_cycle.target is 'glucose target, mg/dL; null when the unit of the reason is not known';
comment on column openaps.aid_cycle.isf is 'insulin sensitivity factor in use, mg/dL per U; null when the unit of the reason is not known';
comment on column openaps.aid_cycle.cr is 'carb ratio in use, g/U';
comment on column openaps.aid_cycle.dev is 'deviation of glucose from what insulin explains, over 30 minutes, mg/dL';
comment on column openaps.aid_cycle.bgi is 'expected change of glucose by insulin in 5 minutes, mg/dL';
comment on column openaps.aid_cycle.min_pred_bg is 'lowest predicted glucose that counts for dosing, mg/dL';
comment on column openaps.aid_cycle.min_guard_bg is 'lowest predicted glucose that counts for safety, mg/dL';
comment on column openaps.aid_cycle.reason_unit is 'unit in which the reason was written: mg/dL or mmol/L; null when it does not tell';
comment on column openaps.aid_cycle.reason_unit_evidence is 'how the unit is known: eventual BG (the reason against the record''s own field) or range (predictions and target fit one unit only)';
comment on column openaps.aid_cycle.insulin_req is 'insulin required, U; negative: too much on board';
comment on column openaps.aid_cycle.sensitivity_ratio is 'autosens: 1 is the profile''s sensitivity, above 1 more insulin';
comment on column openaps.aid_cycle.temp_basal_rate is 'enacted temporary basal, U/h; null when nothing was enacted';
comment on column openaps.aid_cycle.temp_basal_duration is 'of the enacted temporary basal, minutes';
comment on column openaps.aid_cycle.smb is 'enacted super micro bolus, U';
comment on column openaps.aid_cycle.bolus_volume is 'automatic bolus that Loop enacted, U';
comment on column openaps.aid_cycle.override_active is 'a temporary override was in force (Loop)';
comment on column openaps.aid_cycle.override_multiplier is 'of the override: insulin needs, 1 is usual';
comment on column openaps.aid_cycle.failure is 'name of Loop''s error when it is a known one';
comment on column openaps.aid_cycle.reservoir is 'insulin left in the pump, U';
comment on column openaps.aid_cycle.max_iob is 'oref0 setting, U; this and the following columns are null where settings are not uploaded';
comment on column openaps.aid_cycle.max_cob is 'oref0 setting, g';
comment on column openaps.aid_cycle.autosens_min is 'oref0 setting, ratio';
comment on column openaps.aid_cycle.autosens_max is 'oref0 setting, ratio';
comment on column openaps.aid_cycle.max_smb_basal_minutes is 'oref0 setting: an SMB is at most the basal of so many minutes';
comment on column openaps.aid_cycle.max_uam_smb_basal_minutes is 'oref0 setting: the same for unannounced meals';
comment on column openaps.aid_cycle.enable_uam is 'oref0 setting: detection of unannounced meals';
comment on column openaps.aid_cycle.enable_smb_always is 'oref0 setting';
comment on column openaps.aid_cycle.enable_smb_with_cob is 'oref0 setting';
comment on column openaps.aid_cycle.enable_smb_after_carbs is 'oref0 setting';
comment on column openaps.aid_cycle.dynamic_isf is 'setting of Trio and iAPS (useNewFormula)';
comment on column openaps.aid_cycle.adjustment_factor is 'setting of Trio and iAPS for dynamic ISF, ratio';
comment on column openaps.aid_cycle.insulin_curve is 'oref0 setting';
comment on column openaps.aid_cycle.created_at is 'that of the device_status, UTC';
comment on column openaps.aid_cycle.period is 'period of the file the row is from';
comment on column openaps.aid_cycle.content_hash is 'of the record as the warehouse keeps it';

create table openaps.therapy_setting (
    participant_id  bigint       not null,
    valid_from      timestamptz  not null,
    kind            text         not null check (kind in ('basal', 'isf', 'carb_ratio', 'target_low', 'target_high', 'dia',
                                                          'max_basal', 'max_bolus', 'suspend_threshold', 'dosing_enabled')),
    seconds         int          not null check (seconds between 0 and 86399),
    value           numeric,
    unit            text,
    sent_value      numeric      not null,
    sent_unit       text,
    unit_evidence   text,
    timezone        text,
    source          text         not null,
    primary key (participant_id, valid_from, kind, seconds)
);
comment on table openaps.therapy_setting is 'Therapy settings in force, made of profile documents and profile switches: those of the newest valid_from hold, all kinds together, until the next. Writer: open-humans-etl. Readers: open-humans-etl (aid_day), researchers.';
comment on column openaps.therapy_setting.participant_id is 'register.participant';
comment on column openaps.therapy_setting.valid_from is 'UTC; 1970 is what Nightscout''s profile editor writes for "always"';
comment on column openaps.therapy_setting.kind is 'basal, isf (insulin sensitivity factor), carb_ratio, target_low, target_high, dia (duration of insulin action); of Loop also max_basal, max_bolus, suspend_threshold and dosing_enabled (1: closed loop switched on)';
comment on column openaps.therapy_setting.seconds is 'seconds of the day from which the value holds, by the clock of column timezone; 0 for what does not change over the day';
comment on column openaps.therapy_setting.value is 'in the unit of column unit; null when it is not known whether mg/dL or mmol/L was sent';
comment on column openaps.therapy_setting.unit is 'U/h, mg/dL per U, g/U, mg/dL, h or U';
comment on column openaps.therapy_setting.sent_value is 'as sent; of a profile switch before its percentage';
comment on column openaps.therapy_setting.sent_unit is 'unit of glucose as the profile names it, null when it names none';
comment on column openaps.therapy_setting.unit_evidence is 'of glucose: units (as named), range (the targets fit one unit only), units and range, range against units (they differ, the range counts), unknown';
comment on column openaps.therapy_setting.timezone is 'as the profile names it; null: the wearer''s local time';
comment on column openaps.therapy_setting.source is 'profile, profile switch (by name or with its own schedules), or default profile (the switch names a profile that is not in the store)';

create table openaps.aid_day (
    participant_id      bigint       not null,
    local_day           date         not null,
    from_utc            timestamptz  not null,
    to_utc              timestamptz  not null,
    loop_type           text         not null check (loop_type in ('closed', 'open', 'unknown')),
    controllers         text,
    controller_version  text,
    settings            jsonb,
    cycles              int          not null,
    enacted             int          not null,
    smbs                int          not null,
    bolus_units         numeric,
    smb_units           numeric,
    basal_units         numeric,
    total_units         numeric,
    carbs               numeric,
    basal_hours         numeric      not null,
    temp_basal_source   text,
    primary key (participant_id, local_day)
);
comment on table openaps.aid_day is 'How a participant''s insulin was delivered on a local day. Writer: open-humans-etl. Readers: researchers, charts.';
comment on column openaps.aid_day.participant_id is 'register.participant';
comment on column openaps.aid_day.local_day is 'day by the participant''s clock';
comment on column openaps.aid_day.from_utc is 'start of the day';
comment on column openaps.aid_day.to_utc is 'its end; 23 or 25 hours later when clocks change';
comment on column openaps.aid_day.loop_type is 'closed: at least 12 enacted cycles; open: suggestions, but fewer were enacted; unknown: no suggestion of any controller';
comment on column openaps.aid_day.controllers is 'as in aid_cycle, with commas between, the one with most cycles first';
comment on column openaps.aid_day.controller_version is 'last one of the first controller';
comment on column openaps.aid_day.settings is 'the oref0 settings of aid_cycle, as last uploaded on the day; null where they are not uploaded';
comment on column openaps.aid_day.cycles is 'cycles with a suggestion or an enactment, each time once';
comment on column openaps.aid_day.enacted is 'enactments, each once';
comment on column openaps.aid_day.smbs is 'boluses the controller gave';
comment on column openaps.aid_day.bolus_units is 'U the wearer gave as bolus; null when the day has no treatment record at all';
comment on column openaps.aid_day.smb_units is 'U the controller gave as bolus (SMB, Loop''s automatic bolus); null as bolus_units';
comment on column openaps.aid_day.basal_units is 'U of the basal timeline in basal_hours; null when it is not known at all';
comment on column openaps.aid_day.total_units is 'total daily dose, U; null unless the basal of the whole day is known';
comment on column openaps.aid_day.carbs is 'g; null as bolus_units';
comment on column openaps.aid_day.basal_hours is 'hours of the day for which the basal rate is known';
comment on column openaps.aid_day.temp_basal_source is 'treatments (temp basal records) or cycles (what was enacted, where there are no such records); null: neither';

comment on column openaps.quarantine.line is 'counted from 1 in the file, of therapy settings in the raw segment; of a field the first line it was found on';

grant select, insert, update, delete on openaps.aid_cycle, openaps.therapy_setting, openaps.aid_day to open_humans_etl;

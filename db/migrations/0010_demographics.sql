-- oldest-build: 1
-- Demographics: what the surveys say, cleaned. The table of 0004 was never written by any service; it is made anew without what may name a
-- person: dates of birth and diagnosis, and text as it was typed.
drop view if exists openaps.country_ref; -- the warehouse keeps ISO 3166 names now
drop table openaps.member_demographics;

create table openaps.member_demographics (
    participant_id                              bigint       not null,
    source                                      text         not null check (source in ('survey', 'original', 'site')),
    google_sheets_source                        text         check (google_sheets_source in ('openaps', 'nightscout')),
    ts                                          timestamptz  not null,
    gender                                      text,
    ethnicity                                   text,
    country                                     text,
    country_code                                text         check (country_code ~ '^[A-Z]{2}$'),
    diy_closed_loop_type                        text,
    who_uses_the_closed_loop_system             text,
    cleaned_height_cm                           numeric(4,1) check (cleaned_height_cm between 40 and 250),
    cleaned_weight_kg                           numeric(4,1) check (cleaned_weight_kg between 2 and 400),
    age_bracket                                 text         check (age_bracket in ('0-5', '06-10', '11-15', '16-20', '21-30', '31-45', '46-60', '60+')),
    years_since_diagnosed_bracket               text         check (years_since_diagnosed_bracket in ('0-2', '03-5', '06-10', '11-20', '20+')),
    years_since_first_insulin_pump_bracket      text         check (years_since_first_insulin_pump_bracket in ('0-2', '03-5', '06-10', '11-20', '20+')),
    years_since_first_glucose_monitor_bracket   text         check (years_since_first_glucose_monitor_bracket in ('0-2', '03-5', '06-10', '11-20', '20+')),
    years_since_first_diy_closed_loop_bracket   text         check (years_since_first_diy_closed_loop_bracket in ('0-2', '03-5', '06-10', '11-20', '20+')),
    insulin_units_per_day                       numeric,
    basal_insulin_units_per_day                 numeric,
    carb_grams_per_day                          numeric,
    last_lab_reported_a1c                       numeric,
    last_lab_reported_a1c_date                  date,
    inserted_ts                                 timestamptz  not null default now(),
    check ((google_sheets_source is null) = (source = 'site')),
    constraint member_demographics_key unique nulls not distinct (participant_id, source, google_sheets_source)
);
comment on table openaps.member_demographics is 'The newest answer of a participant to each survey, cleaned; only of participants who share something. The view openaps.member_demographics_cleaned makes one row per participant of it. Writer: open-humans-etl; db import-original brings source original. Readers: none yet but people with access to the warehouse.';
comment on column openaps.member_demographics.participant_id is 'register.participant; a survey names people by project_member_id, never by the number of its row';
comment on column openaps.member_demographics.source is 'survey: read from a Google sheet or a CSV file; original: imported from the database of the system before this one, until its survey is read directly; site: asked on the registration site (no page does it yet)';
comment on column openaps.member_demographics.google_sheets_source is 'which survey: openaps or nightscout; null: none of the two (source site)';
comment on column openaps.member_demographics.ts is 'when it was answered; times of a sheet are taken for UTC';
comment on column openaps.member_demographics.gender is 'one of a list of words; a text on no list is dropped';
comment on column openaps.member_demographics.ethnicity is 'words of a list, joined by comma; a text on no list is dropped';
comment on column openaps.member_demographics.country is 'country of residence, English short name as in ISO 3166';
comment on column openaps.member_demographics.country_code is 'the same, ISO 3166-1 alpha-2';
comment on column openaps.member_demographics.diy_closed_loop_type is 'names of a list, joined by comma';
comment on column openaps.member_demographics.who_uses_the_closed_loop_system is 'self, child, partner or other: who the person with diabetes is to the one who answered';
comment on column openaps.member_demographics.cleaned_height_cm is 'cm, when it was answered';
comment on column openaps.member_demographics.cleaned_weight_kg is 'kg, when it was answered';
comment on column openaps.member_demographics.age_bracket is 'years of age when it was answered (not today: a bracket that changed would tell the birthday); 60+ is over 60';
comment on column openaps.member_demographics.years_since_diagnosed_bracket is 'years from the diagnosis of diabetes to the answer; 20+ is over 20';
comment on column openaps.member_demographics.years_since_first_insulin_pump_bracket is 'years from the first insulin pump to the answer';
comment on column openaps.member_demographics.years_since_first_glucose_monitor_bracket is 'years from the first continuous glucose monitor to the answer';
comment on column openaps.member_demographics.years_since_first_diy_closed_loop_bracket is 'years from the first do-it-yourself closed loop to the answer';
comment on column openaps.member_demographics.insulin_units_per_day is 'U/day';
comment on column openaps.member_demographics.basal_insulin_units_per_day is 'U/day';
comment on column openaps.member_demographics.carb_grams_per_day is 'g/day';
comment on column openaps.member_demographics.last_lab_reported_a1c is '% (NGSP); an answer in mmol/mol is converted';
comment on column openaps.member_demographics.last_lab_reported_a1c_date is 'day of that measurement, as far as it was given';
comment on column openaps.member_demographics.inserted_ts is 'when this row was written or last changed';

create table openaps.demographics_load (
    google_sheets_source  text         primary key check (google_sheets_source in ('openaps', 'nightscout')),
    read_at               timestamptz  not null,
    rows_read             int          not null,
    rows_matched          int          not null,
    dropped               jsonb        not null
);
comment on table openaps.demographics_load is 'The last complete read of each survey. Writer: open-humans-etl.';
comment on column openaps.demographics_load.read_at is 'when it ended; the next is due a day later';
comment on column openaps.demographics_load.rows_read is 'rows of the survey, without its headings';
comment on column openaps.demographics_load.rows_matched is 'of them the ones of participants who share something';
comment on column openaps.demographics_load.dropped is 'how many rows or values were left out, by reason; no values';

grant select, insert, update, delete on openaps.member_demographics, openaps.demographics_load to open_humans_etl;

-- import-original
alter table register.open_humans_token add column imported_generation bigint;
comment on column register.open_humans_token.imported_generation is 'generation that import-original stored: as long as it is the present one, the pair is not newer than that of the system before this one; null: never imported';

alter table portal.app_users add column allowed_projects int references openaps.source_entities;
comment on column portal.app_users.allowed_projects is 'what the system before this one allowed (openaps.source_entities), brought by import-original; the first link to choose a password gives the access grant. Null: not imported';

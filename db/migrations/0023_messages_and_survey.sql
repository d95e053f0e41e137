-- oldest-build: 1
-- Signing out ends every session, news reach participants through Open Humans, and the site asks what the surveys ask.
alter table register.participant add column sessions_ended bigint not null default 0;
comment on column register.participant.sessions_ended is 'grows with every sign-out; a session knows the number it began under and ends when that is no longer the present one';
alter table register.participant add column messages_off_at timestamptz;
comment on column register.participant.messages_off_at is 'since then the participant wants no messages; null: they get them';

create table register.message (
    message_id      bigint       generated always as identity primary key,
    participant_id  bigint       not null references register.participant on delete cascade,
    cause           text         not null check (cause in ('sign in again', 'site refused')),
    since           timestamptz  not null,
    claimed_at      timestamptz  not null default now(),
    outcome         text         not null default 'sending' check (outcome in ('sending', 'sent', 'declined', 'no answer'))
);
create index message_latest on register.message (participant_id, claimed_at desc);
comment on table register.message is 'Messages to participants through Open Humans, written down before they are sent. Goes with the participant''s erasure. Writer and reader: registration-site.';
comment on column register.message.message_id is 'grows';
comment on column register.message.participant_id is 'to whom';
comment on column register.message.cause is 'sign in again: Open Humans refused our permission; site refused: their Nightscout has not let us in for three days';
comment on column register.message.since is 'when the cause began: each is told once';
comment on column register.message.claimed_at is 'when a replica took it in hand; there is at most one a week';
comment on column register.message.outcome is 'sending: in hand, or the sender stopped before it knew; sent: Open Humans took it; declined: Open Humans did not take it, for the person is no member any more for instance; no answer: whether it went is not known. Sending and no answer are tried again after a week';
grant select, insert, update on register.message to registration_site;

-- What is answered on the site, which writes it through the view openaps.site_survey.
alter table openaps.member_demographics add column survey_version text;
comment on column openaps.member_demographics.survey_version is 'version of the questions of source site; null: a sheet, which has none';
comment on column openaps.member_demographics.source is 'survey: read from a Google sheet or a CSV file; original: imported from the database of the system before this one, until its survey is read directly; site: answered on the registration site';
comment on table openaps.member_demographics is 'The newest answer of a participant to each survey, cleaned; only of participants who share something. The view openaps.member_demographics_cleaned makes one row per participant of it, research.member_demographics shows them to researchers. Writers: open-humans-etl; registration-site of source site, through openaps.site_survey; db import-original brings source original. Readers: data-management-app by way of schema research.';

-- oldest-build: 1
-- The way of a researcher: application, review, account with a second factor, grants by study; and the mails that go with it.

alter table portal.app_users
    add column name             text,
    add column reviewer         boolean  not null default false,
    add column sealed_totp      bytea,
    add column totp_since       timestamptz,
    add column totp_step        bigint   not null default 0,
    add column failed_codes     int      not null default 0,
    add column chosen_grant_id  bigint   references portal.access_grant;
comment on column portal.app_users.reviewer is 'reviews applications; administrators do as well';
comment on column portal.app_users.sealed_totp is 'secret of the second factor (RFC 6238), sealed with the deployment key; null: none';
comment on column portal.app_users.totp_since is 'when a code of it was first right; null: it is not in use yet';
comment on column portal.app_users.totp_step is 'number of the time step whose code was used last: none is taken twice';
comment on column portal.app_users.failed_codes is 'wrong codes of the second factor in a row; a right password does not clear it';
comment on column portal.app_users.chosen_grant_id is 'the study they work in; null, or no longer valid: the newest';

create table portal.recovery_code (
    user_id    bigint  not null references portal.app_users on delete cascade,
    code_hash  bytea   not null,
    used_at    timestamptz,
    primary key (user_id, code_hash)
);
comment on table portal.recovery_code is 'Codes that stand in for the second factor, each once. Writer: data-management-app.';
comment on column portal.recovery_code.code_hash is 'HMAC-SHA256 under a key derived from the deployment key';

-- One e-mail may apply again and again; of the decided applications all stay, of the others that wait for review there is one.
alter table portal.researcher_applications drop constraint researcher_applications_email_key;
alter table portal.researcher_applications
    add column user_id          bigint       references portal.app_users,
    add column organisation     text,
    add column study            text,
    add column terms_version    text,
    add column terms_accepted   timestamptz,
    add column confirmed_at     timestamptz,
    add column renews_grant_id  bigint       references portal.access_grant,
    add column decided_by       bigint       references portal.app_users,
    add column reason           text,
    add column grant_id         bigint       references portal.access_grant;
update portal.researcher_applications set confirmed_at = inserted_ts; -- those that were imported
create unique index application_waiting on portal.researcher_applications (email) where confirmed_at is not null and not application_processed;
create index application_of on portal.researcher_applications (email, seq_id desc);
comment on column portal.researcher_applications.user_id is 'who applied signed in; null: by the public form';
comment on column portal.researcher_applications.study is 'purpose of the study, in words that participants see too when access is given';
comment on column portal.researcher_applications.terms_version is 'of the conditions that were accepted; null: imported from the system before this one';
comment on column portal.researcher_applications.confirmed_at is 'when the e-mail was confirmed; null: not yet, nobody is told of the application, and after two days it is forgotten';
comment on column portal.researcher_applications.renews_grant_id is 'the grant that is to last longer; null: a new one is asked for';
comment on column portal.researcher_applications.reason is 'why it was refused, as the applicant reads it';
comment on column portal.researcher_applications.grant_id is 'what came of it';

create table portal.application_message (
    message_id      bigint       generated always as identity primary key,
    seq_id          bigint       not null references portal.researcher_applications on delete cascade,
    reviewer_id     bigint       references portal.app_users,
    at              timestamptz  not null default now(),
    text            text         not null check (length(text) between 1 and 4000)
);
create index application_message_of on portal.application_message (seq_id, message_id);
comment on table portal.application_message is 'What an applicant and the reviewers write to each other. Writer: data-management-app.';
comment on column portal.application_message.reviewer_id is 'null: the applicant wrote it';

-- Links and codes also confirm the e-mail of an application, and lead to another password.
alter table portal.one_time_link drop constraint one_time_link_purpose_check;
alter table portal.one_time_link
    alter column user_id drop not null,
    add column seq_id     bigint  references portal.researcher_applications on delete cascade,
    add column email      text,
    add column code_hash  bytea,
    add column tries      int     not null default 0,
    add constraint one_time_link_purpose_check check (purpose in ('invitation', 'reset', 'application')),
    add constraint one_time_link_subject_check check ((purpose = 'application') = (seq_id is not null) and (purpose <> 'application') = (user_id is not null));
create index one_time_link_email on portal.one_time_link (email) where used_at is null;
comment on table portal.one_time_link is 'Links, and codes to type instead, that work once: to choose a password, or to confirm an e-mail. Writer: data-management-app.';
comment on column portal.one_time_link.email is 'to whom it was sent; null: it was printed, and has no code';
comment on column portal.one_time_link.code_hash is 'HMAC-SHA256 of e-mail and code under a key derived from the deployment key';
comment on column portal.one_time_link.tries is 'wrong codes typed for this e-mail since; after five only the link works';

alter table portal.access_grant add column expiry_told_at timestamptz;
comment on column portal.access_grant.expiry_told_at is 'when its end was announced by mail; null: not for this end';

create table portal.mail (
    mail_id      bigint       generated always as identity primary key,
    kind         text         not null,
    recipient    text         not null,
    subject      text         not null,
    sealed_body  bytea,
    state        text         not null default 'waiting' check (state in ('waiting', 'sent', 'failed')),
    due_at       timestamptz  not null default now(),
    lease_owner  text,
    lease_until  timestamptz,
    fence        bigint       not null default 0,
    attempts     int          not null default 0,
    problem      text,
    queued_at    timestamptz  not null default now(),
    sent_at      timestamptz
);
create index mail_due on portal.mail (due_at) where state = 'waiting';
create index mail_to on portal.mail (recipient, kind, queued_at);
comment on table portal.mail is 'Mails that wait, were sent or could not be. Writer: data-management-app.';
comment on column portal.mail.sealed_body is 'sealed with the deployment key, because links in it open accounts; null: removed some days after it was sent';
comment on column portal.mail.problem is 'why the last attempt failed, in words of ours';

create index audit_user on portal.audit (user_id, audit_id desc);
create index audit_action on portal.audit (action, audit_id desc);

grant select, insert, update, delete on portal.recovery_code, portal.mail to data_management_app;
grant select, insert, delete, update (seq_id) on portal.application_message to data_management_app; -- the thread goes over to the application that replaces another

-- Administrators see how copying and loading go, and make somebody due again; nothing else of these queues is theirs.
create function portal.loads() returns table (participant_id bigint, outcome text, due_at timestamptz, running boolean, failed_since timestamptz, succeeded_at timestamptz)
    language sql stable security definer set search_path = openaps, pg_temp as $$
    select participant_id, outcome, due_at, coalesce(lease_until > now(), false), failed_since, succeeded_at from load_state
$$;
comment on function portal.loads is 'The queue of loads into the warehouse, for administrators.';

create function portal.load_totals() returns table (files bigint, rows_loaded bigint, rows_quarantined bigint)
    language sql stable security definer set search_path = openaps, pg_temp as $$
    select count(*), coalesce(sum(rows_loaded), 0)::bigint, coalesce(sum(rows_quarantined), 0)::bigint from loaded_file where completed_at > now() - interval '24 hours'
$$;
comment on function portal.load_totals is 'What the loads of the last 24 hours did, for administrators.';

create function portal.retry_copy(whose bigint) returns boolean
    language sql security definer set search_path = ingest, pg_temp as $$
    with due as (update participant set due_at = now() where participant_id = whose and (lease_until is null or lease_until < now()) returning 1)
    select exists (select from due)
$$;
comment on function portal.retry_copy is 'Makes a participant due for copying at once; false: there is none of this number, or the copy runs just now.';

create function portal.retry_load(whose bigint) returns boolean
    language sql security definer set search_path = openaps, pg_temp as $$
    with due as (update load_state set due_at = now() where participant_id = whose and (lease_until is null or lease_until < now()) returning 1)
    select exists (select from due)
$$;
comment on function portal.retry_load is 'Makes a participant due for loading at once; false: there is none of this number, or the load runs just now.';

revoke execute on function portal.loads, portal.load_totals, portal.retry_copy, portal.retry_load from public;
grant execute on function portal.loads, portal.load_totals, portal.retry_copy, portal.retry_load to data_management_app;

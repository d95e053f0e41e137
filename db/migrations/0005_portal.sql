-- oldest-build: 1
-- Researchers, what they may see, and their exports. Written by data-management-app alone.
create schema portal;
grant usage on schema portal to data_management_app;

create table portal.app_users (
    id                      bigint      generated always as identity primary key,
    email                   text        not null unique check (email = lower(email)),
    hashed_pw               text,
    session_stamp           uuid        not null default gen_random_uuid(),
    failed_sign_ins         int         not null default 0,
    locked_until            timestamptz,
    verified                boolean     not null default false,
    admin                   boolean     not null default false,
    last_signin             timestamptz,
    login_count             int         not null default 0,
    num_downloads           int         not null default 0,
    total_download_size_mb  numeric     not null default 0,
    deactivated             boolean     not null default false,
    deactivated_date        timestamptz,
    created_ts              timestamptz not null default now()
);
comment on table portal.app_users is 'Researchers and administrators. Writer: data-management-app.';
comment on column portal.app_users.hashed_pw is 'PBKDF2 as ASP.NET Core Identity writes it; null until the person has chosen a password';
comment on column portal.app_users.session_stamp is 'stands in every session cookie; a new one ends all sessions';

create table portal.one_time_link (
    token_hash   bytea       primary key,
    user_id      bigint      not null references portal.app_users on delete cascade,
    purpose      text        not null check (purpose in ('invitation')),
    expires_at   timestamptz not null,
    used_at      timestamptz
);
comment on table portal.one_time_link is 'Links by which a person chooses a password. Writer: data-management-app.';
comment on column portal.one_time_link.token_hash is 'SHA-256 of the token in the link';

create table portal.access_grant (
    grant_id       bigint      generated always as identity primary key,
    user_id        bigint      not null references portal.app_users,
    openaps        boolean     not null,
    nsf            boolean     not null,
    secret_hash    bytea       not null unique,
    sealed_secret  bytea       not null,
    granted_at     timestamptz not null default now(),
    expires_at     timestamptz not null,
    revoked_at     timestamptz,
    check (openaps or nsf)
);
comment on table portal.access_grant is 'Which commons a researcher may read, for one study. Writer: data-management-app; looked up by the views of schema research.';
comment on column portal.access_grant.secret_hash is 'SHA-256 of the secret that a transaction names to see the grant''s rows';
comment on column portal.access_grant.sealed_secret is 'the secret, sealed with the deployment key: a stolen dump opens nothing';

create table portal.export (
    export_id      bigint      generated always as identity primary key,
    user_id        bigint      not null references portal.app_users,
    grant_id       bigint      not null references portal.access_grant,
    entity         text        not null check (entity in ('all', 'entries', 'treatments', 'device_status', 'profile')),
    format         text        not null check (format in ('csv', 'json')),
    from_day       date        not null,
    to_day         date        not null check (to_day >= from_day),
    state          text        not null default 'queued' check (state in ('queued', 'building', 'ready', 'failed')),
    due_at         timestamptz not null default now(),
    lease_owner    text,
    lease_until    timestamptz,
    fence          bigint      not null default 0,
    attempts       int         not null default 0,
    rows           bigint      not null default 0,
    bytes          bigint,
    sha256         bytea,
    problem        text,
    requested_at   timestamptz not null default now(),
    started_at     timestamptz,
    finished_at    timestamptz
);
create index export_of_user on portal.export (user_id, export_id desc);
create index export_due on portal.export (due_at) where state in ('queued', 'building');
comment on table portal.export is 'Files that researchers asked for. Writer: data-management-app.';
comment on column portal.export.to_day is 'included, as from_day is; UTC';

create table portal.export_participant (
    export_id       bigint  not null references portal.export on delete cascade,
    participant_id  bigint  not null,
    primary key (export_id, participant_id)
);
comment on table portal.export_participant is 'Whose records a finished export holds: it is served only while the grant still covers every one of them.';

create table portal.audit (
    audit_id  bigint      generated always as identity primary key,
    at        timestamptz not null default now(),
    user_id   bigint,
    action    text        not null,
    detail    text        not null default ''
);
comment on table portal.audit is 'Append-only: who did what. Writer: data-management-app, which may insert and read, not change.';

create table portal.researcher_applications (
    seq_id                 bigint      generated always as identity primary key,
    researcher_name        text        not null,
    email                  text        not null unique check (email = lower(email)),
    phone_number           text,
    project_requests       int         not null references openaps.source_entities,
    irb_approval           text        not null check (irb_approval in ('yes', 'no', 'unsure')),
    sponsor_organisation   text,
    request_description    text        not null,
    application_processed  boolean     not null default false,
    application_granted    boolean     not null default false,
    processed_date         timestamptz,
    inserted_ts            timestamptz not null default now()
);
comment on table portal.researcher_applications is 'Applications for access. Writer: data-management-app.';

create table portal.data_protection_key (
    name  text primary key,
    xml   text not null
);
comment on table portal.data_protection_key is 'ASP.NET Data Protection key ring of the portal, sealed with the deployment key.';

grant select, insert, update, delete on portal.app_users, portal.one_time_link, portal.access_grant, portal.export, portal.export_participant, portal.researcher_applications,
    portal.data_protection_key to data_management_app;
grant select, insert on portal.audit to data_management_app;

-- Holds views only (db/views); they are made again whenever one of them changes.
create schema research;

-- oldest-build: 1
create table portal.access_token (
    token_id      bigint      generated always as identity primary key,
    user_id       bigint      not null references portal.app_users on delete cascade,
    grant_id      bigint      not null references portal.access_grant,
    name          text        not null check (length(name) between 1 and 60),
    token_hash    bytea       not null unique,
    scopes        text[]      not null check (scopes <@ array['read', 'export', 'download'] and cardinality(scopes) > 0),
    created_at    timestamptz not null default now(),
    expires_at    timestamptz not null,
    last_used_at  timestamptz,
    revoked_at    timestamptz
);
create index access_token_of_user on portal.access_token (user_id);
comment on table portal.access_token is 'Personal access tokens of the HTTP API: what a program may do in its owner''s name, for one study. Writer: data-management-app.';
comment on column portal.access_token.grant_id is 'the study: the token ends with it';
comment on column portal.access_token.token_hash is 'SHA-256 of the token, which is shown once';
comment on column portal.access_token.scopes is 'read: records and the data dictionary; export: ask for files, look at them, delete them; download: files';
comment on column portal.access_token.last_used_at is 'to the minute';
grant select, insert, update, delete on portal.access_token to data_management_app;

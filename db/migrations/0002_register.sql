-- oldest-build: 1
-- Who takes part, what they agreed to, and their sealed credentials. Written by registration-site alone, but for two functions below.
-- Nothing outside this schema knows Open Humans' project_member_id: every other table carries participant_id, a random number.
create schema register;
grant usage on schema register to registration_site, nightscout_ingester, open_humans_etl;

create table register.participant (
    participant_id     bigint      primary key check (participant_id > 0),
    project_member_id  text        not null unique check (project_member_id ~ '^[0-9]{1,16}$'),
    salt               bytea       not null,
    created_at         timestamptz not null default now(),
    changed_at         timestamptz not null default now(),
    suspended_at       timestamptz,
    suspended_because  text        check (suspended_because in ('open humans refused the tokens', 'left the project on open humans')),
    check ((suspended_at is null) = (suspended_because is null))
);
comment on table register.participant is 'One row per participant. Writer: registration-site. Readers: nightscout-ingester, open-humans-etl.';
comment on column register.participant.participant_id is 'random, 48 bits; the only name of a participant outside this schema';
comment on column register.participant.project_member_id is 'Open Humans'' name of the participant in this project: digits, leading zeros kept';
comment on column register.participant.salt is 'the participant''s keys are derived from the deployment key and this; destroying it makes every sealed value unreadable';
comment on column register.participant.changed_at is 'last sign-in, change of address or consent: the ingester and the ETL look in at once after it';
comment on column register.participant.suspended_at is 'since then nothing is copied and nothing is visible to researchers; a new sign-in ends it';

create table register.open_humans_token (
    participant_id  bigint      primary key references register.participant on delete cascade,
    access_token    bytea       not null,
    refresh_token   bytea       not null,
    expires_at      timestamptz not null,
    generation      bigint      not null,
    refused_at      timestamptz
);
comment on table register.open_humans_token is 'The participant''s current Open Humans token pair, sealed. Writer: registration-site, and register.swap_tokens for a refreshed pair.';
comment on column register.open_humans_token.expires_at is 'of the access token; the refresh token does not expire';
comment on column register.open_humans_token.generation is 'grows with every pair: who wants to replace a pair names the generation it has seen';
comment on column register.open_humans_token.refused_at is 'Open Humans refused this pair: the participant needs to sign in again';

create table register.nightscout_token (
    participant_id  bigint      primary key references register.participant on delete cascade,
    token           bytea       not null,
    stored_at       timestamptz not null default now()
);
comment on table register.nightscout_token is 'Access token of a participant''s Nightscout site. Writer: registration-site. Reader: nightscout-ingester.';
comment on column register.nightscout_token.token is 'sealed, with the host it was given for as part of the seal: it opens for no other host';

create table register.consent (
    consent_id      bigint      generated always as identity primary key,
    participant_id  bigint      not null references register.participant,
    source          text        not null check (source in ('page', 'file')),
    projects        text        not null check (projects in ('openaps', 'nsf', 'both', 'none')),
    text_version    text        not null,
    given_at        timestamptz not null default now()
);
create index consent_latest on register.consent (participant_id, source, consent_id desc);
comment on table register.consent is 'Append-only ledger of what was agreed to. Writer: register.record_consent.';
comment on column register.consent.source is 'page: the consent page of the registration site; file: the consent file in the participant''s Open Humans account. The narrower of the two latest counts';
comment on column register.consent.projects is 'openaps: OpenAPS Data Commons, nsf: Nightscout Data Commons, both, or none (copied to the participant''s own account only)';
comment on column register.consent.text_version is 'version of the consent text that was shown; for a file what was read: its state';

create table register.data_protection_key (
    name  text primary key,
    xml   text not null
);
comment on table register.data_protection_key is 'ASP.NET Data Protection key ring of the registration site, sealed with the deployment key.';

-- What counts now: for each participant the commons that every latest entry agrees to; nothing while suspended.
create view register.current_consent as
select p.participant_id,
       p.suspended_at is null and coalesce(bool_and(c.projects in ('openaps', 'both')), false) as openaps,
       p.suspended_at is null and coalesce(bool_and(c.projects in ('nsf', 'both')), false)     as nsf,
       coalesce(max(c.consent_id), 0)                                                          as consent_id,
       max(c.projects) filter (where c.source = 'page')                                        as page,
       max(c.projects) filter (where c.source = 'file')                                        as file
  from register.participant p
  left join lateral (
        select distinct on (source) consent_id, source, projects
          from register.consent
         where participant_id = p.participant_id
         order by source, consent_id desc) c on true
 group by p.participant_id;
comment on view register.current_consent is 'The commons a participant shares with now; consent_id grows with every change of mind; page and file are what the latest entries of each say, null: none.';

-- The first of the two exceptions to "registration-site alone writes here": makes the participant on first sight and adds a ledger
-- entry when it differs from the latest of its source. For the ETL and the importer, who meet consent files.
create function register.record_consent(member text, entry_source text, entry_projects text, entry_text_version text) returns bigint
    language plpgsql security definer set search_path = register, pg_temp as $$
declare found_id bigint;
begin
    insert into participant (participant_id, project_member_id, salt)
    values (1 + ('x' || substr(replace(gen_random_uuid()::text, '-', ''), 1, 12))::bit(48)::bigint, member,
            decode(replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', ''), 'hex'))
        on conflict (project_member_id) do nothing;
    select participant_id into strict found_id from participant where project_member_id = member for update;

    if entry_projects is not null
       and (select projects || text_version from consent
             where participant_id = found_id and source = entry_source
             order by consent_id desc limit 1) is distinct from entry_projects || entry_text_version then
        insert into consent (participant_id, source, projects, text_version)
        values (found_id, entry_source, entry_projects, entry_text_version);
        update participant set changed_at = now() where participant_id = found_id;
    end if;
    return found_id;
end $$;
comment on function register.record_consent is 'Returns the participant_id of a member, made on first sight; entry_projects null records no consent.';

-- The second exception: stores a refreshed pair, or without one marks the pair as refused and suspends the participant.
-- False when somebody else replaced the pair meanwhile: read again.
create function register.swap_tokens(participant bigint, seen_generation bigint, new_access bytea, new_refresh bytea, new_expires_at timestamptz)
    returns boolean language plpgsql security definer set search_path = register, pg_temp as $$
begin
    if new_access is null then
        update open_humans_token set refused_at = now()
         where participant_id = participant and generation = seen_generation and refused_at is null;
        if not found then return false; end if;
        update participant p set suspended_at = now(), suspended_because = 'open humans refused the tokens'
         where p.participant_id = participant and p.suspended_at is null;
        return true;
    end if;
    update open_humans_token
       set access_token = new_access, refresh_token = new_refresh, expires_at = new_expires_at, generation = generation + 1, refused_at = null
     where participant_id = participant and generation = seen_generation and refused_at is null;
    return found;
end $$;

revoke execute on function register.record_consent, register.swap_tokens from public;
grant execute on function register.record_consent to registration_site, open_humans_etl;
grant execute on function register.swap_tokens to registration_site, nightscout_ingester, open_humans_etl;

grant select, insert, update, delete on register.participant, register.open_humans_token, register.nightscout_token, register.data_protection_key
   to registration_site;
grant select on register.consent, register.current_consent to registration_site;
grant select on register.participant, register.open_humans_token, register.nightscout_token to nightscout_ingester;
grant select on register.participant, register.open_humans_token, register.current_consent to open_humans_etl;

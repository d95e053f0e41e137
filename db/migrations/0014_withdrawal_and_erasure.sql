-- oldest-build: 1
-- Withdrawal as a job of its own, finished exports that are taken back, and erasure with a receipt.

-- One erasure. What register holds of the participant is gone in the transaction that makes the row; each other service removes what its own
-- schema holds and then reports it by the function below.
create table register.erasure_receipt (
    receipt_id      uuid        primary key default gen_random_uuid(),
    participant_id  bigint      unique,
    member_hash     bytea       not null,
    asked_by        text        not null check (asked_by in ('webhook', 'operator', 'restore')),
    asked_at        timestamptz not null default now(),
    copying_at      timestamptz,
    warehouse_at    timestamptz,
    portal_at       timestamptz,
    completed_at    timestamptz,
    check ((completed_at is null) = (participant_id is not null))
);
create index erasure_receipt_member on register.erasure_receipt (member_hash);
comment on table register.erasure_receipt is 'Who asked for erasure: what is to be removed, and once it is complete a receipt without personal data. Writer: registration-site, and register.report_erased for the parts. Readers: nightscout-ingester, open-humans-etl, data-management-app.';
comment on column register.erasure_receipt.receipt_id is 'random; given to whoever asked';
comment on column register.erasure_receipt.participant_id is 'whose rows are to go; null as soon as all are gone';
comment on column register.erasure_receipt.member_hash is 'HMAC-SHA256 of the project_member_id under a key derived from the deployment key: tells after a restore who must be erased again, and nothing to who has only the database';
comment on column register.erasure_receipt.asked_by is 'webhook: Open Humans, signed; operator: the command erase; restore: the command replay-erasures';
comment on column register.erasure_receipt.asked_at is 'also when consent, tokens, salt and member id were removed';
comment on column register.erasure_receipt.copying_at is 'when nightscout-ingester had removed its rows; null: not yet';
comment on column register.erasure_receipt.warehouse_at is 'when open-humans-etl had removed its rows; null: not yet';
comment on column register.erasure_receipt.portal_at is 'when data-management-app had removed its rows and files; null: not yet';
comment on column register.erasure_receipt.completed_at is 'when the last part was done; null: not yet';

-- The third exception to "registration-site alone writes here": a service says that its part is done. Which part follows from its role.
create function register.report_erased(receipt uuid) returns void
    language plpgsql security definer set search_path = register, pg_temp as $$
begin
    update erasure_receipt
       set copying_at   = case session_user when 'nightscout_ingester' then coalesce(copying_at, clock_timestamp()) else copying_at end,
           warehouse_at = case session_user when 'open_humans_etl'     then coalesce(warehouse_at, clock_timestamp()) else warehouse_at end,
           portal_at    = case session_user when 'data_management_app' then coalesce(portal_at, clock_timestamp()) else portal_at end
     where receipt_id = receipt;
    update erasure_receipt
       set participant_id = null, completed_at = greatest(copying_at, warehouse_at, portal_at)
     where receipt_id = receipt and participant_id is not null and copying_at is not null and warehouse_at is not null and portal_at is not null;
end $$;
comment on function register.report_erased is 'The calling service holds nothing of the participant any more; with the last part the receipt is complete and forgets who it was.';
revoke execute on function register.report_erased from public;
grant execute on function register.report_erased to nightscout_ingester, open_humans_etl, data_management_app;

grant select, insert on register.erasure_receipt to registration_site;
grant delete on register.consent to registration_site; -- of who is erased; nothing else ever leaves the ledger
grant select (receipt_id, participant_id, copying_at) on register.erasure_receipt to nightscout_ingester;
grant select (receipt_id, participant_id, warehouse_at, member_hash) on register.erasure_receipt to open_humans_etl;
grant usage on schema register to data_management_app;
grant select (receipt_id, participant_id, portal_at) on register.erasure_receipt to data_management_app;
grant delete on ingest.run to nightscout_ingester;

-- What the latest file entry was made from: a file that only just vanished hides, and removes nothing yet.
create or replace view register.current_consent as
select p.participant_id,
       p.suspended_at is null and coalesce(bool_and(c.projects in ('openaps', 'both')), false) as openaps,
       p.suspended_at is null and coalesce(bool_and(c.projects in ('nsf', 'both')), false)     as nsf,
       coalesce(max(c.consent_id), 0)                                                          as consent_id,
       max(c.projects) filter (where c.source = 'page')                                        as page,
       max(c.projects) filter (where c.source = 'file')                                        as file,
       max(c.text_version) filter (where c.source = 'file')                                    as file_version
  from register.participant p
  left join lateral (
        select distinct on (source) consent_id, source, projects, text_version
          from register.consent
         where participant_id = p.participant_id
         order by source, consent_id desc) c on true
 group by p.participant_id;
comment on view register.current_consent is 'The commons a participant shares with now; consent_id grows with every change of mind; page and file are what the latest entries of each say, null: none; file_version is the text_version of that file entry.';

alter table openaps.load_state add column withdrawn_consent_id bigint not null default 0;
comment on column openaps.load_state.withdrawn_consent_id is 'entry of the consent ledger after which all rows were removed last; 0: never';

-- Keys of files from a directory named the member; schema register alone may.
update openaps.loaded_file set file_key = regexp_replace(file_key, '^dir:(\d+)_\d+_([a-z]+)\.json(\.gz)?:', 'dir:\1_\2:') where file_key like 'dir:%';
update openaps.loaded_period set file_key = regexp_replace(file_key, '^dir:(\d+)_\d+_([a-z]+)\.json(\.gz)?:', 'dir:\1_\2:') where file_key like 'dir:%';
update openaps.raw_segment set file_key = regexp_replace(file_key, '^dir:(\d+)_\d+_([a-z]+)\.json(\.gz)?:', 'dir:\1_\2:') where file_key like 'dir:%';
update openaps.quarantine set file_key = regexp_replace(file_key, '^dir:(\d+)_\d+_([a-z]+)\.json(\.gz)?:', 'dir:\1_\2:') where file_key like 'dir:%';

alter table portal.export drop constraint export_state_check;
alter table portal.export
    add constraint export_state_check check (state in ('queued', 'building', 'ready', 'failed', 'withdrawn', 'expired')),
    add column replaces bigint unique references portal.export;
comment on column portal.export.state is 'queued -> building -> ready -> expired (kept long enough) or withdrawn (somebody in it left or shares less; the file is deleted and asked for again); failed: see problem';
comment on column portal.export.replaces is 'the withdrawn export that this one was asked for in place of; null: a person asked for it';

alter table portal.export_participant add column source_entity int not null default 2;
update portal.export_participant x
   set source_entity = case when c.openaps and c.nsf then 2 when c.openaps then 0 else 1 end
  from register.current_consent c where c.participant_id = x.participant_id and (c.openaps or c.nsf);
create index export_participant_of on portal.export_participant (participant_id);
comment on table portal.export_participant is 'Whose records an export that is being built or is ready may hold. Written before the first record is; the rows go with the file. Writer: data-management-app; shown to nobody.';
comment on column portal.export_participant.source_entity is 'what the file says they share with, as in openaps.source_entities: the file is taken back when that is no longer so';

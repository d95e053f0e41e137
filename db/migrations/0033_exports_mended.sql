-- oldest-build: 1
-- Exports that are gone on with say how fast they are now; who holds copies is told, whatever became of the file; and what tells about a release stays as the rest of it does.
alter table portal.export add column attempt_at timestamptz, add column attempt_rows bigint not null default 0;
comment on column portal.export.started_at is 'when the first attempt began';
comment on column portal.export.attempt_at is 'when the present attempt, or the last, began';
comment on column portal.export.attempt_rows is 'rows that were complete then: the others tell how fast it is';
comment on column portal.export.state is 'queued -> building -> ready -> expired (kept long enough, or deleted by its owner) or withdrawn (somebody in it left or shares less, or the study may read less; the files are deleted and asked for again); cancelled: by its owner; failed: see problem';
comment on column portal.export.problem is 'why it failed or, of one that is queued, what it waits for; in words for its owner';

-- A participant given out before this migration may have been in a file of any kind.
alter table portal.delivery add column releases int[] not null default '{}', add column elsewhere boolean not null default true, add column told_at timestamptz;
comment on column portal.delivery.releases is 'numbers of the releases whose files of theirs were given out';
comment on column portal.delivery.elsewhere is 'also in a file of the study''s own, or by the API';
comment on column portal.delivery.told_at is 'when the study was told to delete its copies, since the participant does not share with it any more; null: not, or given out again since';

create table portal.release_text (
    number   int   not null references portal.release,
    minor    int   not null,
    name     text  not null,
    content  text  not null,
    primary key (number, minor, name)
);
comment on table portal.release_text is 'Files that tell about a version of a release, written when it is made or reissued: another build of the portal, which would word them in another way, changes no byte of them. Those of earlier versions, which name who withdrew since, are not kept. Writer: data-management-app.';
comment on column portal.release_text.minor is 'of the version number.minor';
grant select, insert, delete on portal.release_text to data_management_app;

create or replace function portal.keep_release() returns trigger language plpgsql as $$
declare
    changed bigint := case tg_op when 'INSERT' then new.export_id else old.export_id end;
begin
    if not exists (select from portal.release r join portal.export e using (export_id) where r.export_id = changed and e.state = 'ready') then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op <> 'UPDATE' or new.withdrawn_at is null or to_jsonb(new) - 'withdrawn_at' - 'participant_id' <> to_jsonb(old) - 'withdrawn_at' - 'participant_id' then
        raise 'A release does not change, but that files of who withdrew go.' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
drop trigger keep_release on portal.export_file;
create trigger keep_release before insert or update or delete on portal.export_file for each row execute function portal.keep_release();

create function portal.keep_released_export() returns trigger language plpgsql as $$
begin
    if exists (select from portal.release where export_id = old.export_id)
       and to_jsonb(new) - array['finished_at', 'due_at', 'lease_owner', 'lease_until', 'fence'] <> to_jsonb(old) - array['finished_at', 'due_at', 'lease_owner', 'lease_until', 'fence'] then
        raise 'A release does not change, but that files of who withdrew go.' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
comment on function portal.keep_released_export is 'What the export of a release says of it stays as it is, from when it is ready: also a mistake of ours cannot make it another commons'', or no release any more.';
create trigger keep_release before update on portal.export for each row when (old.state = 'ready') execute function portal.keep_released_export();

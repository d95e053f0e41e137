-- oldest-build: 1
-- Frozen versions of the data: built like an export with a file per participant and type, under codes of their own, and kept. What is frozen changes in
-- one way only: a file of somebody who withdraws goes.
create table portal.release (
    number      int         primary key check (number > 0),
    minor       int         not null default 0,
    export_id   bigint      not null unique references portal.export,
    user_id     bigint      not null references portal.app_users,
    title       text        not null,
    changes     text        not null,
    citation    text        not null,
    made_at     timestamptz not null default now(),
    changed_at  timestamptz not null default now()
);
comment on table portal.release is 'Frozen versions of the data. Researchers see them when their export is ready. Writer: data-management-app.';
comment on column portal.release.minor is 'grows when files of people who withdrew go: version number.minor';
comment on column portal.release.export_id is 'the export that builds it and holds its files; it does not expire';
comment on column portal.release.user_id is 'the administrator who made it';
comment on column portal.release.changes is 'what is new, in words of the administrator';
comment on column portal.release.citation is 'how it is cited';
comment on column portal.release.changed_at is 'of the version as it is';
grant select, insert, update (minor, changed_at) on portal.release to data_management_app;

alter table portal.export_file add column participant_id bigint, add column withdrawn_at timestamptz;
create index export_file_of on portal.export_file (participant_id) where participant_id is not null;
comment on column portal.export_file.participant_id is 'whose file it is, where each participant has files of their own; null: several people''s, nobody''s, or withdrawn';
comment on column portal.export_file.withdrawn_at is 'of a release: when its participant withdrew; the file is deleted, and asking for it answers 410';

create function portal.keep_release() returns trigger language plpgsql as $$
begin
    if not exists (select from portal.release r join portal.export e using (export_id) where r.export_id = old.export_id and e.state = 'ready') then
        return case tg_op when 'DELETE' then old else new end;
    end if;
    if tg_op = 'DELETE' or new.withdrawn_at is null or to_jsonb(new) - 'withdrawn_at' - 'participant_id' <> to_jsonb(old) - 'withdrawn_at' - 'participant_id' then
        raise 'A release does not change, but that files of who withdrew go.' using errcode = 'integrity_constraint_violation';
    end if;
    return new;
end $$;
comment on function portal.keep_release is 'What is released stays as it is: also a mistake of ours cannot change it.';
create trigger keep_release before update or delete on portal.export_file for each row execute function portal.keep_release();

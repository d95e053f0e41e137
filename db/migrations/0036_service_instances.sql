-- oldest-build: 1
-- Which processes of the services run, for the administrators' page: each says so itself, and nobody for another.
create table public.service_instance (
    service    text        not null default replace(current_user, '_', '-'),
    instance   text        not null,
    version    text        not null,
    started_at timestamptz not null,
    beat_at    timestamptz not null default now(),
    primary key (service, instance)
);
comment on table public.service_instance is 'Processes of the services that use the database. One that stops in order removes its row; of one that was killed, or hangs, the last beat grows old. Writer: each service its own rows.';
comment on column public.service_instance.service is 'the service''s name, made of its role''s';
comment on column public.service_instance.instance is 'machine/process; in containers the machine is the container';
comment on column public.service_instance.version is 'build that runs';
comment on column public.service_instance.beat_at is 'when it last said that it runs, every 20 seconds';
grant insert (instance, version, started_at), update (version, started_at, beat_at), delete, select on public.service_instance to registration_site, nightscout_ingester, open_humans_etl, data_management_app;
alter table public.service_instance enable row level security;
create policy everybody_sees on public.service_instance for select using (true);
create policy own_insert on public.service_instance for insert with check (service = replace(current_user, '_', '-'));
create policy own_update on public.service_instance for update using (service = replace(current_user, '_', '-'));
create policy own_delete on public.service_instance for delete using (service = replace(current_user, '_', '-'));

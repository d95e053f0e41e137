-- oldest-build: 1
-- One role per service, each with the least it needs; the grants stand in the migration that creates the table.
-- Roles have no password here: the migrator sets them from its settings. Nothing in this file needs a superuser, only createrole.
do $$
declare service text;
begin
    foreach service in array array['registration_site', 'nightscout_ingester', 'open_humans_etl', 'data_management_app']
    loop
        if not exists (select from pg_roles where rolname = service) then
            execute format('create role %I login', service);
        end if;
        execute format('grant connect on database %I to %I', current_database(), service);
    end loop;
    execute format('revoke all on database %I from public', current_database());
    execute format('grant temporary on database %I to open_humans_etl', current_database()); -- the loader's staging tables
end $$;

revoke all on schema public from public;

-- Which build may run against this database: services read it at start, the migrator writes it.
grant usage on schema public to registration_site, nightscout_ingester, open_humans_etl, data_management_app;
grant select on public.schema_journal to registration_site, nightscout_ingester, open_humans_etl, data_management_app;

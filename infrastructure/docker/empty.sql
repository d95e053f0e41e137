-- Removes everything in the database but the database, its rights, its extensions and the roles.
set client_min_messages = warning;
do $$
declare gone text;
begin
    for gone in select nspname from pg_namespace where nspname <> 'public' and nspname <> 'information_schema' and nspname !~ '^pg_'
    loop
        execute format('drop schema %I cascade', gone);
    end loop;
    for gone in
        select format('drop table if exists %s cascade', c.oid::regclass) from pg_class c
         where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not exists (select from pg_depend where objid = c.oid and deptype = 'e')
        union all
        select format('drop routine if exists %s cascade', p.oid::regprocedure) from pg_proc p
         where p.pronamespace = 'public'::regnamespace and not exists (select from pg_depend where objid = p.oid and deptype = 'e')
    loop
        execute gone;
    end loop;
end $$;

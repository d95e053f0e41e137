-- Removes everything in the database but the database, its rights and the roles.
set client_min_messages = warning;
do $$
declare gone text;
begin
    for gone in select nspname from pg_namespace where nspname <> 'public' and nspname <> 'information_schema' and nspname !~ '^pg_'
    loop
        execute format('drop schema %I cascade', gone);
    end loop;
    for gone in select format('%I.%I', schemaname, tablename) from pg_tables where schemaname = 'public'
    loop
        execute format('drop table %s cascade', gone);
    end loop;
end $$;

-- Of each table its rows and a sum over what is in them, in any order: what a backup and its restore are compared by.
set timezone = 'UTC';
select format('%I.%I', n.nspname, c.relname), (xpath('/row/n/text()', sums))[1], (xpath('/row/s/text()', sums))[1]
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
       cross join lateral query_to_xml(format('select count(*) as n, coalesce(sum(hashtextextended(t::text, 0)::numeric), 0) as s from %I.%I t', n.nspname, c.relname), false, true, '') as sums
 where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
 order by 1;

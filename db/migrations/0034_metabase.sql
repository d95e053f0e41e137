-- oldest-build: 1
-- Metabase reads numbers of many participants and nothing else: its role has a schema of views, made anew with all views, and no right on any table.
do $$
begin
    if not exists (select from pg_roles where rolname = 'metabase_reader') then
        create role metabase_reader login;
    end if;
    execute format('grant connect on database %I to metabase_reader', current_database());
end $$;
alter role metabase_reader set default_transaction_read_only = on;
alter role metabase_reader set statement_timeout = '30s';
alter role metabase_reader connection limit 15;

create schema analytics;
comment on schema analytics is 'Views for Metabase: numbers of at least five participants, by commons. Nothing here is of one person.';
grant usage on schema analytics to metabase_reader;

-- The same rule as in the portal's built-in charts (SmallCells.Shown): of groups that everybody is in one of, those of one to four are hidden, and so many of the next
-- larger that there are two or more hidden ones and at least five participants in them.
create function openaps.is_hidden(place bigint, small bigint, before numeric) returns boolean language sql immutable parallel safe as $$
    select small > 0 and (place <= greatest(2, small) or before < 5)
$$;
comment on function openaps.is_hidden is 'Whether a group is hidden beside the number of all: its place from the smallest (1), how many groups have fewer than five, and how many participants are in smaller ones.';

-- Steps of a histogram, joined until in each bar everybody, those who share with one commons only and those who share with both are five or more, or nobody: bars are then the
-- same for each commons, and none tells of few by subtraction.
create function openaps.joined_steps(openaps int[], nsf int[], both_of_them int[]) returns table (first_step int, last_step int) language plpgsql immutable parallel safe as $$
declare
    firsts int[] := '{}';
    lasts int[] := '{}';
    start int := 1;
    sums int[] := '{0,0,0}';
begin
    for step in 1 .. coalesce(array_length(openaps, 1), 0)
    loop
        sums := array[sums[1] + openaps[step], sums[2] + nsf[step], sums[3] + both_of_them[step]];
        if sums[1] + sums[2] + sums[3] > 0 and not (sums[1] between 1 and 4 or sums[2] between 1 and 4 or sums[3] between 1 and 4) then
            firsts := firsts || start;
            lasts := lasts || step;
            start := step + 1;
            sums := '{0,0,0}';
        end if;
    end loop;
    -- What is left over joins the last bar, and that the one before, until it is enough.
    while array_length(firsts, 1) > 0 and start <= array_length(openaps, 1)
    loop
        start := firsts[array_length(firsts, 1)];
        firsts := firsts[1 : array_length(firsts, 1) - 1];
        lasts := lasts[1 : array_length(lasts, 1) - 1];
        sums := array[(select sum(n) from unnest(openaps[start:]) n), (select sum(n) from unnest(nsf[start:]) n), (select sum(n) from unnest(both_of_them[start:]) n)];
        if not (sums[1] between 1 and 4 or sums[2] between 1 and 4 or sums[3] between 1 and 4) then
            firsts := firsts || start;
            lasts := lasts || array_length(openaps, 1);
            exit;
        end if;
    end loop;
    return query select f - 1, l - 1 from unnest(firsts, lasts) as bar (f, l);
end $$;
comment on function openaps.joined_steps is 'First and last step (from 0) of each bar; of each array the participants by step: who shares with OpenAPS only, with Nightscout only, with both.';

-- Before the first analysis Postgres believes that one row in two hundred has a given generation. A generation has a partition to
-- itself, so all its rows have it: believing otherwise, Postgres found a patient's bookings with a scan of everybody's keys, 18 ms for
-- each booking taken in the first minute of a platform. What holds from the first row on is told when a partition gets its indexes.
create or replace function index_generation(of_model text, number integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    index text;
    defined text;
    made boolean;
begin
    perform pg_advisory_xact_lock(hashtextextended('indexes of ' || of_model, 0));
    for parent in
        select t.table_name from tables_of_model(of_model) t
        where to_regclass(format('public.%I', format('%s_g%s', t.table_name, number))) is not null
    loop
        made := false;
        for index, defined in
            select format('%s_g%s', m.index_name, number), m.definition from model_indexes m
            where m.table_name = parent and to_regclass(format('public.%I', format('%s_g%s', m.index_name, number))) is null
            order by m.index_name
        loop
            execute format('create index %I on public.%I %s', index, format('%s_g%s', parent, number), defined);
            made := true;
        end loop;
        if made then
            execute format('analyze public.%I', format('%s_g%s', parent, number));
        end if;
        perform pg_restore_attribute_stats(
            'schemaname', 'public', 'relname', format('%s_g%s', parent, number), 'attname', 'generation', 'inherited', false,
            'null_frac', 0::real, 'avg_width', 4, 'n_distinct', 1::real,
            'most_common_vals', format('{%s}', number), 'most_common_freqs', '{1}'::real[]);
    end loop;
end $$;

select index_generation(g.model, g.generation) from generations g;

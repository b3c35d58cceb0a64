-- Each generation has its own by now (0038): what the tables as a whole have besides goes.
do $$
declare
    of_index text;
begin
    for of_index in select m.index_name from model_indexes m order by m.index_name loop
        execute format('drop index public.%I', of_index);
    end loop;
end $$;

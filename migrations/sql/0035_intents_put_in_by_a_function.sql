-- Intents enter the queue by a function, whose plan is kept: planning the insert cost as much as running it. So closing intents and
-- putting in what follows them is one statement.

-- Puts intents in. One that is there already, or was and is closed, stays as it is.
create function put_intents(
    ids uuid[], processes text[], keys text[], ordinals integer[], causes bigint[], bodies text[], dues timestamptz[], lanes text[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    -- The share lock makes whoever frees a key wait for what is put behind it here, and so see it.
    with stopped as materialized (
        select p.partition_key from intents p where p.state = 'poisoned' and p.partition_key = any (keys) for share
    )
    insert into intents (id, process, partition_key, ordinal, caused_by, body, due_at, lane, blocked)
    select i.id, i.process, i.partition_key, i.ordinal, i.caused_by, i.body::json, i.due_at, i.lane,
           exists (select from stopped s where s.partition_key = i.partition_key)
    from unnest(ids, processes, keys, ordinals, causes, bodies, dues, lanes)
         as i (id, process, partition_key, ordinal, caused_by, body, due_at, lane)
    where (select true from closed_intents c where c.id = i.id) is null
    on conflict (id) do nothing;
end $$;

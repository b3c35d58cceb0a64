-- The queue of intents, many at a time: a claim lasts as long as its lane says, so that asking somebody outside needs no second
-- statement to keep it; and what has ended is closed together.

-- Claims due intents, so many of each lane, each for so long: one at a time per partition key whatever its lane, in the order
-- in which they are due. Claimers take turns, so two of them can never pick two intents of one key.
create function claim_due_intents(
    claimer uuid, lanes text[], places integer[], leases_ms integer[], avoided uuid[]
) returns setof intents
language plpgsql
-- Index probes whatever the statistics say: a plan made while the table was empty lives on.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('claim intents', 0));
    return query
    with due as (
        select d.id, l.lease_ms
        from unnest(lanes, places, leases_ms) as l (lane, places, lease_ms)
        cross join lateral (
            select i.id from intents i
            where i.lane = l.lane and i.state = 'open' and not i.blocked
              and i.due_at <= (select house_now())
              and (i.retry_at is null or i.retry_at <= clock_timestamp())
              and (i.claimed_until is null or i.claimed_until <= clock_timestamp())
              and i.id <> all (avoided)
              and not exists (
                  select 1 from intents o
                  where o.partition_key = i.partition_key and o.state in ('open', 'poisoned') and o.id <> i.id
                    and (o.state = 'poisoned'
                         or o.claimed_until > clock_timestamp()
                         or (o.due_at, o.caused_by, o.process, o.ordinal)
                            < (i.due_at, i.caused_by, i.process, i.ordinal)))
              and not exists (
                  select 1 from parked p join process_starts s on s.process = p.consumer
                  where p.partition_key = i.partition_key)
            order by i.due_at
            limit l.places
        ) d
    )
    update intents i
    set claimed_by = claimer, claim = i.claim + 1, attempts = i.attempts + 1,
        claimed_until = clock_timestamp() + d.lease_ms * interval '1 millisecond'
    from due d where i.id = d.id
    returning i.*;
end $$;

-- Closes claimed intents: as refused with the refusal's code where there is one, else as done. What another has claimed since
-- stays with it. Answers how many were closed.
create function close_intents(ids uuid[], claims bigint[], refusals text[]) returns bigint
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
declare
    closed bigint;
begin
    -- No index but the primary key fits: `is false` hides the state from the partial ones, which a plan made while the table
    -- was empty would read whole.
    with gone as (
        delete from intents i
        where i.id = any (ids) and i.claim = claims[array_position(ids, i.id)] and (i.state <> 'open') is false
        returning i.id, i.process, i.partition_key, i.ordinal, i.caused_by, i.body, i.due_at, i.attempts, i.last_error,
                  i.created_at, i.lane, refusals[array_position(ids, i.id)] as refusal
    )
    insert into closed_intents (id, process, partition_key, ordinal, caused_by, body, due_at, state, attempts, last_error,
                                created_at, closed_at, outcome, lane)
    select g.id, g.process, g.partition_key, g.ordinal, g.caused_by, g.body, g.due_at,
           case when g.refusal is null then 'done' else 'refused' end, g.attempts, g.last_error, g.created_at,
           clock_timestamp(), g.refusal, g.lane
    from gone g on conflict (id) do nothing;
    get diagnostics closed = row_count;
    return closed;
end $$;

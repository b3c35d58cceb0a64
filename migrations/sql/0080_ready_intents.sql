-- An old snapshot (a dump, an analyst) keeps every intent that was closed meanwhile in the index that claims read from its beginning:
-- after ten minutes a claim took 19 s. So intents stand in that index by when they could first be claimed, which only grows, and a
-- claim begins where the earliest open one stands. See ADR 24.

-- When it came to stand among those to be claimed, but not before it is due.
alter table intents add column ready_at timestamptz not null default house_now();
update intents set ready_at = due_at;

create index intents_ready on intents (lane, ready_at) where state = 'open' and not blocked;
drop index intents_due_in_lane;

-- Whatever brings an intent back among those to be claimed brings it to where claims look.
create function intent_is_ready() returns trigger language plpgsql as $$
begin
    new.ready_at := greatest(new.due_at, house_now());
    return new;
end $$;
create trigger intents_come_back before update of state, blocked, lane, due_at on intents for each row
    when (old.state <> new.state or old.blocked <> new.blocked or old.lane <> new.lane or old.due_at <> new.due_at)
    execute function intent_is_ready();

create or replace function put_intents(
    ids uuid[], processes text[], keys text[], ordinals integer[], causes bigint[], bodies text[], dues timestamptz[], lanes text[]
) returns void
language plpgsql
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    -- The share lock makes whoever frees a key wait for what is put behind it here, and so see it.
    with stopped as materialized (
        select p.partition_key from intents p where p.state = 'poisoned' and p.partition_key = any (keys) for share
    )
    insert into intents (id, process, partition_key, ordinal, caused_by, body, due_at, ready_at, lane, blocked)
    select i.id, i.process, i.partition_key, i.ordinal, i.caused_by, i.body::json, i.due_at,
           greatest(i.due_at, (select house_now())), i.lane,
           exists (select from stopped s where s.partition_key = i.partition_key)
    from unnest(ids, processes, keys, ordinals, causes, bodies, dues, lanes)
         as i (id, process, partition_key, ordinal, caused_by, body, due_at, lane)
    where (select true from closed_intents c where c.id = i.id) is null
    on conflict (id) do nothing;
end $$;

-- Claims due intents, at most one per key, those that have been ready longest first. None is looked for before its lane's mark, which
-- lies `margin_ms` back at least: so long may pass between the putting in of an intent and its commit.
create function claim_ready_intents(
    claimer uuid, lanes text[], places integer[], leases_ms integer[], avoided uuid[], marks timestamptz[], margin_ms integer
) returns setof intents
language plpgsql
-- Index probes whatever the statistics say: a plan made while the table was empty lives on.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('claim intents', 0));
    return query
    with due as (
        select d.id, l.lease_ms
        from unnest(lanes, places, leases_ms, marks) as l (lane, places, lease_ms, mark)
        cross join lateral (
            select i.id from intents i
            where i.lane = l.lane and i.state = 'open' and not i.blocked
              and i.ready_at >= least(l.mark, (select house_now()) - margin_ms * interval '1 millisecond')
              and i.ready_at <= (select house_now()) and i.due_at <= (select house_now())
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
            order by i.ready_at
            limit l.places
        ) d
    )
    update intents i
    set claimed_by = claimer, claim = i.claim + 1, attempts = i.attempts + 1,
        claimed_until = clock_timestamp() + d.lease_ms * interval '1 millisecond'
    from due d where i.id = d.id
    returning i.*;
end $$;

-- As the release before claims: from the beginning.
create or replace function claim_due_intents(
    claimer uuid, lanes text[], places integer[], leases_ms integer[], avoided uuid[]
) returns setof intents
language sql as $$
    select * from claim_ready_intents(claimer, lanes, places, leases_ms, avoided,
                                      array_fill('-infinity'::timestamptz, array[cardinality(lanes)]), 0)
$$;

-- Since when the earliest open intent of each lane has been ready, looked for from the lane's mark on, which lies `margin_ms` back at
-- least: the lane's next mark. It lies a little before now at most, however late the earliest one is due: if the clock jumps, what is
-- put in at this moment would lie before it.
create function marks_of_intents(lanes text[], marks timestamptz[], margin_ms integer) returns timestamptz[]
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    return array(
        select least((select house_now()) - interval '2 seconds', (select i.ready_at from intents i
                         where i.lane = l.lane and i.state = 'open' and not i.blocked
                           and i.ready_at >= least(l.mark, (select house_now()) - margin_ms * interval '1 millisecond')
                         order by i.ready_at limit 1))
        from unnest(lanes, marks) with ordinality as l (lane, mark, place) order by l.place);
end $$;

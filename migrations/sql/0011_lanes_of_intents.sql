-- The queue of intents: lanes, so that work of one kind never waits for work of another; waiting that is no try; stopped
-- keys out of the claims' way; closed intents in a table of their own.

alter table intents
    -- What it waits for, or nothing: work inside, or one provider outside. An older release names none; it is sorted
    -- when it is due.
    add column lane text not null default 'unsorted',
    -- A poisoned intent stands before it in its key. A hint that spares the claims a look: the claim judges for itself.
    add column blocked boolean not null default false,
    -- How often in a row it was put back without a try, and what for.
    add column waits integer not null default 0,
    add column waits_for text;

update intents set lane = 'inside'
where state in ('open', 'poisoned')
  and body->>'wish' in ('expire_booking', 'money_arrived', 'secure_booking', 'return_money', 'settle_booking',
                        'earn_visit', 'pursue_payment', 'keep_hold', 'doubt_destination');

update intents o set blocked = true
from intents p
where p.state = 'poisoned' and o.partition_key = p.partition_key and o.state = 'open';

create index intents_due_in_lane on intents (lane, due_at) where state = 'open' and not blocked;
create index intents_poisoned on intents (partition_key) where state = 'poisoned';
create index intents_blocked on intents (partition_key) where blocked;
create index intents_waiting on intents (waits_for) where waits_for is not null;
-- An older release closes in place; what it leaves is moved by whoever keeps the queue.
create index intents_closed on intents (id) where state in ('done', 'refused', 'given_up');
-- No question asks by cause.
drop index intents_by_cause;

-- What was carried out, refused or given up, until it is pruned.
create table closed_intents (
    id uuid primary key,
    process text not null,
    partition_key text not null,
    ordinal integer not null,
    caused_by bigint not null,
    body json not null,
    due_at timestamptz not null,
    state text not null check (state in ('done', 'refused', 'given_up')),
    attempts integer not null,
    last_error text,
    created_at timestamptz not null,
    closed_at timestamptz not null,
    outcome text,
    lane text not null
);
create index closed_intents_in_order on closed_intents (state, due_at);
create index closed_intents_by_key on closed_intents (partition_key);
-- Written in the order in which they close, and pruned in that order.
create index closed_intents_closed_at on closed_intents using brin (closed_at);

-- Claims due intents, so many of each lane: one at a time per partition key whatever its lane, in the order in which
-- they are due. Claimers take turns, so two of them can never pick two intents of one key.
create function claim_intents_in_lanes(
    claimer uuid, lanes text[], places integer[], lease_ms integer, avoided uuid[]
) returns setof intents
language plpgsql
-- Index probes whatever the statistics say: a plan made while the table was empty lives on.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('claim intents', 0));
    return query
    with due as (
        select d.id
        from unnest(lanes, places) as l (lane, places)
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
        claimed_until = clock_timestamp() + lease_ms * interval '1 millisecond'
    from due d where i.id = d.id
    returning i.*;
end $$;

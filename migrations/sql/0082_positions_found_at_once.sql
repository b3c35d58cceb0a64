-- A worker writes its positions anew with each batch. While somebody holds an old snapshot all that it wrote stays in the table, and
-- Postgres, which counts only the living, read and sorted it all for each shard: looking at every shard's lag took 1 to 9 s after three
-- minutes. The newest is the last entry of the index, so only a walk from there is allowed; and one walk serves a worker's every shard.
create function newest_positions(of_consumer text, of_generation integer, of_owner uuid)
returns table (positions bigint[], applied bigint[], edition uuid)
language sql stable rows 1 set enable_bitmapscan = off set enable_seqscan = off set enable_sort = off
begin atomic
    select w.positions, w.applied, w.edition from worker_positions w
    where w.consumer = of_consumer and w.generation = of_generation and w.owner = of_owner
    order by w.number desc limit 1;
end;

create or replace view current_checkpoints as
select c.consumer, c.generation, c.shard, c.fence, c.owner, c.total,
       greatest(c.position, p.positions[c.shard + 1]) as position,
       greatest(c.applied, p.applied[c.shard + 1]) as applied,
       -- A worker's edition has seen what the worker moved over, and nothing of a shard that it has only taken.
       case when p.edition is not null and p.positions[c.shard + 1] > c.position
            then c.seen || jsonb_build_object(p.edition::text, p.positions[c.shard + 1]) else c.seen end as seen
from checkpoints c
left join lateral newest_positions(c.consumer, c.generation, c.owner) p on true;

-- Analysts may call no function of ours: what they read finds the positions without one.
create view analytics_private.current_checkpoints as
select c.consumer, c.generation, c.shard, greatest(c.position, p.positions[c.shard + 1]) as position
from checkpoints c
left join lateral (
    select w.positions from worker_positions w
    where w.consumer = c.consumer and w.generation = c.generation and w.owner = c.owner
    order by w.number desc limit 1
) p on true;

create or replace view analytics.freshness with (security_barrier) as
select l.model,
       case l.model
           when 'bookings' then 'bookings, transitions, assignments, dim_patient, doctor_hours, districts'
           when 'payment_ledger' then 'payments, refunds, ledger_lines, ledger_daily, ledger_monthly, ledger_balance'
           when 'provider_payments' then 'payments'
           when 'payouts' then 'payouts'
           when 'open_slots' then 'doctor_hours'
       end as feeds,
       l.generation,
       l.schema_version,
       coalesce(waiting.position - 1, head.position, 0) as shown_position,
       coalesce(head.position, 0) as head_position,
       coalesce(waiting.recorded_at, clock_timestamp()) as as_of_at,
       floor(extract(epoch from clock_timestamp() - coalesce(waiting.recorded_at, clock_timestamp())))::bigint as behind_seconds,
       (select count(*) from parked p where p.consumer = l.model and p.generation = l.generation) as parked_keys
from analytics_private.live l
left join lateral (select e.position from events e order by e.position desc limit 1) head on true
left join lateral (
    select next.position, next.recorded_at
    from analytics_private.current_checkpoints c
    cross join lateral (select e.position, e.recorded_at from events e
                        where e.shard = c.shard and e.position > c.position order by e.position limit 1) next
    where c.consumer = l.model and c.generation = l.generation
    order by next.position limit 1
) waiting on true
where l.model in ('bookings', 'payment_ledger', 'provider_payments', 'payouts', 'open_slots');

-- What ended is rare: the rows of its positions are looked for where there is any, and by their key.
create or replace function forget_workers(of_consumer text) returns void
language plpgsql as $$
declare
    ended record;
begin
    for ended in
        delete from consumer_workers w using (
            select d.consumer, d.generation, d.owner from consumer_workers d
            where d.consumer = of_consumer and d.alive_until < clock_timestamp() - interval '1 minute'
              and not exists (select from checkpoints c
                              where c.consumer = d.consumer and c.generation = d.generation and c.owner = d.owner)
            for update skip locked
        ) d
        where w.consumer = d.consumer and w.generation = d.generation and w.owner = d.owner
        returning w.generation, w.owner
    loop
        delete from worker_positions p
        where p.consumer = of_consumer and p.generation = ended.generation and p.owner = ended.owner;
    end loop;
end $$;

-- As before, but for how it learns that it has a row of positions.
create or replace function lease_shards(
    of_consumer text, of_generation integer, me uuid, lease_ms integer, aside boolean, avoided smallint[]
) returns table (shard smallint, "position" bigint, fence bigint, applied bigint, number bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    until timestamptz := clock_timestamp() + lease_ms * interval '1 millisecond';
    other uuid;
    able integer;
    alive integer;
    fair integer;
    held integer;
    shards smallint[];
    -- Which worker of which generation this connection was last.
    known text := coalesce(current_setting('tot.worker', true), '');
begin
    for other in
        select w.owner from consumer_workers w
        where w.consumer = of_consumer and w.generation = of_generation and w.owner <> me
          and w.alive_until > clock_timestamp()
    loop
        if pg_try_advisory_xact_lock(worker_lock(other)) then
            update consumer_workers w set alive_until = clock_timestamp()
            from (select from consumer_workers d
                  where d.consumer = of_consumer and d.generation = of_generation and d.owner = other
                  for update skip locked) ended
            where w.consumer = of_consumer and w.generation = of_generation and w.owner = other;
        end if;
    end loop;
    insert into consumer_workers (consumer, generation, owner, alive_until, steps_aside)
    values (of_consumer, of_generation, me, until, aside)
    on conflict (consumer, generation, owner)
    do update set alive_until = excluded.alive_until, steps_aside = excluded.steps_aside;
    if known <> me || ' ' || of_generation then
        -- A new connection: what the one before may still commit, it commits before anything is told here, or never.
        perform from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard for update;
        perform seal_worker(of_consumer, of_generation, me);
        -- Locks of a session add up: taken once, and asked for again only after a new connection.
        if known like me || ' %' or pg_try_advisory_lock(worker_lock(me)) then
            perform set_config('tot.worker', me || ' ' || of_generation, false);
        end if;
    end if;
    perform forget_workers(of_consumer);

    select count(*) filter (where not w.steps_aside), count(*) into able, alive from consumer_workers w
    where w.consumer = of_consumer and w.generation = of_generation and w.alive_until > clock_timestamp();
    fair := case when aside and able > 0 then 0
                 when aside then (31 + alive) / alive
                 else (31 + able) / greatest(able, 1) end;

    -- Locked in shard order, like everything of checkpoints.
    with kept as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me and c.shard <> all (avoided)
        order by c.shard limit fair
    ), given_up as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
          and c.shard not in (select k.shard from kept k)
        order by c.shard for update
    )
    select array_agg(g.shard) into shards from given_up g;
    if shards is not null then
        perform give_up_shards(of_consumer, of_generation, me, shards);
    end if;

    select count(*) into held from checkpoints c
    where c.consumer = of_consumer and c.generation = of_generation and c.owner = me;
    if held < fair then
        perform take_shards(of_consumer, of_generation, me, avoided, fair - held);
    end if;
    -- The row that its first batch replaces. Numbered by the time, so that no number comes round again once the worker was forgotten.
    insert into worker_positions (consumer, generation, owner, number, positions, applied)
    select of_consumer, of_generation, me, (extract(epoch from clock_timestamp()) * 1000000)::bigint,
           array_fill(0::bigint, array[32]), array_fill(0::bigint, array[32])
    where not exists (select from newest_positions(of_consumer, of_generation, me));
    return query
        select c.shard, c.position, c.fence, c.applied,
               coalesce((select max(w.number) from worker_positions w
                         where w.consumer = of_consumer and w.generation = of_generation and w.owner = me), 0)
        from current_checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard;
end $$;

-- A shard is held for as long as its holder is alive, which one row of the holder tells: renewing writes that row, and none of the
-- shards. It was every shard of every consumer once a second, in rows that also carry the checkpoints. `leased_until` stays for
-- older workers that look at it, and nobody reads it here.
create or replace function hold_shards(
    of_consumer text, of_generation integer, me uuid, lease_ms integer, aside boolean, avoided smallint[]
) returns table (shard smallint, "position" bigint, fence bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    until timestamptz := clock_timestamp() + lease_ms * interval '1 millisecond';
    other uuid;
    gone uuid[] := '{}';
    able integer;
    alive integer;
    fair integer;
    held integer;
begin
    -- Locks of a session add up: taken once, and asked for again only after a new connection.
    if current_setting('tot.worker', true) is distinct from me::text and pg_try_advisory_lock(worker_lock(me)) then
        perform set_config('tot.worker', me::text, false);
    end if;
    for other in
        select w.owner from consumer_workers w
        where w.consumer = of_consumer and w.generation = of_generation and w.owner <> me
          and w.alive_until > clock_timestamp()
    loop
        if pg_try_advisory_xact_lock(worker_lock(other)) then
            gone := gone || other;
        end if;
    end loop;

    insert into consumer_workers (consumer, generation, owner, alive_until, steps_aside)
    values (of_consumer, of_generation, me, until, aside)
    on conflict (consumer, generation, owner)
    do update set alive_until = excluded.alive_until, steps_aside = excluded.steps_aside;
    delete from consumer_workers w using (
        select d.consumer, d.generation, d.owner from consumer_workers d
        where d.consumer = of_consumer
          and (d.alive_until < clock_timestamp() - interval '1 minute'
               or (d.generation = of_generation and d.owner = any (gone)))
        for update skip locked
    ) left_behind
    where w.consumer = left_behind.consumer and w.generation = left_behind.generation and w.owner = left_behind.owner;

    select count(*) filter (where not w.steps_aside), count(*) into able, alive from consumer_workers w
    where w.consumer = of_consumer and w.generation = of_generation and w.alive_until > clock_timestamp()
      and w.owner <> all (gone);
    fair := case when aside and able > 0 then 0
                 when aside then (31 + alive) / alive
                 else (31 + able) / greatest(able, 1) end;

    -- What is given up is locked in shard order, like everything of checkpoints.
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
    update checkpoints c set owner = null, leased_until = null from given_up g
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = g.shard and c.owner = me;

    select count(*) into held from checkpoints c
    where c.consumer = of_consumer and c.generation = of_generation and c.owner = me;
    if held < fair then
        with free as (
            select c.shard from checkpoints c
            where c.consumer = of_consumer and c.generation = of_generation
              and (c.owner is null or c.owner = any (gone)
                   or not exists (select from consumer_workers w
                                  where w.consumer = of_consumer and w.generation = of_generation
                                    and w.owner = c.owner and w.alive_until > clock_timestamp()))
              and c.shard <> all (avoided)
            order by c.shard limit fair - held
            for update skip locked
        )
        update checkpoints c set owner = me, fence = c.fence + 1, leased_until = until
        from free f
        where c.consumer = of_consumer and c.generation = of_generation and c.shard = f.shard;
    end if;
    return query
        select c.shard, c.position, c.fence from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard;
end $$;

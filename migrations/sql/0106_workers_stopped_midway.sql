-- A worker that is stopped in the middle of a COPY holds what it locked for as long as it stays stopped: while a backend waits for the
-- rows of its client, Postgres (18.6) ends it by none of the session's timeouts, nor by a cancel. The same goes for one that cannot get
-- rid of an answer. Its shards could be taken by nobody.

-- Ends the sessions of those whose lease ran out ten seconds ago and more, hold shards, and keep Postgres waiting in the middle of a
-- statement. Who only works for long is not waited for, and is left alone: taking its shards waits for its commit. Of other logins'
-- sessions no state is shown, so nothing of theirs is ended.
create function end_silent_workers(of_consumer text, of_generation integer) returns void
language plpgsql as $$
declare
    silent uuid;
begin
    -- The table of locks is looked at where there is anybody, which is rare.
    for silent in
        select w.owner from consumer_workers w
        where w.consumer = of_consumer and w.generation = of_generation
          and w.alive_until < clock_timestamp() - interval '10 seconds'
          and exists (select from checkpoints c
                      where c.consumer = w.consumer and c.generation = w.generation and c.owner = w.owner)
    loop
        perform pg_terminate_backend(a.pid)
        from pg_locks held
        join pg_stat_activity a on a.pid = held.pid and a.state = 'active' and a.wait_event in ('ClientRead', 'ClientWrite')
        where held.locktype = 'advisory' and held.objsubid = 1 and held.granted
          and held.database = (select d.oid from pg_database d where d.datname = current_database())
          -- A key of 64 bits stands there in two halves.
          and (held.classid::bigint << 32 | held.objid::bigint) = worker_lock(silent);
    end loop;
end $$;

-- As before, but for those.
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
    perform end_silent_workers(of_consumer, of_generation);

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

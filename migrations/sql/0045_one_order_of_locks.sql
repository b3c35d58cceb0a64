-- Whoever locks more than one thing of a generation locks its workers first, then its checkpoints in the order of shards, then the
-- workers' positions: a lease turn of a new connection, a goodbye, a drop and a flip could each wait for the other.

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
    where not exists (select from worker_positions w
                      where w.consumer = of_consumer and w.generation = of_generation and w.owner = me);
    return query
        select c.shard, c.position, c.fence, c.applied,
               coalesce((select max(w.number) from worker_positions w
                         where w.consumer = of_consumer and w.generation = of_generation and w.owner = me), 0)
        from current_checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard;
end $$;

create or replace function leave_shards(of_consumer text, of_generation integer, me uuid) returns void
language plpgsql as $$
declare
    shards smallint[];
begin
    update consumer_workers w set alive_until = clock_timestamp()
    where w.consumer = of_consumer and w.generation = of_generation and w.owner = me;
    with mine as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard for update
    )
    select array_agg(m.shard) into shards from mine m;
    if shards is not null then
        perform give_up_shards(of_consumer, of_generation, me, shards);
    end if;
end $$;

create or replace function drop_generation(of_model text, number integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
begin
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    if exists (select 1 from read_models r where r.model = of_model and r.live_generation = number) then
        raise exception 'generation % of % is live', number, of_model using errcode = 'object_in_use';
    end if;
    -- A batch under way ends first, lest it leave a row that a later generation of the same number would believe.
    perform from consumer_workers w
    where w.consumer = of_model and w.generation = number
    order by w.owner for update;
    perform hold_still(of_model, number);
    -- Who owns nothing may have a row all the same, and write its next one.
    perform seal_worker(of_model, drop_generation.number, others.owner) from (
        select distinct w.owner from worker_positions w
        where w.consumer = of_model and w.generation = drop_generation.number
        order by w.owner
    ) others;
    delete from checkpoints c where c.consumer = of_model and c.generation = number;
    delete from worker_positions p where p.consumer = of_model and p.generation = drop_generation.number;
    delete from consumer_workers w where w.consumer = of_model and w.generation = number;
    delete from parked p where p.consumer = of_model and p.generation = number;
    delete from generations g where g.model = of_model and g.generation = number;
    for parent in select t.table_name from tables_of_model(of_model) t loop
        execute format('drop table if exists public.%I', format('%s_g%s', parent, number));
    end loop;
end $$;

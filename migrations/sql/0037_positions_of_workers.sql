-- Where a worker's shards stand is one row of the worker, written anew with each batch; it was an update of each shard's checkpoint.
-- A row under a new key is found without walking over what it replaces, however old a snapshot somebody holds. See ADR 20.
--
-- A checkpoint tells who follows the shard, and where it stood when that changed; `current_checkpoints` tells where it stands.

create table worker_positions (
    consumer text not null,
    generation integer not null,
    owner uuid not null,
    -- One more with each batch. Two can never write the same, so whoever writes the next one knows all that came before.
    number bigint not null,
    -- Of the shard s at place s + 1; 0 where the worker has none.
    positions bigint[] not null,
    applied bigint[] not null,
    -- Of the process' code that has seen the shards up to there.
    edition uuid,
    primary key (consumer, generation, owner, number)
);

create view current_checkpoints as
select c.consumer, c.generation, c.shard, c.fence, c.owner, c.total,
       greatest(c.position, p.position) as position,
       greatest(c.applied, p.applied) as applied,
       -- A worker's edition has seen what the worker moved over, and nothing of a shard that it has only taken.
       case when p.edition is not null and p.position > c.position
            then c.seen || jsonb_build_object(p.edition::text, p.position) else c.seen end as seen
from checkpoints c
left join lateral (
    select w.positions[c.shard + 1] as position, w.applied[c.shard + 1] as applied, w.edition
    from worker_positions w
    where w.consumer = c.consumer and w.generation = c.generation and w.owner = c.owner
    order by w.number desc limit 1
) p on true;

-- Takes a worker's next number away: whatever it has under way is either seen here or never committed. Waits for that, at most
-- for as long as `lock_timeout` says. Like a batch it first deletes the newest row and only then writes the next: of two that want
-- to, one finds nothing to delete. Nothing for an owner without a row: a worker has one as long as it holds a shard, except those of
-- the release before, whose batches lock the checkpoints themselves.
create function seal_worker(of_consumer text, of_generation integer, of_owner uuid) returns void
language plpgsql as $$
declare
    newest bigint;
begin
    loop
        select max(w.number) into newest from worker_positions w
        where w.consumer = of_consumer and w.generation = of_generation and w.owner = of_owner;
        exit when newest is null;
        with replaced as (
            delete from worker_positions w
            where w.consumer = of_consumer and w.generation = of_generation and w.owner = of_owner and w.number = newest
            returning w.positions, w.applied, w.edition
        )
        insert into worker_positions (consumer, generation, owner, number, positions, applied, edition)
        select of_consumer, of_generation, of_owner, newest + 1, r.positions, r.applied, r.edition from replaced r;
        exit when found;
    end loop;
end $$;

-- Writes into the checkpoints where these shards stand. Their rows are locked, and their owners sealed, by the caller.
create function fold_positions(of_consumer text, of_generation integer, of_shards smallint[]) returns void
language sql as $$
    update checkpoints c set position = k.position, applied = k.applied, seen = k.seen
    from current_checkpoints k
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = any (of_shards)
      and k.consumer = of_consumer and k.generation = of_generation and k.shard = c.shard
      and (c.position, c.applied, c.seen) is distinct from (k.position, k.applied, k.seen)
$$;

-- Holds a whole generation still until the transaction ends, and answers where it stands.
create function hold_still(of_consumer text, of_generation integer) returns table (shard smallint, "position" bigint)
language plpgsql as $$
#variable_conflict use_column
begin
    perform from checkpoints c
    where c.consumer = of_consumer and c.generation = of_generation
    order by c.shard for update;
    perform seal_worker(of_consumer, of_generation, owners.owner) from (
        select distinct c.owner from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner is not null
        order by c.owner
    ) owners;
    perform fold_positions(of_consumer, of_generation, array(select s::smallint from generate_series(0, 31) s));
    return query
        select c.shard, c.position from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation order by c.shard;
end $$;

-- One turn of a worker's lease keeping, in one round trip: says it is alive, gives back what exceeds its fair share, takes what is
-- free, and answers all it holds and its own newest number. Whoever holds a shard no longer has had its number taken away. Workers
-- that met newer code step aside while another worker is there.
create function lease_shards(
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
begin
    if current_setting('tot.worker', true) is distinct from me::text then
        -- A new connection: what the one before may still commit, it commits before anything is told here, or never.
        perform seal_worker(of_consumer, of_generation, me);
        -- Locks of a session add up: taken once, and asked for again only after a new connection.
        if pg_try_advisory_lock(worker_lock(me)) then
            perform set_config('tot.worker', me::text, false);
        end if;
    end if;
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
    -- The row that its first batch replaces.
    insert into worker_positions (consumer, generation, owner, number, positions, applied)
    select of_consumer, of_generation, me, 1, array_fill(0::bigint, array[32]), array_fill(0::bigint, array[32])
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

-- Frees shards of a worker, whose rows the caller has locked.
create function give_up_shards(of_consumer text, of_generation integer, of_owner uuid, of_shards smallint[]) returns void
language plpgsql as $$
begin
    perform seal_worker(of_consumer, of_generation, of_owner);
    perform fold_positions(of_consumer, of_generation, of_shards);
    update checkpoints c set owner = null, leased_until = null
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = any (of_shards) and c.owner = of_owner;
end $$;

-- Takes shards that nobody follows, or somebody who is no longer alive. One who is in the middle of a batch is left alone until that
-- has ended, as it will by itself.
create function take_shards(of_consumer text, of_generation integer, me uuid, avoided smallint[], at_most integer) returns void
language plpgsql as $$
declare
    shards smallint[];
    owners uuid[];
    other uuid;
    patience text := current_setting('lock_timeout');
begin
    with free as (
        select c.shard, c.owner from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation
          and (c.owner is null
               or c.owner <> me and not exists (select from consumer_workers w
                                                where w.consumer = of_consumer and w.generation = of_generation
                                                  and w.owner = c.owner and w.alive_until > clock_timestamp()))
          and c.shard <> all (avoided)
        order by c.shard limit at_most
        for update skip locked
    )
    select array_agg(f.shard), array_agg(distinct f.owner) filter (where f.owner is not null) into shards, owners from free f;
    perform set_config('lock_timeout', '50ms', true);
    foreach other in array coalesce(owners, '{}') loop
        begin
            perform seal_worker(of_consumer, of_generation, other);
        exception when lock_not_available then
            shards := array(select c.shard from checkpoints c
                            where c.consumer = of_consumer and c.generation = of_generation and c.shard = any (shards)
                              and c.owner is distinct from other);
        end;
    end loop;
    perform set_config('lock_timeout', patience, true);
    perform fold_positions(of_consumer, of_generation, shards);
    update checkpoints c set owner = me, fence = c.fence + 1
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = any (shards);
end $$;

-- Forgets workers that ended more than a minute ago, by when nothing of theirs can be under way, and that hold nothing.
create function forget_workers(of_consumer text) returns void
language plpgsql as $$
begin
    with ended as (
        delete from consumer_workers w using (
            select d.consumer, d.generation, d.owner from consumer_workers d
            where d.consumer = of_consumer and d.alive_until < clock_timestamp() - interval '1 minute'
              and not exists (select from checkpoints c
                              where c.consumer = d.consumer and c.generation = d.generation and c.owner = d.owner)
            for update skip locked
        ) d
        where w.consumer = d.consumer and w.generation = d.generation and w.owner = d.owner
        returning w.generation, w.owner
    )
    delete from worker_positions p using ended e
    where p.consumer = of_consumer and p.generation = e.generation and p.owner = e.owner;
end $$;

-- For workers of the release before: what they take is written into the checkpoints, which they move themselves.
create or replace function hold_shards(
    of_consumer text, of_generation integer, me uuid, lease_ms integer, aside boolean, avoided smallint[]
) returns table (shard smallint, "position" bigint, fence bigint)
language sql as $$
    select l.shard, l.position, l.fence from lease_shards(of_consumer, of_generation, me, lease_ms, aside, avoided) l
$$;

-- Gives everything back at a graceful stop, so the next worker need not wait for the lease to run out.
create or replace function leave_shards(of_consumer text, of_generation integer, me uuid) returns void
language plpgsql as $$
declare
    shards smallint[];
begin
    with mine as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard for update
    )
    select array_agg(m.shard) into shards from mine m;
    if shards is not null then
        perform give_up_shards(of_consumer, of_generation, me, shards);
    end if;
    update consumer_workers w set alive_until = clock_timestamp()
    where w.consumer = of_consumer and w.generation = of_generation and w.owner = me;
end $$;

create or replace function go_live(of_model text, version integer, number integer, upto bigint) returns boolean
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    if exists (select 1 from read_models r
               where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       or exists (
        select 1 from current_checkpoints c
        where c.consumer = of_model and c.generation = number
          and exists (select 1 from events e
                      where e.shard = c.shard and e.position > c.position and e.position <= upto)) then
        return false;
    end if;
    perform make_live(of_model, version, number);
    return true;
end $$;

create or replace function model_is_fresh(of_model text, version integer, upto bigint) returns boolean
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    return (select exists (select 1 from read_models r
                   where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       and not exists (
        select 1
        from read_models r
        join current_checkpoints c on c.consumer = r.model and c.generation = r.live_generation
        where r.model = of_model and r.schema_version = version
          and exists (select 1 from events e
                      where e.shard = c.shard and e.position > c.position and e.position <= upto)));
end $$;

create or replace function shard_is_fresh(of_model text, version integer, of_shard smallint, upto bigint) returns boolean
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    return (select exists (select 1 from read_models r
                   where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       and not exists (
        select 1
        from read_models r
        join current_checkpoints c on c.consumer = r.model and c.generation = r.live_generation and c.shard = of_shard
        where r.model = of_model and r.schema_version = version
          and exists (select 1 from events e
                      where e.shard = of_shard and e.position > c.position and e.position <= upto)));
end $$;

-- The fan-out: how far the relay and every consumer have come, who may move them, and what waits to be done.
-- Leases and back-off run by the real database clock (clock_timestamp()); what is due runs by house_now().

create table relay_mark (
    only_row boolean primary key default true check (only_row),
    position bigint not null check (position >= 0),
    moved_at timestamptz not null default clock_timestamp()
);
insert into relay_mark (position) values (0);

-- One row per (read model, schema version): which generation its readers see. Null until the first one has caught up.
create table read_models (
    model text not null,
    schema_version integer not null,
    live_generation integer,
    primary key (model, schema_version)
);

create table generations (
    model text not null,
    generation integer not null check (generation > 0),
    schema_version integer not null,
    state text not null check (state in ('building', 'live', 'retired')),
    started_at timestamptz not null default clock_timestamp(),
    flipped_at timestamptz,
    primary key (model, generation)
);

-- Which partitioned tables (partition by list (generation)) belong to a model. A model without rows here has the
-- table of its own name, if there is one. Migrations that create read models fill it.
create table model_tables (
    model text not null,
    table_name text not null check (table_name ~ '^[a-z][a-z0-9_]{0,47}$'),
    fill_factor integer not null default 100 check (fill_factor between 10 and 100),
    primary key (model, table_name)
);

-- Positions are moved by every batch: the free space keeps those updates inside their page.
create table checkpoints (
    consumer text not null,
    generation integer not null,
    shard smallint not null check (shard between 0 and 31),
    position bigint not null check (position >= 0),
    fence bigint not null default 0,
    owner uuid,
    leased_until timestamptz,
    applied bigint not null default 0,
    total bigint,
    primary key (consumer, generation, shard)
) with (fillfactor = 40);

create table consumer_workers (
    consumer text not null,
    generation integer not null,
    owner uuid not null,
    alive_until timestamptz not null,
    steps_aside boolean not null default false,
    primary key (consumer, generation, owner)
) with (fillfactor = 40);

-- A partition key that a consumer cannot get past. Its facts from from_position on wait here.
create table parked (
    consumer text not null,
    generation integer not null,
    partition_key text not null,
    shard smallint not null,
    from_position bigint not null,
    reason text not null,
    parked_at timestamptz not null default clock_timestamp(),
    unpark_requested_at timestamptz,
    primary key (consumer, generation, partition_key)
);
create index parked_by_key on parked (partition_key);

-- A process starts at the head of the log on the day it is first registered, and is never rebuilt.
create table process_starts (
    process text primary key,
    position bigint not null check (position >= 0),
    registered_at timestamptz not null default clock_timestamp()
);

create table intents (
    id uuid primary key,
    process text not null,
    partition_key text not null,
    ordinal integer not null,
    caused_by bigint not null,
    body json not null,
    due_at timestamptz not null,
    state text not null default 'open' check (state in ('open', 'done', 'refused', 'poisoned', 'given_up')),
    attempts integer not null default 0,
    retry_at timestamptz,
    claimed_by uuid,
    claimed_until timestamptz,
    claim bigint not null default 0,
    last_error text,
    created_at timestamptz not null default clock_timestamp(),
    closed_at timestamptz,
    outcome text
);
create index intents_due on intents (state, due_at) where state in ('open', 'poisoned');
create index intents_by_key on intents (partition_key) where state in ('open', 'poisoned');
create index intents_by_cause on intents (caused_by);

-- Creates the partitions of one generation. Made beside the parent and attached, so readers are never locked out.
create function create_generation(of_model text, number integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    part text;
begin
    if number < 1 then
        raise exception 'a generation is numbered from 1, not %', number;
    end if;
    for parent in
        select t.table_name from model_tables t where t.model = of_model
        union
        select c.relname::text from pg_class c
        where c.relname = of_model and c.relnamespace = 'public'::regnamespace and c.relkind = 'p'
          and not exists (select 1 from model_tables t where t.model = of_model)
        order by 1
    loop
        part := format('%s_g%s', parent, number);
        if to_regclass(format('public.%I', part)) is null then
            execute format('create table public.%I (like public.%I including defaults including constraints including storage)', part, parent);
            execute format('alter table public.%I set (fillfactor = %s)', part,
                coalesce((select t.fill_factor from model_tables t where t.model = of_model and t.table_name = parent), 100));
            execute format('alter table public.%I attach partition public.%I for values in (%s)', parent, part, number);
        end if;
    end loop;
end $$;

-- Drops the partitions and the bookkeeping of a generation nobody reads. The live one is refused.
create function drop_generation(of_model text, number integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
begin
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    if exists (select 1 from read_models r where r.model = of_model and r.live_generation = number) then
        raise exception 'generation % of % is live', number, of_model using errcode = 'object_in_use';
    end if;
    delete from checkpoints c where c.consumer = of_model and c.generation = number;
    delete from consumer_workers w where w.consumer = of_model and w.generation = number;
    delete from parked p where p.consumer = of_model and p.generation = number;
    delete from generations g where g.model = of_model and g.generation = number;
    for parent in
        select t.table_name from model_tables t where t.model = of_model
        union
        select c.relname::text from pg_class c
        where c.relname = of_model and c.relnamespace = 'public'::regnamespace and c.relkind = 'p'
          and not exists (select 1 from model_tables t where t.model = of_model)
        order by 1
    loop
        execute format('drop table if exists public.%I', format('%s_g%s', parent, number));
    end loop;
end $$;

-- A new generation of a model, its partitions and its 32 checkpoints at 0.
create function begin_generation(of_model text, version integer) returns integer
language plpgsql as $$
declare
    number integer;
begin
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    select coalesce(max(g.generation), 0) + 1 into number from generations g where g.model = of_model;
    perform create_generation(of_model, number);
    insert into generations (model, generation, schema_version, state) values (of_model, number, version, 'building');
    insert into checkpoints (consumer, generation, shard, position)
    select of_model, number, s, 0 from generate_series(0, 31) s;
    return number;
end $$;

-- The generation a worker of this (model, schema version) follows: the live one; else the first, being built.
-- On an empty log there is nothing to catch up with, so the first is live at once.
create function register_model(of_model text, version integer) returns integer
language plpgsql as $$
declare
    number integer;
begin
    select r.live_generation into number from read_models r
    where r.model = of_model and r.schema_version = version and r.live_generation is not null;
    if found then
        return number;
    end if;
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    insert into read_models (model, schema_version) values (of_model, version) on conflict do nothing;
    select r.live_generation into number from read_models r where r.model = of_model and r.schema_version = version;
    if number is not null then
        return number;
    end if;
    select min(g.generation) into number from generations g
    where g.model = of_model and g.schema_version = version and g.state = 'building';
    if number is null then
        number := begin_generation(of_model, version);
    end if;
    if not exists (select 1 from events) then
        perform make_live(of_model, version, number);
    end if;
    return number;
end $$;

-- Points the readers of (model, schema version) at a generation; the one before it is retired, not dropped.
create function make_live(of_model text, version integer, number integer) returns void
language plpgsql as $$
begin
    update generations g set state = 'retired'
    where g.model = of_model and g.schema_version = version and g.state = 'live' and g.generation <> number;
    update generations g set state = 'live', flipped_at = clock_timestamp()
    where g.model = of_model and g.generation = number;
    update read_models r set live_generation = number where r.model = of_model and r.schema_version = version;
end $$;

-- A generation that its workers build goes live once every shard has come up to upto and readers have no other yet.
create function go_live(of_model text, version integer, number integer, upto bigint) returns boolean
language plpgsql as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('generations of ' || of_model, 0));
    if exists (select 1 from read_models r
               where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       or exists (
        select 1 from checkpoints c
        where c.consumer = of_model and c.generation = number
          and exists (select 1 from events e
                      where e.shard = c.shard and e.position > c.position and e.position <= upto)) then
        return false;
    end if;
    perform make_live(of_model, version, number);
    return true;
end $$;

create function register_process(of_process text) returns bigint
language plpgsql as $$
declare
    start bigint;
begin
    insert into process_starts (process, position)
    select of_process, coalesce((select e.position from events e order by e.position desc limit 1), 0)
    on conflict do nothing;
    select p.position into start from process_starts p where p.process = of_process;
    insert into checkpoints (consumer, generation, shard, position)
    select of_process, 1, s, start from generate_series(0, 31) s
    on conflict do nothing;
    return start;
end $$;

-- One turn of a worker's lease keeping, in one round trip: says it is alive, renews what it holds, gives back what
-- exceeds its fair share, takes what is free, and answers all it holds. A taken shard gets a new fence, so whoever
-- held it before can no longer commit. Workers that met newer code step aside while another worker is there.
create function hold_shards(
    of_consumer text, of_generation integer, me uuid, lease_ms integer, aside boolean, avoided smallint[]
) returns table (shard smallint, "position" bigint, fence bigint)
language plpgsql as $$
#variable_conflict use_column
declare
    until timestamptz := clock_timestamp() + lease_ms * interval '1 millisecond';
    able integer;
    alive integer;
    fair integer;
    held integer;
begin
    insert into consumer_workers (consumer, generation, owner, alive_until, steps_aside)
    values (of_consumer, of_generation, me, until, aside)
    on conflict (consumer, generation, owner)
    do update set alive_until = excluded.alive_until, steps_aside = excluded.steps_aside;
    delete from consumer_workers w using (
        select d.consumer, d.generation, d.owner from consumer_workers d
        where d.consumer = of_consumer and d.alive_until < clock_timestamp() - interval '1 minute'
        for update skip locked
    ) gone
    where w.consumer = gone.consumer and w.generation = gone.generation and w.owner = gone.owner;

    select count(*) filter (where not w.steps_aside), count(*) into able, alive from consumer_workers w
    where w.consumer = of_consumer and w.generation = of_generation and w.alive_until > clock_timestamp();
    fair := case when aside and able > 0 then 0
                 when aside then (31 + alive) / alive
                 else (31 + able) / greatest(able, 1) end;

    -- Renew first, in shard order like everybody who locks checkpoints.
    with mine as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard for update
    ), kept as (
        select m.shard from mine m where m.shard <> all (avoided) order by m.shard limit fair
    )
    update checkpoints c
    set owner = case when k.shard is null then null else me end,
        leased_until = case when k.shard is null then null else until end
    from mine m left join kept k on k.shard = m.shard
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = m.shard;

    select count(*) into held from checkpoints c
    where c.consumer = of_consumer and c.generation = of_generation and c.owner = me;
    if held < fair then
        with free as (
            select c.shard from checkpoints c
            where c.consumer = of_consumer and c.generation = of_generation
              and (c.owner is null or c.leased_until < clock_timestamp())
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

-- Gives everything back at a graceful stop, so the next worker need not wait for the lease to run out.
create function leave_shards(of_consumer text, of_generation integer, me uuid) returns void
language plpgsql as $$
begin
    with mine as (
        select c.shard from checkpoints c
        where c.consumer = of_consumer and c.generation = of_generation and c.owner = me
        order by c.shard for update
    )
    update checkpoints c set owner = null, leased_until = null from mine m
    where c.consumer = of_consumer and c.generation = of_generation and c.shard = m.shard;
    delete from consumer_workers w
    where w.consumer = of_consumer and w.generation = of_generation and w.owner = me;
end $$;

-- Whether no shard of the model's live generation has a fact in (its checkpoint, upto]. 32 index probes. Usable in
-- the same statement as the rows themselves, hence in the same snapshot.
create function model_is_fresh(of_model text, version integer, upto bigint) returns boolean
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    return (select exists (select 1 from read_models r
                   where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       and not exists (
        select 1
        from read_models r
        join checkpoints c on c.consumer = r.model and c.generation = r.live_generation
        where r.model = of_model and r.schema_version = version
          and exists (select 1 from events e
                      where e.shard = c.shard and e.position > c.position and e.position <= upto)));
end $$;

-- The same for one shard.
create function shard_is_fresh(of_model text, version integer, of_shard smallint, upto bigint) returns boolean
language plpgsql stable
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    return (select exists (select 1 from read_models r
                   where r.model = of_model and r.schema_version = version and r.live_generation is not null)
       and not exists (
        select 1
        from read_models r
        join checkpoints c on c.consumer = r.model and c.generation = r.live_generation and c.shard = of_shard
        where r.model = of_model and r.schema_version = version
          and exists (select 1 from events e
                      where e.shard = of_shard and e.position > c.position and e.position <= upto)));
end $$;

-- Claims due intents: one at a time per partition key, in the order in which they are due. Claimers take turns, so
-- two of them can never pick two intents of one key. A poisoned intent, or a key parked in a process, stops the key.
create function claim_intents(claimer uuid, how_many integer, lease_ms integer) returns setof intents
language plpgsql
-- Index probes whatever the statistics say: a plan made while the table was empty lives on.
set plan_cache_mode = force_generic_plan set enable_seqscan = off set enable_bitmapscan = off set jit = off as $$
begin
    perform pg_advisory_xact_lock(hashtextextended('claim intents', 0));
    return query
    with due as (
        select i.id from intents i
        where i.state = 'open'
          and i.due_at <= (select house_now())
          and (i.retry_at is null or i.retry_at <= clock_timestamp())
          and (i.claimed_until is null or i.claimed_until <= clock_timestamp())
          and not exists (
              select 1 from intents o
              where o.partition_key = i.partition_key and o.state in ('open', 'poisoned') and o.id <> i.id
                and (o.state = 'poisoned'
                     or o.claimed_until > clock_timestamp()
                     or (o.due_at, o.caused_by, o.process, o.ordinal) < (i.due_at, i.caused_by, i.process, i.ordinal)))
          and not exists (
              select 1 from parked p join process_starts s on s.process = p.consumer
              where p.partition_key = i.partition_key)
        order by i.due_at
        limit how_many
    )
    update intents i
    set claimed_by = claimer, claim = i.claim + 1, attempts = i.attempts + 1,
        claimed_until = clock_timestamp() + lease_ms * interval '1 millisecond'
    from due d where i.id = d.id
    returning i.*;
end $$;

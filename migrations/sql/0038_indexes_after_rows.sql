-- A generation that is rebuilt gets its indexes once its rows are there, which costs a fraction of keeping them up row by row. So an
-- index of a read model is declared here and not on its partitioned table, where each new partition would have it from the start.
-- A unique one stays there: rows rely on it while they are written.
create table model_indexes (
    table_name text not null,
    index_name text primary key check (index_name ~ '^[a-z][a-z0-9_]{0,47}$'),
    -- What follows `create index … on …`, e.g. `USING btree (patient_id, requested_at)`. It is run with the owner's rights: only the
    -- owner may write it (src/grants.rs), also before the grants that follow this migration.
    definition text not null check (definition ~ '^USING ' and definition !~ ';')
);
do $$
declare
    other name;
begin
    for other in
        select distinct pg_get_userbyid(a.grantee) from pg_class c cross join aclexplode(c.relacl) a
        where c.oid = 'public.model_indexes'::regclass and a.grantee not in (0, c.relowner)
    loop
        execute format('revoke all on public.model_indexes from %I', other);
    end loop;
end $$;

-- The partitioned tables of a model.
create function tables_of_model(of_model text) returns table (table_name text)
language sql stable as $$
    select t.table_name from model_tables t where t.model = of_model
    union
    select c.relname::text from pg_class c
    where c.relname = of_model and c.relnamespace = 'public'::regnamespace and c.relkind = 'p'
      and not exists (select 1 from model_tables t where t.model = of_model)
    order by 1
$$;

-- Drops the partitions and the bookkeeping of a generation nobody reads. The live one is refused.
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
    perform hold_still(of_model, number);
    delete from checkpoints c where c.consumer = of_model and c.generation = number;
    delete from worker_positions p where p.consumer = of_model and p.generation = drop_generation.number;
    delete from consumer_workers w where w.consumer = of_model and w.generation = number;
    delete from parked p where p.consumer = of_model and p.generation = number;
    delete from generations g where g.model = of_model and g.generation = number;
    for parent in select t.table_name from tables_of_model(of_model) t loop
        execute format('drop table if exists public.%I', format('%s_g%s', parent, number));
    end loop;
end $$;

-- Creates what a generation lacks of its indexes, and has its statistics taken then. Nothing when it has all.
create function index_generation(of_model text, number integer) returns void
language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text;
    index text;
    defined text;
    made boolean;
begin
    perform pg_advisory_xact_lock(hashtextextended('indexes of ' || of_model, 0));
    for parent in select t.table_name from tables_of_model(of_model) t loop
        made := false;
        for index, defined in
            select format('%s_g%s', m.index_name, number), m.definition from model_indexes m
            where m.table_name = parent and to_regclass(format('public.%I', format('%s_g%s', m.index_name, number))) is null
              and to_regclass(format('public.%I', format('%s_g%s', parent, number))) is not null
            order by m.index_name
        loop
            execute format('create index %I on public.%I %s', index, format('%s_g%s', parent, number), defined);
            made := true;
        end loop;
        if made then
            execute format('analyze public.%I', format('%s_g%s', parent, number));
        end if;
    end loop;
end $$;

-- A new generation of a model, to be filled and indexed afterwards: its partitions and its 32 checkpoints at 0.
create function begin_rebuild(of_model text, version integer) returns integer
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

-- The same, indexed from the start: for one that workers fill and readers see as soon as it has caught up.
create or replace function begin_generation(of_model text, version integer) returns integer
language plpgsql as $$
declare
    number integer := begin_rebuild(of_model, version);
begin
    perform index_generation(of_model, number);
    return number;
end $$;

-- Points the readers of (model, schema version) at a generation; the one before it is retired, not dropped.
create or replace function make_live(of_model text, version integer, number integer) returns void
language plpgsql as $$
begin
    perform index_generation(of_model, number);
    update generations g set state = 'retired'
    where g.model = of_model and g.schema_version = version and g.state = 'live' and g.generation <> number;
    update generations g set state = 'live', flipped_at = clock_timestamp()
    where g.model = of_model and g.generation = number;
    update read_models r set live_generation = number where r.model = of_model and r.schema_version = version;
end $$;

-- What the tables have by now: declared, and made for each generation. 0043 takes it from the tables as a whole, in a transaction
-- that holds nothing else: beside writers it could not have both locks.
do $$
declare
    of_generation record;
begin
    insert into model_indexes (table_name, index_name, definition)
    select parent.relname, index.relname, substring(pg_get_indexdef(i.indexrelid) from ' (USING .*)$')
    from pg_index i
    join pg_class index on index.oid = i.indexrelid
    join pg_class parent on parent.oid = i.indrelid
    where parent.relkind = 'p' and parent.relnamespace = 'public'::regnamespace and not i.indisunique
      and exists (select from read_models r cross join tables_of_model(r.model) t where t.table_name = parent.relname);
    for of_generation in select g.model, g.generation from generations g loop
        perform index_generation(of_generation.model, of_generation.generation);
    end loop;
end $$;

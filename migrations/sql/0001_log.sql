-- The log: facts in one dense order that nobody can change, the identity of this log, and the function that appends.

-- House time. Whatever is due is judged by it. The dev stack may replace it by one with an offset, so that all
-- processes of a test move together; nothing else may.
create function house_now() returns timestamptz
    language sql volatile parallel safe
    as $$ select clock_timestamp() $$;

-- The first seven columns are those of postgres-es, so its stock client can read our store.
create table events (
    aggregate_type text collate "C" not null,
    aggregate_id text collate "C" not null,
    sequence bigint not null check (sequence >= 1),
    event_type text not null,
    event_version text not null,
    -- json, not jsonb: the exact text is kept, hashed and sent on.
    payload json not null,
    metadata json not null,
    -- 1, 2, 3 … without gaps, in the order of commits.
    position bigint not null check (position >= 1),
    shard smallint not null check (shard between 0 and 31),
    partition_key text not null,
    -- Never earlier than that of the position before.
    recorded_at timestamptz not null,
    -- On the first fact of each command; null on the command's further facts, which follow it directly.
    command_id uuid,
    primary key (aggregate_type, aggregate_id, sequence)
);

create unique index events_position on events (position);
create index events_shard on events (shard, position);
create unique index events_command on events (command_id) where command_id is not null;

-- Facts are the same for ever. Privileges refuse the application; these triggers refuse everybody else too.
create function refuse_change() returns trigger
    language plpgsql
    as $$
begin
    raise exception 'facts are never changed: % on % is refused', lower(tg_op), tg_table_name
        using errcode = 'insufficient_privilege';
end
$$;

create trigger facts_are_never_changed
    before update or delete or truncate on events
    for each statement execute function refuse_change();

-- Which log this is. Redrawn after a clone or a restore, so that nobody takes one past for another.
create table log_identity (
    singleton boolean primary key default true check (singleton),
    log_id uuid not null,
    drawn_at timestamptz not null
);

insert into log_identity (log_id, drawn_at) values (gen_random_uuid(), clock_timestamp());

-- Draws a new identity and returns it. Call it after restoring or cloning a database, before anything connects.
create function renew_log_identity() returns uuid
    language sql volatile
    as $$
        update log_identity set log_id = gen_random_uuid(), drawn_at = clock_timestamp() returning log_id
    $$;

-- Appends a batch of commands in one round trip and one transaction. Commands are numbered from 1 in the order of
-- `command_ids`; every other array names the command its row belongs to. No command id and no stream may appear in two
-- commands of one batch.
--
-- A command fits when its id is new and every stream it was decided from is still at the version it names. What fits is
-- inserted at consecutive positions from `head` + 1, in the order given, with its vault rows; `conflicted` and
-- `replayed` name the rest (a replayed command may also be named as conflicted: replayed wins). Replayed commands come
-- with their first and last position and the digest recorded then.
--
-- The lock is released by the commit, after the facts have become visible: a reader that sees a position sees all
-- before it. It never spans a network round trip.
create function append_facts(
    command_ids uuid[],
    check_commands int[],
    check_types text[],
    check_ids text[],
    check_versions bigint[],
    fact_commands int[],
    fact_command_ids uuid[],
    fact_types text[],
    fact_ids text[],
    fact_sequences bigint[],
    fact_event_types text[],
    fact_event_versions text[],
    fact_payloads text[],
    fact_metadata text[],
    fact_shards smallint[],
    fact_partition_keys text[],
    row_commands int[],
    row_ids uuid[],
    row_subjects uuid[],
    row_kinds text[],
    row_salts bytea[],
    row_bodies text[],
    out head bigint,
    out recorded timestamptz,
    out conflicted int[],
    out replayed int[],
    out replayed_from bigint[],
    out replayed_to bigint[],
    out replayed_digests text[]
)
    language plpgsql volatile
    -- The plans must be index probes whatever the statistics say: a plan made while the table was empty lives on.
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_bitmapscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
    set jit = off
    as $$
declare
    lost int[];
begin
    -- Each statement below must see what was committed before the lock was granted.
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'append_facts needs read committed, not %', current_setting('transaction_isolation');
    end if;
    perform pg_advisory_xact_lock(7245301);

    select e.position, e.recorded_at into head, recorded from events e order by e.position desc limit 1;
    head := coalesce(head, 0);
    recorded := greatest(recorded, house_now());

    select array_agg(found.command), array_agg(found.first), array_agg(found.digest),
           array_agg(coalesce(
               (select next.position - 1 from events next
                where next.position > found.first and next.command_id is not null
                order by next.position limit 1),
               head))
    into replayed, replayed_from, replayed_digests, replayed_to
    from (
        select asked.command::int as command, e.position as first, e.metadata ->> 'command_digest' as digest
        from unnest(command_ids) with ordinality as asked (id, command)
        join events e on e.command_id = asked.id
    ) as found;

    select array_agg(stream.command)
    into conflicted
    from unnest(check_commands, check_types, check_ids, check_versions) as stream (command, type, id, version)
    where stream.version <> coalesce(
        (select e.sequence from events e
         where e.aggregate_type = stream.type and e.aggregate_id = stream.id
         order by e.sequence desc limit 1),
        0);

    lost := replayed || conflicted;

    if lost is null then
        insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                            position, shard, partition_key, recorded_at, command_id)
        select fact.type, fact.id, fact.sequence, fact.event_type, fact.event_version, fact.payload::json,
               fact.metadata::json, head + fact.ordinal, fact.shard, fact.partition_key, recorded, fact.command_id
        from unnest(fact_types, fact_ids, fact_sequences, fact_event_types, fact_event_versions, fact_payloads,
                    fact_metadata, fact_shards, fact_partition_keys, fact_command_ids)
             with ordinality as fact (type, id, sequence, event_type, event_version, payload, metadata, shard,
                                      partition_key, command_id, ordinal);
    else
        insert into events (aggregate_type, aggregate_id, sequence, event_type, event_version, payload, metadata,
                            position, shard, partition_key, recorded_at, command_id)
        select fact.type, fact.id, fact.sequence, fact.event_type, fact.event_version, fact.payload::json,
               fact.metadata::json, head + row_number() over (order by fact.ordinal), fact.shard,
               fact.partition_key, recorded, fact.command_id
        from unnest(fact_commands, fact_types, fact_ids, fact_sequences, fact_event_types, fact_event_versions,
                    fact_payloads, fact_metadata, fact_shards, fact_partition_keys, fact_command_ids)
             with ordinality as fact (command, type, id, sequence, event_type, event_version, payload, metadata,
                                      shard, partition_key, command_id, ordinal)
        where fact.command <> all (lost);
    end if;

    -- Personal data and the facts that point at it are one commit. A row id is derived from its command's, so one
    -- that exists is this one.
    if cardinality(row_ids) > 0 then
        insert into identity.vault (id, subject_id, kind, salt, body, created_at)
        select private.id, private.subject_id, private.kind, private.salt, private.body::jsonb, recorded
        from unnest(row_commands, row_ids, row_subjects, row_kinds, row_salts, row_bodies)
             as private (command, id, subject_id, kind, salt, body)
        where lost is null or private.command <> all (lost)
        on conflict (id) do nothing;
    end if;
end
$$;

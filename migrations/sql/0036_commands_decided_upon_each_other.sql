-- `append_facts` as before, but that commands of one batch may be decided upon each other: see ADR 18. Where one of a batch does not
-- fit, none that was decided upon another does.
create or replace function append_facts(
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
    language plpgsql volatile security definer
    -- Whatever the caller calls by these names: ours are meant.
    set search_path = public, pg_temp
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

    select array_agg(found.command), array_agg(found.first), array_agg(found.digest), array_agg(found.last)
    into replayed, replayed_from, replayed_digests, replayed_to
    from (
        select asked.command::int as command, e.position as first, e.metadata ->> 'command_digest' as digest,
               coalesce(
                   (select next.position - 1 from events next
                    where next.position > e.position and next.command_id is not null
                    order by next.position limit 1),
                   head) as last
        from unnest(command_ids) with ordinality as asked (id, command)
        join events e on e.command_id = asked.id
        union all
        select asked.command::int, n.head + 1, n.digest, n.head
        from unnest(command_ids) with ordinality as asked (id, command)
        join no_op_commands n on n.command_id = asked.id
    ) as found;

    -- A command that was decided upon others of the batch names its streams under its negative number: at a version that stands in
    -- the log, or that an earlier command of the batch brings about.
    select array_agg(abs(named.command))
    into conflicted
    from unnest(check_commands, check_types, check_ids, check_versions) as named (command, type, id, version)
    where named.version <> coalesce(
            (select e.sequence from events e
             where e.aggregate_type = named.type and e.aggregate_id = named.id
             order by e.sequence desc limit 1),
            0)
      and not (named.command < 0
               and exists (select from unnest(fact_commands, fact_types, fact_ids, fact_sequences)
                                       as fact (command, type, id, sequence)
                           where fact.command < -named.command and fact.sequence = named.version
                             and fact.type = named.type and fact.id = named.id));

    lost := replayed || conflicted;
    if lost is not null then
        -- What was decided upon others is as wrong as they are, whatever version its streams have by now.
        conflicted := conflicted || array(select -named.command from unnest(check_commands) as named (command)
                                          where named.command < 0);
        lost := replayed || conflicted;
    end if;

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

    -- The order is ours whoever asks: positions and the time are given above, and what a caller gives is looked at. A fact
    -- follows the one before it in its stream, under the same key; the primary key sees to it that none comes twice.
    if exists (
        select from unnest(fact_commands, fact_types, fact_ids, fact_sequences, fact_shards, fact_partition_keys)
                    as fact (command, type, id, sequence, shard, partition_key)
        where fact.sequence > 1
          and (lost is null or fact.command <> all (lost))
          and (select e.shard = fact.shard and e.partition_key = fact.partition_key from events e
               where e.aggregate_type = fact.type and e.aggregate_id = fact.id
                 and e.sequence = fact.sequence - 1) is not true
    ) then
        raise exception 'a stream would have a hole, or facts under two keys' using errcode = 'check_violation';
    end if;
    -- The facts of one command stand together, the first one bears its id, and no fact bears another's.
    if exists (
        select from unnest(fact_commands, fact_command_ids) with ordinality as fact (command, id, ordinal)
        where case when fact.ordinal = 1 or fact_commands[fact.ordinal - 1] < fact.command
                   then fact.id is null or fact.id <> command_ids[fact.command]
                   else fact.id is not null or fact_commands[fact.ordinal - 1] > fact.command end
    ) then
        raise exception 'facts do not stand by their commands' using errcode = 'check_violation';
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

-- Commands under a caller's key that found nothing to do. They leave no fact; without this row a late repeat would be decided
-- anew and might act, undoing what others did since. Kept as long as facts are: a key means one command for ever.
create table no_op_commands (
    command_id uuid primary key,
    digest text not null,
    -- Where the log ended when it was decided: its answer is what stood there.
    head bigint not null check (head >= 0),
    recorded_at timestamptz not null
);

-- Keeps that a command found nothing to do, under the lock under which facts are appended: nobody carries it out at the same
-- moment, and every stream it was decided from is still at the version it names. Otherwise it is a conflict, to be decided
-- anew, or the command is known: from `first` to `last` in the log, or beyond its end of then where it found nothing to do.
create function remember_no_op(
    of_command uuid,
    of_digest text,
    check_types text[],
    check_ids text[],
    check_versions bigint[],
    out conflicts boolean,
    out known boolean,
    out first bigint,
    out last bigint,
    out digest text
)
    language plpgsql volatile
    -- Index probes whatever the statistics say: a plan made while the table was empty lives on.
    set plan_cache_mode = force_generic_plan
    set enable_seqscan = off
    set enable_bitmapscan = off
    set enable_hashjoin = off
    set enable_mergejoin = off
    set jit = off
    as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'remember_no_op needs read committed, not %', current_setting('transaction_isolation');
    end if;
    perform pg_advisory_xact_lock(7245301);
    conflicts := false;
    known := true;

    select e.position, e.metadata ->> 'command_digest',
           coalesce(
               (select next.position - 1 from events next
                where next.position > e.position and next.command_id is not null
                order by next.position limit 1),
               (select end_.position from events end_ order by end_.position desc limit 1))
    into first, digest, last
    from events e where e.command_id = of_command;
    if found then
        return;
    end if;
    select n.head + 1, n.digest, n.head into first, digest, last
    from no_op_commands n where n.command_id = of_command;
    if found then
        return;
    end if;

    known := false;
    conflicts := exists (
        select from unnest(check_types, check_ids, check_versions) as stream (type, id, version)
        where stream.version <> coalesce(
            (select e.sequence from events e
             where e.aggregate_type = stream.type and e.aggregate_id = stream.id
             order by e.sequence desc limit 1),
            0));
    if conflicts then
        return;
    end if;
    last := coalesce((select e.position from events e order by e.position desc limit 1), 0);
    first := last + 1;
    digest := of_digest;
    insert into no_op_commands (command_id, digest, head, recorded_at) values (of_command, of_digest, last, house_now());
end
$$;

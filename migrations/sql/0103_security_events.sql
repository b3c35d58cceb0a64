-- What concerns security, and who is shown whose data: sign-ins good and bad, refused access, braked callers, reads of
-- personal data, acts of admins. docs/security/audit-trail.md says which kinds and results there are. Ids, words and keyed hashes alone:
-- no name, no address, nothing that was typed. Written, never rewritten. `personal_data_uses` and `operator_acts` hold what was before.
create table identity.security_events (
    id bigint generated always as identity primary key,
    -- When it happened: what need not be written before the answer is written a moment later.
    happened_at timestamptz not null default house_now(),
    kind text not null check (length(kind) <= 32),
    result text not null check (length(result) <= 32),
    -- The account that acted; it may be gone by now, hence no foreign key. Nobody's where none was proven.
    actor_id uuid,
    actor_role text check (length(actor_role) <= 16),
    -- An operation of the description, or a command as it is typed.
    operation text not null check (length(operation) <= 64),
    -- What a read was for, or what an admin had done, in one word.
    purpose text check (length(purpose) <= 64),
    -- Whose data, or whose account.
    subject_ids uuid[] not null default '{}',
    -- Which of a person's data were shown, by name.
    fields text[] not null default '{}',
    -- What it was about: `booking` and its id, for instance.
    target_type text check (length(target_type) <= 64),
    target_id text check (length(target_id) <= 256),
    -- Under a key of the deployment: one address is the same again, and is not told.
    address_hash bytea check (length(address_hash) = 16),
    -- The same of an e-mail address that nobody has, or whose owner was not asked for.
    typed_hash bytea check (length(typed_hash) = 16),
    trace_id text check (length(trace_id) <= 64)
);
-- Each is read by time, the latest first.
create index security_events_by_time on identity.security_events (happened_at, id);
create index security_events_by_kind on identity.security_events (kind, happened_at, id);
create index security_events_by_result on identity.security_events (result, happened_at, id);
create index security_events_by_actor on identity.security_events (actor_id, happened_at, id) where actor_id is not null;
create index security_events_by_address on identity.security_events (address_hash, happened_at, id)
    where address_hash is not null;
create index security_events_by_target on identity.security_events (target_id, happened_at, id) where target_id is not null;
create index security_events_by_trace on identity.security_events (trace_id, happened_at, id) where trace_id is not null;
create index security_events_by_subject on identity.security_events using gin (subject_ids);

-- Privileges refuse the application; the trigger refuses everybody else, but for the purge below.
create function identity.refuse_to_change_security_events() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if tg_op = 'DELETE' and current_setting('tot.purges_audit_trail', true) = 'yes' then
        return null;
    end if;
    raise exception 'the audit trail is never changed: % is refused', lower(tg_op)
        using errcode = 'insufficient_privilege';
end
$$;

create trigger security_events_are_never_changed
    before update or delete or truncate on identity.security_events
    for each statement execute function identity.refuse_to_change_security_events();

-- Takes away what is older than it must be kept, for the owner alone: whoever else runs it may delete nothing. In pieces, so that nobody
-- waits for it; it answers how many entries it took, and is run until that is 0.
create function identity.purge_audit_trail(older_than timestamptz, rows_max integer default 10000) returns bigint
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
declare
    taken bigint;
    more  bigint;
begin
    if older_than > public.house_now() - interval '1 year' then
        raise exception 'entries of the audit trail are kept for a year at least'
            using errcode = 'invalid_parameter_value';
    end if;
    perform set_config('tot.purges_audit_trail', 'yes', true);
    delete from identity.security_events where id in (
        select id from identity.security_events where happened_at < older_than order by happened_at, id limit rows_max);
    get diagnostics taken = row_count;
    delete from identity.personal_data_uses where id in (
        select id from identity.personal_data_uses where used_at < older_than order by used_at, id limit rows_max);
    get diagnostics more = row_count;
    taken := taken + more;
    delete from identity.operator_acts where id in (
        select id from identity.operator_acts where acted_at < older_than order by acted_at, id limit rows_max);
    get diagnostics more = row_count;
    taken := taken + more;
    delete from identity.command_line_results where act_id in (
        select id from identity.command_line_acts where acted_at < older_than order by acted_at, id limit rows_max);
    delete from identity.command_line_acts where id in (
        select id from identity.command_line_acts where acted_at < older_than order by acted_at, id limit rows_max);
    get diagnostics more = row_count;
    perform set_config('tot.purges_audit_trail', 'no', true);
    return taken + more;
end
$$;

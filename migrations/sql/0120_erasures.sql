-- Erasing a person (ADR 38): who asked for it, until when it can be taken back, and the act of destruction that is kept. Ids and words
-- alone: what is destroyed is not told here.
create table identity.erasures (
    id uuid primary key,
    -- Whose data; the account stays as a number that facts point at.
    subject_id uuid not null,
    subject_role text not null check (length(subject_role) <= 16),
    state text not null default 'waiting' check (state in ('waiting', 'withdrawn', 'erasing', 'erased')),
    requested_at timestamptz not null,
    -- The person, or an admin on their behalf.
    requested_by uuid not null,
    -- Why an admin asked for it, in one word.
    reason text not null check (length(reason) <= 32),
    due_at timestamptz not null,
    withdrawn_at timestamptz,
    -- What stood against it when it was last tried, and when that was.
    holds text[] not null default '{}',
    tried_at timestamptz,
    erased_at timestamptz,
    -- When the tables that held keys and contacts were written anew, so that no page of them keeps what was deleted.
    rewritten_at timestamptz,
    -- As Roskomnadzor's order 179 of 2022-10-28 asks for it.
    act jsonb,
    check ((state = 'withdrawn') = (withdrawn_at is not null)),
    check ((state = 'erased') = (erased_at is not null and act is not null))
);
create unique index erasures_under_way on identity.erasures (subject_id) where state in ('waiting', 'erasing');
create unique index erasures_done on identity.erasures (subject_id) where state = 'erased';
create index erasures_of_subject on identity.erasures (subject_id, requested_at desc);
create index erasures_due on identity.erasures (due_at) where state in ('waiting', 'erasing');
create index erasures_by_request on identity.erasures (requested_at, id);
create index erasures_not_rewritten on identity.erasures (erased_at) where state = 'erased' and rewritten_at is null;

-- An act is evidence: once kept, nothing of it changes.
create function identity.refuse_to_change_acts() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if tg_op <> 'UPDATE' or old.act is distinct from new.act or old.erased_at is distinct from new.erased_at
       or old.subject_id <> new.subject_id or new.state <> 'erased' then
        raise exception 'an act of destruction is never changed' using errcode = 'insufficient_privilege';
    end if;
    return new;
end
$$;
create trigger acts_are_never_changed
    before update or delete on identity.erasures for each row when (old.state = 'erased')
    execute function identity.refuse_to_change_acts();

-- Nobody who was erased gets another key: what is written about them later has none to be sealed under.
create function identity.refuse_keys_of_the_erased() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if exists (select from identity.erasures e where e.subject_id = new.subject_id and e.state = 'erased') then
        return null;
    end if;
    return new;
end
$$;
create trigger the_erased_get_no_key
    before insert on identity.data_keys for each row
    execute function identity.refuse_keys_of_the_erased();

-- Destroys what there is of one person, with its owner's rights, whose alone the vault is. In the caller's transaction: all of it or
-- nothing. Only of an erasure that is being carried out, of an account that is off. Answers how many rows of each kind there were.
create function identity.erase_person(erasure uuid) returns jsonb
    language plpgsql security definer set search_path = pg_catalog, pg_temp
    as $$
declare
    person uuid;
    counts jsonb := '{}';
    touched bigint;
    kinds jsonb;
begin
    select e.subject_id into person from identity.erasures e where e.id = erasure and e.state = 'erasing' for update;
    if person is null then
        raise exception 'this erasure is not being carried out' using errcode = 'object_not_in_prerequisite_state';
    end if;
    if exists (select from identity.accounts a where a.id = person and a.deactivated_at is null) then
        raise exception 'the account can still be used' using errcode = 'object_not_in_prerequisite_state';
    end if;
    -- The key first: without it all else is noise.
    delete from identity.data_keys where subject_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('data_key', touched);
    select coalesce(jsonb_object_agg('vault_' || v.kind, v.rows), '{}') into kinds
    from (select kind, count(*) as rows from identity.vault where subject_id = person group by kind) v;
    delete from identity.vault where subject_id = person;
    counts := counts || kinds;
    -- Invitations of clinics name a doctor by an index of the address.
    delete from identity.clinic_invitations i
    where i.clinic_id = person or i.doctor_id = person
       or i.email_index in (select c.email_index from identity.contacts c where c.account_id = person);
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('invitations', touched);
    delete from identity.one_time_codes where account_id = person;
    delete from identity.outgoing_mail where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('mail', touched);
    delete from identity.contacts where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('contacts', touched);
    delete from identity.credentials where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('password', touched);
    delete from identity.totp_secrets where account_id = person;
    get diagnostics touched = row_count;
    delete from identity.recovery_codes where account_id = person;
    delete from identity.pending_sign_ins where account_id = person;
    counts := counts || jsonb_build_object('second_factor', touched);
    delete from identity.passkeys where account_id = person;
    get diagnostics touched = row_count;
    delete from identity.passkey_owners where account_id = person;
    delete from identity.passkey_challenges where account_id = person;
    counts := counts || jsonb_build_object('passkeys', touched);
    delete from identity.known_devices where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('devices', touched);
    -- Sessions stay as ended, so that every process goes on refusing their tokens; of the devices nothing stays.
    update identity.sessions set device = null, revoked_at = coalesce(revoked_at, public.house_now()),
        revoked_reason = coalesce(revoked_reason, 'erased')
    where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('sessions', touched);
    delete from identity.refresh_tokens t using identity.sessions s where s.id = t.session_id and s.account_id = person;
    delete from identity.operator_tokens t using identity.sessions s where s.id = t.session_id and s.account_id = person;
    delete from identity.calendar_links where account_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('calendar_link', touched);
    delete from identity.known_bank_accounts where owner_id = person;
    delete from identity.payout_destinations where owner_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('bank_account', touched);
    update webhooks.endpoints set state = 'deleted', disabled_reason = null, disabled_at = null, due_at = null, secret = '',
        previous_secret = null, previous_until = null, url = 'https://erased.invalid/'
    where owner_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('webhooks', touched);
    update webhooks.cursor set changes = changes + 1 where touched > 0;
    -- What a doctor or a clinic was called was public, and stands beside bookings that stay.
    update identity.doctor_profiles set first_name = 'Данные', last_name = 'удалены', accepts = false where doctor_id = person;
    get diagnostics touched = row_count;
    counts := counts || jsonb_build_object('public_profile', touched);
    update identity.clinics set name = 'Данные удалены' where account_id = person;
    return counts;
end
$$;
revoke execute on function identity.erase_person(uuid) from public;

-- Writes the tables anew that held the keys and contacts of people who were erased: a deleted row's bytes stay in its page until then.
-- Everybody who needs a key waits meanwhile, about a second for a million people. It gives up before Postgres looks for deadlocks, so that
-- nobody else has to. Answers of how many erasures it was.
create function identity.rewrite_after_erasures() returns bigint
    language plpgsql security definer set search_path = pg_catalog, pg_temp set lock_timeout = '500ms'
    as $$
declare
    done bigint;
begin
    if not exists (select from identity.erasures where state = 'erased' and rewritten_at is null) then
        return 0;
    end if;
    lock table identity.data_keys, identity.contacts in access exclusive mode;
    update identity.erasures set rewritten_at = public.house_now() where state = 'erased' and rewritten_at is null;
    get diagnostics done = row_count;
    -- What came late, sealed by a process that still had the key in its memory: noise, and gone with this.
    delete from identity.vault v using identity.erasures e
    where e.subject_id = v.subject_id and e.state = 'erased' and e.erased_at > public.house_now() - interval '2 days';
    -- A new value of the same type is a new table with new indexes.
    alter table identity.data_keys alter column wrapped type bytea using wrapped || ''::bytea;
    alter table identity.contacts alter column email_sealed type bytea using email_sealed || ''::bytea;
    alter table identity.totp_secrets alter column sealed type bytea using sealed || ''::bytea;
    return done;
end
$$;
revoke execute on function identity.rewrite_after_erasures() from public;

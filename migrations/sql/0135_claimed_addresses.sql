-- An address or a number is somebody's once it is proven (ADR 41): until then any number of accounts may say that it is theirs, and whoever
-- registers or edits learns of none of them. Proven is what its holder brought a code for, or what an operator vouched for.

alter table identity.contacts
    -- An operator gave the account this address.
    add column email_vouched boolean not null default false,
    -- When its owner last brought a code that was sent to the number.
    add column phone_proven_at timestamptz,
    -- An operator gave the account this number.
    add column phone_vouched boolean not null default false;

-- All but patients were made by operators.
update identity.contacts c set email_vouched = true, phone_vouched = c.phone_index is not null
from identity.accounts a where a.id = c.account_id and a.role <> 'patient';

alter table identity.contacts
    drop constraint contacts_email_index,
    drop constraint contacts_phone_index;
create index contacts_by_email on identity.contacts (email_index);
create index contacts_by_phone on identity.contacts (phone_index) where phone_index is not null;
create unique index contacts_email_held on identity.contacts (email_index) where email_proven_at is not null or email_vouched;
create unique index contacts_phone_held on identity.contacts (phone_index) where phone_proven_at is not null or phone_vouched;

-- Another address is neither proven nor vouched for, whoever sets it; nor is another number. Where there was none it is the first encryption
-- (0096), which changes nobody's.
create or replace function identity.forget_proof_of_email() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if old.email_index is null then
        return new;
    end if;
    new.email_proven_at := null;
    new.email_vouched := false;
    return new;
end
$$;

create function identity.forget_proof_of_phone() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    new.phone_proven_at := null;
    new.phone_vouched := false;
    return new;
end
$$;

create trigger another_phone_is_not_proven
    before update on identity.contacts
    for each row when (old.phone_index is distinct from new.phone_index)
    execute function identity.forget_proof_of_phone();

-- As 0096 has it, and whoever edits vouches for the address and the number that they give.
create or replace function identity.carry_out_account_edit() returns trigger
    language plpgsql
    set lock_timeout = '250ms'
    as $$
declare
    change jsonb := new.body -> 'carried_out';
begin
    new.body := new.body - 'carried_out';
    -- A row that exists is this one, and what it said was carried out with it.
    if change is null or exists (select from identity.vault v where v.id = new.id) then
        return new;
    end if;
    update identity.contacts set
        email_sealed = coalesce(decode(change ->> 'email_sealed', 'base64'), email_sealed),
        email_index = coalesce(decode(change ->> 'email_index', 'base64'), email_index),
        phone_sealed = case when change ? 'phone_sealed' then decode(change ->> 'phone_sealed', 'base64') else phone_sealed end,
        phone_index = case when change ? 'phone_index' then decode(change ->> 'phone_index', 'base64') else phone_index end,
        first_name_sealed = coalesce(decode(change ->> 'first_name_sealed', 'base64'), first_name_sealed),
        first_name_index = coalesce(decode(change ->> 'first_name_index', 'base64'), first_name_index),
        last_name_sealed = coalesce(decode(change ->> 'last_name_sealed', 'base64'), last_name_sealed),
        last_name_index = coalesce(decode(change ->> 'last_name_index', 'base64'), last_name_index)
    where account_id = new.subject_id;
    -- Where they are others, they are not proven any more: whoever edits vouches for them instead.
    update identity.contacts set
        email_vouched = email_vouched or change ? 'email_index',
        phone_vouched = phone_index is not null and (phone_vouched or change ? 'phone_index')
    where account_id = new.subject_id and change ?| array['email_index', 'phone_index'];
    update identity.doctor_profiles set
        first_name = coalesce(change ->> 'first_name', first_name),
        last_name = coalesce(change ->> 'last_name', last_name),
        specialization = coalesce(change ->> 'specialization', specialization),
        experience_years = coalesce((change ->> 'experience_years')::smallint, experience_years),
        languages = case when change ? 'languages'
                         then array(select jsonb_array_elements_text(change -> 'languages')) else languages end,
        clinic_id = case when change ? 'clinic_id' then (change ->> 'clinic_id')::uuid else clinic_id end,
        price_class = coalesce(change ->> 'price_class', price_class),
        zone = coalesce(change ->> 'zone', zone),
        about = case when change ? 'about' then change ->> 'about' else about end,
        latitude = case when change ? 'base_point'
                        then (100 * split_part(change ->> 'base_point', ',', 1)::numeric)::smallint else latitude end,
        longitude = case when change ? 'base_point'
                         then (100 * split_part(change ->> 'base_point', ',', 2)::numeric)::smallint else longitude end,
        travel_km = case when change ? 'travel_km' then (change ->> 'travel_km')::smallint else travel_km end
    where doctor_id = new.subject_id;
    update identity.clinics set
        name = coalesce(change ->> 'clinic_name', name),
        about = case when change ? 'about' then change ->> 'about' else about end,
        latitude = case when change ? 'base_point'
                        then (100 * split_part(change ->> 'base_point', ',', 1)::numeric)::smallint else latitude end,
        longitude = case when change ? 'base_point'
                         then (100 * split_part(change ->> 'base_point', ',', 2)::numeric)::smallint else longitude end,
        address = case when change ? 'address' then change ->> 'address' else address end,
        public_phone = case when change ? 'public_phone' then change ->> 'public_phone' else public_phone end
    where account_id = new.subject_id;
    return new;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

-- As 0120 has it, but for invitations by address.
create or replace function identity.erase_person(erasure uuid) returns jsonb
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
    -- Invitations of clinics name a doctor by an index of the address; whoever only says that it is theirs ends nobody's.
    delete from identity.clinic_invitations i
    where i.clinic_id = person or i.doctor_id = person
       or i.email_index in (select c.email_index from identity.contacts c where c.account_id = person
                            and (c.email_proven_at is not null or c.email_vouched));
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

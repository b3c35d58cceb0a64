-- Personal data at rest are encrypted per person (ADR 32): a key for each, sealed under a master key that no database holds. What was
-- written before cannot be encrypted here, where there is no key: `tot migrate` does it next, and no process serves before it has.

-- Whose data are opened with which key; without the master key of this version it is noise.
create table identity.data_keys (
    -- No foreign key: rows of the vault are not to wait for locks on accounts, and they need one too.
    subject_id uuid primary key,
    wrapped bytea not null,
    master_version int not null check (master_version > 0),
    made_at timestamptz not null default house_now()
);
create index data_keys_by_version on identity.data_keys (master_version, subject_id);

-- The one key of the blind indices, sealed likewise. It stays when master keys change, and with it what is found by it.
create table identity.index_keys (
    id smallint primary key check (id = 1),
    wrapped bytea not null,
    made_at timestamptz not null default house_now()
);

-- What is sealed, and beside it what it is found by: a keyed digest of the value in its normal form. A name's is of the whole name.
alter table identity.contacts
    add column email_sealed bytea,
    add column phone_sealed bytea,
    add column first_name_sealed bytea,
    add column last_name_sealed bytea,
    add column email_index bytea constraint contacts_email_index unique check (length(email_index) = 32),
    add column phone_index bytea constraint contacts_phone_index unique check (length(phone_index) = 32),
    add column first_name_index bytea check (length(first_name_index) = 32),
    add column last_name_index bytea check (length(last_name_index) = 32),
    add constraint contacts_phone_found check ((phone_sealed is null) = (phone_index is null)),
    alter column email drop not null,
    alter column first_name drop not null,
    alter column last_name drop not null;
create index contacts_by_name_index on identity.contacts (last_name_index, first_name_index);

-- A telephone number and a bank.
alter table identity.payout_destinations
    add column sealed bytea,
    alter column phone drop not null,
    alter column bank_id drop not null;

-- What a doctor is called is public, and patients look for parts of it.
alter table identity.doctor_profiles
    add column first_name text,
    add column last_name text;
update identity.doctor_profiles p set first_name = c.first_name, last_name = c.last_name
from identity.contacts c where c.account_id = p.doctor_id;
alter table identity.doctor_profiles
    alter column first_name set not null,
    alter column last_name set not null;

-- `AccountEdited` names fields; what they hold now comes with the vault row of the same append, beside what is sealed there: contacts
-- sealed as they are to stand, and what is public. It is taken out of the row, so that it stands in one place. A field that is not
-- there stays; one that is null there is emptied.
drop trigger account_edits_are_carried_out on identity.vault;
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
    update identity.doctor_profiles set
        first_name = coalesce(change ->> 'first_name', first_name),
        last_name = coalesce(change ->> 'last_name', last_name),
        specialization = coalesce(change ->> 'specialization', specialization),
        experience_years = coalesce((change ->> 'experience_years')::smallint, experience_years),
        languages = case when change ? 'languages'
                         then array(select jsonb_array_elements_text(change -> 'languages')) else languages end,
        clinic_id = case when change ? 'clinic_id' then (change ->> 'clinic_id')::uuid else clinic_id end,
        price_class = coalesce(change ->> 'price_class', price_class),
        zone = coalesce(change ->> 'zone', zone)
    where doctor_id = new.subject_id;
    update identity.clinics set name = coalesce(change ->> 'clinic_name', name) where account_id = new.subject_id;
    return new;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;
create trigger account_edits_are_carried_out
    before insert on identity.vault for each row
    when (new.kind = 'account_edit')
    execute function identity.carry_out_account_edit();

-- Whether everything personal is encrypted, and nothing else can be written any more.
create function identity.is_all_sealed() returns boolean
    language sql stable set search_path = pg_catalog, pg_temp
    as $$
    select exists (select from pg_constraint c where c.conrelid = 'identity.vault'::regclass and c.conname = 'vault_is_sealed')
$$;

-- Ends the time of plain text, once nothing plain is left: its columns go, and rows that are not sealed are refused.
create function identity.end_plain_text() returns void
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    if identity.is_all_sealed() then
        return;
    end if;
    lock table identity.contacts, identity.payout_destinations, identity.vault in access exclusive mode;
    -- Checked by the constraints themselves: what is left plain ends this, and nothing has changed.
    alter table identity.contacts
        alter column email_sealed set not null,
        alter column first_name_sealed set not null,
        alter column last_name_sealed set not null,
        alter column email_index set not null,
        alter column first_name_index set not null,
        alter column last_name_index set not null,
        drop column email,
        drop column phone,
        drop column first_name,
        drop column last_name;
    alter table identity.payout_destinations
        alter column sealed set not null,
        drop column phone,
        drop column bank_id;
    alter table identity.vault
        add constraint vault_is_sealed check (body ? 'sealed' and length(salt) = 0);
end
$$;
revoke execute on function identity.end_plain_text() from public;

-- An empty platform has nothing to encrypt.
do $$
begin
    if not exists (select from identity.contacts) and not exists (select from identity.payout_destinations)
       and not exists (select from identity.vault) then
        perform identity.end_plain_text();
    end if;
end
$$;

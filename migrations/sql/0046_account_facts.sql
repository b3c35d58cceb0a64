-- What an account's facts mean for sign-in and for whom patients are offered is carried out in the commit that appends them:
-- ADR 23. Whatever cannot be carried out is not recorded, and whatever is recorded has been carried out.

-- Whether an admin answers for what a doctor says; doctors of before were made by admins, who did.
alter table identity.doctor_profiles add column verified_at timestamptz;
update identity.doctor_profiles p set verified_at = a.created_at from identity.accounts a where a.id = p.doctor_id;
-- A release of before, which does not know the column, makes doctors as it did.
alter table identity.doctor_profiles alter column verified_at set default house_now();

-- Accounts are listed by role, page by page.
create index accounts_by_role on identity.accounts (role, id);

create function identity.carry_out_account_fact() returns trigger
    language plpgsql
    -- Whoever holds a row of identity does so for a moment; the whole log is not to wait longer. One that is held longer is no
    -- trouble of the connection, after which a batch is sent again: its command alone is refused.
    set lock_timeout = '250ms'
    as $$
declare
    account uuid := new.aggregate_id::uuid;
    only_session uuid := (new.payload -> 'AccountSessionsEnded' ->> 'session_id')::uuid;
begin
    case new.event_type
        when 'AccountDeactivated' then
            update identity.accounts set deactivated_at = coalesce(deactivated_at, new.recorded_at) where id = account;
            update identity.sessions set revoked_at = new.recorded_at, revoked_reason = 'deactivated'
            where account_id = account and revoked_at is null and expires_at > new.recorded_at;
        when 'AccountReactivated' then
            update identity.accounts set deactivated_at = null where id = account;
        when 'AccountSessionsEnded' then
            update identity.sessions set revoked_at = new.recorded_at, revoked_reason = 'ended_by_admin'
            where account_id = account and revoked_at is null and expires_at > new.recorded_at
              and (only_session is null or id = only_session);
        when 'DoctorVerified' then
            update identity.doctor_profiles set verified_at = new.recorded_at where doctor_id = account;
        when 'DoctorUnverified' then
            update identity.doctor_profiles set verified_at = null where doctor_id = account;
        else null;
    end case;
    return null;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

create trigger account_facts_are_carried_out
    after insert on events for each row
    when (new.aggregate_type = 'account')
    execute function identity.carry_out_account_fact();

-- `AccountEdited` names fields; what they hold now comes as the vault row of the same append. A field that is not in the row stays;
-- one that is null there is emptied.
create function identity.carry_out_account_edit() returns trigger
    language plpgsql
    set lock_timeout = '250ms'
    as $$
declare
    change jsonb := new.body;
begin
    update identity.contacts set
        email = coalesce(change ->> 'email', email),
        phone = case when change ? 'phone' then change ->> 'phone' else phone end,
        first_name = coalesce(change ->> 'first_name', first_name),
        last_name = coalesce(change ->> 'last_name', last_name)
    where account_id = new.subject_id;
    update identity.doctor_profiles set
        specialization = coalesce(change ->> 'specialization', specialization),
        experience_years = coalesce((change ->> 'experience_years')::smallint, experience_years),
        languages = case when change ? 'languages'
                         then array(select jsonb_array_elements_text(change -> 'languages')) else languages end,
        clinic_id = case when change ? 'clinic_id' then (change ->> 'clinic_id')::uuid else clinic_id end,
        price_class = coalesce(change ->> 'price_class', price_class),
        zone = coalesce(change ->> 'zone', zone)
    where doctor_id = new.subject_id;
    update identity.clinics set name = coalesce(change ->> 'clinic_name', name) where account_id = new.subject_id;
    return null;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

create trigger account_edits_are_carried_out
    after insert on identity.vault for each row
    when (new.kind = 'account_edit')
    execute function identity.carry_out_account_edit();

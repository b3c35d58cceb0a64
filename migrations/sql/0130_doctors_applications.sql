-- A doctor asks to be verified, and an admin verifies or refuses: what that means for whom patients are offered is carried out in the
-- commit that appends the fact, as of other facts of accounts (0046).

-- Since when an application waits for an admin.
alter table identity.doctor_profiles add column applied_at timestamptz;
-- Whether the doctor ever applied: whoever is shown the account then is shown the licence, too.
alter table identity.doctor_profiles add column has_applied boolean not null default false;
-- Few wait at any time, whoever looks for them looks for nothing else.
create index doctors_who_applied on identity.doctor_profiles (doctor_id) where applied_at is not null;

create or replace function identity.carry_out_account_fact() returns trigger
    language plpgsql
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
        when 'DoctorApplied' then
            update identity.doctor_profiles set verified_at = null, applied_at = new.recorded_at, has_applied = true
            where doctor_id = account;
        when 'DoctorApplicationRefused' then
            update identity.doctor_profiles set verified_at = null, applied_at = null where doctor_id = account;
        when 'DoctorVerified' then
            update identity.doctor_profiles set verified_at = new.recorded_at, applied_at = null where doctor_id = account;
        when 'DoctorUnverified' then
            update identity.doctor_profiles set verified_at = null, applied_at = null where doctor_id = account;
        else null;
    end case;
    return null;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

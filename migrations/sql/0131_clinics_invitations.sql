-- Clinics invite doctors, by their id or by their address. Nothing here says whether there is such a doctor: whoever it is meant for
-- finds it by their own id, or by the blind index of their own address.
create table identity.clinic_invitations (
    id           uuid primary key,
    clinic_id    uuid not null references identity.clinics (account_id) on delete cascade,
    doctor_id    uuid,         -- as the clinic named it
    email_index  bytea,        -- of the address that the clinic named
    email_sealed bytea,        -- the address itself under the clinic's own key, for the clinic to read
    made_at      timestamptz not null,
    expires_at   timestamptz not null,
    ended_at     timestamptz,
    outcome      text,
    constraint clinic_invitations_of_one check ((doctor_id is null) <> (email_index is null)),
    constraint clinic_invitations_sealed check ((email_index is null) = (email_sealed is null)),
    constraint clinic_invitations_outcome check (
        (ended_at is null) = (outcome is null) and outcome in ('accepted', 'declined', 'withdrawn'))
);
create index clinic_invitations_by_clinic on identity.clinic_invitations (clinic_id, id desc);
-- Inviting the same doctor again renews the invitation there is.
create unique index clinic_invitations_open_by_doctor on identity.clinic_invitations (doctor_id, clinic_id)
    where ended_at is null and doctor_id is not null;
create unique index clinic_invitations_open_by_email on identity.clinic_invitations (email_index, clinic_id)
    where ended_at is null and email_index is not null;

create or replace function identity.carry_out_account_fact() returns trigger
    language plpgsql
    set lock_timeout = '250ms'
    as $$
declare
    account uuid := new.aggregate_id::uuid;
    only_session uuid := (new.payload -> 'AccountSessionsEnded' ->> 'session_id')::uuid;
    joined jsonb := new.payload -> 'DoctorJoinedClinic';
    left_clinic uuid := (new.payload -> 'DoctorLeftClinic' ->> 'clinic_id')::uuid;
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
        when 'DoctorJoinedClinic' then
            -- Whoever withdrew the invitation, or set another clinic, since this was decided was faster: it is decided anew.
            update identity.clinic_invitations set ended_at = new.recorded_at, outcome = 'accepted'
            where id = (joined ->> 'invitation_id')::uuid and ended_at is null;
            if not found then
                raise exception 'the invitation ended meanwhile' using errcode = 'object_in_use';
            end if;
            update identity.doctor_profiles set clinic_id = (joined ->> 'clinic_id')::uuid
            where doctor_id = account and clinic_id is null;
            if not found then
                raise exception 'the doctor is of a clinic meanwhile' using errcode = 'object_in_use';
            end if;
        when 'DoctorLeftClinic' then
            update identity.doctor_profiles set clinic_id = null where doctor_id = account and clinic_id = left_clinic;
            if not found then
                raise exception 'the doctor left the clinic meanwhile' using errcode = 'object_in_use';
            end if;
        else null;
    end case;
    return null;
exception when lock_not_available then
    raise exception 'the account is held by somebody else' using errcode = 'object_in_use';
end
$$;

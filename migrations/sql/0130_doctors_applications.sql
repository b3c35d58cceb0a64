-- A doctor asks to be verified, and an admin verifies or refuses: what that means for whom patients are offered is carried out in the
-- commit that appends the fact, as of other facts of accounts (0046), by the function that 0131 writes anew.

-- Since when an application waits for an admin.
alter table identity.doctor_profiles add column applied_at timestamptz;
-- Whether the doctor ever applied: whoever is shown the account then is shown the licence, too.
alter table identity.doctor_profiles add column has_applied boolean not null default false;
-- Few wait at any time, whoever looks for them looks for nothing else.
create index doctors_who_applied on identity.doctor_profiles (doctor_id) where applied_at is not null;

-- People, not facts: accounts, credentials, sessions, doctors' public profiles and the erasable vault.
-- What can name or reach a person stands in contacts and vault alone, so erasing it never touches the log.

create schema identity;

-- Who may sign in and as what; the row outlives the person's data because facts point at its id.
create table identity.accounts (
    id uuid primary key,
    role text not null check (role in ('patient', 'doctor', 'clinic', 'admin', 'analyst')),
    created_at timestamptz not null,
    deactivated_at timestamptz
);

-- How a person is called and reached.
create table identity.contacts (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    email text not null check (email = lower(email) and length(email) <= 254),
    phone text check (length(phone) <= 16),
    first_name text not null,
    last_name text not null,
    constraint contacts_email_unique unique (email),
    constraint contacts_phone_unique unique (phone)
);

-- Argon2id hashes in PHC form, which carry their own salt and cost.
create table identity.credentials (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    password_hash text not null,
    changed_at timestamptz not null
);

create table identity.clinics (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    name text not null
);

-- What anyone may read about a doctor; no contacts.
create table identity.doctor_profiles (
    doctor_id uuid primary key references identity.accounts (id) on delete cascade,
    specialization text not null,
    experience_years smallint not null check (experience_years between 0 and 80),
    languages text[] not null,
    clinic_id uuid constraint doctor_profiles_clinic references identity.clinics (account_id) on delete set null,
    price_class text not null check (price_class in ('standard', 'senior', 'expert')),
    zone text not null,
    accepts boolean not null default true
);
create index doctor_profiles_by_clinic on identity.doctor_profiles (clinic_id);

-- One sign-in on one device: a family of refresh tokens, killed as one.
create table identity.sessions (
    id uuid primary key,
    account_id uuid not null references identity.accounts (id) on delete cascade,
    device bytea,
    created_at timestamptz not null,
    expires_at timestamptz not null,
    revoked_at timestamptz,
    revoked_reason text,
    check ((revoked_at is null) = (revoked_reason is null))
);
create index sessions_by_account on identity.sessions (account_id, created_at desc) where revoked_at is null;
create index sessions_by_revocation on identity.sessions (revoked_at) where revoked_at is not null;
create index sessions_by_expiry on identity.sessions (expires_at);

-- Only digests: the table cannot be turned back into tokens. successor_seed derives the next token from the one
-- presented, so that a second refresh within the grace gets the very same successor.
create table identity.refresh_tokens (
    digest bytea primary key check (length(digest) = 32),
    session_id uuid not null references identity.sessions (id) on delete cascade,
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    replaced_at timestamptz,
    successor_seed bytea,
    check ((replaced_at is null) = (successor_seed is null))
);
create index refresh_tokens_by_session on identity.refresh_tokens (session_id);

-- Personal data that facts refer to by id and digest = SHA-256(salt || canonical body). No foreign key: a row is written
-- inside the log's append, which must not wait for locks on accounts.
create table identity.vault (
    id uuid primary key,
    subject_id uuid not null,
    kind text not null,
    salt bytea not null,
    body jsonb not null,
    created_at timestamptz not null default clock_timestamp()
);
create index vault_by_subject on identity.vault (subject_id);

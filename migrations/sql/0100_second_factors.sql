-- What somebody proves besides a password: one secret of an authenticator app an account, and codes for when the app is lost.
create table identity.totp_secrets (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    -- Sealed by the deployment's key, for this account alone.
    sealed bytea not null,
    created_at timestamptz not null,
    -- Absent until the first code shows that the app has it: until then it counts for nothing.
    confirmed_at timestamptz,
    -- The latest time step whose code was used. No code of it, or of one before it, is taken again.
    last_step bigint not null default 0
);
create table identity.recovery_codes (
    account_id uuid not null references identity.accounts (id) on delete cascade,
    -- 120 random bits need no slow hash: the table cannot be turned back into codes.
    digest bytea not null check (length(digest) = 32),
    used_at timestamptz,
    primary key (account_id, digest)
);

-- Sign-ins whose password was right and whose code is due. A token opens nothing but the second step; only its digest is here.
create table identity.pending_sign_ins (
    digest bytea primary key check (length(digest) = 32),
    account_id uuid not null references identity.accounts (id) on delete cascade,
    expires_at timestamptz not null,
    wrong_codes smallint not null default 0
);
create index pending_sign_ins_by_account on identity.pending_sign_ins (account_id);
create index pending_sign_ins_by_expiry on identity.pending_sign_ins (expires_at);

alter table identity.sessions
    -- Whether a second factor was proven when it was opened.
    add column second_factor boolean not null default false,
    -- When whoever uses it last proved who they are.
    add column proven_at timestamptz;

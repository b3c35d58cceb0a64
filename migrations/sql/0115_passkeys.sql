-- Passkeys (WebAuthn): keys that devices hold for an account, whose public halves are here.
create table identity.passkey_owners (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    -- What devices know the account by: drawn at random, and told to nobody else.
    user_handle uuid not null unique
);
create table identity.passkeys (
    id uuid primary key,
    account_id uuid not null references identity.passkey_owners (account_id) on delete cascade,
    -- Which credential it is, as its device says at every use.
    credential_id bytea not null constraint passkeys_credential unique check (length(credential_id) between 1 and 1023),
    -- The public key, the counter of uses, and what the device said of itself when it was registered.
    credential jsonb not null,
    -- What its owner calls it, sealed under the owner's key.
    name_sealed bytea not null,
    created_at timestamptz not null,
    last_used_at timestamptz
);
create index passkeys_by_account on identity.passkeys (account_id, created_at, id);

-- What devices are asked to sign, until they have or too much time has passed. Each is taken once.
create table identity.passkey_challenges (
    id uuid primary key,
    -- Whose new passkey it is for; nobody's where somebody signs in, or proves anew who they are.
    account_id uuid references identity.accounts (id) on delete cascade,
    state jsonb not null,
    expires_at timestamptz not null
);
create index passkey_challenges_by_account on identity.passkey_challenges (account_id) where account_id is not null;
create index passkey_challenges_by_expiry on identity.passkey_challenges (expires_at);

-- Whether a session was opened by a passkey, which its access tokens tell (`amr`).
alter table identity.sessions add column by_passkey boolean not null default false;

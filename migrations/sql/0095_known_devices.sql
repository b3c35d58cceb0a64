-- Devices on which somebody signed in before: whoever brings such a token passes the brake of its account. A digest, as of refresh
-- tokens: the table cannot be turned back into tokens, and a token alone opens nothing.
create table identity.known_devices (
    digest bytea primary key check (length(digest) = 32),
    account_id uuid not null references identity.accounts (id) on delete cascade,
    created_at timestamptz not null,
    last_used_at timestamptz not null
);
create index known_devices_by_account on identity.known_devices (account_id, last_used_at desc);

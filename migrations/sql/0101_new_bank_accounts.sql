-- Every bank account that somebody ever named for their money, and when first: a new one gets nothing for a day. A keyed digest tells it
-- again; what the account is stands elsewhere, and this goes with its owner. One named before is as old as its naming says.
create table identity.known_bank_accounts (
    owner_id uuid not null references identity.accounts (id) on delete cascade,
    digest bytea not null check (length(digest) = 32),
    first_named_at timestamptz not null,
    primary key (owner_id, digest)
);

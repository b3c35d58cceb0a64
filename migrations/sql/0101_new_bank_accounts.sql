-- Every bank account that somebody ever named for their money, and when first: a new one gets nothing for a day. A digest tells it again;
-- what the account is stands elsewhere, and this goes with its owner.
create table identity.known_bank_accounts (
    owner_id uuid not null references identity.accounts (id) on delete cascade,
    digest bytea not null check (length(digest) = 32),
    first_named_at timestamptz not null,
    primary key (owner_id, digest)
);
insert into identity.known_bank_accounts (owner_id, digest, first_named_at)
select owner_id, sha256(convert_to(owner_id || '/' || phone || '/' || bank_id, 'UTF8')), set_at
from identity.payout_destinations;

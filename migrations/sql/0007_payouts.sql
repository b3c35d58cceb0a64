-- Payouts: where people want their money, and how what was sent to them stands.

-- The bank account that its owner's money goes to; erased with the account.
create table identity.payout_destinations (
    owner_id uuid primary key references identity.accounts (id) on delete cascade,
    id uuid not null,                     -- of this naming: a doubt about the one before is none about this one
    phone text not null check (length(phone) <= 16),
    bank_id text not null check (length(bank_id) <= 12),
    set_at timestamptz not null,
    doubtful text                         -- the code with which the last payout there came to nothing
);

-- Payouts as they stand. Times are microseconds precise; money is in minor units of `currency`.
create table payouts (
    generation   int         not null,
    payout_id    uuid        not null,
    owner_id     uuid        not null,
    purpose      text        not null,
    amount       bigint      not null,
    currency     text        not null,
    status       text        not null,
    checking     boolean     not null,    -- what became of the last request is not known yet
    code         text,                    -- why it came to nothing
    requested_at timestamptz not null,
    ended_at     timestamptz,
    version      bigint      not null,    -- of the payout's stream
    primary key (generation, payout_id)
) partition by list (generation);

create index payouts_by_owner on payouts (owner_id, requested_at, payout_id);
create index payouts_by_request on payouts (requested_at, payout_id);

insert into model_tables (model, table_name, fill_factor) values ('payouts', 'payouts', 80);

select register_model('payouts', 1);

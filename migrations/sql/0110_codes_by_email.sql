-- One-time codes by e-mail, what asks for one, and mail on its way. Addresses, codes and texts are sealed; nothing of it is kept longer than
-- it is of use.

-- Who forgot a password, as they typed it: known and unknown addresses alike, so that the request does the same for both. A worker of the
-- intents' role finds out whose it is.
create table identity.password_reset_requests (
    id uuid primary key,
    -- The address, sealed by the deployment's key for this row alone.
    sealed bytea not null,
    requested_at timestamptz not null
);
create index password_reset_requests_by_age on identity.password_reset_requests (requested_at);

-- One live code for each account and purpose. Its digest is keyed: the table alone is not enough to try codes.
create table identity.one_time_codes (
    account_id uuid not null references identity.accounts (id) on delete cascade,
    purpose text not null check (purpose in ('password_reset', 'email')),
    digest bytea not null check (length(digest) = 32),
    issued_at timestamptz not null,
    expires_at timestamptz not null,
    -- Counted before a code is compared, so that many at once are no more than one after another.
    tries smallint not null default 0,
    -- How many were issued with less than a day between them: the next has to wait longer.
    issued_lately smallint not null default 1,
    primary key (account_id, purpose)
);
create index one_time_codes_by_age on identity.one_time_codes (issued_at);

-- Mail that was not taken by the mail server yet.
create table identity.outgoing_mail (
    id uuid primary key,
    account_id uuid not null references identity.accounts (id) on delete cascade,
    -- To whom and what, sealed under the person's key for this row alone.
    sealed bytea not null,
    queued_at timestamptz not null,
    -- Of no use any more from then on.
    expires_at timestamptz not null,
    -- Tried from then on; whoever tries moves it ahead, so that nobody else does meanwhile.
    due_at timestamptz not null,
    attempts integer not null default 0
);
create index outgoing_mail_by_due on identity.outgoing_mail (due_at);

-- When its owner last brought a code that was sent to the address.
alter table identity.contacts add column email_proven_at timestamptz;

-- Another address is not proven, whoever sets it.
create function identity.forget_proof_of_email() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    new.email_proven_at := null;
    return new;
end
$$;

create trigger another_email_is_not_proven
    before update on identity.contacts
    for each row when (old.email_index is distinct from new.email_index)
    execute function identity.forget_proof_of_email();

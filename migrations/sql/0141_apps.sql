-- Apps (ADR 43): third parties' programs that sign in with credentials of their own and act for patients who agreed.
create table identity.apps (
    id uuid primary key,
    -- What patients are shown of it.
    name text not null check (length(name) between 2 and 100),
    -- What it may do at most.
    scopes text[] not null,
    -- Of its own, beside nobody else's.
    requests_per_minute integer not null check (requests_per_minute between 1 and 100000),
    writes_per_minute integer not null check (writes_per_minute between 1 and 100000),
    created_at timestamptz not null,
    -- The admin who made it.
    created_by uuid not null,
    deactivated_at timestamptz
);
create index apps_by_age on identity.apps (created_at, id);

-- What an app signs in with. Only a keyed hash is kept. Access tokens name the secret they were had by: what ends it ends them.
create table identity.app_secrets (
    id uuid primary key,
    app_id uuid not null references identity.apps (id) on delete cascade,
    digest bytea not null check (length(digest) = 32),
    created_at timestamptz not null,
    -- From when on it is good for nothing; null until that is said.
    ends_at timestamptz
);
create index app_secrets_by_app on identity.app_secrets (app_id, created_at);

-- Codes by which a patient lets an app act for them, each taken once. A new one takes the place of the one before.
create table identity.app_link_codes (
    patient_id uuid primary key references identity.accounts (id) on delete cascade,
    -- For this app alone: in other hands the code is worth nothing.
    app_id uuid not null references identity.apps (id) on delete cascade,
    -- What the patient agreed to: what the app could do when the code was made.
    scopes text[] not null,
    digest bytea not null constraint app_link_codes_digest unique check (length(digest) = 32),
    expires_at timestamptz not null
);

-- For whom an app may act, and what they agreed to.
create table identity.app_links (
    app_id uuid not null references identity.apps (id) on delete cascade,
    patient_id uuid not null references identity.accounts (id) on delete cascade,
    scopes text[] not null,
    linked_at timestamptz not null,
    primary key (app_id, patient_id)
);
create index app_links_by_patient on identity.app_links (patient_id, app_id);
create index app_links_by_age on identity.app_links (app_id, linked_at, patient_id);

-- They end with the right to sign in, in the commit that records the deactivation (0046), and do not come back with it. Whoever is erased
-- is deactivated first.
create function identity.end_app_links() returns trigger
    language plpgsql
    as $$
begin
    -- Codes first: whoever is redeeming one is waited for, and what came of it is seen by the statement after it.
    delete from identity.app_link_codes where patient_id = new.id;
    delete from identity.app_links where patient_id = new.id;
    return null;
end
$$;

create trigger app_links_end_with_their_accounts
    after update of deactivated_at on identity.accounts for each row
    when (new.deactivated_at is not null)
    execute function identity.end_app_links();

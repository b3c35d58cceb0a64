-- What staff had the machinery do where no fact of the log says so: rebuilds, second tries, comparisons, files taken out. Together
-- with the uses of personal data it is the audit trail. Written, never rewritten.
create table identity.operator_acts (
    id bigint generated always as identity primary key,
    acted_at timestamptz not null default house_now(),
    -- The account that asked; it may be gone by now, hence no foreign key.
    actor_id uuid not null,
    -- What was asked for: a word such as `rebuild` or `export`.
    act text not null check (length(act) <= 64),
    -- Of what: a read model, an intent, a view.
    target text not null check (length(target) <= 256),
    trace_id text not null check (length(trace_id) <= 64)
);
create index operator_acts_by_time on identity.operator_acts (acted_at, id);
create index operator_acts_by_actor on identity.operator_acts (actor_id, acted_at, id);
-- The trail is read by time, the latest first.
create index personal_data_uses_by_time on identity.personal_data_uses (used_at, id);

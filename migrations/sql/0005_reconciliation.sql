-- What providers carry, as reconciliation compares it with their lists, and a record of every comparison.

-- One row for each payment that a provider carries. Times are microseconds precise; money is in minor units.
create table provider_payments (
    generation  int         not null,
    payment_id  uuid        not null,
    purpose     text        not null,     -- what it is for
    purpose_id  uuid        not null,     -- which one of these
    provider    text,                     -- none for the instant between the two facts that begin it
    provider_id text,                     -- the provider's own id, once known
    attempt     int         not null,     -- the latest attempt at beginning it; 0 before the first
    status      text        not null,
    amount      bigint      not null,
    currency    text        not null,
    held        bigint      not null,
    captured    bigint      not null,
    refunded    bigint      not null,
    income      bigint,                   -- what of it reaches the house, once known
    started_at  timestamptz not null,
    changed_at  timestamptz not null,     -- when its last fact happened
    version     bigint      not null,     -- of the payment's stream
    primary key (generation, payment_id)
) partition by list (generation);

create index provider_payments_by_start on provider_payments (provider, started_at, payment_id);
create index provider_payments_by_provider_id on provider_payments (provider_id);

create table provider_payments__refunds (
    generation   int         not null,
    payment_id   uuid        not null,
    number       int         not null,
    provider     text,
    provider_id  text,                    -- none where refunds have no id
    stage        text        not null,
    amount       bigint      not null,
    currency     text        not null,
    requested_at timestamptz not null,
    changed_at   timestamptz not null,
    primary key (generation, payment_id, number)
) partition by list (generation);

create index provider_payments__refunds_by_request
    on provider_payments__refunds (provider, requested_at, payment_id, number);
create index provider_payments__refunds_by_provider_id on provider_payments__refunds (provider_id);

create table provider_payments__anomalies (
    generation  int         not null,
    payment_id  uuid        not null,
    number      int         not null,
    position    bigint      not null,     -- of the fact that recorded it
    kind        text        not null,
    source      text        not null,
    call        text,                     -- the request it is about
    provider_id text,
    seen        bigint,
    currency    text,
    seen_at     timestamptz not null,
    resolution  text,
    resolved_by uuid,
    resolved_at timestamptz,
    primary key (generation, payment_id, number)
) partition by list (generation);

create index provider_payments__anomalies_by_position on provider_payments__anomalies (position);

insert into model_tables (model, table_name, fill_factor) values
    ('provider_payments', 'provider_payments', 80),
    ('provider_payments', 'provider_payments__refunds', 80),
    ('provider_payments', 'provider_payments__anomalies', 90);

select register_model('provider_payments', 1);

-- Comparisons of our books with the providers': asked for, under way, over. This is no read model: it is the record of
-- what was found when, and at the same time the queue of what is to be compared.
create table reconciliations (
    id          uuid        primary key,
    origin      text        not null,     -- who had the idea: nightly, admin, command
    asked_by    uuid,                     -- the admin; none for the nightly one
    asked_at    timestamptz not null,
    due_at      timestamptz not null,     -- not before, by the house's clock
    from_at     timestamptz,              -- the window; of the nightly one, once it is under way
    to_at       timestamptz,
    state       text        not null default 'waiting',
    claimed_by  uuid,
    alive_until timestamptz,              -- whoever runs it says so again and again, by the server's own clock
    tries       int         not null default 0,
    started_at  timestamptz,
    finished_at timestamptz,
    result      text,                     -- clean, differences, incomplete
    differences int,
    mended      int,
    gaps        int,
    report      jsonb,
    constraint reconciliations_state check (state in ('waiting', 'running', 'done', 'failed')),
    constraint reconciliations_result check ((state = 'done') = (result is not null)),
    constraint reconciliations_window check (from_at < to_at)
);

create index reconciliations_open on reconciliations (due_at) where state in ('waiting', 'running');
create index reconciliations_by_time on reconciliations (asked_at, id);
-- One at a time for one window.
create unique index reconciliations_one_at_a_time on reconciliations (from_at, to_at)
    where state in ('waiting', 'running');

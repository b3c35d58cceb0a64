-- Outgoing webhooks: who wants to be told of what, how far the log was told, and what each endpoint has got. A schema of its own, so that
-- the role that delivers reaches these tables and no others, and no other role reaches these.
--
-- The log is told in its order: `cursor` moves in the transaction that puts what was told into `deliveries`, so a crash tells it again and
-- skips nothing. An endpoint that is not there yet (it was stopped, or is told again) has a position of its own until it has caught up.

create schema webhooks;

create table webhooks.cursor (
    only_row boolean primary key default true check (only_row),
    -- Everything up to here is in the queues of the endpoints that follow.
    position bigint not null check (position >= 0),
    -- Counts changes of endpoints: whoever tells the log knows by it that what it remembers of them is old. Changes lock this row, and so
    -- does each move of the position: a change takes effect between two facts.
    changes bigint not null default 0
);
insert into webhooks.cursor (position) select coalesce(max(position), 0) from events;

create table webhooks.endpoints (
    id uuid primary key,
    -- The account that made it; it may be gone by now, hence no foreign key.
    owner_id uuid not null,
    -- Told of bookings of this clinic's doctors alone; null: of all.
    clinic_id uuid,
    created_at timestamptz not null default house_now(),
    -- Of the command that made it, so that its repetition finds it.
    command_digest text not null check (length(command_digest) <= 128),
    url text not null check (length(url) <= 2048),
    event_types text[] not null check (cardinality(event_types) >= 1),
    state text not null default 'active' check (state in ('active', 'disabled', 'deleted')),
    disabled_reason text check (disabled_reason in ('by_owner', 'gone', 'failing', 'owner_deactivated')),
    disabled_at timestamptz,
    check ((state = 'disabled') = (disabled_reason is not null)),
    check ((disabled_reason is null) = (disabled_at is null)),
    -- Everything up to here is in its queue; null while it follows the cursor.
    position bigint check (position >= 0),

    -- Sealed under the deployment's key. The one before is signed with, too, until its time is over.
    secret bytea not null,
    previous_secret bytea,
    previous_until timestamptz,
    -- Of the command that last drew a secret.
    secret_command uuid not null,
    check ((previous_secret is null) = (previous_until is null)),

    -- When there is something to send; null while nothing waits.
    due_at timestamptz,
    -- Counts what was put into the queue from outside: whoever delivers knows by it that there is more than it read.
    queue_version bigint not null default 0,
    -- Who delivers at present, and how long nobody else may.
    lease uuid,
    leased_until timestamptz,
    -- Turns in a row in which nothing was taken, and since when.
    failures integer not null default 0 check (failures >= 0),
    failing_since timestamptz,
    paused_until timestamptz,
    -- Whether it answers slowly or not at all: such endpoints have places of their own.
    troubled boolean not null default false,
    last_delivered_at timestamptz,
    -- Why the last failed attempt did: a word, or a status.
    last_failure text check (length(last_failure) <= 64)
);
create index endpoints_due on webhooks.endpoints (troubled, due_at) where due_at is not null and state = 'active';
create index endpoints_by_owner on webhooks.endpoints (owner_id, created_at, id) where state <> 'deleted';
create index endpoints_behind on webhooks.endpoints (position) where position is not null and state = 'active';
create index endpoints_deleted on webhooks.endpoints (id) where state = 'deleted';

create table webhooks.events (
    -- Of its fact; a test has none and a negative number of its own.
    position bigint primary key,
    -- `webhook-id`: the same whenever this fact is told.
    id uuid not null unique,
    event_type text not null,
    -- What is told in order: a booking.
    partition_key text not null,
    -- The body, to the letter.
    payload text not null,
    told_at timestamptz not null default house_now()
);
create index events_told on webhooks.events (told_at);
create sequence webhooks.test_numbers;

create table webhooks.deliveries (
    endpoint_id uuid not null references webhooks.endpoints (id),
    position bigint not null,
    partition_key text not null,
    event_type text not null,
    state text not null default 'waiting' check (state in ('waiting', 'delivered', 'failed')),
    queued_at timestamptz not null default house_now(),
    due_at timestamptz not null default house_now(),
    attempts integer not null default 0 check (attempts >= 0),
    last_attempt_at timestamptz,
    -- How the last attempt ended: the status it was answered with, or a word for why there was none; how long it took, in milliseconds.
    http_status smallint,
    failure text check (length(failure) <= 64),
    took_ms integer,
    delivered_at timestamptz,
    primary key (endpoint_id, position)
);
create index deliveries_due on webhooks.deliveries (endpoint_id, due_at, position) where state = 'waiting';
create index deliveries_in_order on webhooks.deliveries (endpoint_id, partition_key, position) where state = 'waiting';
create index deliveries_by_time on webhooks.deliveries (endpoint_id, queued_at, position);
-- An event is kept while somebody waits for it.
create index deliveries_awaited on webhooks.deliveries (position) where state = 'waiting';
-- What is over is forgotten by this.
create index deliveries_over on webhooks.deliveries (queued_at) where state <> 'waiting';

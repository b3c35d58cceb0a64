-- What was done on the command line: who, as which user of which machine, which command, to what, when, and how it ended. Together with
-- what staff did over HTTP and the uses of personal data it is the audit trail. Written, never rewritten.
create table identity.command_line_acts (
    id bigint generated always as identity primary key,
    acted_at timestamptz not null default house_now(),
    -- The account that was signed in; it may be gone by now, hence no foreign key. Nobody's where none was needed.
    actor_id uuid,
    actor_role text not null check (actor_role in ('admin', 'operator')),
    -- Whom the operating system knew: all there is where nobody was signed in.
    os_user text not null check (length(os_user) <= 128),
    -- As it is typed, without its arguments: `tot projections rebuild`.
    command text not null check (length(command) <= 64),
    -- Its arguments, without what might be a secret or a person's.
    target text not null check (length(target) <= 512),
    trace_id text not null check (length(trace_id) <= 64),
    check ((actor_id is null) = (actor_role = 'operator'))
);
create index command_line_acts_by_time on identity.command_line_acts (acted_at, id);
create index command_line_acts_by_actor on identity.command_line_acts (actor_id, acted_at, id);

-- How they ended. Of one that was cut short, or that still runs, there is none.
create table identity.command_line_results (
    act_id bigint primary key references identity.command_line_acts (id),
    ended_at timestamptz not null default house_now(),
    result text not null check (result in ('done', 'failed', 'not_so', 'incomplete', 'interrupted')),
    -- What it made, where that has an id: an account.
    made text check (length(made) <= 256)
);

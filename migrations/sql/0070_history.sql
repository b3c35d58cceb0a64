-- What it takes to ask the log by what facts have in common, and to know who asked for people's names.

-- All facts of a command share correlation and actor, so one entry a command does, on its first fact. Of hashes, since the fact
-- is read anyway. Built in place, once: appends wait for it.
create index events_of_correlation on events (hashtextextended(metadata ->> 'correlation_id', 0), position)
    where command_id is not null;
create index events_of_actor on events (hashtextextended(metadata ->> 'actor_id', 0), position)
    where command_id is not null;

-- From a time to a place in the log, by bisection: what was recorded from then on has this position or a later one.
create function position_at(moment timestamptz) returns bigint
language plpgsql stable as $$
declare
    low    bigint := 1;
    high   bigint;
    middle bigint;
begin
    select coalesce(max(e.position), 0) + 1 into high from events e;
    while low < high loop
        middle := (low + high) / 2;
        if (select e.recorded_at from events e where e.position = middle) < moment then
            low := middle + 1;
        else
            high := middle;
        end if;
    end loop;
    return low;
end $$;

-- Who was shown whose personal data, and what for; never what was shown, nor what was looked for.
create table identity.personal_data_uses (
    id bigint generated always as identity primary key,
    used_at timestamptz not null default house_now(),
    -- The account that read; it may be gone by now, hence no foreign key.
    reader_id uuid not null,
    -- What for: a word such as `history` or `search_by_phone`.
    purpose text not null check (length(purpose) <= 64),
    -- Whose; nobody's where a search found nobody.
    subject_ids uuid[] not null
);
create index personal_data_uses_by_reader on identity.personal_data_uses (reader_id, used_at);
create index personal_data_uses_by_subject on identity.personal_data_uses using gin (subject_ids);

-- People are found by their whole name, letter case aside; the last name leads.
create index contacts_by_name on identity.contacts
    (lower(last_name collate pg_c_utf8), lower(first_name collate pg_c_utf8));

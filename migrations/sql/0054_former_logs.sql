-- Which logs this one says that it comes from: the same database under the identity that it had before a restore, a recovery to a point in
-- time, or on becoming a clone. It is a claim that whoever verifies is told of and must confirm: whoever can write here could excuse with
-- it what a witness saw and the log no longer holds.
create table former_logs (
    log_id uuid primary key,
    -- Up to this position it is this log's past.
    until bigint not null check (until > 0),
    renamed_at timestamptz not null default clock_timestamp()
);

create or replace function renew_log_identity() returns uuid
    language sql
    as $$
        insert into former_logs (log_id, until)
        select i.log_id, e.position from log_identity i, (select max(position) as position from events) e
        -- Of an empty log nothing was ever signed.
        where e.position > 0
        on conflict (log_id) do nothing;
        update log_identity set log_id = gen_random_uuid(), drawn_at = clock_timestamp() returning log_id
    $$;

-- Tickets that open one live stream once, for browsers whose EventSource sends no header. Only digests: the table cannot be turned back
-- into tickets. Here and not in a process, so that a ticket of one process opens a stream of another.
create table identity.stream_tickets (
    digest bytea primary key check (length(digest) = 32),
    session_id uuid not null references identity.sessions (id) on delete cascade,
    -- Which stream it opens, as `identity` writes it.
    stream text not null check (length(stream) between 1 and 64),
    -- The access token it was asked for with: a stream lasts no longer than that.
    token_issued_at timestamptz not null,
    token_expires_at timestamptz not null,
    expires_at timestamptz not null
);
create index stream_tickets_by_session on identity.stream_tickets (session_id);
create index stream_tickets_by_expiry on identity.stream_tickets (expires_at);

-- Whoever ends a session, whichever way, takes its tickets with it.
create function identity.drop_stream_tickets() returns trigger
language plpgsql set search_path = pg_catalog, pg_temp as $$
begin
    delete from identity.stream_tickets where session_id = new.id;
    return null;
end $$;
create trigger sessions_drop_stream_tickets after update of revoked_at on identity.sessions
    for each row when (old.revoked_at is null and new.revoked_at is not null)
    execute function identity.drop_stream_tickets();

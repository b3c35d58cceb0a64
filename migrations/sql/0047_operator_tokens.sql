-- Sign-ins on the command line: an ordinary session, so that it is listed and ended like any other, and the digest of the one
-- token that opens it. Looked up for every command: what ended is refused at once.
create table identity.operator_tokens (
    digest bytea primary key check (length(digest) = 32),
    session_id uuid not null references identity.sessions (id) on delete cascade,
    last_used_at timestamptz not null
);
create index operator_tokens_by_session on identity.operator_tokens (session_id);

-- Links to calendar feeds: whoever has one reads when its owner's visits are, and nothing else. Only the digest of its token is kept, so the
-- table cannot be turned back into links. An account has one at a time; a new one takes the place of the one before.
create table identity.calendar_links (
    account_id uuid primary key references identity.accounts (id) on delete cascade,
    digest bytea not null constraint calendar_links_digest unique check (length(digest) = 32),
    -- Of the feed's words.
    language text not null check (language in ('ru', 'en')),
    made_at timestamptz not null,
    -- Null until a calendar has read it.
    read_at timestamptz,
    -- SHA-256 of what was last served, and since when it has been that, in whole seconds as HTTP tells times: a visit that leaves the feed
    -- has no time of its own in it.
    served_digest bytea check (length(served_digest) = 32),
    served_since timestamptz,
    check ((served_digest is null) = (served_since is null))
);

-- Ends with the right to sign in, in the commit that records the deactivation (0046), and does not come back with it.
create function identity.end_calendar_link() returns trigger
    language plpgsql
    as $$
begin
    delete from identity.calendar_links where account_id = new.id;
    return null;
end
$$;

create trigger calendar_links_end_with_their_accounts
    after update of deactivated_at on identity.accounts for each row
    when (new.deactivated_at is not null)
    execute function identity.end_calendar_link();

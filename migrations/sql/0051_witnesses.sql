-- What each witness of the notary made of the heads it was shown, for whoever asks how it stands (`/readyz`): a refusal is otherwise only
-- a line in the relay's log. A note, no evidence: the witness' own file is that. The leading relay writes it, and forgets witnesses that
-- are no longer its own.

create table notary_witnesses (
    -- Its file or address.
    name text primary key,
    -- Of which log.
    log_id uuid not null,
    -- How many facts the largest head covers that it took; null before the first.
    tree_size bigint check (tree_size >= 0),
    -- Why it does not have the last head it was shown; null when it has.
    failure text,
    -- Whether it answered so, having seen another past; otherwise it could not be asked.
    refused boolean not null default false,
    failing_since timestamptz,
    check ((failure is null) = (failing_since is null)),
    check (failure is not null or not refused)
);

-- Tamper evidence: the leaf hash of each fact, the tree over them and the heads that were signed. A follower writes them, reading the log
-- by position; appends know nothing of it. All of it is a function of `events`: lost, it is computed anew, and heads that were witnessed
-- elsewhere still judge it.
--
-- One row of leaves for each batch of the follower, not one for each fact: a fact costs 48 bytes instead of a hundred and no entry of an
-- index, and nothing written is ever touched again. A tile of fixed size would have to be updated until it is full. Of the tree only every
-- eighth level is kept, a row for 256 nodes below: a node between is 255 hashes away at most, and a proof needs some thirty.

create table notary_leaves (
    -- The rows are dense: the next one begins behind this one's last.
    first_position bigint primary key check (first_position >= 1),
    -- 32 bytes a fact.
    hashes bytea not null,
    -- What a fact's hash follows from and what tells how a row was changed. None of it need be believed: it is right if the hashes are.
    -- The position of the fact before it in its stream; 0 for the first.
    previous_positions bigint[] not null,
    -- Microseconds since the Unix epoch.
    recorded_us bigint[] not null,
    check (octet_length(hashes) = 32 * cardinality(previous_positions)),
    check (cardinality(previous_positions) = cardinality(recorded_us)),
    check (cardinality(previous_positions) >= 1)
);

-- Hashes do not compress, and single ones are cut out.
alter table notary_leaves alter column hashes set storage external;

create table notary_nodes (
    -- How many levels are below: 8, 16, 24 … The node stands above the leaves [index << level, (index + 1) << level), numbered from 0.
    level smallint not null check (level > 0 and level % 8 = 0),
    index bigint not null check (index >= 0),
    hash bytea not null check (octet_length(hash) = 32),
    primary key (level, index)
);

create table notary_heads (
    tree_size bigint not null check (tree_size >= 0),
    log_id uuid not null,
    -- Microseconds since the Unix epoch.
    time_us bigint not null,
    -- The exact text as it was given to witnesses.
    head json not null,
    -- Of the key that signed it: a hint for finding the trusted one.
    public_key bytea not null check (octet_length(public_key) = 32),
    primary key (tree_size, log_id, time_us)
);

create trigger leaves_are_never_changed
    before update or delete or truncate on notary_leaves
    for each statement execute function refuse_change();
create trigger nodes_are_never_changed
    before update or delete or truncate on notary_nodes
    for each statement execute function refuse_change();
create trigger heads_are_never_changed
    before update or delete or truncate on notary_heads
    for each statement execute function refuse_change();

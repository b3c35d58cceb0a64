-- How much of what is limited by the hour or the day somebody has used up: registrations of a network, payments of a patient for a
-- booking, invitations of a clinic. One row for each who has used any, by a keyed hash: no address lies here. `full_again_at` is the
-- theoretical arrival time of GCRA: when nothing is used any more. Rows of before that are taken away by whoever comes next.
create table identity.limit_counts (
    key_hash bytea primary key check (length(key_hash) = 16),
    full_again_at timestamptz not null
);
create index limit_counts_by_time on identity.limit_counts (full_again_at);

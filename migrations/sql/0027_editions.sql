-- What code knows of a process, told apart by an edition. While two releases run side by side, the older one moves checkpoints
-- over facts to which the newer one would have reacted; the newer one finds out and looks at those again.
create table editions (
    process text not null,
    edition uuid not null,
    -- The head of the log when code of this edition first ran: it begins there.
    position bigint not null check (position >= 0),
    registered_at timestamptz not null default clock_timestamp(),
    primary key (process, edition)
);

-- Edition → up to where code of it has seen the shard. Older releases leave it as it is.
alter table checkpoints add column seen jsonb not null default '{}';

create function register_edition(of_process text, of_edition uuid) returns void
language plpgsql as $$
begin
    if not exists (select from editions e where e.process = of_process and e.edition = of_edition) then
        insert into editions (process, edition, position)
        select of_process, of_edition, coalesce((select e.position from events e order by e.position desc limit 1), 0)
        on conflict do nothing;
    end if;
end $$;

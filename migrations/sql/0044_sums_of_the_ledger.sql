-- What stands on an account as a whole is summed over ranges of positions that nothing can be written into any more, once, and not
-- over all its lines with each page of a statement. Nothing is written with a batch of facts for it.

-- Consecutive ranges, from the first fact on, of one generation of the ledger. They go with it.
create table payment_ledger_ranges (
    model text not null default 'payment_ledger' check (model = 'payment_ledger'),
    generation integer not null,
    after_position bigint not null check (after_position >= 0),
    upto_position bigint not null check (upto_position > after_position),
    primary key (generation, upto_position),
    foreign key (model, generation) references generations on delete cascade
);

create table payment_ledger_sums (
    generation integer not null,
    after_position bigint not null,
    upto_position bigint not null,
    account text not null,
    currency text not null,
    amount bigint not null,
    lines bigint not null,
    -- How many owners, doctors or bookings have their first line here.
    new_subjects bigint not null,
    first_at timestamptz not null,
    last_at timestamptz not null,
    primary key (generation, account, currency, upto_position),
    foreign key (generation, upto_position) references payment_ledger_ranges on delete cascade
);
-- Ranges that go take their sums along.
create index payment_ledger_sums_by_range on payment_ledger_sums (generation, upto_position);

-- Sums the next `size` positions of a generation and answers whether it did. It waits until no shard has a fact of
-- them ahead, and for parked keys: what was parked in there is written when it is freed. The same snapshot shows both and all lines.
create function sum_ledger_range(of_generation integer, size bigint) returns boolean
language plpgsql as $$
declare
    after bigint;
    upto bigint;
    head bigint;
begin
    if not pg_try_advisory_xact_lock(hashtextextended('ranges of payment_ledger', of_generation)) then
        return false;
    end if;
    select coalesce(max(r.upto_position), 0) into after from payment_ledger_ranges r where r.generation = of_generation;
    upto := after + size;
    select coalesce(max(e.position), 0) into head from events e;
    with range as (
        insert into payment_ledger_ranges (generation, after_position, upto_position)
        select of_generation, after, upto
        where not exists (
                select from current_checkpoints c
                where c.consumer = 'payment_ledger' and c.generation = of_generation and c.position < upto
                  and (head < upto or exists (select from events e
                                              where e.shard = c.shard and e.position > c.position and e.position <= upto)))
          and not exists (select from parked p
                          where p.consumer = 'payment_ledger' and p.generation = of_generation and p.from_position <= upto)
        returning upto_position
    ), moved as (
        select l.account, l.currency, l.subject_id, sum(l.amount)::bigint as amount, count(*) as lines,
               min(l.at) as first_at, max(l.at) as last_at
        from payment_ledger l
        where l.generation = of_generation and l.position > after and l.position <= upto and exists (select from range)
        group by l.account, l.currency, l.subject_id
    )
    insert into payment_ledger_sums
        (generation, after_position, upto_position, account, currency, amount, lines, new_subjects, first_at, last_at)
    select of_generation, after, upto, m.account, m.currency, sum(m.amount)::bigint, sum(m.lines)::bigint,
           count(m.subject_id) filter (where not exists (
               select from payment_ledger e
               where e.generation = of_generation and e.account = m.account and e.subject_id = m.subject_id and e.position <= after)),
           min(m.first_at), max(m.last_at)
    from moved m
    group by m.account, m.currency;
    return exists (select from payment_ledger_ranges r where r.generation = of_generation and r.upto_position = upto);
end $$;

-- An account's lines in their order, whoever's they are; what one owner's statement needs, payment_ledger_by_account has.
delete from model_indexes where index_name = 'payment_ledger_statement';
insert into model_indexes (table_name, index_name, definition)
values ('payment_ledger', 'payment_ledger_by_position', 'USING btree (account, "position", line)');
do $$
declare
    number integer;
begin
    for number in select g.generation from generations g where g.model = 'payment_ledger' loop
        execute format('drop index if exists payment_ledger_statement_g%s', number);
        perform index_generation('payment_ledger', number);
    end loop;
end $$;

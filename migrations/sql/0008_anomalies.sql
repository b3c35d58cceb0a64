-- What providers and gateways showed that cannot be true: the tasks of operators, of payments and payouts alike.

create table anomalies (
    generation  int         not null,
    subject     text        not null,     -- payment, payout
    subject_id  uuid        not null,
    number      int         not null,     -- within its subject, from 1
    position    bigint      not null,     -- of the fact that recorded it
    kind        text        not null,
    source      text        not null,
    call        text,                     -- the request it is about
    provider_id text,
    seen        bigint,                   -- the sum that was seen, in minor units of `currency`
    currency    text,
    seen_at     timestamptz not null,
    resolution  text,
    resolved_by uuid,
    resolved_at timestamptz,
    primary key (generation, subject_id, subject, number)
) partition by list (generation);

create index anomalies_by_position on anomalies (position, subject_id);

insert into model_tables (model, table_name, fill_factor) values ('anomalies', 'anomalies', 90);

select register_model('anomalies', 1);

-- Those of payments stood here before. Where there is a log, somebody may still read them; where there is none, nobody.
delete from model_tables where table_name = 'provider_payments__anomalies';
do $$
begin
    if not exists (select 1 from events) then
        drop table provider_payments__anomalies;
    end if;
end $$;

-- Payouts, second shape: the gateway's own id of each, so that its statement can be compared with ours.

alter table payouts add column provider_id text;  -- none until the gateway has shown it

create index payouts_by_provider_id on payouts (provider_id);

-- Nobody reads the first shape of an empty log, and nobody would feed it.
do $$
begin
    if not exists (select 1 from events) then
        delete from read_models where model = 'payouts' and schema_version = 1;
        perform drop_generation('payouts', 1);
    end if;
end $$;

select register_model('payouts', 2);

-- Telephone numbers proven by a code (ADR 41): text messages wait beside mail, sealed likewise, and what each cost is counted.

alter table identity.one_time_codes
    drop constraint one_time_codes_purpose_check,
    add constraint one_time_codes_purpose_check check (purpose in ('password_reset', 'email', 'phone'));

-- By mail, or by a text message.
alter table identity.outgoing_mail
    add column channel text not null default 'email' check (channel in ('email', 'sms'));

-- Text messages of the last day: how many went to a number, were asked for by an account and from a network. Each costs money.
create table identity.sms_sends (
    id uuid primary key,
    -- The blind index of the number.
    phone_index bytea not null check (length(phone_index) = 32),
    account_id uuid not null references identity.accounts (id) on delete cascade,
    -- A keyed hash of the network it was asked from.
    network bytea not null check (length(network) = 16),
    sent_at timestamptz not null
);
create index sms_sends_by_phone on identity.sms_sends (phone_index, sent_at);
create index sms_sends_by_account on identity.sms_sends (account_id, sent_at);
create index sms_sends_by_network on identity.sms_sends (network, sent_at);
create index sms_sends_by_age on identity.sms_sends (sent_at);

-- Whose contacts go, of them no number stays.
create function identity.forget_sms_sends() returns trigger
    language plpgsql set search_path = pg_catalog, pg_temp
    as $$
begin
    delete from identity.sms_sends where account_id = old.account_id;
    return null;
end
$$;
create trigger no_text_message_of_the_erased
    after delete on identity.contacts for each row
    execute function identity.forget_sms_sends();

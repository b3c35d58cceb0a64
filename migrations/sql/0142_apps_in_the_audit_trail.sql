-- Which app acted, for whom it acts stands in the actor. No foreign key: the trail stays when an app goes.
alter table identity.security_events add column app_id uuid;
create index security_events_by_app on identity.security_events (app_id, happened_at, id) where app_id is not null;

//! People living through their bookings.

mod audit_trail;
mod cancelling;
mod conditions;
mod consultation;
mod doctors;
mod filters;
mod finding;
mod history;
mod lists;
mod live;
mod log_filters;
mod long_history;
mod money;
mod operators;
mod patient_limits;
mod prices;
mod repeats;
mod scheduled;
mod seed_examples;
mod sessions;
mod slot_race;
mod urgent;
mod what_if;
mod wrong_input;

//! People living through their bookings.

mod account_edits;
mod accounts;
mod cancelling;
mod conditions;
mod consultation;
mod doctors;
mod finding;
mod history;
mod lists;
mod live;
mod log_filters;
mod money;
mod operator_sign_in;
mod operators;
mod patient_limits;
mod prices;
mod repeats;
mod scheduled;
mod seed_examples;
mod sessions;
mod slot_race;
mod urgent;
mod wrong_input;

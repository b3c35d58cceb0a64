//! The fan-out's promises, each against a real Postgres and a real NATS: each fact once in effect, whatever happens.
#![expect(clippy::unwrap_used, reason = "tests")]
#![expect(clippy::disallowed_methods, reason = "tests draw their own ids")]

mod delivery;
mod editions;
mod forged;
mod freshness;
mod generations;
mod hand_over;
mod intents;
mod kit;
mod lanes;
mod marks;
mod one_feed;
mod parking;
mod plans;
mod restore;
mod shapes;
mod toy;
mod zombies;

//! The surface itself: walls between crates, the look of rooms, what every endpoint owes to whom.

mod clock;
mod configuration;
mod connections;
mod failure_cases;
mod headers;
mod limits;
mod notices;
mod openapi;
mod operations;
mod privacy;
mod problems;
mod roles;
mod rooms;
mod walls;

//! The promises, proved from outside: journeys over HTTP, the surface itself, and durability under faults.

mod durability;
mod journeys;
mod money;
mod storm;
mod surface;

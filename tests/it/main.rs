//! The promises, proved from outside: journeys over HTTP, the surface itself, and the truth after faults.

mod journeys;
mod money;
mod storm;
mod surface;
mod truth;

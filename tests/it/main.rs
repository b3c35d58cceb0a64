//! The promises, proved from outside: journeys over HTTP, the surface itself, and the truth after faults.

mod journeys;
mod surface;
mod truth;

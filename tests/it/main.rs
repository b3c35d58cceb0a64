//! The promises, proved from outside: journeys over HTTP, the surface itself, and durability under faults.

mod analysts;
mod backups;
mod durability;
mod exports;
mod journeys;
mod mail;
mod money;
mod storm;
mod surface;
mod traces;
mod webhooks;

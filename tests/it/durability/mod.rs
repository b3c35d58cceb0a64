//! Durability under faults: nothing acknowledged is lost, nothing happens twice, read models are what the log says.

mod answers;
mod bus;
mod due;
mod erasure;
mod identity;
mod kills;
pub mod notary;
mod odd_facts;
mod oracle_self_tests;
mod postgres;
mod privileges;
mod rebuild;
mod throughput;
mod zombies;

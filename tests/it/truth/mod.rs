//! The truth after faults: nothing acknowledged is lost, nothing happens twice, read models are what the log says.

mod answers;
mod bus;
mod due;
mod identity;
mod judges;
mod kills;
mod odd_facts;
mod postgres;
mod privileges;
mod rebuild;
mod throughput;
mod zombies;

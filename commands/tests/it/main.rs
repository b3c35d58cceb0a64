//! The use cases against a real Postgres: races, money, time, and intents carried out exactly once in effect.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

mod accepting;
mod attempts;
mod cancelling;
mod carried;
mod checks;
mod clinics;
mod deposits;
mod endings;
mod exactly_once;
mod fanout;
mod gateway;
mod hasty_bus;
mod interleavings;
mod kit;
mod late_money;
mod own_time;
mod paying;
mod payouts;
mod people;
mod price_lists;
mod prices;
mod readers;
mod receipts;
mod requesting;
mod return_urls;
mod scripted;
mod several_processes;
mod silent_providers;
mod spoilt;
mod visiting;
mod visits;
mod wallets;
mod way;
mod witness;

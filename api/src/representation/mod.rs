//! What answers look like: plain structs for JSON and OpenAPI, built from domain states and read-model rows.

pub mod accepted;
pub mod account;
pub mod anomaly;
pub mod booking;
pub mod day;
pub mod doctor;
pub mod fact;
pub mod ledger;
pub mod moment;
pub mod money_back;
pub mod page;
pub mod payment;
pub mod payout;
pub mod price_list;
pub mod quote;
pub mod reconciliation;
pub mod sum;
pub mod wallet;
pub mod workings;

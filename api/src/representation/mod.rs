//! What answers look like: plain structs for JSON and OpenAPI, built from domain states and read-model rows.

pub mod account;
pub mod amount;
pub mod anomaly;
pub mod audit_trail;
pub mod booking;
pub mod booking_links;
pub mod command_response;
pub mod day;
pub mod doctor;
pub mod fact;
pub mod ledger;
pub mod money_back;
pub mod operations;
pub mod page;
pub mod payment;
pub mod payout;
pub mod price_list;
pub mod quote;
pub mod receipt;
pub mod reconciliation;
pub mod report;
pub mod staff_account;
pub mod steps;
pub mod timestamp;
pub mod visit_details;
pub mod wallet;

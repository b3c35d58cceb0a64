//! What admins see and mend: the log, its read models, intents, accounts, cash.

pub mod accounts;
pub mod anomalies;
pub mod apps;
pub mod audit_trail;
pub mod credit_wallet;
pub mod erasures;
pub mod history;
pub mod intents;
pub mod ledger;
pub mod log;
pub mod price_lists;
pub mod projections;
pub mod reconciliations;
pub mod run_payouts;
pub mod search;

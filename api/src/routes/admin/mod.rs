//! What admins see and mend: the log, its read models, intents, accounts, cash.

pub mod anomalies;
pub mod create_account;
pub mod credit_wallet;
pub mod events;
pub mod give_up_intent;
pub mod intents;
pub mod ledger_accounts;
pub mod ledger_entries;
pub mod live;
pub mod price_lists;
pub mod projections;
pub mod publish_prices;
pub mod rebuild;
pub mod reconcile;
pub mod reconciliation;
pub mod reconciliations;
pub mod resolve_anomaly;
pub mod retry_intent;
pub mod run_payouts;
pub mod stream;
pub mod unpark;

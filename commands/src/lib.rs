#![doc = include_str!("../README.md")]

pub mod accounts;
pub mod anomalies;
pub mod bookings;
pub mod context;
pub mod intents;
pub mod mail;
pub mod outcome;
pub mod payments;
pub mod payouts;
pub mod policy;
pub mod ports;
pub mod prices;
pub mod processes;
pub mod provider_ports;
pub mod readers;
pub mod refusal;
pub mod schedule;
pub mod second_factor_rule;
pub mod services;
pub mod wallet;

mod retry_schedule;
mod streams;

pub use context::CommandMetadata;
pub use outcome::{
    AccountState, BlockState, BookingState, CommandOutcome, DayState, PaymentState, PayoutState, WalletState,
};
pub use provider_ports::{ProviderPorts, ReceiptTerms};
pub use refusal::{CommandError, Refusal};
pub use retry_schedule::RetrySchedule;
pub use services::{CommandServices, PAYOUT_MIN_DEFAULT, Policies};

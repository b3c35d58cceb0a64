//! What the house can be asked to do: one use case per file, each of them one decision over a named set of streams.
//!
//! A use case takes the [`CommandServices`], who [`CommandMetadata`] and the wish; it loads what the rules in `domain` need, lets them
//! decide, and appends what they decided in a single `event_store::execute`. Nothing here knows HTTP or SQL.
//!
//! Reactions take the same road: a process in [`processes`] is a pure function from a fact to intents, and the worker
//! in [`intents`] carries each intent out through the very same use cases, with the intent's id as its command id.

pub mod anomalies;
pub mod bookings;
pub mod context;
pub mod intents;
pub mod outcome;
pub mod payments;
pub mod payouts;
pub mod policy;
pub mod ports;
pub mod prices;
pub mod processes;
pub mod provider_ports;
pub mod refusal;
pub mod schedule;
pub mod services;
pub mod wallet;

mod retry_schedule;
mod streams;

pub use context::CommandMetadata;
pub use outcome::{
    BlockState, BookingState, CommandOutcome, DayState, PaymentState, PayoutState, WalletState,
};
pub use provider_ports::{ProviderPorts, ReceiptTerms};
pub use refusal::{CommandFault, Refusal};
pub use retry_schedule::RetrySchedule;
pub use services::{CommandServices, PAYOUT_MIN_DEFAULT, Policies};

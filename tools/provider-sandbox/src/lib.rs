#![doc = include_str!("../README.md")]

mod clock;
mod control;
mod delivery_worker;
mod fault_listener;
mod ids;
mod mailbox;
mod money;
mod options;
mod pages;
mod provider_request;
mod running;
mod shared_state;
mod state;
mod tbank;
mod yookassa;

pub use mailbox::{MAILBOX_SMS_KEY, Mailbox, ReceivedMail};
pub use money::Kopecks;
pub use options::Options;
pub use running::{RunningSandbox, Sandbox, SandboxError};
pub use state::settings::{
    FiscalMode, Fiscalization, GatewaySettings, RefundSettings, ScriptedOutcome, Settings, ShopSettings,
    TerminalSettings,
};
pub use state::unsettled::{
    AmountAfterCapture, DuplicateOrder, KeyScope, NumericSums, QrLeadsTo, ReplayShows, SbpNotification,
    Unsettled,
};

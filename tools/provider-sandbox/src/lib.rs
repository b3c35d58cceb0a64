//! A stand-in for YooKassa (API v3) and T-Bank (EACQ v2): their wire, their states and their moods, for rehearsals.
//!
//! It never moves money. Everything lives in memory behind one lock; time is virtual (the real one plus an offset); ids
//! come from one seed. One address serves the providers' APIs and payment pages, another one the control surface, by which
//! tests move time, script faults and play payers:
//!
//! ```no_run
//! # async fn start() -> Result<(), provider_sandbox::SandboxFault> {
//! use provider_sandbox::{Options, Sandbox};
//!
//! let sandbox = Sandbox::start(Options::default()).await?;
//! println!("{} {}", sandbox.api_url, sandbox.control_url);
//! sandbox.stop().await;
//! # Ok(())
//! # }
//! ```

mod clock;
mod control;
mod delivery_worker;
mod fault_listener;
mod ids;
mod money;
mod options;
mod pages;
mod running;
mod shared_state;
mod state;
mod tbank;
mod yookassa;

pub use money::Kopecks;
pub use options::Options;
pub use running::{RunningSandbox, Sandbox, SandboxFault};
pub use state::settings::{
    Fees, FiscalMode, Fiscalization, GatewaySettings, RefundSettings, ScriptedOutcome, Settings,
    ShopSettings, TerminalSettings,
};
pub use state::unsettled::{
    AmountAfterCapture, DuplicateOrder, KeyScope, NumericSums, QrLeadsTo, ReplayShows, SbpNotification,
    Unsettled,
};

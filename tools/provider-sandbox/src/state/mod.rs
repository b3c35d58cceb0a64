//! The sandbox's state: the shop, the payout gateway, the terminal, time, scripts and the outbox, all in memory.

pub mod bank;
pub mod bank_cash_register;
pub mod cards;
pub mod cash_register;
pub mod collection;
pub mod faults;
pub mod keys;
pub mod outbox;
pub mod payer;
pub mod payment;
pub mod payouts;
pub mod refunds;
pub mod scheduler;
pub mod script;
pub mod settings;
pub mod unsettled;
pub mod wire;

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use crate::clock::VirtualClock;
use crate::ids::Ids;
use crate::state::bank::BankPayment;
use crate::state::bank_cash_register::BankReceipt;
use crate::state::cash_register::Receipt;
use crate::state::collection::Collection;
use crate::state::faults::{DeliveryFault, Fault};
use crate::state::keys::KeyStore;
use crate::state::outbox::Outbox;
use crate::state::payment::{Payment, Refund};
use crate::state::payouts::Payout;
use crate::state::scheduler::Scheduler;
use crate::state::script::Script;
use crate::state::settings::Settings;

/// Everything there is.
pub struct SandboxState {
    pub clock: VirtualClock,
    pub ids: Ids,
    pub settings: Settings,
    pub scheduler: Scheduler,
    pub outbox: Outbox,
    pub faults: Script<Fault>,
    pub delivery_faults: Script<DeliveryFault>,
    /// How often what happened, by dotted name: `payments.create.200`, `faults.payments.create`.
    pub counters: BTreeMap<String, u64>,
    pub keys: KeyStore,
    /// The address of the providers' side, for the links it gives out.
    pub site: String,
    pub payments: Collection<Payment>,
    pub refunds: Collection<Refund>,
    pub receipts: Collection<Receipt>,
    pub payouts: Collection<Payout>,
    pub bank_payments: Collection<BankPayment>,
    /// What T-Bank's cash register was given, in order.
    pub bank_receipts: Vec<BankReceipt>,
    /// QR code id → whose it is.
    pub qr_codes: HashMap<String, QrOwner>,
    /// YooKassa's requests in the current (virtual) second.
    pub requests_this_second: (Timestamp, u32),
}

/// What a QR code pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QrOwner {
    Payment(String),
    BankPayment(u64),
}

impl SandboxState {
    pub fn new(seed: u64, settings: Settings, site: String) -> Self {
        Self {
            clock: VirtualClock::default(),
            ids: Ids::of(seed),
            settings,
            scheduler: Scheduler::default(),
            outbox: Outbox::default(),
            faults: Script::default(),
            delivery_faults: Script::default(),
            counters: BTreeMap::new(),
            keys: KeyStore::default(),
            site,
            payments: Collection::default(),
            refunds: Collection::default(),
            receipts: Collection::default(),
            payouts: Collection::default(),
            bank_payments: Collection::default(),
            bank_receipts: Vec::new(),
            qr_codes: HashMap::new(),
            requests_this_second: (Timestamp::UNIX_EPOCH, 0),
        }
    }

    /// Counts one more of what bears this name.
    pub fn count(&mut self, name: String) {
        *self.counters.entry(name).or_default() += 1;
    }
}

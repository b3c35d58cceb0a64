//! The world of the sandbox: the shop, the payout gateway, the terminal, time, scripts and the outbox, all in memory.

pub mod agenda;
pub mod bank;
pub mod bank_till;
pub mod cards;
pub mod counters;
pub mod payer;
pub mod payment;
pub mod payouts;
pub mod refunds;
pub mod settings;
pub mod settle;
pub mod shelf;
pub mod till;
pub mod unsettled;

use std::collections::HashMap;

use jiff::Timestamp;

use crate::clock::VirtualClock;
use crate::faults::FaultScript;
use crate::ids::Ids;
use crate::state::agenda::Agenda;
use crate::state::bank::BankPayment;
use crate::state::bank_till::BankReceipt;
use crate::state::counters::Counters;
use crate::state::payment::{Method, Payment, Refund};
use crate::state::payouts::Payout;
use crate::state::settings::Settings;
use crate::state::shelf::Shelf;
use crate::state::till::Receipt;
use crate::webhooks::outbox::Outbox;
use crate::webhooks::script::TwistScript;
use crate::yookassa::idempotency::KeyStore;

/// Everything there is.
pub struct World {
    pub clock: VirtualClock,
    pub ids: Ids,
    pub settings: Settings,
    pub agenda: Agenda,
    pub outbox: Outbox,
    pub faults: FaultScript,
    pub twists: TwistScript,
    pub counters: Counters,
    pub keys: KeyStore,
    /// The address of the providers' side, for the links it gives out.
    pub site: String,
    pub payments: Shelf<Payment>,
    pub refunds: Shelf<Refund>,
    pub receipts: Shelf<Receipt>,
    pub payouts: Shelf<Payout>,
    pub saved_methods: HashMap<String, Method>,
    pub bank_payments: Shelf<BankPayment>,
    /// What T-Bank's till was given, in order.
    pub bank_receipts: Vec<BankReceipt>,
    /// QR code id → whose it is.
    pub qr_codes: HashMap<String, QrOwner>,
    /// YooKassa's requests in the current (virtual) second.
    pub requests_this_second: (Timestamp, u32),
}

/// What a QR code pays for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum QrOwner {
    /// A YooKassa payment.
    Payment(String),
    /// A T-Bank payment.
    BankPayment(u64),
}

impl World {
    /// An empty world.
    pub fn new(seed: u64, settings: Settings, site: String) -> Self {
        Self {
            clock: VirtualClock::default(),
            ids: Ids::of(seed),
            settings,
            agenda: Agenda::default(),
            outbox: Outbox::default(),
            faults: FaultScript::default(),
            twists: TwistScript::default(),
            counters: Counters::default(),
            keys: KeyStore::default(),
            site,
            payments: Shelf::default(),
            refunds: Shelf::default(),
            receipts: Shelf::default(),
            payouts: Shelf::default(),
            saved_methods: HashMap::new(),
            bank_payments: Shelf::default(),
            bank_receipts: Vec::new(),
            qr_codes: HashMap::new(),
            requests_this_second: (Timestamp::UNIX_EPOCH, 0),
        }
    }
}

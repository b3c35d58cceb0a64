//! What a payment remembers: its terms, how far the money went, what was asked of the provider and what is still owed.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::ids::{PatientId, PaymentId};
use crate::money::{Money, MoneyError};
use crate::payment::anomaly::AnomalyEntry;
use crate::payment::events::{PaymentMethod, RefundReason};
use crate::payment::provider::{Call, CallMade, Route};
use crate::payment::purpose::Purpose;
use crate::payment::receipt::ReceiptEntry;
use crate::people::{Actor, PrivateRef};
use crate::reactions::Reactions;

/// What is to be paid, by whom and how.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentTerms {
    pub payment_id: PaymentId,
    pub purpose: Purpose,
    /// Who pays; for a deposit also whose wallet it is.
    pub patient_id: PatientId,
    pub method: PaymentMethod,
    pub amount: Money,
    pub started_at: Timestamp,
}

/// A payment's terms and how far the money went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// What is to be paid.
    pub terms: PaymentTerms,
    /// Which provider carries it, and how; none for a wallet.
    pub route: Option<Route>,
    /// The provider's own id of the payment, once known.
    pub provider_id: Option<String>,
    /// Where the patient comes back to from the provider's page, in the vault; the platform's own page if nobody said.
    pub return_url: Option<PrivateRef>,
    /// Where the patient confirms it, in the vault.
    pub link: Option<PrivateRef>,
    /// Whether the outcome of the last request to the provider is unknown.
    pub unknown: bool,
    /// Whether the provider itself said that the payment ended without money.
    pub ended_at_provider: bool,
    /// Why it failed last, in the provider's word.
    pub failure: Option<String>,
    /// Whether money that was held was let go: the same hold does not come a second time.
    pub let_go: bool,
    /// When money that was held, or part of it, was let go last.
    pub freed_at: Option<Timestamp>,
    /// Every request made of the provider, oldest first.
    pub calls: Vec<CallMade>,
    /// What is held and not yet taken.
    pub held: Money,
    /// When the hold ends by itself.
    pub hold_expires_at: Option<Timestamp>,
    /// What is to be taken of the hold, once asked.
    pub capture_asked: Option<Money>,
    /// Whether the hold is to be given up.
    pub cancel_asked: bool,
    /// What was taken, what went back of it included.
    pub captured: Money,
    /// What of it reaches the platform after the provider's fee, once known.
    pub income: Option<Money>,
    /// What of it went back.
    pub refunded: Money,
    /// The number of the latest refund.
    pub refunds: u32,
    /// Every refund, by number.
    pub refund_list: Vec<RefundEntry>,
    /// What is to remain in the end, once the booking said so.
    pub settlement: Option<Settlement>,
    /// Every fiscal receipt there must be, by number.
    pub receipts: Vec<ReceiptEntry>,
    /// What the provider showed and the rules could not believe.
    pub anomalies: Vec<AnomalyEntry>,
    /// Instructions that came to nothing here.
    pub reactions: Reactions,
}

/// What the booking says is to remain; everything else is free or goes back.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    pub due: Money,
    pub reason: RefundReason,
    pub by: Actor,
}

/// One refund, and how far it has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RefundEntry {
    pub number: u32,
    pub amount: Money,
    pub reason: RefundReason,
    pub by: Actor,
    pub requested_at: Timestamp,
    /// When the money was back, or nothing came of it.
    pub ended_at: Option<Timestamp>,
    pub stage: RefundStage,
    /// The provider's own id of the refund, once known.
    pub provider_id: Option<String>,
}

/// How far a refund has come.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RefundStage {
    /// Decided, and its money reserved.
    Requested,
    Pending,
    Succeeded,
    /// It came to nothing; its money is free for another.
    Cancelled,
}

impl RefundStage {
    /// Every stage, in the order of the contract.
    pub const ALL: [Self; 4] = [Self::Requested, Self::Pending, Self::Succeeded, Self::Cancelled];

    /// The stable word of read models and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Pending => "pending",
            Self::Succeeded => "succeeded",
            Self::Cancelled => "cancelled",
        }
    }

    /// The stage of this stable word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|stage| stage.as_str() == word)
    }

    /// Whether it takes up captured money.
    pub const fn reserves(self) -> bool {
        match self {
            Self::Requested | Self::Pending | Self::Succeeded => true,
            Self::Cancelled => false,
        }
    }

    /// Whether nothing more will become of it.
    pub const fn is_final(self) -> bool {
        match self {
            Self::Succeeded | Self::Cancelled => true,
            Self::Requested | Self::Pending => false,
        }
    }
}

impl Attempt {
    /// The attempt at its beginning.
    pub(crate) fn new(terms: PaymentTerms) -> Self {
        let nothing = Money {
            minor: 0,
            currency: terms.amount.currency,
        };
        Self {
            terms,
            route: None,
            provider_id: None,
            return_url: None,
            link: None,
            unknown: false,
            ended_at_provider: false,
            let_go: false,
            freed_at: None,
            calls: Vec::new(),
            held: nothing,
            hold_expires_at: None,
            capture_asked: None,
            failure: None,
            cancel_asked: false,
            captured: nothing,
            income: None,
            refunded: nothing,
            refunds: 0,
            refund_list: Vec::new(),
            settlement: None,
            receipts: Vec::new(),
            anomalies: Vec::new(),
            reactions: Reactions::default(),
        }
    }

    /// Nothing, in the payment's currency.
    pub const fn nothing(&self) -> Money {
        Money {
            minor: 0,
            currency: self.terms.amount.currency,
        }
    }

    /// The refund of this number, counted from 1 within the payment.
    pub fn refund(&self, number: u32) -> Option<&RefundEntry> {
        self.refund_list.iter().find(|refund| refund.number == number)
    }

    /// The refund whose turn it is. Refunds of one payment are carried out one after another: a bank that is under way
    /// with one refuses the next. One that an operator has dealt with keeps its sum and nobody waiting.
    pub fn refund_in_turn(&self) -> Option<&RefundEntry> {
        self.refund_list
            .iter()
            .find(|refund| !refund.stage.is_final() && !self.is_dealt_with(refund))
    }

    /// Whether an operator was told of this refund and has settled that.
    fn is_dealt_with(&self, refund: &RefundEntry) -> bool {
        let number = refund.number;
        self.anomalies
            .iter()
            .any(|entry| entry.resolution.is_some() && entry.anomaly.call == Some(Call::Refund { number }))
    }

    /// Whether the booking's settlement asks again by itself for what this refund was to give back.
    pub fn is_pursued(&self, refund: &RefundEntry) -> bool {
        self.settlement
            .is_some_and(|settlement| settlement.reason == refund.reason)
    }

    /// The receipt of this number, counted from 1 within the payment.
    pub fn receipt(&self, number: u32) -> Option<&ReceiptEntry> {
        self.receipts.iter().find(|receipt| receipt.number == number)
    }

    /// The latest attempt at a request.
    pub fn latest(&self, call: Call) -> Option<&CallMade> {
        self.calls.iter().rev().find(|made| made.call == call)
    }

    /// What refunds take up of the captured money, those under way included.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn reserved(&self) -> Result<Money, MoneyError> {
        let reserving = self.refund_list.iter().filter(|refund| refund.stage.reserves());
        reserving
            .map(|refund| refund.amount)
            .try_fold(self.nothing(), Money::plus)
    }

    /// What of the captured money may still be given back.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`].
    pub fn left(&self) -> Result<Money, MoneyError> {
        self.captured.minus(self.reserved()?)
    }

    /// What earlier refunds, as the provider knows them, gave back before refund `number`.
    pub fn refunded_before(&self, number: u32) -> Money {
        let before = self.refund_list.iter().filter(|refund| refund.number < number);
        let done = before.filter(|refund| matches!(refund.stage, RefundStage::Succeeded));
        // They are within what was captured, so the sum fits.
        done.map(|refund| refund.amount)
            .try_fold(self.nothing(), Money::plus)
            .unwrap_or(self.refunded)
    }
}

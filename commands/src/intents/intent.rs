//! What a process wants done, as it is stored beside the fact that led to it.
#![expect(missing_docs, reason = "pure data: most names say it all")]

use domain::ids::{AccountId, BookingId, PaymentId, PayoutId};
use domain::money::Money;
use domain::payment::provider::Call;
use domain::payment::receipt::FiscalProof;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::payments::PaymentRef;

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "wish", rename_all = "snake_case")]
pub enum Intent {
    /// The booking's deadline has come: let it expire, unless it was paid.
    ExpireBooking { booking_id: BookingId },
    /// A paid booking has no doctor: tell an operator, or let it end, when its time comes before a doctor.
    WatchSearch { booking_id: BookingId },
    /// A visit is set: tell an operator, or let it end, when its time comes and nobody has taken it further.
    WatchVisit { booking_id: BookingId },
    /// Money is authorised or captured: let it do what it is for. That it was called after bookings alone stands in
    /// instructions stored before there were deposits.
    #[serde(rename = "money_arrived", alias = "secure_booking")]
    ApplyPayment {
        #[serde(flatten)]
        payment_ref: PaymentRef,
    },
    /// The booking refused the money: send all of it back.
    ReturnMoney {
        booking_id: BookingId,
        payment_id: PaymentId,
    },
    /// The visit is over, called off or missed: capture what is due, free the rest.
    SettleBooking { booking_id: BookingId, due: Money },
    /// The payment wants something of its provider: ask for it.
    CallProvider {
        #[serde(flatten)]
        payment_ref: PaymentRef,
        call: Call,
    },
    LookAtPayment {
        #[serde(flatten)]
        payment_ref: PaymentRef,
        round: u32,
    },
    LookAtRefund {
        #[serde(flatten)]
        payment_ref: PaymentRef,
        number: u32,
        round: u32,
    },
    LookAtReceipt {
        #[serde(flatten)]
        payment_ref: PaymentRef,
        number: u32,
        round: u32,
    },
    /// Try again what came to nothing of a payment's settlement and receipts.
    PursuePayment {
        #[serde(flatten)]
        payment_ref: PaymentRef,
    },
    /// A refund is over, or what it waited for has come: ask for the next one, if it waits.
    NextRefund {
        #[serde(flatten)]
        payment_ref: PaymentRef,
    },
    /// The hold ends soon: take its money if the visit is still ahead.
    KeepHold {
        #[serde(flatten)]
        payment_ref: PaymentRef,
    },
    /// A provider told something: see what it has of the payment concerned.
    FollowNotice {
        provider: String,
        payment_provider_id: String,
        /// How often it was tried before.
        tries: u32,
        /// What a cash register printed for it, where only the notice tells.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        printed: Option<Printed>,
    },
    /// The visit is over or its money taken: fix what its doctor earned, once both are true.
    EarnVisit { booking_id: BookingId },
    /// Money is to be paid out: ask the gateway for it.
    CallPayout {
        owner_id: AccountId,
        payout_id: PayoutId,
    },
    LookAtPayout {
        owner_id: AccountId,
        payout_id: PayoutId,
        round: u32,
    },
    /// A payout came to nothing because of where it went: its owner must name another bank account.
    DoubtDestination {
        owner_id: AccountId,
        payout_id: PayoutId,
    },
    /// The gateway told something: see what it has of the payout concerned.
    FollowPayoutNotice {
        provider_payout_id: String,
        /// How often it was tried before.
        tries: u32,
    },
}

impl Intent {
    /// One at a time, in order, per key: what is asked of a provider waits for its provider alone, and holds up nothing
    /// that its booking has to do meanwhile. None where the key is that of the fact that led here.
    pub(crate) fn key(&self) -> Option<String> {
        match self {
            Self::CallProvider { payment_ref, .. }
            | Self::LookAtPayment { payment_ref, .. }
            | Self::LookAtRefund { payment_ref, .. }
            | Self::LookAtReceipt { payment_ref, .. }
            | Self::PursuePayment { payment_ref }
            | Self::NextRefund { payment_ref }
            | Self::KeepHold { payment_ref } => Some(payment_ref.payment_id.to_string()),
            Self::CallPayout { payout_id, .. }
            | Self::LookAtPayout { payout_id, .. }
            | Self::DoubtDestination { payout_id, .. } => Some(payout_id.to_string()),
            Self::ExpireBooking { .. }
            | Self::WatchSearch { .. }
            | Self::WatchVisit { .. }
            | Self::ApplyPayment { .. }
            | Self::ReturnMoney { .. }
            | Self::SettleBooking { .. }
            | Self::EarnVisit { .. }
            | Self::FollowNotice { .. }
            | Self::FollowPayoutNotice { .. } => None,
        }
    }

    /// Whether carrying it out asks somebody outside, which may take long.
    pub(crate) const fn asks_outside(&self) -> bool {
        match self {
            Self::CallProvider { .. }
            | Self::LookAtPayment { .. }
            | Self::LookAtRefund { .. }
            | Self::LookAtReceipt { .. }
            | Self::FollowNotice { .. }
            | Self::CallPayout { .. }
            | Self::LookAtPayout { .. }
            | Self::FollowPayoutNotice { .. } => true,
            Self::ExpireBooking { .. }
            | Self::WatchSearch { .. }
            | Self::WatchVisit { .. }
            | Self::ApplyPayment { .. }
            | Self::ReturnMoney { .. }
            | Self::SettleBooking { .. }
            | Self::PursuePayment { .. }
            | Self::NextRefund { .. }
            | Self::KeepHold { .. }
            | Self::EarnVisit { .. }
            | Self::DoubtDestination { .. } => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Printed {
    /// Whether money came in; otherwise it went back.
    pub incoming: bool,
    pub amount: Money,
    /// The proof; none when the cash register gave it up.
    pub proof: Option<FiscalProof>,
    /// Where a copy of it is read, sealed under a master key, in base64: the queue is no place for it in the clear.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed_copy_url: Option<String>,
}

/// An intent as it is stored: with the fact that led to it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredIntent {
    #[serde(flatten)]
    pub intent: Intent,
    /// The stream of the fact that led here; a refusal is recorded on it.
    pub cause: Cause,
    /// Shared by everything that follows from one command.
    pub correlation_id: String,
    pub trace_id: String,
}

/// The aggregate whose fact led to an intent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    Booking(BookingId),
    Payment(PaymentRef),
    Payout {
        payout_id: PayoutId,
        owner_id: AccountId,
    },
    /// No fact: a provider told something.
    Outside,
}

/// An instruction that follows another.
#[derive(Clone, Debug)]
pub(crate) struct FollowUp {
    pub(crate) intent: Intent,
    pub(crate) due_at: Timestamp,
}

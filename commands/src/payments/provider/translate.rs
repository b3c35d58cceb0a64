//! Between the words of the ports to providers and those of the rules.

use domain::payment::Payment;
use domain::payment::anomaly::Source;
use domain::payment::attempt::RefundStage;
use domain::payment::commands::{RecordRefund, RecordSnapshot, Stage};
use domain::payment::events::PaymentMethod;
use domain::payment::receipt::{FiscalProof, ReceiptStage};
use jiff::Timestamp;

use crate::ports::{Cancellation, Fiscal, PaymentRail, RefundSnapshot, Snapshot, Status};

/// The longest code that a fact may hold.
const CODE_CHARS_MAX: usize = 64;
/// The code of a reason that cannot be written as a code.
const UNREADABLE: &str = "other";

/// How a method is paid at a provider; none where no provider is needed.
pub(super) const fn rail_of(method: PaymentMethod) -> Option<PaymentRail> {
    match method {
        PaymentMethod::Wallet => None,
        PaymentMethod::Yookassa => Some(PaymentRail::Card),
        PaymentMethod::Sbp => Some(PaymentRail::Sbp),
    }
}

/// A provider's code as a fact may hold it: never free text, in which a person could be named.
pub(crate) fn coded(code: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_./+:-".contains(&byte);
    if (1..=CODE_CHARS_MAX).contains(&code.len()) && code.bytes().all(plain) {
        code.to_owned()
    } else {
        UNREADABLE.to_owned()
    }
}

/// How the platform came to see what a provider has.
#[derive(Clone, Copy, Debug)]
pub(super) struct Observation {
    source: Source,
    asked_when_over: bool,
}

impl Observation {
    /// By asking for it, when the payment stood like this here.
    pub(super) fn by(source: Source, payment: &Payment) -> Self {
        let asked_when_over = payment.is_over_there();
        Self {
            source,
            asked_when_over,
        }
    }

    /// Without asking now: it may be from any time before.
    pub(super) const fn earlier(source: Source) -> Self {
        let asked_when_over = false;
        Self {
            source,
            asked_when_over,
        }
    }
}

/// What the rules are told of a payment; none when the provider uses a word that the platform does not know.
pub(super) fn snapshot(
    snapshot: &Snapshot,
    observation: Observation,
    at: Timestamp,
) -> Option<RecordSnapshot> {
    let stage = match &snapshot.status {
        Status::Pending => Stage::Pending,
        Status::WaitingForCapture => Stage::Held,
        Status::Succeeded => Stage::Succeeded,
        Status::Cancelled => Stage::Cancelled,
        Status::Other(word) => return unknown_word("payment", word),
    };
    Some(RecordSnapshot {
        provider_id: snapshot.provider_id.clone(),
        stage,
        amount: snapshot.amount,
        // Before it succeeded, nothing was.
        captured: snapshot.captured.filter(|_| stage == Stage::Succeeded),
        refunded: snapshot.refunded,
        income: snapshot.income,
        expires_at: snapshot.expires_at,
        code: reason(snapshot.cancelled.as_ref()),
        source: observation.source,
        asked_when_over: observation.asked_when_over,
        at,
    })
}

/// What the rules are told of a refund; none when the provider uses a word that the platform does not know.
pub(super) fn refund(
    snapshot: &RefundSnapshot,
    number: u32,
    source: Source,
    at: Timestamp,
) -> Option<RecordRefund> {
    let stage = match &snapshot.status {
        Status::Pending | Status::WaitingForCapture => RefundStage::Pending,
        Status::Succeeded => RefundStage::Succeeded,
        Status::Cancelled => RefundStage::Cancelled,
        Status::Other(word) => return unknown_word("refund", word),
    };
    Some(RecordRefund {
        number,
        provider_id: snapshot.provider_id.clone(),
        stage,
        amount: snapshot.amount,
        code: reason(snapshot.cancelled.as_ref()),
        source,
        at,
    })
}

/// Where a receipt stands; none when the cash register uses a word that the platform does not know.
pub(super) fn receipt(status: &Status) -> Option<ReceiptStage> {
    match status {
        Status::Pending | Status::WaitingForCapture => Some(ReceiptStage::Requested),
        Status::Succeeded => Some(ReceiptStage::Registered),
        Status::Cancelled => Some(ReceiptStage::Failed),
        Status::Other(word) => unknown_word("receipt", word),
    }
}

/// The proof as a fact holds it.
pub(super) fn proof(fiscal: Fiscal) -> FiscalProof {
    FiscalProof {
        document_number: coded(&fiscal.document_number),
        storage_number: coded(&fiscal.storage_number),
        attribute: coded(&fiscal.attribute),
        registered_at: fiscal.registered_at,
    }
}

/// Why something was given up, as a fact may hold it.
pub(crate) fn reason(cancelled: Option<&Cancellation>) -> Option<String> {
    cancelled.map(|cancelled| coded(&cancelled.reason))
}

/// Counts a word that the platform does not know; nothing is made of it.
pub(crate) fn unknown_word<T>(of: &'static str, word: &str) -> Option<T> {
    let word = coded(word);
    tracing::warn!(of, word, "A provider uses a word that the platform does not know");
    metrics::counter!("tot_provider_unknown_words_total", "of" => of).increment(1);
    None
}

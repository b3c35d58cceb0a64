//! One fact after another: what it changes of a payment and of its refunds.

use std::collections::{BTreeMap, BTreeSet};

use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::attempt::RefundStage;
use domain::payment::events::{PaymentEvent, PaymentMethod};
use domain::payment::evolve::evolve;
use domain::payment::provider::{Call, Provider};
use domain::payment::purpose::transfer_of;
use event_store::{ApplyError, Fact};
use jiff::Timestamp;

use crate::bookings::payments::PaymentProgress;
use crate::facts;
use crate::provider_payments::{CarriedRow, Purpose, RefundRow};
use crate::rows::{RowStart, Rows};

const BEGINS: RowStart = RowStart("payment", "started");

/// Payments and their refunds as a batch finds and leaves them.
pub(crate) struct ProjectionState {
    pub(crate) payments: Rows<PaymentId, CarriedRow>,
    pub(crate) refunds: BTreeMap<(PaymentId, u32), RefundRow>,
    /// Refunds that this batch made or changed.
    pub(crate) changed_refunds: BTreeSet<(PaymentId, u32)>,
}

/// The row of a payment that this fact begins, if a provider will carry it: the platform keeps wallets itself.
pub(crate) fn new_row(fact: &PaymentEvent, version: i64) -> Option<CarriedRow> {
    let terms = *evolve(Payment::default(), fact.clone()).terms()?;
    match terms.method {
        PaymentMethod::Wallet => return None,
        PaymentMethod::Yookassa | PaymentMethod::Sbp => {}
    }
    let amount = terms.amount;
    let nothing = Money {
        minor: 0,
        currency: amount.currency,
    };
    Some(CarriedRow {
        payment_id: terms.payment_id,
        purpose: match terms.purpose {
            domain::payment::purpose::Purpose::Booking(booking_id) => Purpose::Booking(booking_id),
            domain::payment::purpose::Purpose::Deposit => Purpose::Deposit(transfer_of(terms.payment_id)),
        },
        provider: None,
        provider_id: None,
        attempt: 0,
        status: PaymentProgress::STARTED.status,
        amount,
        held: nothing,
        captured: nothing,
        refunded: nothing,
        income: None,
        started_at: terms.started_at,
        changed_at: terms.started_at,
        version,
    })
}

impl ProjectionState {
    /// Takes one fact in.
    ///
    /// # Errors
    /// [`ApplyError::Poison`] where it cannot be what this payment's next one is.
    pub(crate) fn take(
        &mut self,
        fact: &Fact,
        payment_id: PaymentId,
        event: &PaymentEvent,
    ) -> Result<(), ApplyError> {
        let first = new_row(event, fact.sequence);
        // Of a payment that is not here every fact is a wallet's.
        if first.is_none() && self.payments.get_mut(&payment_id).is_none() {
            return Ok(());
        }
        let Some(row) = self.payments.follow(fact, payment_id, first, BEGINS)? else {
            return Ok(());
        };
        row.proceed(event, fact.sequence);
        let provider = row.provider;
        self.refund(payment_id, provider, event)
            .map_err(|reason| facts::poison(fact, reason))
    }

    fn refund(
        &mut self,
        payment_id: PaymentId,
        provider: Option<Provider>,
        event: &PaymentEvent,
    ) -> Result<(), &'static str> {
        let Some((number, stage, at)) = refund_of(event) else {
            return Ok(());
        };
        let key = (payment_id, number);
        let requested = matches!(event, PaymentEvent::RefundRequested { .. });
        // An early refund was given back at once, without having been requested.
        if let PaymentEvent::RefundRequested { amount, .. } | PaymentEvent::Refunded { amount, .. } = event
            && (requested || !self.refunds.contains_key(&key))
        {
            let row = RefundRow {
                payment_id,
                number,
                provider,
                provider_id: None,
                stage,
                amount: *amount,
                requested_at: at,
                changed_at: at,
            };
            self.refunds.insert(key, row);
        }
        let refund = self
            .refunds
            .get_mut(&key)
            .ok_or("the refund was never requested")?;
        if let PaymentEvent::RefundPending { provider_id, .. } = event {
            refund.provider_id.clone_from(provider_id);
        }
        (refund.stage, refund.changed_at) = (stage, at);
        self.changed_refunds.insert(key);
        Ok(())
    }
}

impl CarriedRow {
    fn proceed(&mut self, event: &PaymentEvent, version: i64) {
        let mut progress = PaymentProgress {
            status: self.status,
            checking: false,
            held: self.held.minor,
            captured: self.captured.minor,
            refunded: self.refunded.minor,
        };
        progress.apply(event);
        self.status = progress.status;
        self.held.minor = progress.held;
        self.captured.minor = progress.captured;
        self.refunded.minor = progress.refunded;
        self.version = version;
        self.changed_at = moment(event);
        if let PaymentEvent::Routed { route, .. } = event {
            self.provider = Some(route.provider);
        } else if let PaymentEvent::Pending { provider_id, .. } = event {
            self.provider_id = Some(provider_id.clone());
        } else if let PaymentEvent::IncomeKnown { income, .. } = event {
            self.income = Some(*income);
        } else if let PaymentEvent::CallIntended {
            call: Call::Create,
            attempt,
            ..
        } = event
        {
            self.attempt = *attempt;
        }
    }
}

/// Which refund a fact is about, how far it has come with it, and when.
#[expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]
const fn refund_of(event: &PaymentEvent) -> Option<(u32, RefundStage, Timestamp)> {
    match event {
        PaymentEvent::RefundRequested { number, at, .. } => Some((*number, RefundStage::Requested, *at)),
        PaymentEvent::RefundPending { number, at, .. } => Some((*number, RefundStage::Pending, *at)),
        PaymentEvent::Refunded { number, at, .. } => Some((*number, RefundStage::Succeeded, *at)),
        PaymentEvent::RefundCancelled { number, at, .. } => Some((*number, RefundStage::Cancelled, *at)),
        _ => None,
    }
}

/// When a fact happened.
const fn moment(event: &PaymentEvent) -> Timestamp {
    match event {
        PaymentEvent::Started { at, .. }
        | PaymentEvent::DepositStarted { at, .. }
        | PaymentEvent::Pending { at, .. }
        | PaymentEvent::OutcomeUnknown { at }
        | PaymentEvent::Authorised { at, .. }
        | PaymentEvent::Captured { at, .. }
        | PaymentEvent::Cancelled { at, .. }
        | PaymentEvent::Failed { at, .. }
        | PaymentEvent::Refunded { at, .. }
        | PaymentEvent::Routed { at, .. }
        | PaymentEvent::ReturnUrlGiven { at, .. }
        | PaymentEvent::LinkOffered { at, .. }
        | PaymentEvent::CallIntended { at, .. }
        | PaymentEvent::CallRefused { at, .. }
        | PaymentEvent::CaptureRequested { at, .. }
        | PaymentEvent::CancelRequested { at }
        | PaymentEvent::GivenUp { at }
        | PaymentEvent::SettlementSet { at, .. }
        | PaymentEvent::RefundRequested { at, .. }
        | PaymentEvent::RefundPending { at, .. }
        | PaymentEvent::RefundCancelled { at, .. }
        | PaymentEvent::IncomeKnown { at, .. }
        | PaymentEvent::ReceiptDue { at, .. }
        | PaymentEvent::ReceiptRequested { at, .. }
        | PaymentEvent::ReceiptRegistered { at, .. }
        | PaymentEvent::ReceiptCopyOffered { at, .. }
        | PaymentEvent::ReceiptFailed { at, .. }
        | PaymentEvent::AnomalyRecorded { at, .. }
        | PaymentEvent::AnomalyResolved { at, .. }
        | PaymentEvent::ReactionRefused { at, .. }
        | PaymentEvent::ReactionGivenUp { at, .. } => *at,
    }
}

//! Facts of payments, wallets, payouts and what visits earn → payments as they stand, and the ledger's entries.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use domain::any_event::AnyEvent;
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::attempt::PaymentTerms;
use domain::payment::events::PaymentEvent;
use domain::payment::evolve::evolve;
use event_store::{ApplyFault, Consumer, Fact, Position, StartAt};
use futures::FutureExt as _;
use futures::future::BoxFuture;
use sqlx::PgConnection;

use crate::Model;
use crate::booking_summary::payments::Progress;
use crate::facts::{self, Input};
use crate::payment_ledger::book::{self, Movement};
use crate::payment_ledger::rows;
use crate::payment_ledger::view::PaymentRow;
use crate::refunds::Refunds;

/// What this model is made of.
const INPUTS: &[Input] = &[Input::Payment, Input::Wallet, Input::Payout, Input::Earning];

/// Keeps `payment_ledger` and `payment_ledger__payments`.
pub struct PaymentLedger;

impl Consumer for PaymentLedger {
    fn name(&self) -> &'static str {
        Model::PaymentLedger.name()
    }

    fn schema_version(&self) -> i32 {
        Model::PaymentLedger.schema_version()
    }

    fn start(&self) -> StartAt {
        StartAt::Beginning
    }

    fn wants(&self, fact: &Fact) -> bool {
        facts::is(fact, INPUTS)
    }

    fn apply<'a>(
        &'a self,
        tx: &'a mut PgConnection,
        generation: i32,
        facts: &'a [Fact],
    ) -> BoxFuture<'a, Result<(), ApplyFault>> {
        apply(tx, generation, facts).boxed()
    }
}

async fn apply(tx: &mut PgConnection, generation: i32, facts: &[Fact]) -> Result<(), ApplyFault> {
    let facts = facts::decode_inputs(facts, INPUTS)?;
    let known = known_before(&facts)?;
    let loaded = rows::load(tx, generation, &known)
        .await
        .map_err(ApplyFault::Database)?;
    let folded = fold(&facts, loaded)?;
    rows::write(tx, generation, &folded)
        .await
        .map_err(ApplyFault::Database)
}

/// Whether a payment begins with this fact.
const fn is_start(fact: &PaymentEvent) -> bool {
    matches!(
        fact,
        PaymentEvent::Started { .. } | PaymentEvent::DepositStarted { .. }
    )
}

/// What a batch leaves behind.
#[derive(Default)]
pub(crate) struct LedgerChanges {
    /// Payments started in this batch.
    pub(crate) new: Vec<PaymentRow>,
    /// Payments known before.
    pub(crate) changed: Vec<PaymentRow>,
    /// What moved, by the position of its fact.
    pub(crate) movements: Vec<(Position, Movement)>,
}

/// The payments whose rows must be there already: all but those started in the batch.
fn known_before(facts: &[(&Fact, Arc<AnyEvent>)]) -> Result<Vec<PaymentId>, ApplyFault> {
    let mut seen = HashSet::new();
    let mut known = Vec::new();
    for (fact, event) in facts {
        match event.as_ref() {
            AnyEvent::Payment(event) => {
                let payment_id = facts::stream(fact)?;
                if seen.insert(payment_id) && !is_start(event) {
                    known.push(payment_id);
                }
            }
            AnyEvent::Booking(_)
            | AnyEvent::DoctorDay(_)
            | AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_) => {}
        }
    }
    Ok(known)
}

fn fold(facts: &[(&Fact, Arc<AnyEvent>)], loaded: Vec<PaymentRow>) -> Result<LedgerChanges, ApplyFault> {
    let mut places: HashMap<PaymentId, (bool, usize)> = HashMap::new();
    for (index, row) in loaded.iter().enumerate() {
        places.insert(row.payment_id, (false, index));
    }
    let mut folded = LedgerChanges {
        changed: loaded,
        ..LedgerChanges::default()
    };
    for (fact, event) in facts {
        let event = match event.as_ref() {
            AnyEvent::Payment(event) => event,
            event @ (AnyEvent::Wallet(_)
            | AnyEvent::Payout(_)
            | AnyEvent::PriceList(_)
            | AnyEvent::Booking(_)
            | AnyEvent::DoctorDay(_)) => {
                let movement = beside_payments(fact, event)?;
                folded
                    .movements
                    .extend(movement.map(|movement| (fact.position, movement)));
                continue;
            }
        };
        let payment_id = facts::stream(fact)?;
        let row = match places.get(&payment_id) {
            Some((true, index)) => folded.new.get_mut(*index),
            Some((false, index)) => folded.changed.get_mut(*index),
            None => None,
        };
        match (row, begin(event, fact.sequence)) {
            (Some(_), Some(_)) => return Err(facts::poison(fact, "the payment was started before")),
            (None, None) => return Err(facts::poison(fact, "the payment was never started")),
            (None, Some(row)) => {
                places.insert(payment_id, (true, folded.new.len()));
                folded.new.push(row);
            }
            (Some(row), None) => {
                let movement = book::of_payment(row, event).map_err(|reason| facts::poison(fact, reason))?;
                folded
                    .movements
                    .extend(movement.map(|movement| (fact.position, movement)));
                row.apply(event, fact.sequence);
            }
        }
    }
    Ok(folded)
}

/// What moves without a payment of its own.
fn beside_payments(fact: &Fact, event: &AnyEvent) -> Result<Option<Movement>, ApplyFault> {
    Ok(match event {
        AnyEvent::Wallet(event) => book::of_wallet(event),
        AnyEvent::Payout(event) => book::of_payout(facts::stream(fact)?, event),
        AnyEvent::Booking(event) => book::of_booking(facts::partition(fact)?, event),
        AnyEvent::DoctorDay(_) | AnyEvent::Payment(_) | AnyEvent::PriceList(_) => None,
    })
}

fn begin(fact: &PaymentEvent, version: i64) -> Option<PaymentRow> {
    let PaymentTerms {
        payment_id,
        purpose,
        patient_id,
        method,
        amount,
        started_at,
    } = *evolve(Payment::default(), fact.clone()).terms()?;
    let nothing = Money {
        minor: 0,
        currency: amount.currency,
    };
    Some(PaymentRow {
        payment_id,
        purpose,
        patient_id,
        method,
        provider: None,
        amount,
        status: Progress::STARTED.status,
        checking: false,
        held: nothing,
        captured: nothing,
        refunded: nothing,
        refunds: Refunds::default(),
        failure: None,
        started_at,
        authorised_at: None,
        captured_at: None,
        ended_at: None,
        refunded_at: None,
        version,
    })
}

impl PaymentRow {
    fn apply(&mut self, fact: &PaymentEvent, version: i64) {
        let mut progress = self.progress();
        progress.apply(fact);
        self.proceed(progress);
        self.refunds.apply(fact);
        self.version = version;
        match fact {
            PaymentEvent::Routed { route, .. } => self.provider = Some(route.provider),
            PaymentEvent::Started { .. }
            | PaymentEvent::DepositStarted { .. }
            | PaymentEvent::Pending { .. }
            | PaymentEvent::OutcomeUnknown { .. }
            | PaymentEvent::LinkOffered { .. }
            | PaymentEvent::CallIntended { .. }
            | PaymentEvent::CallRefused { .. }
            | PaymentEvent::CaptureRequested { .. }
            | PaymentEvent::CancelRequested { .. }
            | PaymentEvent::SettlementSet { .. }
            | PaymentEvent::RefundRequested { .. }
            | PaymentEvent::RefundPending { .. }
            | PaymentEvent::RefundCancelled { .. }
            | PaymentEvent::IncomeKnown { .. }
            | PaymentEvent::ReceiptDue { .. }
            | PaymentEvent::ReceiptRequested { .. }
            | PaymentEvent::ReceiptRegistered { .. }
            | PaymentEvent::ReceiptFailed { .. }
            | PaymentEvent::AnomalyRecorded { .. }
            | PaymentEvent::AnomalyResolved { .. }
            | PaymentEvent::ReactionRefused { .. }
            | PaymentEvent::ReactionGivenUp { .. } => {}
            PaymentEvent::Authorised { at, .. } => {
                self.authorised_at = Some(*at);
                self.ended_at = None;
            }
            PaymentEvent::Captured { at, .. } => {
                self.captured_at = Some(*at);
                self.ended_at = None;
            }
            PaymentEvent::Cancelled { at, .. } | PaymentEvent::GivenUp { at } => self.ended_at = Some(*at),
            PaymentEvent::Failed { code, at } => {
                self.ended_at = Some(*at);
                self.failure = Some(code.clone());
            }
            PaymentEvent::Refunded { at, .. } => self.refunded_at = Some(*at),
        }
    }

    fn progress(&self) -> Progress {
        Progress {
            status: self.status,
            checking: self.checking,
            held: self.held.minor,
            captured: self.captured.minor,
            refunded: self.refunded.minor,
        }
    }

    fn proceed(&mut self, progress: Progress) {
        let currency = self.amount.currency;
        self.status = progress.status;
        self.checking = progress.checking;
        self.held = Money {
            minor: progress.held,
            currency,
        };
        self.captured = Money {
            minor: progress.captured,
            currency,
        };
        self.refunded = Money {
            minor: progress.refunded,
            currency,
        };
    }
}

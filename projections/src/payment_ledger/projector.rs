//! Facts of payments, wallets, payouts and what visits earn → payments as they stand, and the ledger's entries.
#![expect(clippy::wildcard_enum_match_arm, reason = "see tests/golden/consumers.txt")]

use domain::any_event::AnyEvent;
use domain::ids::PaymentId;
use domain::money::Money;
use domain::payment::Payment;
use domain::payment::attempt::PaymentTerms;
use domain::payment::events::PaymentEvent;
use domain::payment::evolve::evolve;
use event_store::{ApplyError, Fact, PgConnection, Position};

use crate::bookings::payments::PaymentProgress;
use crate::facts::{self, Decoded, Input};
use crate::payment_ledger::PaymentRow;
use crate::payment_ledger::book::{self, Movement};
use crate::payment_ledger::rows;
use crate::projector::Projector;
use crate::refunds::Refunds;
use crate::rows::{RowStart, Rows, known_before};
use crate::{Model, sql_types};

const BEGINS: RowStart = RowStart("payment", "started");

/// Keeps `payment_ledger` and `payment_ledger__payments`.
pub(crate) struct PaymentLedger;

impl Projector for PaymentLedger {
    const MODEL: Model = Model::PaymentLedger;
    const INPUTS: &'static [Input] = &[Input::Payment, Input::Wallet, Input::Payout, Input::Earning];

    async fn project(
        tx: &mut PgConnection,
        generation: i32,
        events: &[Decoded<'_>],
    ) -> Result<(), ApplyError> {
        let known = known_before(payments_of(events)?.into_iter());
        let known = known.into_iter().map(PaymentId::uuid).collect();
        let loaded = sql_types::load(tx, rows::LOAD, generation, known).await?;
        let changes = fold(events, loaded)?;
        Ok(rows::write(tx, generation, &changes).await?)
    }
}

/// What a batch leaves behind.
pub(crate) struct LedgerChanges {
    pub(crate) payments: Rows<PaymentId, PaymentRow>,
    /// What moved, by the position of its fact.
    pub(crate) movements: Vec<(Position, Movement)>,
}

/// The payments that a batch is about, and whether each fact starts its payment.
fn payments_of(events: &[Decoded<'_>]) -> Result<Vec<(PaymentId, bool)>, ApplyError> {
    let mut payments = Vec::new();
    for (fact, event) in events {
        if let AnyEvent::Payment(event) = event.as_ref() {
            let starts = matches!(
                event,
                PaymentEvent::Started { .. } | PaymentEvent::DepositStarted { .. }
            );
            payments.push((facts::stream(fact)?, starts));
        }
    }
    Ok(payments)
}

fn fold(events: &[Decoded<'_>], loaded: Vec<PaymentRow>) -> Result<LedgerChanges, ApplyError> {
    let mut payments = Rows::loaded(loaded, |row| row.payment_id);
    let mut movements = Vec::new();
    for (fact, event) in events {
        let movement = if let AnyEvent::Payment(event) = event.as_ref() {
            let begun = begin(event, fact.sequence);
            let Some(row) = payments.follow(fact, facts::stream(fact)?, begun, BEGINS)? else {
                continue;
            };
            let movement = book::of_payment(row, event).map_err(|reason| facts::poison(fact, reason))?;
            row.apply(event, fact.sequence);
            movement
        } else {
            beside_payments(fact, event)?
        };
        movements.extend(movement.map(|movement| (fact.position, movement)));
    }
    Ok(LedgerChanges { payments, movements })
}

/// What moves without a payment of its own.
fn beside_payments(fact: &Fact, event: &AnyEvent) -> Result<Option<Movement>, ApplyError> {
    Ok(match event {
        AnyEvent::Wallet(event) => book::of_wallet(event),
        AnyEvent::Payout(event) => book::of_payout(facts::stream(fact)?, event),
        AnyEvent::Booking(event) => book::of_booking(facts::partition(fact)?, event),
        _ => None,
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
        status: PaymentProgress::STARTED.status,
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
            _ => {}
        }
    }

    fn progress(&self) -> PaymentProgress {
        PaymentProgress {
            status: self.status,
            checking: self.checking,
            held: self.held.minor,
            captured: self.captured.minor,
            refunded: self.refunded.minor,
        }
    }

    fn proceed(&mut self, progress: PaymentProgress) {
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

//! Where a payment is confirmed: named by its facts, kept in the vault, shown while it waits to be paid.

use std::time::Duration;

use commands::PaymentState;
use domain::any_event::{AnyEvent, DecodeError};
use domain::ids::{AccountId, PaymentId};
use domain::payment::Payment;
use domain::payment::events::PaymentMethod;
use domain::payment::evolve::evolve;
use event_store::{AsOf, Position};
use identity::vault;
use serde_json::Value;
use tokio::time::Instant;

use crate::app::App;
use crate::problem::{Code, Problem};
use crate::representation::payment::LinkView;

/// How long the answer to a new payment waits for the provider's link.
const LINK_WAIT_MAX: Duration = Duration::from_secs(5);
/// How often it is looked for meanwhile.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// A payment as its facts leave it by now.
pub struct Current {
    /// The payment.
    pub payment: Payment,
    /// The version of its stream.
    pub version: i64,
    /// The position of its last fact.
    pub position: Position,
}

/// The payment as it stands, from its own facts: newer than any read model.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn current(app: &App, payment_id: PaymentId) -> Result<Current, Problem> {
    let facts = app
        .log()
        .read_stream("payment", &payment_id.to_string(), AsOf::Head)
        .await?;
    let (version, position) = facts.last().map_or((0, 0), |fact| (fact.sequence, fact.position));
    let mut payment = Payment::default();
    for fact in facts {
        let (stream, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
        match AnyEvent::decode(stream, event, version, fact.payload.get()) {
            Ok(AnyEvent::Payment(event)) => payment = evolve(payment, event),
            Ok(
                AnyEvent::Booking(_)
                | AnyEvent::DoctorDay(_)
                | AnyEvent::Wallet(_)
                | AnyEvent::Payout(_)
                | AnyEvent::PriceList(_)
                | AnyEvent::Account(_),
            ) => {}
            Err(error @ DecodeError::Unknown) => {
                return Err(Problem::plain(Code::NeedsNewerCode).because(&error));
            }
            Err(error @ (DecodeError::Malformed(_) | DecodeError::Old(_))) => {
                return Err(Problem::internal(&error));
            }
        }
    }
    Ok(Current {
        payment,
        version,
        position,
    })
}

/// Where the payment is confirmed, as long as it waits for that; nothing once it does not, or was erased.
///
/// # Errors
/// `unavailable`.
pub async fn opened(app: &App, payment: &Payment) -> Result<LinkView, Problem> {
    let Payment::Pending(attempt) = payment else {
        return Ok(LinkView::default());
    };
    let Some(link) = &attempt.link else {
        return Ok(LinkView::default());
    };
    let payer = AccountId::from(attempt.terms.patient_id);
    let rows = vault::open(app.people(), &[link.id]).await?;
    let row = rows.get(&link.id).filter(|row| row.subject_id == payer);
    let text = |name: &str| {
        row.and_then(|row| row.body.get(name))
            .and_then(Value::as_str)
            .map(str::to_owned)
    };
    Ok(LinkView {
        confirmation_url: text("confirmation_url"),
        qr_payload: text("qr_payload"),
    })
}

/// The new payment once its provider has said where it is confirmed or that it is not, bounded. None for one that needs
/// no provider.
///
/// # Errors
/// As [`current`].
pub async fn awaited(app: &App, answer: &PaymentState) -> Result<Option<Current>, Problem> {
    let carried = answer
        .payment
        .terms()
        .filter(|terms| terms.method != PaymentMethod::Wallet);
    let Some(terms) = carried else {
        return Ok(None);
    };
    let deadline = Instant::now() + LINK_WAIT_MAX;
    let id = terms.payment_id.to_string();
    let mut seen = current(app, terms.payment_id).await?;
    while is_awaited(&seen.payment) && Instant::now() < deadline {
        tokio::time::sleep(LOOK_EVERY).await;
        let stream = ("payment", id.as_str());
        if app
            .log()
            .may_have_changed(stream, seen.version, seen.position)
            .await?
        {
            seen = current(app, terms.payment_id).await?;
        }
    }
    Ok(Some(seen))
}

/// Whether the provider has not said yet where the payment is confirmed.
pub const fn is_awaited(payment: &Payment) -> bool {
    match payment {
        Payment::Pending(attempt) => attempt.link.is_none(),
        Payment::Absent
        | Payment::Authorised(_)
        | Payment::Captured(_)
        | Payment::PartiallyRefunded(_)
        | Payment::Refunded(_)
        | Payment::Failed(_)
        | Payment::Cancelled(_) => false,
    }
}

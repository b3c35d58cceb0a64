//! Payments: started, read, given back.

pub mod link;
pub mod list;
pub mod qr;
pub mod refund;
pub mod show;
pub mod start;

use std::sync::Arc;

use commands::{CommandFault, CommandOutcome, PaymentState};

use crate::app::App;
use crate::problem::Problem;
use crate::representation::accepted::Accepted;
use crate::representation::payment::{LinkView, PaymentView, location};

/// The answer to a wish about a payment.
fn accepted(
    done: Result<CommandOutcome<PaymentState>, CommandFault>,
) -> Result<Accepted<PaymentView>, Problem> {
    let CommandOutcome {
        answer,
        position,
        version,
        replayed,
    } = done?;
    let view = PaymentView::of_state(&answer.payment, version);
    let view = view.ok_or_else(|| Problem::internal(&NothingStarted))?;
    Ok(Accepted::of(
        CommandOutcome {
            answer: view,
            position,
            version,
            replayed,
        },
        |view, _| view,
    ))
}

/// The answer to a payment that was just begun: it waits shortly for where the payer confirms it.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn payment_response(
    app: &App,
    mut done: CommandOutcome<PaymentState>,
) -> Result<Accepted<PaymentView>, Problem> {
    let (mut unanswered, mut where_to) = (false, LinkView::default());
    if let Some(current) = link::awaited(app, &done.answer).await? {
        unanswered = link::is_awaited(&current.payment);
        where_to = link::opened(app, &current.payment).await?;
        done.version = current.version;
        // What is shown is known at this position, not yet at the command's.
        done.position = done.position.max(current.position);
        done.answer.payment = Arc::new(current.payment);
    }
    let shown = |payment: PaymentView| payment.confirmed_at(where_to).checked(unanswered);
    Ok(accepted(Ok(done))?.map(shown).at(|payment| location(&payment.id)))
}

/// A wish was accepted and left no payment: cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a payment was decided that was never started")]
struct NothingStarted;

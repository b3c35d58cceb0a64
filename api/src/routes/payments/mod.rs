//! Payments: started, read, given back.

pub mod link;
pub mod list;
pub mod qr;
pub mod refund;
pub mod show;
pub mod start;

use std::sync::Arc;

use commands::{CommandOutcome, PaymentState};

use crate::app::App;
use crate::problem::Problem;
use crate::representation::command_response::CommandResponse;
use crate::representation::payment::{LinkView, PaymentView, location};

/// The answer to a payment that was just begun: it waits shortly for where the payer confirms it.
///
/// # Errors
/// `needs_newer_code`, `unavailable`.
pub async fn payment_response(
    app: &App,
    mut done: CommandOutcome<PaymentState>,
) -> Result<CommandResponse<PaymentView>, Problem> {
    let (mut unanswered, mut where_to) = (false, LinkView::default());
    if let Some(current) = link::awaited(app, &done.answer).await? {
        unanswered = link::is_awaited(&current.payment);
        where_to = link::opened(app, &current.payment).await?;
        done.version = current.version;
        // What is shown is known at this position, not yet at the command's.
        done.position = done.position.max(current.position);
        done.answer.payment = Arc::new(current.payment);
    }
    let response = CommandResponse::of_state(done, |state, version| {
        let view = PaymentView::of_state(&state.payment, version)?;
        Some(view.confirmed_at(where_to).checked(unanswered))
    })?;
    Ok(response.at(|payment| location(&payment.id)))
}

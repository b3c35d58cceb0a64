//! Payments: started, read, given back.

pub mod link;
pub mod list;
pub mod qr;
pub mod refund;
pub mod show;
pub mod start;

use commands::{CommandFault, Done, PaymentAnswer};

use crate::problem::Problem;
use crate::representation::accepted::Accepted;
use crate::representation::payment::PaymentView;

/// The answer to a wish about a payment.
fn accepted(done: Result<Done<PaymentAnswer>, CommandFault>) -> Result<Accepted<PaymentView>, Problem> {
    let Done {
        answer,
        position,
        version,
        replayed,
    } = done?;
    let view = PaymentView::of_state(&answer.payment, version);
    let view = view.ok_or_else(|| Problem::internal(&NothingStarted))?;
    Ok(Accepted::of(
        Done {
            answer: view,
            position,
            version,
            replayed,
        },
        |view, _| view,
    ))
}

/// A wish was accepted and left no payment: cannot be.
#[derive(Debug, thiserror::Error)]
#[error("a payment was decided that was never started")]
struct NothingStarted;

//! The facts of a payment, in English.

use domain::money::Money;
use domain::payment::events::PaymentEvent as Event;
use domain::payment::receipt::ReceiptPurpose;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Started { method, amount, .. } => {
            format!("A payment of {amount} {} began", words::method(*method))
        }
        Event::DepositStarted { method, amount, .. } => {
            format!(
                "A deposit of {amount} into the wallet {} began",
                words::method(*method)
            )
        }
        Event::Pending { .. } => "The provider knows the payment and waits for the patient".into(),
        Event::OutcomeUnknown { .. } => {
            "What became of the request is not known: the provider is asked".into()
        }
        Event::Authorised { amount, .. } => format!("{amount} is held for the visit"),
        Event::Captured { amount, .. } => format!("{amount} was taken"),
        Event::Cancelled { released, .. } => format!("The payment ended, {released} that was held is free"),
        Event::Failed { code, .. } => format!("The payment failed: {code}"),
        Event::IncomeKnown { income, .. } => {
            format!("{income} reaches the platform after the provider's fee")
        }
        Event::Refunded { number, amount, .. } => format!("Refund {number}: {amount} went back"),
        Event::ReactionRefused { code, .. } => format!("What a process asked for was refused: {code}"),
        Event::ReactionGivenUp { reason, .. } => {
            format!("An instruction was given up: {}", words::give_up(*reason))
        }
        Event::CaptureRequested { amount, .. } => format!("The provider is to take {amount}"),
        Event::CancelRequested { .. } => "The provider is to give the held money up".into(),
        Event::GivenUp { .. } => "The patient pays in another way".into(),
        Event::SettlementSet { due, .. } => format!("{due} is to remain in the end"),
        Event::RefundRequested {
            number,
            amount,
            reason,
            by,
            ..
        } => format!(
            "Refund {number}: {amount} is to go back ({}), by {}",
            words::refund_reason(*reason),
            words::actor(*by)
        ),
        Event::RefundCancelled { number, code, .. } => format!("Refund {number} came to nothing: {code}"),
        Event::Routed { .. }
        | Event::ReturnUrlGiven { .. }
        | Event::LinkOffered { .. }
        | Event::CallIntended { .. }
        | Event::CallRefused { .. }
        | Event::RefundPending { .. }
        | Event::ReceiptDue { .. }
        | Event::ReceiptRequested { .. }
        | Event::ReceiptRegistered { .. }
        | Event::ReceiptCopyOffered { .. }
        | Event::ReceiptFailed { .. }
        | Event::AnomalyRecorded { .. }
        | Event::AnomalyResolved { .. } => of_provider(event).unwrap_or_default(),
    }
}

/// What the provider and its cash register have to do with it.
fn of_provider(event: &Event) -> Option<String> {
    Some(match event {
        Event::Routed { route, .. } => format!("{} is to carry the payment", words::provider(route.provider)),
        Event::ReturnUrlGiven { .. } => "It was said where to come back to from the provider's page".into(),
        Event::LinkOffered { .. } => "The provider said where the patient confirms the payment".into(),
        Event::CallIntended {
            call,
            attempt,
            provider,
            ..
        } => {
            format!(
                "{} is asked to {} (try {attempt})",
                words::provider(*provider),
                words::call(*call)
            )
        }
        Event::CallRefused { call, code, .. } => {
            format!("The provider refused to {}: {code}", words::call(*call))
        }
        Event::RefundPending { number, .. } => format!("The provider has refund {number}"),
        Event::ReceiptDue {
            number,
            purpose,
            amount,
            ..
        } => receipt_due(*number, *amount, *purpose),
        Event::ReceiptRequested { number, .. } => format!("The cash register has receipt {number}"),
        Event::ReceiptCopyOffered { number, .. } => {
            format!("The cash register said where a copy of receipt {number} is read")
        }
        Event::ReceiptRegistered { number, .. } => format!("Receipt {number} is a fiscal document"),
        Event::ReceiptFailed { number, code, .. } => format!("Receipt {number} was given up: {code}"),
        Event::AnomalyRecorded {
            number,
            anomaly,
            source,
            ..
        } => {
            format!(
                "Anomaly {number}, seen {}: {}",
                words::source(*source),
                words::anomaly(anomaly.kind)
            )
        }
        Event::AnomalyResolved { resolution, .. } => {
            format!("The anomaly was {}", words::resolution(*resolution))
        }
        Event::Started { .. }
        | Event::DepositStarted { .. }
        | Event::Authorised { .. }
        | Event::Captured { .. }
        | Event::Cancelled { .. }
        | Event::Failed { .. }
        | Event::Refunded { .. }
        | Event::ReactionRefused { .. }
        | Event::ReactionGivenUp { .. }
        | Event::CaptureRequested { .. }
        | Event::CancelRequested { .. }
        | Event::GivenUp { .. }
        | Event::SettlementSet { .. }
        | Event::RefundRequested { .. }
        | Event::RefundCancelled { .. }
        | Event::Pending { .. }
        | Event::OutcomeUnknown { .. }
        | Event::IncomeKnown { .. } => return None,
    })
}

fn receipt_due(number: u32, amount: Money, purpose: ReceiptPurpose) -> String {
    format!(
        "Receipt {number} over {amount} is due: {}",
        words::receipt(purpose)
    )
}

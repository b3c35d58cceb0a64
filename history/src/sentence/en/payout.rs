//! The facts of a payout, in English.

use domain::payout::events::PayoutEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Requested {
            purpose, amount, by, ..
        } => format!(
            "A payout of {amount} was ordered by {}: {}",
            words::actor(*by),
            words::purpose(*purpose)
        ),
        Event::CallIntended { attempt, .. } => format!("The gateway is asked to pay out (try {attempt})"),
        Event::CallRefused { code, .. } => format!("The gateway refused to pay out: {code}"),
        Event::OutcomeUnknown { .. } => "What became of the payout is not known: the gateway is asked".into(),
        Event::Pending { .. } => "The gateway has the payout".into(),
        Event::Paid { amount, .. } => format!("{amount} was paid out"),
        Event::Cancelled { amount, code, .. } => {
            format!("The payout of {amount} came to nothing ({code}): the money is back in the wallet")
        }
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
        Event::ReactionRefused { code, .. } => format!("What a process asked for was refused: {code}"),
        Event::ReactionGivenUp { reason, .. } => {
            format!("An instruction was given up: {}", words::give_up(*reason))
        }
    }
}

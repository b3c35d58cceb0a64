//! What cannot be true of a payout is recorded once, and settled by an operator.

use jiff::Timestamp;

use crate::payment::anomaly::{Anomaly, AnomalyKind, Source};
use crate::payment::commands::ResolveAnomaly;
use crate::payout::Payout;
use crate::payout::commands::{RecordPayoutSnapshot, RecordPayoutStuck};
use crate::payout::decide::{Decision, present};
use crate::payout::events::PayoutEvent;
use crate::payout::order::Order;
use crate::payout::refusal::PayoutRefusal;

/// Neither asking nor repeating leads on.
pub(super) fn stuck(payout: &Payout, command: &RecordPayoutStuck) -> Decision {
    let order = present(payout)?;
    let anomaly = Anomaly::stuck(command.refused, order.provider_id.clone(), None);
    Ok(news(order, anomaly, Source::Reply, command.at)
        .into_iter()
        .collect())
}

/// An operator settles an anomaly; the first word counts.
pub(super) fn resolve(payout: &Payout, command: &ResolveAnomaly) -> Decision {
    let anomalies = &present(payout)?.anomalies;
    let entry = anomalies.iter().find(|entry| entry.number == command.number);
    match entry.ok_or(PayoutRefusal::NoSuchPayout)?.resolution {
        Some(_) => Ok(vec![]),
        None => Ok(vec![PayoutEvent::AnomalyResolved {
            number: command.number,
            resolution: command.resolution,
            by: command.by,
            at: command.at,
        }]),
    }
}

/// An anomaly of what the gateway showed.
pub(super) fn seen(order: &Order, kind: AnomalyKind, command: &RecordPayoutSnapshot) -> Option<PayoutEvent> {
    let anomaly = Anomaly {
        kind,
        provider_id: Some(command.provider_id.clone()),
        seen: Some(command.amount),
        call: None,
    };
    news(order, anomaly, command.source, command.at)
}

/// The fact of an anomaly, unless the very same was recorded before, settled or not.
fn news(order: &Order, anomaly: Anomaly, source: Source, at: Timestamp) -> Option<PayoutEvent> {
    Some(PayoutEvent::AnomalyRecorded {
        number: anomaly.next_number(&order.anomalies)?,
        anomaly,
        source,
        at,
    })
}

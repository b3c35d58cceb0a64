//! How an intent is known in logs and traces: what kind it is, and which booking and payment it is about.

use event_store::intents::QueuedIntent;
use traces::{Attribute, Context, Span, TraceId};
use uuid::Uuid;

use crate::intents::{Intent, StoredIntent};

/// An intent as work: in the trace of the command that it follows from, whenever and wherever it is carried out.
pub(super) fn work_of(claimed: &QueuedIntent, stored: &StoredIntent) -> (Context, Span) {
    let trace_id = TraceId::parse(&stored.trace_id);
    let correlation_id = Uuid::parse_str(&stored.correlation_id).ok();
    let (context, mut span) = Context::of_intent(claimed.id, trace_id, correlation_id, "intent");
    let (booking, payment) = subjects(&stored.intent);
    booking.into_iter().for_each(|id| context.note_booking(id));
    payment.into_iter().for_each(|id| context.note_payment(id));
    if span.is_recorded() {
        span.set(Attribute::IntentKind(kind(&stored.intent)));
        span.set(Attribute::Process(claimed.process.as_str().into()));
        span.set(Attribute::Attempt(claimed.attempts));
        span.set(Attribute::CausedBy(claimed.caused_by));
    }
    (context, span)
}

/// The word that the queue stores for it.
pub(super) const fn kind(intent: &Intent) -> &'static str {
    match intent {
        Intent::ExpireBooking { .. } => "expire_booking",
        Intent::WatchSearch { .. } => "watch_search",
        Intent::WatchVisit { .. } => "watch_visit",
        Intent::ApplyPayment { .. } => "money_arrived",
        Intent::ReturnMoney { .. } => "return_money",
        Intent::SettleBooking { .. } => "settle_booking",
        Intent::CallProvider { .. } => "call_provider",
        Intent::LookAtPayment { .. } => "look_at_payment",
        Intent::LookAtRefund { .. } => "look_at_refund",
        Intent::LookAtReceipt { .. } => "look_at_receipt",
        Intent::PursuePayment { .. } => "pursue_payment",
        Intent::NextRefund { .. } => "next_refund",
        Intent::KeepHold { .. } => "keep_hold",
        Intent::FollowNotice { .. } => "follow_notice",
        Intent::EarnVisit { .. } => "earn_visit",
        Intent::CallPayout { .. } => "call_payout",
        Intent::LookAtPayout { .. } => "look_at_payout",
        Intent::DoubtDestination { .. } => "doubt_destination",
        Intent::FollowPayoutNotice { .. } => "follow_payout_notice",
    }
}

/// The booking and the payment, as far as the intent names them; what a payment is for, its own facts tell once it is read.
const fn subjects(intent: &Intent) -> (Option<Uuid>, Option<Uuid>) {
    match intent {
        Intent::ExpireBooking { booking_id }
        | Intent::WatchSearch { booking_id }
        | Intent::WatchVisit { booking_id }
        | Intent::SettleBooking { booking_id, .. }
        | Intent::EarnVisit { booking_id } => (Some(booking_id.uuid()), None),
        Intent::ReturnMoney {
            booking_id,
            payment_id,
        } => (Some(booking_id.uuid()), Some(payment_id.uuid())),
        Intent::ApplyPayment { payment_ref }
        | Intent::CallProvider { payment_ref, .. }
        | Intent::LookAtPayment { payment_ref, .. }
        | Intent::LookAtRefund { payment_ref, .. }
        | Intent::LookAtReceipt { payment_ref, .. }
        | Intent::PursuePayment { payment_ref }
        | Intent::NextRefund { payment_ref }
        | Intent::KeepHold { payment_ref } => (None, Some(payment_ref.payment_id.uuid())),
        Intent::FollowNotice { .. }
        | Intent::CallPayout { .. }
        | Intent::LookAtPayout { .. }
        | Intent::DoubtDestination { .. }
        | Intent::FollowPayoutNotice { .. } => (None, None),
    }
}

#[cfg(test)]
mod tests {
    use domain::ids::{BookingId, PartitionId, PaymentId};
    use domain::money::Money;
    use serde_json::Value;

    use super::*;
    use crate::payments::PaymentRef;

    #[test]
    fn an_intent_is_called_as_the_queue_stores_it_and_names_whom_it_is_about() {
        let booking_id = BookingId::from_uuid(Uuid::from_u128(1));
        let payment_id = PaymentId::from_uuid(Uuid::from_u128(2));
        let partition = PartitionId::from_uuid(booking_id.uuid());
        let payment_ref = PaymentRef {
            partition,
            payment_id,
        };
        for intent in [
            Intent::ExpireBooking { booking_id },
            Intent::ApplyPayment { payment_ref },
            Intent::SettleBooking {
                booking_id,
                due: Money::kopecks(1),
            },
            Intent::LookAtPayment {
                payment_ref,
                round: 1,
            },
            Intent::KeepHold { payment_ref },
        ] {
            let stored = serde_json::to_value(&intent).unwrap();
            assert_eq!(stored["wish"], Value::from(kind(&intent)));
            let (booking, payment) = subjects(&intent);
            assert!(booking.is_none_or(|id| id == Uuid::from_u128(1)));
            assert!(payment.is_none_or(|id| id == Uuid::from_u128(2)));
            assert!(booking.is_some() || payment.is_some());
        }
    }
}

//! Lanes of the queue: what is done inside never waits for somebody outside, and nobody outside waits for another.

use domain::any_event::AnyEvent;
use domain::payment::events::PaymentEvent;

use crate::intents::Intent;
use crate::payments::PaymentRef;
use crate::payments::provider;
use crate::refusal::CommandError;
use crate::services::CommandServices;
use domain::payment::provider::Provider;

/// What an intent waits for. Each lane has places of its own in every worker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lane {
    /// The log alone; nobody outside is asked.
    Inside,
    /// Whoever carries a payment, which only the payment's stream tells: sorted when it is due. An older release states
    /// all its intents so.
    Unsorted,
    /// The provider that carries the payment.
    Provider(Provider),
    /// The gateway that pays out.
    Payouts,
}

impl Lane {
    /// Every lane this release claims from; what stands in another is left to newer code.
    pub const ALL: [Self; 5] = [
        Self::Inside,
        Self::Unsorted,
        Self::Provider(Provider::Yookassa),
        Self::Provider(Provider::Tbank),
        Self::Payouts,
    ];

    /// The stable word that the queue stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Inside => "inside",
            Self::Unsorted => "unsorted",
            Self::Provider(provider) => provider.as_str(),
            Self::Payouts => "payouts",
        }
    }

    /// The lane of this stable word; none for one of newer code.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lane| lane.as_str() == word)
    }
}

/// The lane of an intent, as far as it tells itself.
pub(crate) fn of(intent: &Intent) -> Lane {
    match intent {
        Intent::CallProvider { .. }
        | Intent::LookAtPayment { .. }
        | Intent::LookAtRefund { .. }
        | Intent::LookAtReceipt { .. } => Lane::Unsorted,
        Intent::FollowNotice { provider, .. } => {
            Provider::parse(provider).map_or(Lane::Inside, Lane::Provider)
        }
        Intent::CallPayout { .. } | Intent::LookAtPayout { .. } | Intent::FollowPayoutNotice { .. } => {
            Lane::Payouts
        }
        Intent::ExpireBooking { .. }
        | Intent::WatchSearch { .. }
        | Intent::WatchVisit { .. }
        | Intent::ApplyPayment { .. }
        | Intent::ReturnMoney { .. }
        | Intent::SettleBooking { .. }
        | Intent::PursuePayment { .. }
        | Intent::NextRefund { .. }
        | Intent::KeepHold { .. }
        | Intent::EarnVisit { .. }
        | Intent::DoubtDestination { .. } => Lane::Inside,
    }
}

/// The lane of an intent that a fact led to.
pub(crate) fn stated(intent: &Intent, event: &AnyEvent) -> Lane {
    match (of(intent), event) {
        (Lane::Unsorted, AnyEvent::Payment(PaymentEvent::Routed { route, .. })) => {
            Lane::Provider(route.provider)
        }
        (lane, _) => lane,
    }
}

/// The lane of an intent that follows another, which stood in `before`.
pub(crate) fn following(intent: &Intent, before: &str) -> Lane {
    match (of(intent), Lane::parse(before)) {
        // The same payment's provider.
        (Lane::Unsorted, Some(provider @ Lane::Provider(_))) => provider,
        (lane, _) => lane,
    }
}

/// The lane of an intent, found out where it must be.
///
/// # Errors
/// The errors of the log.
pub(crate) async fn sorted(services: &CommandServices, intent: &Intent) -> Result<Lane, CommandError> {
    match payment_of(intent) {
        Some(payment_ref) => carried_by(services, payment_ref).await,
        None => Ok(of(intent)),
    }
}

/// The payment whose provider is asked.
const fn payment_of(intent: &Intent) -> Option<PaymentRef> {
    match intent {
        Intent::CallProvider { payment_ref, .. }
        | Intent::LookAtPayment { payment_ref, .. }
        | Intent::LookAtRefund { payment_ref, .. }
        | Intent::LookAtReceipt { payment_ref, .. } => Some(*payment_ref),
        Intent::FollowNotice { .. }
        | Intent::CallPayout { .. }
        | Intent::LookAtPayout { .. }
        | Intent::FollowPayoutNotice { .. }
        | Intent::ExpireBooking { .. }
        | Intent::WatchSearch { .. }
        | Intent::WatchVisit { .. }
        | Intent::ApplyPayment { .. }
        | Intent::ReturnMoney { .. }
        | Intent::SettleBooking { .. }
        | Intent::PursuePayment { .. }
        | Intent::NextRefund { .. }
        | Intent::KeepHold { .. }
        | Intent::EarnVisit { .. }
        | Intent::DoubtDestination { .. } => None,
    }
}

/// Who carries a payment; a payment that nobody outside carries keeps nobody waiting.
async fn carried_by(services: &CommandServices, payment_ref: PaymentRef) -> Result<Lane, CommandError> {
    match provider::read(services, payment_ref).await {
        Ok(payment) => {
            let route = payment.attempt().and_then(|attempt| attempt.route);
            Ok(route.map_or(Lane::Inside, |route| Lane::Provider(route.provider)))
        }
        // Carried out all the same, and refused there.
        Err(CommandError::Refused(_)) => Ok(Lane::Inside),
        Err(error) => Err(error),
    }
}

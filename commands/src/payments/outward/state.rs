//! A payment as it stands, and the provider that carries it.

use std::sync::Arc;

use domain::ids::{BookingId, PaymentId};
use domain::payment::attempt::Attempt;
use domain::payment::{Payment, PaymentCommand, decide};
use event_store::{StreamName, execute};

use crate::context::Asked;
use crate::house::House;
use crate::payments::outward::translate;
use crate::ports::PaymentProvider;
use crate::refusal::{CommandFault, Refusal};
use crate::streams::{self, Room, Stop};

/// Which payment, in which partition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Whose {
    pub(crate) booking_id: BookingId,
    pub(crate) payment_id: PaymentId,
}

impl Whose {
    pub(super) fn stream(self) -> StreamName {
        streams::payment(self.payment_id, self.booking_id)
    }
}

/// The payment as it stands.
pub(crate) async fn read(house: &House, whose: Whose) -> Result<Arc<Payment>, CommandFault> {
    tell_with(house, &Asked::for_reading(), whose, |room, name| {
        room.state::<Payment>(name).map(drop)
    })
    .await
}

/// Lets the payment decide a wish; answers it as it stands afterwards. Wishes are idempotent by their own rules, so each
/// is a command of its own, also when its instruction is carried out again.
pub(super) async fn tell(
    house: &House,
    asked: &Asked,
    whose: Whose,
    wish: impl Into<PaymentCommand>,
) -> Result<Arc<Payment>, CommandFault> {
    let wish = wish.into();
    tell_with(house, asked, whose, |room, name| {
        let wish = wish.clone();
        room.decide(name, |payment: &Payment| decide::decide(payment, wish))
    })
    .await
}

/// Lets a rule loose on the payment; answers it as it stands afterwards.
pub(super) async fn tell_with<F>(
    house: &House,
    asked: &Asked,
    whose: Whose,
    mut rule: F,
) -> Result<Arc<Payment>, CommandFault>
where
    F: FnMut(&mut Room<'_>, &StreamName) -> Result<(), Stop> + Send,
{
    let name = whose.stream();
    let known = std::slice::from_ref(&name);
    let context = asked.anew().context(&name);
    let outcome = execute::<Refusal, _>(&house.log, &context, known, |room| {
        room.state::<Payment>(&name)?;
        rule(room, &name)
    })
    .await?;
    outcome
        .state::<Payment>(&name)
        .filter(|payment| payment.attempt().is_some())
        .ok_or_else(|| Refusal::NotFound.into())
}

/// The provider that carries this attempt; none while its keys are not set up, and for wallets.
pub(super) fn carrier(house: &House, attempt: &Attempt) -> Option<Arc<dyn PaymentProvider>> {
    let route = attempt.route?;
    house.outside.providers.of(translate::named(route.provider))
}

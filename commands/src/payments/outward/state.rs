//! A payment as it stands, and the provider that carries it.

use std::sync::Arc;

use domain::payment::attempt::{Attempt, PaymentTerms};
use domain::payment::purpose::{Purpose, transfer_of};
use domain::payment::{Payment, PaymentCommand};
use event_store::{StreamName, execute};

use crate::context::CommandMetadata;
use crate::payments::outward::translate;
use crate::payments::{Whose, moving};
use crate::ports::{PaymentProvider, Subject};
use crate::refusal::{CommandFault, Refusal};
use crate::services::CommandServices;
use crate::streams::{DecisionError, UnitOfWork};
use crate::wallet::Pages;

/// The payment as it stands.
pub(crate) async fn read(services: &CommandServices, whose: Whose) -> Result<Arc<Payment>, CommandFault> {
    tell_with(services, &CommandMetadata::read_only(), whose, |room, _, name| {
        room.state::<Payment>(name).map(drop)
    })
    .await
}

/// Lets the payment decide a wish, and moves what money it moves; answers it as it stands afterwards. Wishes are idempotent
/// by their own rules, so each is a command of its own, also when its instruction is carried out again.
pub(super) async fn tell(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    command: impl Into<PaymentCommand>,
) -> Result<Arc<Payment>, CommandFault> {
    let command = command.into();
    tell_with(services, asked, whose, |room, pages, name| {
        moving::move_money(room, pages, name, command.clone())
    })
    .await
}

/// Lets a rule loose on the payment; answers it as it stands afterwards.
pub(super) async fn tell_with<F>(
    services: &CommandServices,
    asked: &CommandMetadata,
    whose: Whose,
    mut rule: F,
) -> Result<Arc<Payment>, CommandFault>
where
    F: FnMut(&mut UnitOfWork<'_>, &mut Pages<'_>, &StreamName) -> Result<(), DecisionError> + Send,
{
    let name = whose.stream();
    let known = std::slice::from_ref(&name);
    let mut pages = Pages::of(services);
    loop {
        let context = asked.as_new_command().context(&name);
        let outcome = execute::<Refusal, _>(&services.log, &context, known, |room| {
            room.state::<Payment>(&name)?;
            rule(room, &mut pages, &name)
        })
        .await
        .map_err(CommandFault::from);
        if !pages.looked_up(&outcome).await? {
            return outcome?
                .state::<Payment>(&name)
                .filter(|payment| payment.attempt().is_some())
                .ok_or_else(|| Refusal::NotFound.into());
        }
    }
}

/// What the provider is told a payment is for.
pub(super) const fn subject(terms: &PaymentTerms) -> Subject {
    match terms.purpose {
        Purpose::Booking(_) => Subject::Payment(terms.payment_id),
        Purpose::Deposit => Subject::Deposit(transfer_of(terms.payment_id)),
    }
}

/// The provider that carries this attempt; none while its keys are not set up, and for wallets.
pub(super) fn carrier(services: &CommandServices, attempt: &Attempt) -> Option<Arc<dyn PaymentProvider>> {
    let route = attempt.route?;
    services.outside.providers.of(translate::named(route.provider))
}

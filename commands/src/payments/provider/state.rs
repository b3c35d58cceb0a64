//! A payment as it stands, and the provider that carries it.

use std::sync::Arc;

use domain::payment::attempt::{Attempt, PaymentTerms};
use domain::payment::purpose::{Purpose, transfer_of};
use domain::payment::{Payment, PaymentCommand};
use event_store::{StreamName, execute};

use crate::context::CommandMetadata;
use crate::payments::{PaymentRef, moving};
use crate::ports::{PaymentProvider, ReferenceSubject};
use crate::refusal::{CommandError, Refusal};
use crate::services::CommandServices;
use crate::streams::{DecisionError, UnitOfWork};
use crate::wallet::StatementPeriods;

pub(crate) async fn read(
    services: &CommandServices,
    payment_ref: PaymentRef,
) -> Result<Arc<Payment>, CommandError> {
    apply_to_payment(
        services,
        &CommandMetadata::read_only(),
        payment_ref,
        |work, _, name| work.state::<Payment>(name).map(drop),
    )
    .await
}

/// Lets the payment decide a command, and moves what money it moves; answers it as it stands afterwards. Commands are idempotent
/// by their own rules, so each is a command of its own, also when its instruction is carried out again.
pub(super) async fn execute_on_payment(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    command: impl Into<PaymentCommand>,
) -> Result<Arc<Payment>, CommandError> {
    let command = command.into();
    apply_to_payment(services, metadata, payment_ref, |work, periods, name| {
        moving::move_money(work, periods, name, command.clone())
    })
    .await
}

/// Lets a rule loose on the payment; answers it as it stands afterwards.
pub(super) async fn apply_to_payment<F>(
    services: &CommandServices,
    metadata: &CommandMetadata,
    payment_ref: PaymentRef,
    mut rule: F,
) -> Result<Arc<Payment>, CommandError>
where
    F: FnMut(&mut UnitOfWork<'_>, &mut StatementPeriods<'_>, &StreamName) -> Result<(), DecisionError> + Send,
{
    let name = payment_ref.stream();
    let known = std::slice::from_ref(&name);
    let mut periods = StatementPeriods::of(services);
    loop {
        let context = metadata.as_new_command().context(&name);
        let outcome = execute::<Refusal, _>(&services.log, &context, known, |work| {
            work.state::<Payment>(&name)?;
            rule(work, &mut periods, &name)
        })
        .await
        .map_err(CommandError::from);
        if !periods.looked_up(&outcome).await? {
            return outcome?
                .state::<Payment>(&name)
                .filter(|payment| payment.attempt().is_some())
                .inspect(|payment| moving::note_subjects(payment))
                .ok_or_else(|| Refusal::NotFound.into());
        }
    }
}

/// What the provider is told a payment is for.
pub(super) const fn subject(terms: &PaymentTerms) -> ReferenceSubject {
    match terms.purpose {
        Purpose::Booking(_) => ReferenceSubject::Payment(terms.payment_id),
        Purpose::Deposit => ReferenceSubject::Deposit(transfer_of(terms.payment_id)),
    }
}

/// The provider that carries this attempt; none while its keys are not set up, and for wallets.
pub(super) fn carrier(services: &CommandServices, attempt: &Attempt) -> Option<Arc<dyn PaymentProvider>> {
    let route = attempt.route?;
    services.ports.providers.of(route.provider)
}

//! Which provider a new payment goes to, and whether its money is held first.

use domain::booking::Agreement;
use domain::payment::charging::charged_at_booking;
use domain::payment::events::PaymentMethod;
use domain::payment::provider::{Provider, Route, Taking};
use domain::payment::refusal::PaymentRefusal;
use jiff::Timestamp;

use crate::payments::outward::translate;
use crate::ports;
use crate::services::CommandServices;

/// Who carries a new deposit, and whether it gets receipts. Its money is always taken at once.
///
/// # Errors
/// As [`route`]; also for the wallet itself.
pub(crate) fn carrier_of_deposit(
    services: &CommandServices,
    method: PaymentMethod,
    at: Timestamp,
) -> Result<(Provider, bool), PaymentRefusal> {
    let provider = translate::pay_by(method)
        .and_then(|pay_by| {
            services
                .outside
                .providers
                .for_new(pay_by, ports::Taking::AtOnce, at)
        })
        .ok_or(PaymentRefusal::MethodUnavailable)?;
    Ok((
        translate::recorded(provider.name()),
        services.outside.receipts.is_some(),
    ))
}

/// The way a new payment takes; none for a wallet.
///
/// # Errors
/// `payment_method_unavailable` when no provider for it is set up, or none can be asked just now.
pub(crate) fn route(
    services: &CommandServices,
    method: PaymentMethod,
    agreement: &Agreement,
    at: Timestamp,
) -> Result<Option<Route>, PaymentRefusal> {
    let Some(pay_by) = translate::pay_by(method) else {
        return Ok(None);
    };
    let ends_at = agreement
        .appointment
        .as_ref()
        .map(|appointment| appointment.visit.end());
    let taking = if charged_at_booking(method, ends_at, at) {
        Taking::AtOnce
    } else {
        Taking::Held
    };
    let taken = match taking {
        Taking::AtOnce => ports::Taking::AtOnce,
        Taking::Held => ports::Taking::Held,
    };
    let provider = services.outside.providers.for_new(pay_by, taken, at);
    let provider = provider.ok_or(PaymentRefusal::MethodUnavailable)?;
    Ok(Some(Route {
        provider: translate::recorded(provider.name()),
        taking,
        receipts: services.outside.receipts.is_some(),
    }))
}

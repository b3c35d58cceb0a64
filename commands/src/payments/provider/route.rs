//! Which provider a new payment goes to, and whether its money is held first.

use domain::booking::Agreement;
use domain::payment::charging::charged_at_booking;
use domain::payment::events::PaymentMethod;
use domain::payment::provider::{CaptureMode, Provider, Route};
use domain::payment::refusal::PaymentRefusal;
use jiff::Timestamp;

use crate::payments::provider::translate;
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
    let provider = translate::rail_of(method)
        .and_then(|rail| services.ports.providers.for_new(rail, CaptureMode::AtOnce, at))
        .ok_or(PaymentRefusal::MethodUnavailable)?;
    Ok((provider.name(), services.ports.receipts.is_some()))
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
    let Some(rail) = translate::rail_of(method) else {
        return Ok(None);
    };
    let ends_at = agreement
        .appointment
        .as_ref()
        .map(|appointment| appointment.visit.end());
    let taking = if charged_at_booking(method, ends_at, at) {
        CaptureMode::AtOnce
    } else {
        CaptureMode::Held
    };
    let provider = services.ports.providers.for_new(rail, taking, at);
    let provider = provider.ok_or(PaymentRefusal::MethodUnavailable)?;
    Ok(Some(Route {
        provider: provider.name(),
        taking,
        receipts: services.ports.receipts.is_some(),
    }))
}

//! Which provider a new payment goes to, and who is left alone for a while.
//!
//! Every way of paying has its providers in order; a new payment goes to the first whose breaker lets it through. A
//! payment that exists stays with its provider, whatever its breaker says, and reading is never kept away by one.

mod gate;
mod guarded;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;

use commands::ports::{PaymentProvider, PaymentRail, Providers};
use domain::payment::provider::{CaptureMode, Provider};
use jiff::Timestamp;

pub use guarded::{Guarded, GuardedPayouts, OperationClass};

use crate::breaker::BreakerOptions;

/// A way of paying that no provider offers, or a provider that is not there.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RoutingError {
    #[error("the route for {0:?} names {1:?}, which is not set up")]
    NotSetUp(PaymentRail, Provider),
    #[error("{1:?} does not offer {0:?}")]
    NotOffered(PaymentRail, Provider),
}

/// The providers that are set up, each behind its breakers, and the order in which they are asked.
pub struct Routes {
    providers: BTreeMap<Provider, Arc<Guarded>>,
    orders: BTreeMap<PaymentRail, Vec<Provider>>,
}

impl Routes {
    /// Providers and orders: for each way of paying, who is asked first, who next.
    ///
    /// # Errors
    /// [`RoutingError`] when an order names who is not there or does not offer it.
    pub fn new(
        providers: Vec<Arc<dyn PaymentProvider>>,
        orders: BTreeMap<PaymentRail, Vec<Provider>>,
        breaker: BreakerOptions,
    ) -> Result<Self, RoutingError> {
        let guarded =
            |provider: Arc<dyn PaymentProvider>| (provider.name(), Arc::new(Guarded::new(provider, breaker)));
        let providers: BTreeMap<_, _> = providers.into_iter().map(guarded).collect();
        for (&rail, order) in &orders {
            for &name in order {
                let provider = providers.get(&name).ok_or(RoutingError::NotSetUp(rail, name))?;
                if !provider.offers(rail, CaptureMode::AtOnce) {
                    return Err(RoutingError::NotOffered(rail, name));
                }
            }
        }
        Ok(Self { providers, orders })
    }
}

impl Providers for Routes {
    fn for_new(
        &self,
        rail: PaymentRail,
        taking: CaptureMode,
        at: Timestamp,
    ) -> Option<Arc<dyn PaymentProvider>> {
        let order = self.orders.get(&rail)?;
        let mut able = order
            .iter()
            .filter_map(|name| self.providers.get(name))
            .filter(|provider| provider.offers(rail, taking));
        able.find(|provider| provider.admits_new(at))
            .map(|provider| Arc::clone(provider) as Arc<dyn PaymentProvider>)
    }

    fn of(&self, name: Provider) -> Option<Arc<dyn PaymentProvider>> {
        let provider = self.providers.get(&name)?;
        Some(Arc::clone(provider) as Arc<dyn PaymentProvider>)
    }
}

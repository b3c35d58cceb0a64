//! Everybody outside whom use cases may ask, and what this clinic tells them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::ports::{PaymentProvider, PaymentRail, PayoutProvider, Providers, ReturnUrl, Vat};
use crate::retry_schedule::RetrySchedule;
use domain::payment::provider::{CaptureMode, Provider};

/// Whom the platform may ask outside; without anybody, provider payments answer `payment_method_unavailable`.
#[derive(Clone)]
pub struct ProviderPorts {
    /// Who carries payments, each as it is set up.
    pub providers: Arc<dyn Providers>,
    /// Who carries money to doctors, where a payout gateway is set up.
    pub payouts: Option<Arc<dyn PayoutProvider>>,
    /// Where a patient comes back to from a provider's page unless whoever starts the payment says where.
    pub return_url: ReturnUrl,
    /// What stands in fiscal receipts; none are issued without it.
    pub receipts: Option<ReceiptTerms>,
    /// When what is under way is looked after.
    pub retries: RetrySchedule,
}

/// What stands in every fiscal receipt of this clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTerms {
    /// The tax of a visit, and of an advance on one.
    pub vat: Vat,
    /// The clinic's tax system (tag 1055), 1 to 6, where the cash register asks for it.
    pub tax_system: Option<u8>,
}

impl ProviderPorts {
    /// Nobody is set up.
    pub fn none() -> Self {
        Self {
            providers: Arc::new(NoProviders),
            payouts: None,
            return_url: ReturnUrl::default(),
            receipts: None,
            retries: RetrySchedule::default(),
        }
    }
}

/// No providers at all.
struct NoProviders;

impl Providers for NoProviders {
    fn for_new(&self, _: PaymentRail, _: CaptureMode, _: Timestamp) -> Option<Arc<dyn PaymentProvider>> {
        None
    }

    fn of(&self, _: Provider) -> Option<Arc<dyn PaymentProvider>> {
        None
    }
}

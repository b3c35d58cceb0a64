//! Everybody outside whom use cases may ask, and what this clinic tells them.

use std::sync::Arc;

use jiff::Timestamp;

use crate::payments::outward::plan::Plans;
use crate::ports::{PayBy, PaymentProvider, PayoutProvider, ProviderName, Providers, Taking, Vat};

/// Whom the house may ask outside; without anybody, provider payments answer `payment_method_unavailable`.
#[derive(Clone)]
pub struct Outside {
    /// Who carries money in, and back.
    pub providers: Arc<dyn Providers>,
    /// Who carries money to doctors, where a payout gateway is set up.
    pub payouts: Option<Arc<dyn PayoutProvider>>,
    /// Where a patient comes back to from a provider's page; an absolute address.
    pub return_url: String,
    /// What stands in fiscal receipts; none are issued without it.
    pub receipts: Option<ReceiptTerms>,
    /// When what is under way is looked after.
    pub plans: Plans,
}

/// What stands in every fiscal receipt of this clinic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReceiptTerms {
    /// The tax on visits.
    pub vat: Vat,
    /// The clinic's tax system (tag 1055), 1 to 6, where the till asks for it.
    pub tax_system: Option<u8>,
}

impl Outside {
    /// Nobody is set up.
    pub fn nobody() -> Self {
        Self {
            providers: Arc::new(Nobody),
            payouts: None,
            return_url: String::new(),
            receipts: None,
            plans: Plans::default(),
        }
    }
}

/// No providers at all.
struct Nobody;

impl Providers for Nobody {
    fn for_new(&self, _: PayBy, _: Taking, _: Timestamp) -> Option<Arc<dyn PaymentProvider>> {
        None
    }

    fn of(&self, _: ProviderName) -> Option<Arc<dyn PaymentProvider>> {
        None
    }
}

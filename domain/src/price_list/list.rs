//! One published price list, and the questions it answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::booking::events::CallType;
use crate::ids::DoctorId;
use crate::money::Money;
use crate::people::Actor;
use crate::policy::cancellation::CancellationTerms;
use crate::policy::commission::CommissionTable;
use crate::price_list::terms::PriceTerms;

/// One version of the prices and of everything that goes with them. A booking pins the version it was made under.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PriceList {
    pub version: u32,
    pub valid_from: Timestamp,
    pub terms: PriceTerms,
    pub published_by: Actor,
    pub published_at: Timestamp,
}

impl AsRef<Self> for PriceList {
    fn as_ref(&self) -> &Self {
        self
    }
}

impl PriceList {
    /// What a visit costs: the doctor's own price where there is one, else everybody's. The time is asked for because the
    /// agreement is about all three, so that a night rate would change lists alone. Nothing only for a list that
    /// no rule would have let be published.
    pub fn price(
        &self,
        call_type: CallType,
        doctor: Option<DoctorId>,
        _starts_at: Option<Timestamp>,
    ) -> Money {
        let of = |doctor: Option<DoctorId>| {
            self.terms
                .prices
                .iter()
                .find(|row| row.call_type == call_type && row.doctor_id == doctor)
        };
        doctor
            .and_then(|doctor| of(Some(doctor)))
            .or_else(|| of(None))
            .map_or(Money::ZERO, |row| row.amount)
    }

    /// What cancelling costs, as a booking pins it.
    pub const fn cancellation(&self, call_type: CallType) -> &CancellationTerms {
        self.terms.cancellation.of(call_type)
    }

    /// What the clinic keeps, in percent, under this list's version.
    pub const fn commissions(&self) -> CommissionTable {
        let percent = &self.terms.commission_percent;
        CommissionTable {
            version: self.version,
            urgent: percent.urgent,
            scheduled: percent.scheduled,
            consultation: percent.consultation,
        }
    }
}

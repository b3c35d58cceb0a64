//! What the clinic keeps of the money for a visit, and what its doctor gets.

use crate::booking::events::CallType;
use crate::money::{Money, MoneyError};

/// One version of the commissions. An earning pins the version it was reckoned under.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CommissionTable {
    /// The number of this table; a changed percentage is a new version.
    pub version: u32,
    /// Percent of an urgent visit that the clinic keeps, 0 to 100.
    pub urgent: u8,
    /// Percent of a scheduled visit.
    pub scheduled: u8,
    /// Percent of a consultation by video.
    pub consultation: u8,
}

/// How money is shared; the two parts are the whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shares {
    /// The clinic's: floor(money × percent / 100) in minor units.
    pub commission: Money,
    /// The doctor's: all the rest.
    pub doctor: Money,
}

impl CommissionTable {
    /// 20 % of everything, for tests.
    #[cfg(test)]
    pub(crate) const fn demo() -> Self {
        Self {
            version: 1,
            urgent: 20,
            scheduled: 20,
            consultation: 20,
        }
    }

    /// The percentage for visits of this type; never more than the whole.
    pub const fn percent(&self, call_type: CallType) -> u8 {
        let percent = match call_type {
            CallType::Urgent => self.urgent,
            CallType::Scheduled => self.scheduled,
            CallType::Consultation => self.consultation,
        };
        if percent > 100 { 100 } else { percent }
    }

    /// Shares what was kept for a visit.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when a part does not fit.
    pub fn shares(&self, call_type: CallType, kept: Money) -> Result<Shares, MoneyError> {
        let commission = kept.percent_floor(self.percent(call_type))?;
        let doctor = kept.minus(commission)?;
        Ok(Shares { commission, doctor })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_clinic_keeps_the_floor_and_the_doctor_the_rest() {
        let table = CommissionTable::demo();
        for (kept, commission, doctor) in [(150_000, 30_000, 120_000), (99, 19, 80), (4, 0, 4), (0, 0, 0)] {
            let shares = table.shares(CallType::Urgent, Money::kopecks(kept)).unwrap();
            assert_eq!(
                (shares.commission.minor, shares.doctor.minor),
                (commission, doctor)
            );
        }
    }

    #[test]
    fn every_call_type_has_its_own_percentage() {
        let table = CommissionTable {
            version: 2,
            urgent: 10,
            scheduled: 25,
            consultation: 200,
        };
        let percents = CallType::ALL.map(|call_type| table.percent(call_type));
        assert_eq!(percents, [10, 25, 100], "never more than the whole");
    }

    proptest! {
        #[test]
        fn the_parts_are_the_whole(kept in 0i64..10_000_000_000, percent in 0u8..=100) {
            let table = CommissionTable { version: 1, urgent: percent, scheduled: percent, consultation: percent };
            let shares = table.shares(CallType::Scheduled, Money::kopecks(kept)).unwrap();
            prop_assert_eq!(shares.commission.plus(shares.doctor), Ok(Money::kopecks(kept)));
            prop_assert!(shares.commission.minor >= 0 && shares.doctor.minor >= 0);
        }
    }
}

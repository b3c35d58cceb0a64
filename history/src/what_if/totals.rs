//! What many bookings come to together, before and after.

use domain::money::{Money, MoneyError};

use super::compare::{Comparison, Figures};

/// Sums of figures; what is absent adds nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sums {
    /// Of the prices agreed.
    pub price: Amount,
    /// Of what patients owe of bookings that are over.
    pub due: Amount,
    /// Of fees for calling off and not being there.
    pub fee: Amount,
    /// Of what the clinic keeps.
    pub commission: Amount,
    /// Of what doctors get.
    pub earning: Amount,
}

/// A sum, nothing at first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amount(pub Money);

impl Default for Amount {
    fn default() -> Self {
        Self(Money::ZERO)
    }
}

/// Bookings, counted and summed. Those of which nobody knows what would have come are counted and in no sum.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// All that were looked at.
    pub bookings: u64,
    /// Those that differ.
    pub differing: u64,
    /// Those of which nobody knows.
    pub undefined: u64,
    /// As their facts say.
    pub before: Sums,
    /// As the other list would have it.
    pub after: Sums,
}

impl Totals {
    /// Counts one more booking.
    ///
    /// # Errors
    /// [`MoneyError::OutOfRange`] when a sum does not fit.
    pub fn add(&mut self, one: &Comparison) -> Result<(), MoneyError> {
        self.bookings += 1;
        match &one.after {
            Err(_) => self.undefined += 1,
            Ok(after) => {
                self.differing += u64::from(one.differs());
                self.before.add(&one.before)?;
                self.after.add(after)?;
            }
        }
        Ok(())
    }
}

impl Sums {
    fn add(&mut self, figures: &Figures) -> Result<(), MoneyError> {
        self.price.add(Some(figures.price))?;
        self.due.add(figures.due)?;
        self.fee.add(figures.fee)?;
        self.commission.add(figures.commission)?;
        self.earning.add(figures.earning)
    }

    /// Each sum with its name.
    pub const fn named(&self) -> [(&'static str, Money); 5] {
        [
            ("price", self.price.0),
            ("due", self.due.0),
            ("fee", self.fee.0),
            ("commission", self.commission.0),
            ("earning", self.earning.0),
        ]
    }
}

impl Amount {
    fn add(&mut self, more: Option<Money>) -> Result<(), MoneyError> {
        if let Some(more) = more {
            self.0 = self.0.plus(more)?;
        }
        Ok(())
    }
}

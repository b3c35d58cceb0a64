//! The list that a booking was made under: what was agreed is carried out by it, whatever was published since.

use std::sync::Arc;

use domain::booking::Booking;
use domain::policy::visit::VisitWindows;
use domain::price_list::list::PriceList;

use crate::prices::lists::KnownLists;

/// Every list that a booking can have been made under; there is at least one.
#[derive(Clone, Debug)]
pub struct Agreed {
    known: Arc<KnownLists>,
    first: Arc<PriceList>,
}

/// The clocks that visits go by, each booking's its own.
#[derive(Clone, Debug)]
pub struct VisitClocks(pub(super) Option<Agreed>);

impl Agreed {
    pub(super) fn of_known(known: Arc<KnownLists>) -> Option<Self> {
        let first = known.all().first().map(Arc::clone)?;
        Some(Self { known, first })
    }

    /// The list this booking pinned. One from before prices were published keeps to the first list that was: it took
    /// the place of the compiled-in numbers it was made under.
    pub fn of(&self, booking: &Booking) -> &PriceList {
        booking.agreement().map_or(&*self.first, |agreement| {
            self.of_version(agreement.tariff_version)
        })
    }

    /// The list of this version, which a booking pinned; see [`Agreed::of`].
    pub fn of_version(&self, version: u32) -> &PriceList {
        self.known.version(version).unwrap_or(&self.first)
    }
}

impl VisitClocks {
    /// The clock that this booking's visit goes by. Where no list is published there are only bookings from before any
    /// could be, and those went by the defaults.
    pub fn of(&self, booking: &Booking) -> VisitWindows {
        match &self.0 {
            Some(agreed) => agreed.of(booking).terms.visit.windows,
            None => VisitWindows::default(),
        }
    }

    /// The same of a booking that pinned the list of this version.
    pub fn of_version(&self, version: u32) -> VisitWindows {
        match &self.0 {
            Some(agreed) => agreed.of_version(version).terms.visit.windows,
            None => VisitWindows::default(),
        }
    }
}

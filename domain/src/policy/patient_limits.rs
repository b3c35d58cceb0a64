//! What one patient may have going on at a time: few unpaid holds, no visits that overlap unless that is wanted, one paid
//! urgent call.

use std::num::NonZeroU32;

use jiff::{SignedDuration, Timestamp};

use crate::ids::BookingId;
use crate::time::TimeRange;

/// How many slots one patient may hold without having paid.
pub const UNPAID_HOLDS_MAX: usize = 3;

/// A booking of the patient that has not ended, as far as the limits care.
#[expect(missing_docs, reason = "pure data: most names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OwnBooking {
    pub booking_id: BookingId,
    /// When the visit is, if that is known.
    pub visit: Option<TimeRange>,
    pub urgent: bool,
    /// Whether its money is held or taken.
    pub paid: bool,
    /// When it lets its time go unless it is paid.
    pub pay_by: Timestamp,
}

/// Within how long requests are counted.
pub const REQUESTED_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// A booking that the patient asked for, whatever came of it.
#[expect(missing_docs, reason = "pure data: the names say it all")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestedBooking {
    pub at: Timestamp,
    pub urgent: bool,
}

/// How many bookings one patient may ask for in an hour; none is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BookingsPerHour {
    /// Of every kind.
    pub all: Option<NonZeroU32>,
    /// Urgent calls among them.
    pub urgent: Option<NonZeroU32>,
}

/// Which of the limits stands against one more booking.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LimitRefusal {
    #[error("three slots are held and not paid for; pay for one or cancel it first")]
    TooManyHolds,
    #[error("another visit of yours is at that time; `allow_overlap: true` books it all the same")]
    OverlapsOwnBooking,
    #[error("a paid urgent call of yours is under way; `allow_overlap: true` pays for a second one")]
    UrgentCallUnderWay,
    #[error("{most} bookings within an hour; there is room for one more in {wait_s} s")]
    TooManyBookings { most: u32, wait_s: u32 },
    #[error("{most} urgent calls within an hour; there is room for one more in {wait_s} s")]
    TooManyUrgentCalls { most: u32, wait_s: u32 },
}

impl LimitRefusal {
    /// The stable code, as problems have it.
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooManyHolds => "too_many_holds",
            Self::OverlapsOwnBooking => "overlaps_own_booking",
            Self::UrgentCallUnderWay => "urgent_call_under_way",
            Self::TooManyBookings { .. } | Self::TooManyUrgentCalls { .. } => "too_many_bookings",
        }
    }
}

/// Whether the patient may ask for one more booking, after these, the latest first.
///
/// # Errors
/// [`LimitRefusal::TooManyBookings`], [`LimitRefusal::TooManyUrgentCalls`].
pub fn one_more_request(
    requested: &[RequestedBooking],
    urgent: bool,
    limits: &BookingsPerHour,
    at: Timestamp,
) -> Result<(), LimitRefusal> {
    let all = requested.iter();
    if let Some((most, wait_s)) = full_for(limits.all, all.clone(), at) {
        return Err(LimitRefusal::TooManyBookings { most, wait_s });
    }
    let of_urgent = limits.urgent.filter(|_| urgent);
    if let Some((most, wait_s)) = full_for(of_urgent, all.filter(|booking| booking.urgent), at) {
        return Err(LimitRefusal::TooManyUrgentCalls { most, wait_s });
    }
    Ok(())
}

/// The limit, and for how many seconds there is no room under it.
fn full_for<'a>(
    most: Option<NonZeroU32>,
    requested: impl Iterator<Item = &'a RequestedBooking>,
    at: Timestamp,
) -> Option<(u32, u32)> {
    let most = most?.get();
    let mut within = requested.filter(|booking| booking.at > at - REQUESTED_WITHIN);
    // Once this one is an hour old there are fewer than the limit.
    let first = within.nth(usize::try_from(most).ok()?.checked_sub(1)?)?;
    let wait = (first.at + REQUESTED_WITHIN).duration_since(at);
    Some((most, u32::try_from(wait.as_secs()).unwrap_or(0).saturating_add(1)))
}

/// Whether the patient may hold one more slot. A hold that is overdue is on its way out and not counted.
///
/// # Errors
/// [`LimitRefusal::TooManyHolds`].
pub fn one_more_hold(own: &[OwnBooking], at: Timestamp) -> Result<(), LimitRefusal> {
    let unpaid = own
        .iter()
        .filter(|booking| booking.visit.is_some() && holds_unpaid(booking, at));
    if unpaid.count() >= UNPAID_HOLDS_MAX {
        return Err(LimitRefusal::TooManyHolds);
    }
    Ok(())
}

/// Whether a visit then meets no other of the patient's. The booking that is being moved is not among `own`.
///
/// # Errors
/// [`LimitRefusal::OverlapsOwnBooking`].
pub fn no_overlap(own: &[OwnBooking], visit: TimeRange, at: Timestamp) -> Result<(), LimitRefusal> {
    let meets = own
        .iter()
        .filter(|booking| booking.paid || holds_unpaid(booking, at))
        .filter_map(|booking| booking.visit)
        .any(|other| other.start() < visit.end() && visit.start() < other.end());
    if meets {
        return Err(LimitRefusal::OverlapsOwnBooking);
    }
    Ok(())
}

/// Whether an urgent call may be paid: no other one is paid and under way.
///
/// # Errors
/// [`LimitRefusal::UrgentCallUnderWay`].
pub fn one_urgent_call(own: &[OwnBooking], paying: BookingId) -> Result<(), LimitRefusal> {
    let is_urgent = own
        .iter()
        .any(|booking| booking.booking_id == paying && booking.urgent);
    let other = own
        .iter()
        .any(|booking| booking.booking_id != paying && booking.urgent && booking.paid);
    if is_urgent && other {
        return Err(LimitRefusal::UrgentCallUnderWay);
    }
    Ok(())
}

fn holds_unpaid(booking: &OwnBooking, at: Timestamp) -> bool {
    !booking.paid && booking.pay_by > at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::fixtures::{id, moment};

    const NOON: &str = "2026-12-01T12:00:00Z";

    fn visit(from: &str, minutes: i64) -> TimeRange {
        TimeRange::lasting(moment(from), minutes).unwrap()
    }

    #[test]
    fn so_many_in_an_hour_and_of_them_so_many_urgent_ones() {
        let limit = NonZeroU32::new;
        let limits = BookingsPerHour {
            all: limit(4),
            urgent: limit(2),
        };
        let at = |minute: i64| moment(NOON) + SignedDuration::from_mins(minute);
        let urgent = |minute| RequestedBooking {
            at: at(minute),
            urgent: true,
        };
        let planned = |minute| RequestedBooking {
            urgent: false,
            ..urgent(minute)
        };
        let two_urgent = [planned(30), urgent(20), urgent(10)];
        assert_eq!(one_more_request(&two_urgent, false, &limits, at(31)), Ok(()));
        let refused = LimitRefusal::TooManyUrgentCalls {
            most: 2,
            wait_s: 39 * 60 + 1,
        };
        assert_eq!(one_more_request(&two_urgent, true, &limits, at(31)), Err(refused));
        // The older one is an hour old.
        assert_eq!(one_more_request(&two_urgent, true, &limits, at(70)), Ok(()));
        let four = [planned(30), planned(20), urgent(10), planned(5)];
        let refused = LimitRefusal::TooManyBookings {
            most: 4,
            wait_s: 34 * 60 + 1,
        };
        for is_urgent in [false, true] {
            assert_eq!(one_more_request(&four, is_urgent, &limits, at(31)), Err(refused));
        }
        let none = BookingsPerHour {
            all: None,
            urgent: None,
        };
        assert_eq!(one_more_request(&four, true, &none, at(31)), Ok(()));
    }

    fn held(number: u128) -> OwnBooking {
        OwnBooking {
            booking_id: id(number),
            visit: Some(visit(NOON, 30)),
            urgent: false,
            paid: false,
            pay_by: moment("2026-12-01T09:15:00Z"),
        }
    }

    fn now() -> Timestamp {
        moment("2026-12-01T09:00:00Z")
    }

    #[test]
    fn a_fourth_unpaid_hold_is_refused_and_paid_or_overdue_ones_do_not_count() {
        let three = [held(1), held(2), held(3)];
        assert_eq!(one_more_hold(&three, now()), Err(LimitRefusal::TooManyHolds));
        assert_eq!(one_more_hold(&three, held(1).pay_by), Ok(()), "overdue");
        let paid = OwnBooking {
            paid: true,
            ..held(3)
        };
        assert_eq!(one_more_hold(&[held(1), held(2), paid], now()), Ok(()));
        let urgent = OwnBooking {
            visit: None,
            urgent: true,
            ..held(3)
        };
        assert_eq!(one_more_hold(&[held(1), held(2), urgent], now()), Ok(()));
    }

    #[test]
    fn own_visits_overlap_by_a_minute_and_touch_without_overlapping() {
        let refused = Err(LimitRefusal::OverlapsOwnBooking);
        let own = [held(1)];
        assert_eq!(
            no_overlap(&own, visit("2026-12-01T12:29:00Z", 30), now()),
            refused
        );
        assert_eq!(no_overlap(&own, visit("2026-12-01T12:30:00Z", 30), now()), Ok(()));
        assert_eq!(no_overlap(&own, visit("2026-12-01T11:30:00Z", 30), now()), Ok(()));
        assert_eq!(
            no_overlap(&own, visit("2026-12-01T11:31:00Z", 30), now()),
            refused
        );
        let paid = [OwnBooking {
            paid: true,
            ..held(1)
        }];
        assert_eq!(
            no_overlap(&own, visit(NOON, 30), held(1).pay_by),
            Ok(()),
            "overdue"
        );
        assert_eq!(no_overlap(&paid, visit(NOON, 30), held(1).pay_by), refused);
    }

    #[test]
    fn a_second_urgent_call_is_not_paid_while_a_paid_one_is_under_way() {
        let urgent = |number, paid| OwnBooking {
            urgent: true,
            visit: None,
            paid,
            ..held(number)
        };
        let refused = Err(LimitRefusal::UrgentCallUnderWay);
        assert_eq!(
            one_urgent_call(&[urgent(1, true), urgent(2, false)], id(2)),
            refused
        );
        assert_eq!(
            one_urgent_call(&[urgent(1, false), urgent(2, false)], id(2)),
            Ok(())
        );
        assert_eq!(one_urgent_call(&[urgent(1, true)], id(1)), Ok(()), "itself");
        assert_eq!(
            one_urgent_call(&[urgent(1, true), held(2)], id(2)),
            Ok(()),
            "a visit by plan"
        );
    }
}

//! The doctor's side of a visit, each step in its time: the clock is set to it.

use commands::context::IntentOrigin;
use commands::{CommandMetadata, bookings};
use domain::booking::decide::visit::VisitReport::{Complete, Depart, Start};
use domain::ids::{BookingId, IntentId};
use jiff::Timestamp;
use uuid::Uuid;

use crate::kit::{Kit, as_admin};

impl Kit {
    /// Moves the clock to this moment, or a minute past it.
    pub async fn advance_to(&self, moment: Timestamp) {
        let minutes = moment.duration_since(self.now()).as_mins();
        if minutes >= 0 {
            self.advance(minutes + 1).await;
        }
    }

    /// Moves the clock to the start of the visit, if that is ahead.
    pub async fn advance_to_start(&self, booking_id: BookingId) {
        let booking = self.booking(booking_id).await;
        if let Some(starts_at) = booking.agreement().unwrap().starts_at() {
            self.advance_to(starts_at).await;
        }
    }

    /// A process asks whether the booking is to end by itself; answers where it stands then.
    pub async fn unserved(&self, booking_id: BookingId) -> &'static str {
        let origin = IntentOrigin {
            intent_id: IntentId::from_uuid(Uuid::from_u128(self.now().as_nanosecond().unsigned_abs())),
            process: "visit_watch".to_owned(),
            caused_by: 1,
            correlation_id: "test".to_owned(),
        };
        let asked = CommandMetadata::by_process(origin, "trace".to_owned());
        let done = bookings::pass_deadline(&self.services, &asked, booking_id)
            .await
            .unwrap();
        done.answer.booking.status().as_str()
    }

    /// The visit begins when it is to begin.
    pub async fn start_visit(&self, booking_id: BookingId) {
        self.advance_to_start(booking_id).await;
        bookings::report(&self.services, &as_admin(), booking_id, Depart)
            .await
            .unwrap();
        bookings::report(&self.services, &as_admin(), booking_id, Start)
            .await
            .unwrap();
    }

    /// The visit begins when it is to begin, and ends as soon as it may.
    pub async fn visited(&self, booking_id: BookingId) {
        self.start_visit(booking_id).await;
        self.advance(6).await;
        bookings::report(&self.services, &as_admin(), booking_id, Complete)
            .await
            .unwrap();
    }
}

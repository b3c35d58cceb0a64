//! Attempts to pay that end late, as a slow provider's would: recorded by the same rules and in the same appends that an
//! adapter would use, with the wallet as the purse.

use commands::Refusal;
use domain::booking::Booking;
use domain::ids::{AccountId, BookingId, PatientId, PaymentId};
use domain::payment::Payment;
use domain::wallet::Wallet;
use domain::{booking, payment, wallet};
use event_store::{CommandContext, StreamName, execute};
use uuid::Uuid;

use crate::kit::{Kit, SCHEDULED};

type DecisionError = event_store::DecisionError<Refusal>;

pub fn context(id: u128) -> CommandContext {
    CommandContext {
        command_id: Uuid::from_u128(id),
        repeatable: false,
        remembers_no_op: false,
        digest: "d".to_owned(),
        actor_id: "provider".to_owned(),
        actor_role: "process",
        correlation_id: "c".to_owned(),
        causation: None,
        trace_id: "t".to_owned(),
        channel: None,
        app_id: None,
        expected: None,
    }
}

impl Kit {
    /// The patient begins to pay; nobody answers yet.
    pub async fn attempt(&self, patient_id: PatientId, booking_id: BookingId, id: u128) -> Option<PaymentId> {
        let payment_id = PaymentId::from_uuid(Uuid::from_u128(id));
        let of_booking = StreamName::of::<Booking>(booking_id, booking_id);
        let of_payment = StreamName::of::<Payment>(payment_id, booking_id);
        let begun = execute::<Refusal, _>(&self.services.log, &context(id << 8), &[], |work| {
            let at = work.now();
            let state = work.state::<Booking>(&of_booking)?;
            let live = state.agreement().and_then(|agreement| agreement.live_payment);
            let previous_is_final = match live {
                None => true,
                Some(live) => work
                    .state::<Payment>(&StreamName::of::<Payment>(live, booking_id))?
                    .is_final(),
            };
            let start = booking::commands::StartPayment {
                payment_id,
                previous_is_final,
                at,
            };
            work.decide(&of_booking, |state: &Booking| {
                booking::decide::decide(state, start)
            })?;
            let start = payment::commands::StartForBooking {
                payment_id,
                booking_id,
                patient_id,
                method: payment::events::PaymentMethod::Wallet,
                amount: state.agreement().map_or(SCHEDULED, |agreement| agreement.price),
                route: None,
                return_url: None,
                at,
            };
            work.decide(&of_payment, |state: &Payment| {
                payment::decide::decide(state, start)
            })
        })
        .await;
        begun.ok().map(|_| payment_id)
    }

    /// The attempt is declined, it seems. False when its money has come already.
    pub async fn decline(&self, booking_id: BookingId, payment_id: PaymentId, id: u128) -> bool {
        let name = StreamName::of::<Payment>(payment_id, booking_id);
        let declined = execute::<Refusal, _>(&self.services.log, &context(id), &[], |work| {
            let command = payment::commands::RecordFailed {
                code: "declined".to_owned(),
                at: work.now(),
            };
            work.decide(&name, |state: &Payment| payment::decide::decide(state, command))
        })
        .await;
        declined.is_ok()
    }

    /// The attempt succeeds after all: the wallet keeps the money back. False when there is too little of it.
    pub async fn succeed(&self, booking_id: BookingId, payment_id: PaymentId, id: u128) -> bool {
        let name = StreamName::of::<Payment>(payment_id, booking_id);
        let succeeded = execute::<Refusal, _>(&self.services.log, &context(id), &[], |work| {
            let at = work.now();
            let state = work.state::<Payment>(&name)?;
            let terms = *state
                .terms()
                .ok_or_else(|| DecisionError::refuse(Refusal::NotFound))?;
            if state.held().is_positive() || state.captured().is_positive() {
                return Ok(());
            }
            let command = payment::commands::RecordAuthorised {
                amount: terms.amount,
                expires_at: None,
                at,
            };
            // An old story told again moves nothing in the wallet either.
            if payment::decide::decide(&state, command.clone()).is_ok_and(|facts| facts.is_empty()) {
                return Ok(());
            }
            let owner_id = AccountId::from(terms.patient_id);
            let purse = StreamName::of::<Wallet>(Wallet::stream_id(owner_id, 1), owner_id);
            let hold = wallet::commands::HoldMoney {
                owner_id,
                payment_id,
                amount: terms.amount,
                at,
            };
            work.decide(&purse, |state: &Wallet| wallet::decide::decide(state, hold))?;
            work.decide(&name, |state: &Payment| payment::decide::decide(state, command))
        })
        .await;
        succeeded.is_ok()
    }
}

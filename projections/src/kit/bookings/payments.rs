//! What happens to the payments of random bookings.

use super::*;

impl Bookings {
    pub(super) fn start_payment(&mut self, which: u8, much: u16) {
        let index = picked(which, self.bookings.len());
        let (booking_id, booking) = self.bookings[index].clone();
        let payment_id = PaymentId::from_uuid(id(0xf, self.payments.len()));
        let Some(agreement) = booking.agreement() else {
            return;
        };
        let start = command::StartPayment {
            payment_id,
            previous_is_final: true,
            at: self.now(),
        };
        let Ok(booked) = decide::decide(&booking, start) else {
            return;
        };
        let method = PaymentMethod::ALL[usize::from(much) % 3];
        let started = PaymentEvent::Started {
            payment_id,
            booking_id,
            patient_id: agreement.patient_id,
            method,
            amount: agreement.price,
            at: self.now(),
        };
        let route = Route {
            provider: Provider::Yookassa,
            taking: CaptureMode::Held,
            receipts: much.is_multiple_of(5),
        };
        let carried = matches!(method, PaymentMethod::Yookassa | PaymentMethod::Sbp);
        let at = self.now();
        let routed = carried.then_some(PaymentEvent::Routed { route, at });
        let begun: Vec<_> = std::iter::once(started).chain(routed).collect();
        self.payments.push((payment_id, booking_id, Payment::default()));
        // Either of the two may come first within an append.
        if much.is_multiple_of(2) {
            self.tell(booking_id, &booked);
            self.tell_payment(self.payments.len() - 1, &begun);
        } else {
            self.tell_payment(self.payments.len() - 1, &begun);
            self.tell(booking_id, &booked);
        }
    }

    pub(super) fn tell_payment(&mut self, index: usize, facts: &[PaymentEvent]) {
        let (payment_id, booking_id, payment) = &mut self.payments[index];
        *payment = facts
            .iter()
            .cloned()
            .fold(payment.clone(), payment::evolve::evolve);
        self.history
            .tell::<Payment>(&payment_id.to_string(), &booking_id.to_string(), facts);
    }

    /// A random answer about, or command to, a random payment.
    pub(crate) fn pay(&mut self, what: u8, which: u8, much: u16) {
        if self.payments.is_empty() {
            return;
        }
        let index = picked(which, self.payments.len());
        let (_, _, payment) = &self.payments[index];
        let Some(terms) = payment.terms() else { return };
        let (amount, at, part) = (terms.amount, self.now(), Money::kopecks(i64::from(much) * 3));
        let decided = match what {
            7 => payment::decide::decide(
                payment,
                pay::RecordAuthorised {
                    amount,
                    expires_at: None,
                    at,
                },
            ),
            8 => payment::decide::decide(payment, seen(pay::Stage::Succeeded, amount, part, at)),
            9 => payment::decide::decide(
                payment,
                pay::RecordFailed {
                    code: "declined".to_owned(),
                    at,
                },
            ),
            10 => match much % 3 {
                0 => payment::decide::decide(payment, pay::GiveUp { at }),
                1 => payment::decide::decide(payment, seen(pay::Stage::Pending, amount, part, at)),
                _ => payment::decide::decide(payment, seen(pay::Stage::Cancelled, amount, part, at)),
            },
            11 => payment::decide::decide(payment, pay::RecordUnknown { at }),
            12 => {
                let settle = pay::Settle {
                    due: part,
                    reason: RefundReason::Settlement,
                    by: Actor::Process,
                    at,
                };
                payment::decide::decide(payment, settle)
            }
            13 if under_way(payment).is_some() => payment::decide::decide(payment, told(payment, much, at)),
            13 => {
                // Every other one gives back all there is.
                let rest = payment
                    .captured()
                    .minus(payment.refunded())
                    .expect("one currency");
                let refund = pay::Refund {
                    again: true,
                    amount: if much.is_multiple_of(2) { rest } else { part },
                    reason: RefundReason::Goodwill,
                    by: admin(),
                    at,
                };
                payment::decide::decide(payment, refund)
            }
            other => unreachable!("no payment step {other}"),
        };
        if let Ok(facts) = decided {
            self.tell_payment(index, &facts);
        }
    }
}

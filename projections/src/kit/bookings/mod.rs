//! Random but lawful lives of bookings and their payments: commands go through the domain's own rules.

mod payments;

use domain::booking::commands as command;
use domain::booking::events::{Appointment, BookingEvent, CallType, CancelReason};
use domain::booking::{Booking, decide};
use domain::ids::{AccountId, BookingId, ClinicId, DoctorId, IntentId, PatientId, PaymentId, PrivateId};
use domain::money::Money;
use domain::payment::anomaly::Source;
use domain::payment::attempt::RefundStage;
use domain::payment::commands as pay;
use domain::payment::events::{PaymentEvent, PaymentMethod, RefundReason};
use domain::payment::provider::{CaptureMode, Provider, Route};
use domain::payment::{self, Payment};
use domain::people::{Actor, PrivateRef, Role};
use domain::reactions::GiveUpReason;
use domain::time::TimeRange;
use domain::wallet::Wallet;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use std::collections::BTreeMap;
use uuid::Uuid;

use crate::kit::history::History;
use crate::kit::prices::price_list;
use crate::kit::visits;

/// One random step: what, about which, how much.
pub(crate) type Step = (u8, u8, u16);

/// How many kinds of step there are.
pub(crate) const STEPS: u8 = 32;

/// Random steps.
pub(crate) fn steps(most: usize) -> impl Strategy<Value = Vec<Step>> {
    // Most lives begin with a request and some money, so that there is something to go wrong with.
    proptest::collection::vec((0..STEPS, any::<u8>(), any::<u16>()), 1..most)
}

/// Bookings and payments as the domain sees them, and their facts.
#[derive(Default)]
pub(crate) struct Bookings {
    pub(crate) history: History,
    pub(crate) bookings: Vec<(BookingId, Booking)>,
    pub(crate) payments: Vec<(PaymentId, BookingId, Payment)>,
    pub(crate) deposits: Vec<(PaymentId, PatientId, Payment)>,
    pub(crate) wallets: BTreeMap<PatientId, Wallet>,
    minutes: i64,
}

/// What a provider may show; every other part of a hold is taken in part, if that was asked for.
pub(crate) fn seen(stage: pay::Stage, amount: Money, part: Money, at: Timestamp) -> pay::RecordSnapshot {
    let taken = stage == pay::Stage::Succeeded && part.minor % 2 == 0;
    pay::RecordSnapshot {
        provider_id: "2c1f".to_owned(),
        stage,
        amount,
        captured: taken.then_some(amount),
        refunded: None,
        income: taken.then_some(Money::kopecks(amount.minor - amount.minor / 50)),
        expires_at: None,
        code: None,
        source: Source::Poll,
        asked_when_over: false,
        at,
    }
}

/// The oldest refund that a provider has not answered for.
pub(crate) fn under_way(payment: &Payment) -> Option<(u32, Money)> {
    let refunds = &payment.attempt()?.refund_list;
    let open = refunds.iter().find(|refund| !refund.stage.is_final())?;
    Some((open.number, open.amount))
}

/// What a provider may tell of that refund.
pub(crate) fn told(payment: &Payment, much: u16, at: Timestamp) -> pay::RecordRefund {
    let (number, amount) = under_way(payment).expect("there is one");
    let stage = if much.is_multiple_of(3) {
        RefundStage::Cancelled
    } else {
        RefundStage::Succeeded
    };
    pay::RecordRefund {
        number,
        provider_id: None,
        stage,
        amount,
        code: None,
        source: Source::Poll,
        at,
    }
}

pub(crate) fn admin() -> Actor {
    Actor::Person {
        id: AccountId::from_uuid(Uuid::from_u128(9)),
        role: Role::Admin,
    }
}

pub(crate) fn patient(number: u8) -> PatientId {
    PatientId::from_uuid(Uuid::from_u128(0xa000 + u128::from(number % 3)))
}

pub(crate) fn doctor(number: u8) -> DoctorId {
    DoctorId::from_uuid(Uuid::from_u128(0xd000 + u128::from(number % 2)))
}

/// A number that looks like an id, the same in every run.
pub(crate) fn id(kind: u128, number: usize) -> Uuid {
    // Spread over the shards as random ids are.
    Uuid::from_u128(
        (kind << 96) ^ (number as u128 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835) >> 8,
    )
}

/// Mostly one of the latest, since only these can still be paid for; sometimes any.
pub(crate) fn picked(which: u8, of: usize) -> usize {
    let which = usize::from(which);
    if which.is_multiple_of(4) {
        which % of
    } else {
        of - 1 - (which / 4) % of.min(3)
    }
}

impl Bookings {
    /// Lives through all steps.
    pub(crate) fn lived(steps: &[Step]) -> Self {
        let mut world = Self::default();
        world.request(CallType::Scheduled, 0, 600);
        for step in steps {
            world.step(*step);
        }
        world
    }

    pub(crate) fn now(&self) -> Timestamp {
        // A fraction of a microsecond, as clocks have it, which no column can keep.
        Timestamp::new(1_900_000_000 + self.minutes * 60, 123_456_789).expect("a time")
    }

    pub(crate) fn appointment(&self, which: u8, minutes: i64) -> Appointment {
        let start = Timestamp::from_second(self.now().as_second() / 60 * 60 + minutes * 60).expect("a time");
        let visit = TimeRange::lasting(start, 60).expect("an hour");
        Appointment {
            doctor_id: doctor(which),
            visit,
            days: vec![],
            // Two doctors of three belong to a clinic.
            clinic_id: (!which.is_multiple_of(3))
                .then(|| ClinicId::from_uuid(Uuid::from_u128(0xc000 + u128::from(which % 3)))),
        }
    }

    /// One random command; refusals are fine.
    pub(crate) fn step(&mut self, (what, which, much): Step) {
        self.minutes += i64::from(much % 3);
        let minutes = i64::from(much % 3000);
        match what {
            0 => self.request(CallType::Urgent, which, minutes),
            1 | 2 => self.request(CallType::Scheduled, which, minutes),
            3 => self.request(CallType::Consultation, which, minutes),
            4..=6 => self.start_payment(which, much),
            7..=13 => self.pay(what, which, much),
            14 => self.deposit(which, much),
            15..=27 => self.visit(what, which, minutes),
            28 => self.start_deposit(which, much),
            29..=31 => self.carry_deposit(what, which, much),
            other => unreachable!("no step {other}"),
        }
    }

    pub(crate) fn request(&mut self, call_type: CallType, which: u8, minutes: i64) {
        let booking_id = BookingId::from_uuid(id(0xb, self.bookings.len()));
        let appointment = match call_type {
            CallType::Urgent => None,
            CallType::Scheduled | CallType::Consultation => Some(self.appointment(which, minutes + 20)),
        };
        let price = Money::kopecks(150_000 + i64::from(which));
        let details = PrivateRef {
            id: PrivateId::from_uuid(id(0xe, self.bookings.len())),
            digest: "00".to_owned(),
        };
        let command = command::RequestVisit {
            booking_id,
            patient_id: patient(which),
            call_type,
            appointment,
            offered: price,
            offered_version: None,
            price,
            tariff_version: 1,
            terms: price_list().cancellation(call_type).clone(),
            pay_by: self.now() + SignedDuration::from_mins(15),
            details: (call_type != CallType::Consultation).then_some(details),
            at: self.now(),
        };
        self.bookings.push((booking_id, Booking::default()));
        self.decide(self.bookings.len() - 1, command);
    }

    fn decide(&mut self, index: usize, command: impl Into<domain::booking::BookingCommand>) {
        let (booking_id, booking) = &self.bookings[index];
        if let Ok(facts) = decide::decide(booking, command) {
            self.tell(*booking_id, &facts);
        }
    }

    fn tell(&mut self, booking_id: BookingId, facts: &[BookingEvent]) {
        let key = booking_id.to_string();
        self.history.tell::<Booking>(&key, &key, facts);
        for (_, booking) in self.bookings.iter_mut().filter(|(id, _)| *id == booking_id) {
            *booking = facts
                .iter()
                .cloned()
                .fold(booking.clone(), domain::booking::evolve::evolve);
        }
    }

    /// A random step of a random visit.
    fn visit(&mut self, what: u8, which: u8, minutes: i64) {
        let index = picked(which, self.bookings.len());
        let (booking_id, _) = self.bookings[index];
        let (by, at) = (admin(), self.now());
        let secured = self
            .payments
            .iter()
            .find(|(_, of, payment)| *of == booking_id && payment.secures());
        let secured = secured.map(|(payment_id, ..)| *payment_id);
        let fitting = self.appointment(which / 2, minutes);
        match what {
            15..=17 => {
                let Some(payment_id) = secured else { return };
                let slot_free = (minutes % 2 == 0).then_some(fitting);
                self.decide(
                    index,
                    command::ApplyPayment {
                        payment_id,
                        slot_free,
                        at,
                    },
                );
            }
            18 => self.decide(
                index,
                command::Expire {
                    payment_secures: secured,
                    at: at + SignedDuration::from_hours(1),
                },
            ),
            19 | 20 => self.decide(
                index,
                command::Assign {
                    appointment: fitting,
                    by,
                    at,
                },
            ),
            21 => self.decide(index, command::Unassign { by, at }),
            // A visit has many steps: some lives take several at once.
            22 => self.proceed(index),
            23 => (0..3).for_each(|_| self.proceed(index)),
            24 => (0..4).for_each(|_| self.proceed(index)),
            25 => {
                if minutes % 2 == 0 {
                    (0..2).for_each(|_| self.proceed(index)); // To the door.
                }
                // An operator is told first; it may end after that.
                for _ in 0..=minutes % 3 {
                    if let Some(command) = visits::nothing_comes(&self.bookings[index].1, by, at) {
                        self.decide(index, command);
                    }
                }
            }
            26 => {
                let patient = Actor::Person {
                    id: AccountId::from_uuid(Uuid::from_u128(8)),
                    role: Role::Patient,
                };
                if minutes % 5 == 0 {
                    self.decide(index, command::AcceptChange { by: patient, at });
                }
                let by = if minutes % 2 == 0 { patient } else { by };
                self.decide(index, command::Reschedule { to: fitting, by, at });
            }
            27 if minutes % 3 == 0 => self.cancel(index),
            27 => self.give_up(index),
            other => unreachable!("no visit step {other}"),
        }
    }

    /// The next step of a visit, if it has a doctor.
    fn proceed(&mut self, index: usize) {
        let (by, at) = (admin(), self.now());
        match visits::next(&self.bookings[index].1, by, at) {
            Some(command) => self.decide(index, command),
            None => self.earn(index),
        }
    }

    /// A visit that is over is shared with its doctor, if its money is there.
    fn earn(&mut self, index: usize) {
        let secured_by = self.bookings[index]
            .1
            .agreement()
            .and_then(|agreed| agreed.secured_by);
        let payment = self.payments.iter().find(|(id, ..)| Some(*id) == secured_by);
        let Some((payment_id, left)) =
            payment.and_then(|(id, _, payment)| Some((*id, payment.attempt()?.left().ok()?)))
        else {
            return;
        };
        let earn = command::FixEarnings {
            payment_id,
            left,
            commissions: price_list().commissions(),
            at: self.now(),
        };
        self.decide(index, earn);
    }

    fn cancel(&mut self, index: usize) {
        let id = PrivateId::from_uuid(id(0x7, index));
        let note = Some(PrivateRef {
            id,
            digest: "11".to_owned(),
        });
        let (by, at) = (admin(), self.now());
        self.decide(
            index,
            command::Cancel {
                by,
                reason: CancelReason::Mistake,
                note,
                expected_fee: None,
                at,
            },
        );
    }

    fn give_up(&mut self, index: usize) {
        let intent_id = IntentId::from_uuid(id(0x8, index));
        let (by, at) = (admin(), self.now());
        self.decide(
            index,
            domain::reactions::RecordReactionGivenUp {
                intent_id,
                reason: GiveUpReason::Obsolete,
                by,
                at,
            },
        );
    }
}

#[test]
fn random_lives_reach_every_state_of_a_booking_and_of_a_payment() {
    use domain::booking::status::BookingStatus;
    use domain::payment::status::PaymentStatus;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;
    use std::collections::BTreeSet;

    let mut runner = TestRunner::deterministic();
    let (mut bookings, mut payments) = (BTreeSet::new(), BTreeSet::new());
    for _ in 0..600 {
        let world = Bookings::lived(&steps(80).new_tree(&mut runner).expect("steps").current());
        bookings.extend(world.bookings.iter().map(|(_, booking)| booking.status()));
        payments.extend(world.payments.iter().map(|(_, _, payment)| payment.status()));
    }
    assert_eq!(bookings, BookingStatus::ALL.into_iter().collect());
    assert_eq!(payments, PaymentStatus::ALL.into_iter().collect());
}

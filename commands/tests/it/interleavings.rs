//! Random lives of bookings, in any order, with relay, processes and readers lagging and NATS away for long stretches:
//! no overlap ever, no money made, lost or kept for nothing, and readers see what the log says.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use commands::bookings::{self, AssignDoctor, CancelBooking, RescheduleBooking};
use commands::{CommandError, CommandMetadata};
use dev_stack::TestDatabase;
use domain::booking::decide::visit::VisitReport;
use domain::booking::events::{CallType, CancelReason};
use domain::ids::{BookingId, DoctorId, PatientId, PaymentId};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::checks::World;
use crate::fanout::{Fanout, Tally};
use crate::kit::{Kit, as_admin, as_doctor, as_patient, id_of, scheduled, urgent};
use crate::way::Way;

/// Random histories, each on a database of its own.
const HISTORIES: u32 = 12;
/// Stretches in one history: NATS is there in one, away in the next, and so on.
const STRETCHES: std::ops::RangeInclusive<usize> = 3..=4;
/// Operations in one stretch.
const OPERATIONS: std::ops::Range<usize> = 8..22;

/// An operation; numbers choose among what is there.
#[derive(Clone, Debug)]
enum Operation {
    Request(u8, u8),
    RequestUrgently,
    Pay(u8),
    Attempt(u8),
    Decline(u8),
    Succeed(u8),
    Reschedule(u8, u8),
    Cancel(u8, bool),
    Assign(u8, u8),
    Unassign(u8),
    Report(u8, VisitReport),
    AcceptChange(u8),
    Pass(u16),
    Relay(u8),
    React,
    Read,
    CarryOut,
}

/// A history, and whether NATS is there when it begins.
#[derive(Clone, Debug)]
struct History {
    nats: bool,
    stretches: Vec<Vec<Operation>>,
}

fn histories() -> impl Strategy<Value = History> {
    let command = prop_oneof![
        4 => (any::<u8>(), any::<u8>()).prop_map(|(doctor, slot)| Operation::Request(doctor, slot)),
        1 => Just(Operation::RequestUrgently),
        4 => any::<u8>().prop_map(Operation::Pay),
        2 => any::<u8>().prop_map(Operation::Attempt),
        1 => any::<u8>().prop_map(Operation::Decline),
        3 => any::<u8>().prop_map(Operation::Succeed),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(booking, slot)| Operation::Reschedule(booking, slot)),
        2 => (any::<u8>(), any::<bool>()).prop_map(|(booking, services)| Operation::Cancel(booking, services)),
        2 => (any::<u8>(), any::<u8>()).prop_map(|(booking, doctor)| Operation::Assign(booking, doctor)),
        1 => any::<u8>().prop_map(Operation::Unassign),
        8 => (any::<u8>(), reports()).prop_map(|(booking, report)| Operation::Report(booking, report)),
        1 => any::<u8>().prop_map(Operation::AcceptChange),
        2 => prop_oneof![Just(6_u16), Just(16), Just(50), Just(700)].prop_map(Operation::Pass),
        5 => (1_u8..6).prop_map(Operation::Relay),
        3 => Just(Operation::React),
        2 => Just(Operation::Read),
        3 => Just(Operation::CarryOut),
    ];
    let stretch = proptest::collection::vec(command, OPERATIONS);
    let stretches = proptest::collection::vec(stretch, STRETCHES);
    (any::<bool>(), stretches).prop_map(|(nats, stretches)| History { nats, stretches })
}

fn reports() -> impl Strategy<Value = VisitReport> {
    prop_oneof![
        2 => Just(VisitReport::Depart),
        2 => Just(VisitReport::Start),
        2 => Just(VisitReport::Complete),
        1 => Just(VisitReport::NoShow),
        1 => Just(VisitReport::Arrive),
    ]
}

struct Town {
    kit: Kit,
    fanout: Fanout,
    patient: PatientId,
    doctors: Vec<(DoctorId, Vec<Timestamp>)>,
    bookings: Vec<BookingId>,
    attempts: Vec<(BookingId, PaymentId)>,
    commands: u128,
}

fn pick<T>(all: &[T], number: u8) -> Option<&T> {
    (!all.is_empty()).then(|| &all[usize::from(number) % all.len()])
}

/// A refusal is fine; a fault never is.
fn no_fault<T>(answer: Result<T, CommandError>) -> Option<T> {
    match answer {
        Ok(done) => Some(done),
        Err(CommandError::Refused(_)) => None,
        Err(error) => panic!("{error:?}"),
    }
}

impl Town {
    async fn new(tally: &Arc<Tally>) -> Self {
        let database = TestDatabase::create().await.unwrap();
        let way = Way::to(database.nats_url()).await;
        let kit = Kit::on(database, Some(way.url())).await;
        let fanout = Fanout::over(&kit, way, Arc::clone(tally)).await;
        let patient = kit.patient_with(2_000_000).await;
        let doctors = vec![kit.open_doctor(2).await, kit.open_doctor(2).await];
        Self {
            kit,
            fanout,
            patient,
            doctors,
            bookings: Vec::new(),
            attempts: Vec::new(),
            commands: 1_000,
        }
    }

    fn next(&mut self) -> u128 {
        self.commands += 1;
        self.commands
    }

    async fn grant(&mut self, command: &Operation) {
        let mine = as_patient(self.patient);
        match *command {
            Operation::Request(doctor, slot) => {
                let Some((doctor, slots)) = pick(&self.doctors, doctor) else {
                    return;
                };
                // Few slots, so that commands collide.
                let command = scheduled(*doctor, slots[usize::from(slot) % 5]);
                let done = no_fault(bookings::request(&self.kit.services, &mine, command).await);
                self.bookings.extend(done.as_ref().map(id_of));
            }
            Operation::RequestUrgently => {
                let done = no_fault(bookings::request(&self.kit.services, &mine, urgent()).await);
                self.bookings.extend(done.as_ref().map(id_of));
            }
            Operation::Pass(minutes) => self.kit.advance(i64::from(minutes)).await,
            Operation::Relay(steps) => self.fanout.carry(usize::from(steps)).await,
            Operation::React => self.kit.react().await,
            Operation::Read => self.fanout.read().await,
            Operation::CarryOut => assert_eq!(self.kit.intents.step().await.unwrap().failed, 0),
            Operation::Succeed(number) => {
                let id = self.next();
                if let Some((booking_id, payment_id)) = pick(&self.attempts, number).copied() {
                    self.kit.succeed(booking_id, payment_id, id).await;
                }
            }
            Operation::Decline(number) => {
                let id = self.next();
                if let Some((booking_id, payment_id)) = pick(&self.attempts, number).copied() {
                    self.kit.decline(booking_id, payment_id, id).await;
                }
            }
            Operation::Pay(booking)
            | Operation::Attempt(booking)
            | Operation::Reschedule(booking, _)
            | Operation::Cancel(booking, _)
            | Operation::Assign(booking, _)
            | Operation::Unassign(booking)
            | Operation::Report(booking, _)
            | Operation::AcceptChange(booking) => {
                if let Some(booking_id) = pick(&self.bookings, booking).copied() {
                    self.act(command, booking_id, &mine).await;
                }
            }
        }
    }

    async fn act(&mut self, command: &Operation, booking_id: BookingId, mine: &CommandMetadata) {
        let (patient, admin) = (self.patient, as_admin());
        let services = self.kit.services.clone();
        match *command {
            Operation::Pay(_) => {
                let paid = no_fault(self.kit.pay(patient, booking_id).await);
                self.attempts
                    .extend(paid.map(|payment_id| (booking_id, payment_id)));
            }
            Operation::Attempt(_) => {
                let id = self.next();
                let begun = self.kit.attempt(patient, booking_id, id).await;
                self.attempts
                    .extend(begun.map(|payment_id| (booking_id, payment_id)));
            }
            Operation::Reschedule(_, slot) => self.reschedule(booking_id, slot, mine).await,
            Operation::Cancel(_, by_house) => {
                self.cancel(booking_id, if by_house { &admin } else { mine })
                    .await;
            }
            Operation::Assign(_, doctor) => {
                let Some((doctor_id, slots)) = pick(&self.doctors, doctor).cloned() else {
                    return;
                };
                // A visit called at once takes no time of one's choice.
                let urgent = self
                    .kit
                    .booking(booking_id)
                    .await
                    .agreement()
                    .is_some_and(|agreement| agreement.call_type == CallType::Urgent);
                let starts_at = pick(&slots, doctor).copied().filter(|_| !urgent);
                no_fault(
                    bookings::assign(
                        &services,
                        &admin,
                        AssignDoctor {
                            booking_id,
                            doctor_id,
                            starts_at,
                        },
                    )
                    .await,
                );
            }
            Operation::Unassign(_) => drop(no_fault(bookings::unassign(&services, &admin, booking_id).await)),
            Operation::Report(_, report) => {
                let by = if report == VisitReport::Depart {
                    self.doctor(booking_id).await
                } else {
                    admin
                };
                no_fault(bookings::report(&services, &by, booking_id, report).await);
            }
            Operation::AcceptChange(_) => drop(no_fault(
                bookings::accept_change(&services, mine, booking_id).await,
            )),
            Operation::Request(..)
            | Operation::RequestUrgently
            | Operation::Succeed(_)
            | Operation::Decline(_)
            | Operation::Pass(_)
            | Operation::Relay(_)
            | Operation::React
            | Operation::Read
            | Operation::CarryOut => {}
        }
    }

    async fn cancel(&self, booking_id: BookingId, by: &CommandMetadata) {
        let services = &self.kit.services;
        let quote = bookings::quote(services, by, booking_id).await;
        let command = CancelBooking {
            booking_id,
            reason: CancelReason::Other,
            note: None,
            expected_fee: quote.ok().map(|quote| quote.answer.fee),
        };
        no_fault(bookings::cancel(services, by, command).await);
    }

    async fn reschedule(&self, booking_id: BookingId, slot: u8, mine: &CommandMetadata) {
        let Some((doctor, slots)) = pick(&self.doctors, slot) else {
            return;
        };
        let starts_at = slots[usize::from(slot) % 5];
        let command = RescheduleBooking {
            booking_id,
            starts_at,
            doctor_id: Some(*doctor),
        };
        no_fault(bookings::reschedule(&self.kit.services, mine, command).await);
    }

    /// The end of every history, with NATS there or away.
    async fn come_to_rest(&mut self) {
        self.fanout.carry_all().await;
        self.kit.drain().await;
        World::of(&self.kit.facts().await).check_at_rest();
        // A day later, every deadline has passed.
        self.kit.advance(24 * 60).await;
        self.kit.drain().await;
        let facts = self.kit.facts().await;
        let world = World::of(&facts);
        world.check_at_rest();
        for booking in world.bookings.values() {
            assert_ne!(booking.status().as_str(), "absent");
            let unpaid = matches!(booking, domain::booking::Booking::Requested(_));
            assert!(!unpaid, "an unpaid booking never outlives its deadline");
        }
        // NATS is there in the end, and tells the processes what they know from the log.
        self.fanout.come_back().await;
        self.fanout.carry_all().await;
        self.kit.drain().await;
        assert_eq!(
            self.kit.facts().await.len(),
            facts.len(),
            "what is told twice happens once"
        );
        self.fanout.read().await;
        self.fanout.check_readers(&self.kit).await;
    }

    async fn doctor(&self, booking_id: BookingId) -> CommandMetadata {
        let booking = self.kit.booking(booking_id).await;
        let doctor = booking
            .agreement()
            .and_then(domain::booking::Agreement::doctor_id);
        doctor.map_or_else(as_admin, as_doctor)
    }
}

async fn live(history: &History, tally: &Arc<Tally>) {
    let mut town = Town::new(tally).await;
    let mut nats = history.nats;
    for stretch in &history.stretches {
        match nats {
            true => town.fanout.come_back().await,
            false => town.fanout.go_away().await,
        }
        for command in stretch {
            town.grant(command).await;
            World::of(&town.kit.facts().await).check_always();
        }
        nats = !nats;
    }
    town.come_to_rest().await;
}

#[test]
fn random_lives_never_overlap_and_no_money_is_kept_for_nothing() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let config = Config {
        cases: HISTORIES,
        max_shrink_iters: 60,
        failure_persistence: None,
        ..Config::default()
    };
    let tally = Arc::new(Tally::default());
    TestRunner::new(config)
        .run(&histories(), |history| {
            runtime.block_on(live(&history, &tally));
            Ok(())
        })
        .unwrap();
    for number in tally.all() {
        assert!(
            number.load(Ordering::Relaxed) > 0,
            "facts came every way: {tally:?}"
        );
    }
}

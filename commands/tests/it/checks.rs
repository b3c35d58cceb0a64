//! What must be true of the whole log at any moment, and once everything has come to rest.

use std::collections::{BTreeMap, BTreeSet};

use cqrs_es::Aggregate;
use domain::any_event::AnyEvent;
use domain::booking::Booking;
use domain::ids::{BookingId, DoctorId, PaymentId, TransferId};
use domain::payment::Payment;
use domain::payment::events::PaymentEvent;
use domain::payment::events::RefundReason;
use domain::payment::purpose::{Purpose, transfer_of};
use domain::schedule::DoctorDay;
use domain::time::TimeRange;
use domain::wallet::Wallet;
use domain::wallet::events::{DepositSource, WalletEvent};
use event_store::Fact;

/// Everything there is, folded from the log.
#[derive(Debug, Default, PartialEq)]
pub struct World {
    pub bookings: BTreeMap<String, Booking>,
    pub payments: BTreeMap<String, Payment>,
    days: BTreeMap<(String, String), DoctorDay>,
    wallets: BTreeMap<String, Wallet>,
    goodwill: BTreeMap<String, i64>,
    deposits: i64,
    /// What of each transfer through a provider the wallets have.
    carried: BTreeMap<TransferId, i64>,
}

impl World {
    pub fn of(facts: &[Fact]) -> Self {
        let mut world = Self::default();
        facts.iter().for_each(|fact| world.tell(fact));
        world
    }

    /// Adds one more fact, the next of its stream.
    pub fn tell(&mut self, fact: &Fact) {
        let event = AnyEvent::decode(
            &fact.aggregate_type,
            &fact.event_type,
            &fact.event_version,
            fact.payload.get(),
        );
        let id = fact.aggregate_id.clone();
        match event.unwrap() {
            AnyEvent::Booking(event) => self.bookings.entry(id).or_default().apply(event),
            AnyEvent::DoctorDay(event) => {
                self.days
                    .entry((fact.partition_key.clone(), id))
                    .or_default()
                    .apply(event);
            }
            AnyEvent::Payment(event) => self.pay(id, event),
            AnyEvent::Wallet(event) => self.book(id, event),
            AnyEvent::Payout(_) | AnyEvent::PriceList(_) | AnyEvent::Account(_) => {}
        }
    }

    fn pay(&mut self, id: String, event: PaymentEvent) {
        if let PaymentEvent::Refunded { reason, amount, .. } = &event
            && RefundReason::BY_ADMIN.contains(reason)
        {
            *self.goodwill.entry(id.clone()).or_default() += amount.minor;
        }
        self.payments.entry(id).or_default().apply(event);
    }

    fn book(&mut self, id: String, event: WalletEvent) {
        match &event {
            WalletEvent::Deposited {
                amount,
                source,
                transfer_id,
                ..
            } => {
                self.deposits += amount.minor;
                match source {
                    DepositSource::Cash => {}
                    DepositSource::Yookassa | DepositSource::Sbp => self.carry(*transfer_id, amount.minor),
                }
            }
            WalletEvent::DepositReturned {
                amount, transfer_id, ..
            } => {
                self.deposits -= amount.minor;
                self.carry(*transfer_id, -amount.minor);
            }
            WalletEvent::DepositRestored {
                amount, transfer_id, ..
            } => {
                self.deposits += amount.minor;
                self.carry(*transfer_id, amount.minor);
            }
            WalletEvent::Withdrawn { amount, .. } => self.deposits -= amount.minor,
            WalletEvent::PeriodOpened { .. }
            | WalletEvent::PeriodClosed { .. }
            | WalletEvent::Held { .. }
            | WalletEvent::Posted { .. }
            | WalletEvent::Voided { .. }
            | WalletEvent::Refunded { .. } => {}
            WalletEvent::Earned { amount, .. } | WalletEvent::PayoutReturned { amount, .. } => {
                self.deposits += amount.minor;
            }
            WalletEvent::PaidOut { amount, .. } => self.deposits -= amount.minor,
        }
        self.wallets.entry(id).or_default().apply(event);
    }

    fn carry(&mut self, transfer: TransferId, minor: i64) {
        *self.carried.entry(transfer).or_default() += minor;
    }

    /// True at every moment.
    pub fn check_always(&self) {
        self.no_doctor_is_claimed_twice();
        self.claims_stand_where_bookings_say();
        self.money_is_neither_made_nor_lost();
        self.deposits_are_in_their_wallets_exactly_once();
    }

    fn no_doctor_is_claimed_twice(&self) {
        let mut claims: BTreeMap<&str, BTreeMap<BookingId, TimeRange>> = BTreeMap::new();
        for ((doctor, _), day) in &self.days {
            for claim in &day.taken().claims {
                let known = claims
                    .entry(doctor)
                    .or_default()
                    .insert(claim.booking_id, claim.occupied);
                assert!(
                    known.is_none_or(|known| known == claim.occupied),
                    "one booking, one claim"
                );
            }
        }
        for (doctor, claims) in claims {
            let all: Vec<_> = claims.into_iter().collect();
            for (place, (one, range)) in all.iter().enumerate() {
                for (other, another) in &all[place + 1..] {
                    assert!(
                        !range.overlaps(*another),
                        "doctor {doctor} has {one} and {other} at once"
                    );
                }
            }
        }
    }

    fn claims_stand_where_bookings_say(&self) {
        let mut wanted = BTreeSet::new();
        for booking in self.bookings.values().filter(|booking| booking.claims_time()) {
            let agreement = booking.agreement().unwrap();
            for date in agreement
                .appointment
                .iter()
                .flat_map(|appointment| &appointment.days)
            {
                let doctor = agreement.doctor_id().unwrap();
                wanted.insert((DoctorDay::stream_id(doctor, *date), agreement.booking_id));
            }
        }
        let mut there = BTreeSet::new();
        for ((_, id), day) in &self.days {
            there.extend(
                day.taken()
                    .claims
                    .iter()
                    .map(|claim| (id.clone(), claim.booking_id)),
            );
        }
        assert_eq!(there, wanted, "claims and bookings agree");
    }

    /// What a provider took for a wallet and nobody asked back is in that wallet, to the kopeck.
    fn deposits_are_in_their_wallets_exactly_once(&self) {
        let mut owed = BTreeMap::new();
        for attempt in self.payments.values().filter_map(Payment::attempt) {
            if attempt.terms.purpose == Purpose::Deposit && attempt.captured.is_positive() {
                let transfer = transfer_of(attempt.terms.payment_id);
                owed.insert(transfer, attempt.left().unwrap().minor);
            }
        }
        assert_eq!(self.carried, owed, "deposits and wallets agree");
    }

    fn money_is_neither_made_nor_lost(&self) {
        let (mut balances, mut holds) = (0, 0);
        for wallet in self.wallets.values() {
            if let Wallet::Open(statement) = wallet {
                balances += statement.balance.minor;
                holds += statement.held().unwrap().minor;
                assert!(
                    statement.available().unwrap().minor >= 0,
                    "nobody owes the platform"
                );
            }
        }
        let taken: i64 = self
            .payments
            .values()
            .filter(|p| p.terms().is_some_and(|terms| terms.purpose != Purpose::Deposit))
            .map(|p| p.captured().minor - p.refunded().minor)
            .sum();
        let held: i64 = self.payments.values().map(|payment| payment.held().minor).sum();
        assert_eq!(
            balances + taken,
            self.deposits,
            "deposits are balances and takings"
        );
        assert_eq!(holds, held, "wallets hold what payments hold");
    }

    /// True once processes and intents have come to rest.
    pub fn check_at_rest(&self) {
        self.check_always();
        for (id, booking) in &self.bookings {
            let agreement = booking.agreement().unwrap();
            let owed = match booking {
                Booking::Absent | Booking::Expired(_) | Booking::Missed(_) | Booking::Requested(_) => 0,
                Booking::Secured(_)
                | Booking::Assigned(_)
                | Booking::EnRoute(_)
                | Booking::Arrived(_)
                | Booking::InProgress(_)
                | Booking::Completed(_) => agreement.price.minor,
                Booking::Cancelled(_) | Booking::NoShow(_) => {
                    let fee = agreement.fee.unwrap().minor;
                    if agreement.secured_by.is_some() { fee } else { 0 }
                }
            };
            let mut kept = 0;
            for (payment_id, payment) in &self.payments {
                let for_this = payment
                    .terms()
                    .and_then(|terms| terms.purpose.booking())
                    .is_some_and(|booking_id| booking_id.to_string() == *id);
                if for_this {
                    let goodwill = self.goodwill.get(payment_id).copied().unwrap_or(0);
                    kept +=
                        payment.held().minor + payment.captured().minor - payment.refunded().minor + goodwill;
                }
            }
            assert_eq!(
                kept,
                owed,
                "booking {id} is {:?} and keeps {kept} for {owed}",
                booking.status()
            );
        }
    }

    pub fn payments_of(&self, booking_id: BookingId) -> Vec<PaymentId> {
        let terms = self.payments.values().filter_map(Payment::terms);
        terms
            .filter(|terms| terms.purpose == Purpose::Booking(booking_id))
            .map(|terms| terms.payment_id)
            .collect()
    }

    /// How many claims a doctor has.
    pub fn claims_of(&self, doctor: DoctorId) -> usize {
        let mine = self
            .days
            .iter()
            .filter(|((owner, _), _)| *owner == doctor.to_string());
        mine.flat_map(|(_, day)| &day.taken().claims)
            .map(|claim| claim.booking_id)
            .collect::<BTreeSet<_>>()
            .len()
    }
}

//! Whose money a payout takes out of a wallet. Nothing marks it there, so this says it as books do: the oldest goes first, none before it
//! has rested, and what a payout brings back is as old as it was.

use domain::ids::{BookingId, PayoutId};
use domain::money::Money;
use domain::wallet::events::WalletEvent;
use event_store::Position;
use jiff::Timestamp;

/// A wallet's money, the oldest first, and the payouts that took of it.
#[derive(Debug)]
pub struct Allocation {
    booking_id: BookingId,
    lots: Vec<Lot>,
    payouts: Vec<TakenOut>,
}

/// Money that came in at once. The first lot is whatever there was before.
#[derive(Debug, Default)]
struct Lot {
    minor: i64,
    rests_until: Option<Timestamp>,
    /// Whether the visit that this is about earned it.
    is_earned: bool,
}

/// A payout as it left the wallet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenOut {
    /// The payout.
    pub payout_id: PayoutId,
    /// All that it took.
    pub amount: Money,
    /// Its facts in the wallet: that it was taken out and, if it came to nothing, that it was put back.
    pub positions: Vec<Position>,
    /// How many kopecks of which lots.
    from: Vec<(usize, i64)>,
    /// How much of it the visit earned.
    pub of_visit: Money,
}

impl Allocation {
    /// Before the first fact of the statement period in which this booking's visit earned its doctor money.
    pub fn new(booking_id: BookingId) -> Self {
        Self {
            booking_id,
            lots: Vec::new(),
            payouts: Vec::new(),
        }
    }

    /// Takes in the next fact of the wallet, which stands at `position`; periods follow each other.
    pub fn apply(&mut self, event: &WalletEvent, position: Position) {
        match event {
            WalletEvent::PeriodOpened { balance, resting, .. } => {
                // A later period carries forward what is known here already.
                if self.lots.is_empty() {
                    let rest = resting
                        .iter()
                        .fold(0_i64, |sum, earning| sum.saturating_add(earning.amount.minor));
                    self.come_in(balance.minor.saturating_sub(rest), None, false);
                    for earning in resting {
                        self.come_in(earning.amount.minor, Some(earning.rests_until), false);
                    }
                }
            }
            WalletEvent::Deposited { amount, .. }
            | WalletEvent::Refunded { amount, .. }
            | WalletEvent::DepositRestored { amount, .. } => self.come_in(amount.minor, None, false),
            WalletEvent::Earned {
                booking_id,
                amount,
                rests_until,
                ..
            } => self.come_in(amount.minor, *rests_until, *booking_id == self.booking_id),
            WalletEvent::Withdrawn { amount, at, .. }
            | WalletEvent::Posted { amount, at, .. }
            | WalletEvent::DepositReturned { amount, at, .. } => {
                self.go_out(amount.minor, *at);
            }
            WalletEvent::PaidOut {
                payout_id,
                amount,
                at,
                ..
            } => self.pay_out(*payout_id, *amount, *at, position),
            WalletEvent::PayoutReturned {
                payout_id, amount, ..
            } => self.put_back(*payout_id, *amount, position),
            WalletEvent::PeriodClosed { .. } | WalletEvent::Held { .. } | WalletEvent::Voided { .. } => {}
        }
    }

    /// Whether nothing of what the visit earned is in the wallet.
    pub fn is_out(&self) -> bool {
        let mut earned = self.lots.iter().filter(|lot| lot.is_earned);
        earned.all(|lot| lot.minor == 0)
    }

    /// Every payout that took some of what the visit earned, in their order, those that came to nothing included.
    pub fn of_visit(&self) -> impl Iterator<Item = &TakenOut> {
        self.payouts.iter().filter(|taken| taken.of_visit.is_positive())
    }

    fn come_in(&mut self, minor: i64, rests_until: Option<Timestamp>, is_earned: bool) {
        self.lots.push(Lot {
            minor,
            rests_until,
            is_earned,
        });
    }

    /// Takes so much out of the oldest lots that may be spent at this time; answers how much of which.
    fn go_out(&mut self, minor: i64, at: Timestamp) -> Vec<(usize, i64)> {
        let (mut left, mut from) = (minor, Vec::new());
        for (number, lot) in self.lots.iter_mut().enumerate() {
            if left == 0 {
                break;
            }
            if lot.minor > 0 && lot.rests_until.is_none_or(|rests_until| rests_until <= at) {
                let taken = lot.minor.min(left);
                (lot.minor, left) = (lot.minor - taken, left - taken);
                from.push((number, taken));
            }
        }
        from
    }

    fn pay_out(&mut self, payout_id: PayoutId, amount: Money, at: Timestamp, position: Position) {
        let from = self.go_out(amount.minor, at);
        let earned = from
            .iter()
            .filter(|(number, _)| self.lots.get(*number).is_some_and(|lot| lot.is_earned));
        let of_visit = Money {
            minor: earned.map(|(_, minor)| minor).sum(),
            currency: amount.currency,
        };
        self.payouts.push(TakenOut {
            payout_id,
            amount,
            positions: vec![position],
            from,
            of_visit,
        });
    }

    /// What came back goes where it was taken; of a payout of before nobody knows, it is older than all the rest.
    fn put_back(&mut self, payout_id: PayoutId, amount: Money, position: Position) {
        let taken = self.payouts.iter_mut().find(|taken| taken.payout_id == payout_id);
        let from = match taken {
            Some(taken) => {
                taken.positions.push(position);
                std::mem::take(&mut taken.from)
            }
            None => vec![(0, amount.minor)],
        };
        for (number, minor) in from {
            if let Some(lot) = self.lots.get_mut(number) {
                lot.minor = lot.minor.saturating_add(minor);
            }
        }
    }
}

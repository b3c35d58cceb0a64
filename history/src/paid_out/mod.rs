//! The payouts by which what a visit earned went out. Earnings are paid out together, and nothing in the log joins one to its payout: which
//! one it was follows from the order in which money came into the wallet and left it.

mod allocation;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use domain::any_event::AnyEvent;
use domain::ids::{AccountId, BookingId, PayoutId};
use domain::money::Money;
use domain::payout::status::PayoutStatus;
use domain::wallet::Wallet;
use domain::wallet::events::WalletEvent;
use event_store::{AsOf, EventLog, Fact, LogError, Position};

use crate::paid_out::allocation::{Allocation, TakenOut};
use crate::state::State;

/// The type of a payout's stream.
pub const PAYOUT: &str = "payout";
/// How many statement periods of the doctor are looked at, the earning's own included.
const PERIODS_MAX: u32 = 8;
/// The type of a wallet's stream.
const WALLET: &str = "wallet";

/// A payout that took some of what a visit earned, whatever came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PayoutShare {
    /// The payout.
    pub payout_id: PayoutId,
    /// All that it took out of the wallet: what other visits earned, too, if that is more.
    pub amount: Money,
    /// How much of it this visit earned, where the oldest money of a wallet goes first.
    pub of_visit: Money,
    /// What came of it; cancelled, its money is back in the wallet.
    pub status: PayoutStatus,
}

/// What went out of a visit's earning.
#[derive(Debug, Default)]
pub struct PaidOut {
    /// Every payout that took some of it, in their order, as of now.
    payouts: Vec<TakenOut>,
    /// Every fact of those payouts, in whole commands: their orders with the wallet's side, what followed, what was told of them.
    pub facts: Vec<Fact>,
    /// Whether the doctor's wallet has more periods than are looked at.
    pub is_cut: bool,
}

impl PaidOut {
    /// The payouts as these facts, those of then, tell them.
    pub fn shares(&self, facts: &BTreeMap<Position, Fact>) -> Vec<PayoutShare> {
        let share = |taken: &TakenOut| {
            let id = taken.payout_id.to_string();
            let own = facts
                .values()
                .filter(|fact| fact.aggregate_type == PAYOUT && fact.aggregate_id == id);
            let own: Vec<Fact> = own.cloned().collect();
            Some(PayoutShare {
                payout_id: taken.payout_id,
                amount: taken.amount,
                of_visit: taken.of_visit,
                status: status_of(&own).filter(|status| *status != PayoutStatus::Absent)?,
            })
        };
        self.payouts.iter().filter_map(share).collect()
    }
}

/// What went out of the earning of this booking's visit, if these facts have one.
pub async fn of_visit(
    log: &EventLog,
    booking_id: BookingId,
    facts: &BTreeMap<Position, Fact>,
) -> Result<PaidOut, LogError> {
    let earned = facts
        .values()
        .filter(|fact| fact.aggregate_type == WALLET)
        .find_map(|fact| period_of_earning(fact, booking_id));
    let Some((owner, first)) = earned else {
        return Ok(PaidOut::default());
    };
    let mut allocation = Allocation::new(booking_id);
    let mut streams = BTreeMap::new();
    let mut is_cut = false;
    for number in 0..=PERIODS_MAX {
        let period = Wallet::stream_id(owner, first.saturating_add(number));
        let wallet = log.read_stream(WALLET, &period, AsOf::Head).await?;
        is_cut = number == PERIODS_MAX && !wallet.is_empty();
        if wallet.is_empty() || is_cut {
            break;
        }
        for fact in &wallet {
            if let Some(event) = wallet_event(fact) {
                allocation.apply(&event, fact.position);
            }
        }
        if allocation.is_out() && all_paid(log, &allocation, &mut streams).await? {
            break;
        }
    }
    let payouts: Vec<TakenOut> = allocation.of_visit().cloned().collect();
    let mut positions: Vec<Position> = Vec::new();
    for taken in &payouts {
        positions.extend(&taken.positions);
        let own = stream_of(log, taken.payout_id, &mut streams).await?;
        positions.extend(own.iter().map(|fact| fact.position));
    }
    Ok(PaidOut {
        payouts,
        facts: log.whole_commands(&positions).await?,
        is_cut,
    })
}

/// Whether the last payout of each kopeck is paid, so that none comes back in a later period.
async fn all_paid(
    log: &EventLog,
    allocation: &Allocation,
    streams: &mut BTreeMap<PayoutId, Vec<Fact>>,
) -> Result<bool, LogError> {
    for taken in allocation.of_visit() {
        let own = stream_of(log, taken.payout_id, streams).await?;
        if status_of(own) == Some(PayoutStatus::Pending) {
            return Ok(false);
        }
    }
    Ok(true)
}

async fn stream_of<'a>(
    log: &EventLog,
    payout_id: PayoutId,
    streams: &'a mut BTreeMap<PayoutId, Vec<Fact>>,
) -> Result<&'a [Fact], LogError> {
    let own = match streams.entry(payout_id) {
        Entry::Occupied(known) => known.into_mut(),
        Entry::Vacant(unknown) => {
            let id = payout_id.to_string();
            unknown.insert(log.read_stream(PAYOUT, &id, AsOf::Head).await?)
        }
    };
    Ok(own)
}

fn status_of(own: &[Fact]) -> Option<PayoutStatus> {
    match State::after(own)? {
        State::Payout(payout) => Some(payout.status()),
        State::Booking(_)
        | State::DoctorDay(_)
        | State::Payment(_)
        | State::Wallet(_)
        | State::PriceList(_)
        | State::Account(_) => None,
    }
}

/// Whose wallet, and the number of the statement period, if this fact is what the booking's visit earned.
fn period_of_earning(fact: &Fact, booking_id: BookingId) -> Option<(AccountId, u32)> {
    match wallet_event(fact)? {
        WalletEvent::Earned {
            owner_id,
            booking_id: of,
            ..
        } if of == booking_id => {
            let (_, number) = fact.aggregate_id.rsplit_once('_')?;
            Some((owner_id, number.parse().ok()?))
        }
        WalletEvent::Earned { .. }
        | WalletEvent::PaidOut { .. }
        | WalletEvent::PeriodOpened { .. }
        | WalletEvent::PeriodClosed { .. }
        | WalletEvent::Deposited { .. }
        | WalletEvent::Withdrawn { .. }
        | WalletEvent::Held { .. }
        | WalletEvent::Posted { .. }
        | WalletEvent::Voided { .. }
        | WalletEvent::Refunded { .. }
        | WalletEvent::PayoutReturned { .. }
        | WalletEvent::DepositReturned { .. }
        | WalletEvent::DepositRestored { .. } => None,
    }
}

fn wallet_event(fact: &Fact) -> Option<WalletEvent> {
    let (aggregate, event, version) = (&fact.aggregate_type, &fact.event_type, &fact.event_version);
    let read = AnyEvent::read(aggregate, event, version, fact.payload.get()).ok()?;
    match (*read.into_iter().next()?).clone() {
        AnyEvent::Wallet(event) => Some(event),
        AnyEvent::Booking(_)
        | AnyEvent::DoctorDay(_)
        | AnyEvent::Payment(_)
        | AnyEvent::Payout(_)
        | AnyEvent::PriceList(_)
        | AnyEvent::Account(_) => None,
    }
}

//! The payouts by which what a visit earned went out. Earnings are paid together, so nothing in the log joins one to its payout: it is
//! the first one behind it in the same wallet, once it had rested.

use std::collections::{BTreeMap, BTreeSet};

use domain::any_event::AnyEvent;
use domain::wallet::events::WalletEvent;
use event_store::{AsOf, EventLog, Fact, LogError, Position};

/// The type of a payout's stream.
pub const PAYOUT: &str = "payout";
/// How many commands of one payout are looked at.
const COMMANDS_MAX: u32 = 100;
/// The type of a wallet's stream.
const WALLET: &str = "wallet";

/// Every fact of those payouts: their orders with the wallet's side, what followed, and what providers told of them. A payout in a
/// later statement period than the earning is not looked for.
pub async fn of_earnings(log: &EventLog, facts: &BTreeMap<Position, Fact>) -> Result<Vec<Fact>, LogError> {
    let mut found = Vec::new();
    let mut seen = BTreeSet::new();
    for fact in facts.values().filter(|fact| fact.aggregate_type == WALLET) {
        let Some(WalletEvent::Earned { rests_until, at, .. }) = wallet_event(fact) else {
            continue;
        };
        let rested_at = rests_until.unwrap_or(at);
        let later = log
            .read_stream_after(WALLET, &fact.aggregate_id, fact.sequence)
            .await?;
        let paid_out = later.iter().find_map(|fact| match wallet_event(fact)? {
            WalletEvent::PaidOut { payout_id, at, .. } if at >= rested_at => Some((payout_id, fact)),
            WalletEvent::PaidOut { .. }
            | WalletEvent::PeriodOpened { .. }
            | WalletEvent::PeriodClosed { .. }
            | WalletEvent::Deposited { .. }
            | WalletEvent::Withdrawn { .. }
            | WalletEvent::Held { .. }
            | WalletEvent::Posted { .. }
            | WalletEvent::Voided { .. }
            | WalletEvent::Refunded { .. }
            | WalletEvent::Earned { .. }
            | WalletEvent::PayoutReturned { .. }
            | WalletEvent::DepositReturned { .. }
            | WalletEvent::DepositRestored { .. } => None,
        });
        let Some((payout_id, ordered)) = paid_out.filter(|(payout_id, _)| seen.insert(payout_id.uuid()))
        else {
            continue;
        };
        found.extend(
            log.read_stream(PAYOUT, &payout_id.to_string(), AsOf::Head)
                .await?,
        );
        if let Ok(metadata) = ordered.metadata() {
            found.extend(
                log.read_correlations(&[metadata.correlation_id], COMMANDS_MAX)
                    .await?,
            );
        }
    }
    Ok(found)
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

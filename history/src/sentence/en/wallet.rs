//! The facts of a wallet, in English.

use domain::wallet::events::WalletEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::PeriodOpened { period, balance, .. } => {
            format!("Statement period {period} of the wallet began with {balance}")
        }
        Event::PeriodClosed { .. } => "The wallet's statement period ended".into(),
        Event::Deposited { amount, source, .. } => {
            format!("{amount} came into the wallet {}", words::deposit(*source))
        }
        Event::Withdrawn { amount, .. } => format!("{amount} went out of the wallet to its owner"),
        Event::Held { amount, .. } => format!("{amount} in the wallet is kept back for the payment"),
        Event::Posted { amount, .. } => format!("{amount} was paid out of the wallet's held money"),
        Event::Voided { .. } => "The wallet's held money is free again".into(),
        Event::Refunded { number, amount, .. } => {
            format!("Refund {number}: {amount} came back into the wallet")
        }
        Event::Earned { amount, .. } => format!("The doctor's wallet earned {amount}"),
        Event::PaidOut { amount, .. } => format!("{amount} left the wallet for its owner's bank"),
        Event::PayoutReturned { amount, .. } => {
            format!("A payout came to nothing: {amount} is back in the wallet")
        }
        Event::DepositReturned { number, amount, .. } => {
            format!("Refund {number}: deposited {amount} is to go back the way it came")
        }
        Event::DepositRestored { number, amount, .. } => {
            format!("Refund {number} came to nothing: {amount} can be spent again")
        }
    }
}

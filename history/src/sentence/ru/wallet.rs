//! The facts of a wallet, in Russian.

use domain::wallet::events::WalletEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::PeriodOpened { period, balance, .. } => {
            format!("Начался период {period} кошелька, в нём {balance}")
        }
        Event::PeriodClosed { .. } => "Период кошелька кончился".into(),
        Event::Deposited { amount, source, .. } => {
            format!("В кошелёк поступило {amount} {}", words::deposit(*source))
        }
        Event::Withdrawn { amount, .. } => format!("Владельцу кошелька выдано {amount}"),
        Event::Held { amount, .. } => format!("В кошельке отложено {amount} на платёж"),
        Event::Posted { amount, .. } => format!("Из отложенного в кошельке заплачено {amount}"),
        Event::Voided { .. } => "Отложенное в кошельке снова свободно".into(),
        Event::Refunded { number, amount, .. } => format!("Возврат {number}: в кошелёк вернулось {amount}"),
        Event::Earned { amount, .. } => format!("В кошелёк врача заработано {amount}"),
        Event::PaidOut { amount, .. } => format!("Из кошелька в банк владельца ушло {amount}"),
        Event::PayoutReturned { amount, .. } => format!("Выплата не состоялась: {amount} снова в кошельке"),
        Event::DepositReturned { number, amount, .. } => {
            format!("Возврат {number}: внесённые {amount} уходят обратно тем же путём")
        }
        Event::DepositRestored { number, amount, .. } => {
            format!("Возврат {number} не состоялся: {amount} снова можно тратить")
        }
    }
}

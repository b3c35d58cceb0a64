//! The facts of a payout, in Russian.

use domain::payout::events::PayoutEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Requested {
            purpose, amount, by, ..
        } => format!(
            "Велено выплатить {amount} ({}; {})",
            words::actor(*by),
            words::purpose(*purpose)
        ),
        Event::CallIntended { attempt, .. } => format!("Шлюз просят выплатить (попытка {attempt})"),
        Event::CallRefused { code, .. } => format!("Шлюз отказался выплатить: {code}"),
        Event::OutcomeUnknown { .. } => "Что стало с выплатой, неизвестно: спрашиваем шлюз".into(),
        Event::Pending { .. } => "Выплата у шлюза".into(),
        Event::Paid { amount, .. } => format!("Выплачено {amount}"),
        Event::Cancelled { amount, code, .. } => {
            format!("Выплата {amount} не состоялась ({code}): деньги снова в кошельке")
        }
        Event::AnomalyRecorded {
            number,
            anomaly,
            source,
            ..
        } => {
            format!(
                "Аномалия {number}, замечена {}: {}",
                words::source(*source),
                words::anomaly(anomaly.kind)
            )
        }
        Event::AnomalyResolved { resolution, .. } => {
            format!("С аномалией решено: {}", words::resolution(*resolution))
        }
        Event::ReactionRefused { code, .. } => format!("Процессу отказано в том, о чём он просил: {code}"),
        Event::ReactionGivenUp { reason, .. } => format!("Поручение оставлено: {}", words::give_up(*reason)),
    }
}

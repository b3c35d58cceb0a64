//! The facts of a booking, in Russian.

use domain::booking::events::BookingEvent as Event;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Requested {
            call_type,
            price,
            pay_by,
            ..
        } => {
            format!(
                "Пациент попросил {} за {price}, оплатить до {pay_by}",
                words::call_type(*call_type)
            )
        }
        Event::PaymentStarted { .. } => "Пациент начал платить".into(),
        Event::Secured { .. } => "Деньги есть: визит обеспечен".into(),
        Event::Expired { .. } => "Никто не заплатил вовремя: запись истекла".into(),
        Event::Revived { .. } => "Поздние деньги вернули истёкшую запись".into(),
        Event::LatePaymentRefused { because, .. } => {
            format!("Деньги возвращаются целиком: {}", words::unwanted(*because))
        }
        Event::Assigned { appointment, by, .. } => format!(
            "Назначен врач ({}), с {} до {}",
            words::actor(*by),
            appointment.visit.start(),
            appointment.visit.end()
        ),
        Event::Unassigned { by, .. } => format!("Врач снят ({})", words::actor(*by)),
        Event::Departed { .. } => "Врач выехал".into(),
        Event::ArrivalEstimated { arrives_at, .. } => format!("Врач ждёт, что приедет в {arrives_at}"),
        Event::Arrived { .. } => "Врач прибыл".into(),
        Event::Started { .. } => "Визит начался".into(),
        Event::Completed { due, .. } => format!("Визит окончен: к оплате {due}"),
        Event::NoShow { fee, .. } => format!("Пациента не оказалось на месте: к оплате {fee}"),
        Event::Missed { .. } => "Врач так и не выехал: платить нечего, деньги возвращаются".into(),
        Event::NobodyFound { .. } => "Врач не нашёлся вовремя: деньги возвращаются".into(),
        Event::Escalated { reason, .. } => {
            format!("Оператору сообщено: {}", words::escalation(*reason))
        }
        Event::Rescheduled { to, by, .. } => {
            format!("Визит перенесён ({}) на {}", words::actor(*by), to.visit.start())
        }
        Event::RoomNamed { .. } => "Врач сказал, где пройдёт консультация".into(),
        Event::ChangeAccepted { .. } => {
            "Пациент согласился с врачом и временем, которые назначили другие".into()
        }
        Event::Cancelled { by, reason, fee, .. } => format!(
            "Запись отменена ({}; {}): к оплате {fee}",
            words::actor(*by),
            words::cancel_reason(*reason)
        ),
        Event::Earned {
            kept,
            commission,
            share,
            ..
        } => {
            format!("Из {kept} врач заработал {share}, платформа {commission}")
        }
        Event::ReactionRefused { code, .. } => format!("Процессу отказано в том, о чём он просил: {code}"),
        Event::ReactionGivenUp { reason, .. } => format!("Поручение оставлено: {}", words::give_up(*reason)),
    }
}

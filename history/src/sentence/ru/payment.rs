//! The facts of a payment, in Russian.

use domain::money::Money;
use domain::payment::events::PaymentEvent as Event;
use domain::payment::receipt::ReceiptPurpose;

use super::words;

pub fn sentence(event: &Event) -> String {
    match event {
        Event::Started { method, amount, .. } => {
            format!("Начат платёж на {amount} {}", words::method(*method))
        }
        Event::DepositStarted { method, amount, .. } => {
            format!(
                "Начато пополнение кошелька на {amount} {}",
                words::method(*method)
            )
        }
        Event::Pending { .. } => "Провайдер знает о платеже и ждёт пациента".into(),
        Event::OutcomeUnknown { .. } => "Что стало с запросом, неизвестно: спрашиваем провайдера".into(),
        Event::Authorised { amount, .. } => format!("На визит удержано {amount}"),
        Event::Captured { amount, .. } => format!("Списано {amount}"),
        Event::Cancelled { released, .. } => format!("Платёж кончился, удержанные {released} свободны"),
        Event::Failed { code, .. } => format!("Платёж не удался: {code}"),
        Event::IncomeKnown { income, .. } => format!("После комиссии провайдера платформе остаётся {income}"),
        Event::Refunded { number, amount, .. } => format!("Возврат {number}: {amount} вернулись"),
        Event::ReactionRefused { code, .. } => format!("Процессу отказано в том, о чём он просил: {code}"),
        Event::ReactionGivenUp { reason, .. } => format!("Поручение оставлено: {}", words::give_up(*reason)),
        Event::CaptureRequested { amount, .. } => format!("Провайдеру велено списать {amount}"),
        Event::CancelRequested { .. } => "Провайдеру велено отпустить удержанное".into(),
        Event::GivenUp { .. } => "Пациент платит иначе".into(),
        Event::SettlementSet { due, .. } => format!("В итоге должно остаться {due}"),
        Event::RefundRequested {
            number,
            amount,
            reason,
            by,
            ..
        } => format!(
            "Возврат {number}: {amount} должны вернуться ({}; {})",
            words::refund_reason(*reason),
            words::actor(*by)
        ),
        Event::RefundCancelled { number, code, .. } => {
            format!("Из возврата {number} ничего не вышло: {code}")
        }
        Event::Routed { .. }
        | Event::ReturnUrlGiven { .. }
        | Event::LinkOffered { .. }
        | Event::CallIntended { .. }
        | Event::CallRefused { .. }
        | Event::RefundPending { .. }
        | Event::ReceiptDue { .. }
        | Event::ReceiptRequested { .. }
        | Event::ReceiptRegistered { .. }
        | Event::ReceiptCopyOffered { .. }
        | Event::ReceiptFailed { .. }
        | Event::AnomalyRecorded { .. }
        | Event::AnomalyResolved { .. } => of_provider(event).unwrap_or_default(),
    }
}

/// What the provider and its cash register have to do with it.
fn of_provider(event: &Event) -> Option<String> {
    Some(match event {
        Event::Routed { route, .. } => format!("Платёж проводит {}", words::provider(route.provider)),
        Event::ReturnUrlGiven { .. } => "Сказано, куда вернуться со страницы провайдера".into(),
        Event::LinkOffered { .. } => "Провайдер сказал, где пациент подтвердит платёж".into(),
        Event::CallIntended {
            call,
            attempt,
            provider,
            ..
        } => {
            format!(
                "{} просят {} (попытка {attempt})",
                words::provider(*provider),
                words::call(*call)
            )
        }
        Event::CallRefused { call, code, .. } => {
            format!("Провайдер отказался {}: {code}", words::call(*call))
        }
        Event::RefundPending { number, .. } => format!("Возврат {number} у провайдера"),
        Event::ReceiptDue {
            number,
            purpose,
            amount,
            ..
        } => receipt_due(*number, *amount, *purpose),
        Event::ReceiptRequested { number, .. } => format!("Чек {number} у кассы"),
        Event::ReceiptCopyOffered { number, .. } => {
            format!("Касса сказала, где прочесть копию чека {number}")
        }
        Event::ReceiptRegistered { number, .. } => format!("Чек {number} стал фискальным документом"),
        Event::ReceiptFailed { number, code, .. } => format!("От чека {number} касса отказалась: {code}"),
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
        Event::Started { .. }
        | Event::DepositStarted { .. }
        | Event::Authorised { .. }
        | Event::Captured { .. }
        | Event::Cancelled { .. }
        | Event::Failed { .. }
        | Event::Refunded { .. }
        | Event::ReactionRefused { .. }
        | Event::ReactionGivenUp { .. }
        | Event::CaptureRequested { .. }
        | Event::CancelRequested { .. }
        | Event::GivenUp { .. }
        | Event::SettlementSet { .. }
        | Event::RefundRequested { .. }
        | Event::RefundCancelled { .. }
        | Event::Pending { .. }
        | Event::OutcomeUnknown { .. }
        | Event::IncomeKnown { .. } => return None,
    })
}

fn receipt_due(number: u32, amount: Money, purpose: ReceiptPurpose) -> String {
    format!("Нужен чек {number} на {amount}: {}", words::receipt(purpose))
}

//! What processes want done, in Russian.

use commands::intents::Intent;

use super::words;

pub fn sentence(intent: &Intent) -> String {
    match intent {
        Intent::ExpireBooking { .. } => "Дать записи истечь, если её не оплатили".into(),
        Intent::WatchSearch { .. } => "Проверить, нашёлся ли врач вовремя".into(),
        Intent::WatchVisit { .. } => "Проверить, движется ли визит".into(),
        Intent::ApplyPayment { .. } => "Пустить деньги на то, для чего они".into(),
        Intent::ReturnMoney { .. } => "Вернуть деньги, которые записи не нужны".into(),
        Intent::SettleBooking { due, .. } => format!("Оставить {due}, остальное отпустить"),
        Intent::CallProvider { call, .. } => format!("Попросить провайдера {}", words::call(*call)),
        Intent::LookAtPayment { round, .. } => format!("Спросить провайдера о платеже (взгляд {round})"),
        Intent::LookAtRefund { number, round, .. } => {
            format!("Спросить провайдера о возврате {number} (взгляд {round})")
        }
        Intent::LookAtReceipt { number, round, .. } => {
            format!("Спросить кассу о чеке {number} (взгляд {round})")
        }
        Intent::PursuePayment { .. } => "Повторить то, что с платежом не вышло".into(),
        Intent::NextRefund { .. } => "Попросить о следующем возврате, если он ждёт".into(),
        Intent::KeepHold { .. } => {
            "Списать удержанное, пока удержание не кончилось, если визит впереди".into()
        }
        Intent::FollowNotice { .. } => "Провайдер что-то сообщил: посмотреть, что у него с платежом".into(),
        Intent::EarnVisit { .. } => "Закрепить заработок врача, когда визит и деньги завершены".into(),
        Intent::CallPayout { .. } => "Попросить шлюз о выплате".into(),
        Intent::LookAtPayout { round, .. } => format!("Спросить шлюз о выплате (взгляд {round})"),
        Intent::DoubtDestination { .. } => "Пусть владелец назовёт другой счёт".into(),
        Intent::FollowPayoutNotice { .. } => "Шлюз что-то сообщил: посмотреть, что у него с выплатой".into(),
    }
}

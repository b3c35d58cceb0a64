//! The words of closed sets, in Russian.

use domain::account::events::{AccountField, ApplicationRefusedReason, DeactivationReason, UnverifiedReason};
use domain::booking::events::{CallType, CancelReason, Unwanted};
use domain::booking::status::EscalationReason;
use domain::payment::anomaly::{AnomalyKind, Resolution, Source};
use domain::payment::events::{PaymentMethod, RefundReason};
use domain::payment::provider::{Call, Provider};
use domain::payment::receipt::ReceiptPurpose;
use domain::payout::events::PayoutPurpose;
use domain::people::{Actor, Role};
use domain::reactions::GiveUpReason;
use domain::wallet::events::DepositSource;

pub fn actor(by: Actor) -> &'static str {
    match by {
        Actor::Process => "платформа",
        Actor::Person { role, .. } => match role {
            Role::Patient => "пациент",
            Role::Doctor => "врач",
            Role::Clinic => "клиника",
            Role::Admin => "администратор",
            Role::Analyst => "аналитик",
        },
    }
}

pub fn call_type(call_type: CallType) -> &'static str {
    match call_type {
        CallType::Urgent => "срочный вызов",
        CallType::Scheduled => "визит на выбранное время",
        CallType::Consultation => "видеоконсультацию",
    }
}

pub fn cancel_reason(reason: CancelReason) -> &'static str {
    match reason {
        CancelReason::PatientRequest => "планы пациента изменились",
        CancelReason::Recovered => "пациент выздоровел",
        CancelReason::DoctorUnavailable => "врач недоступен",
        CancelReason::ClinicRequest => "клиника не может обслужить",
        CancelReason::Hospitalised => "пациент в больнице",
        CancelReason::Mistake => "записались по ошибке",
        CancelReason::Other => "другая причина",
    }
}

pub fn unwanted(because: Unwanted) -> &'static str {
    match because {
        Unwanted::TooLate => "они пришли слишком поздно",
        Unwanted::PaidAlready => "визит уже оплачен",
    }
}

pub fn escalation(reason: EscalationReason) -> &'static str {
    match reason {
        EscalationReason::NoDoctor => "оплачено, а врача нет",
        EscalationReason::NotDeparted => "врач не выехал",
        EscalationReason::Unfinished => "никто не сказал, чем всё кончилось",
    }
}

pub fn method(method: PaymentMethod) -> &'static str {
    match method {
        PaymentMethod::Yookassa => "картой",
        PaymentMethod::Sbp => "через СБП",
        PaymentMethod::Wallet => "из кошелька",
    }
}

pub fn refund_reason(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::Settlement => "расчёт",
        RefundReason::LatePayment => "деньги пришли слишком поздно",
        RefundReason::Goodwill => "жест доброй воли",
        RefundReason::Complaint => "жалоба",
        RefundReason::Mistake => "ошибка",
    }
}

pub fn provider(provider: Provider) -> &'static str {
    match provider {
        Provider::Yookassa => "ЮKassa",
        Provider::Tbank => "Т-Банк",
    }
}

pub fn call(call: Call) -> String {
    match call {
        Call::Create => "создать платёж".into(),
        Call::Capture => "списать удержанное".into(),
        Call::Cancel => "отпустить удержанное".into(),
        Call::Refund { number } => format!("вернуть деньги (возврат {number})"),
        Call::Receipt { number } => format!("напечатать чек {number}"),
    }
}

pub fn receipt(purpose: ReceiptPurpose) -> String {
    match purpose {
        ReceiptPurpose::Capture => "полная оплата".into(),
        ReceiptPurpose::Prepayment => "предоплата".into(),
        ReceiptPurpose::Offset => "зачёт предоплаты за визит".into(),
        ReceiptPurpose::Refund { number } => format!("возврат {number}"),
    }
}

pub fn anomaly(kind: AnomalyKind) -> &'static str {
    match kind {
        AnomalyKind::AmountMismatch => "сумма не та, что запрашивалась",
        AnomalyKind::FinalContradicted => "одно окончательное состояние противоречит другому",
        AnomalyKind::SecondPayment => "на один платёж нашёлся второй",
        AnomalyKind::ForeignRefund => "вернулось больше, чем просили",
        AnomalyKind::HoldLost => "удержание кончилось, хотя никто не просил",
        AnomalyKind::RefundStuck => "возврат не идёт",
        AnomalyKind::ReceiptStuck => "чек не идёт",
        AnomalyKind::CallStuck => "запрос отклонён окончательно",
        AnomalyKind::OutcomeStuck => "никто не говорит, что стало с запросом",
        AnomalyKind::ReceiptUnexpected => "есть чек, о котором никто не просил",
    }
}

pub fn source(source: Source) -> &'static str {
    match source {
        Source::Reply => "в ответе на наш запрос",
        Source::Notice => "после уведомления",
        Source::Poll => "при плановом опросе",
        Source::List => "в списках провайдера",
        Source::Reconciliation => "при сверке",
    }
}

pub fn resolution(resolution: Resolution) -> &'static str {
    match resolution {
        Resolution::SettledByHand => "улажено вручную",
        Resolution::ProviderCorrected => "исправлено провайдером",
        Resolution::Accepted => "принято как есть",
        Resolution::WrittenOff => "списано",
    }
}

pub fn give_up(reason: GiveUpReason) -> &'static str {
    match reason {
        GiveUpReason::DoneByHand => "сделано вручную",
        GiveUpReason::Obsolete => "больше не нужно",
        GiveUpReason::Duplicate => "попросили дважды",
        GiveUpReason::Impossible => "не может удаться",
    }
}

pub fn purpose(purpose: PayoutPurpose) -> &'static str {
    match purpose {
        PayoutPurpose::DoctorEarnings => "заработок врача",
        PayoutPurpose::WalletWithdrawal => "вывод из кошелька",
    }
}

pub fn deposit(source: DepositSource) -> &'static str {
    match source {
        DepositSource::Cash => "наличными",
        DepositSource::Yookassa => "картой",
        DepositSource::Sbp => "через СБП",
    }
}

pub fn deactivation_reason(reason: DeactivationReason) -> &'static str {
    match reason {
        DeactivationReason::OwnRequest => "по желанию владельца",
        DeactivationReason::Left => "владелец ушёл",
        DeactivationReason::Duplicate => "есть другая запись того же человека",
        DeactivationReason::Compromised => "ею может пользоваться кто-то другой",
        DeactivationReason::Misconduct => "владелец нарушил правила",
        DeactivationReason::Other => "другая причина",
    }
}

pub fn application_refused_reason(reason: ApplicationRefusedReason) -> &'static str {
    match reason {
        ApplicationRefusedReason::LicenceNotFound => "такой лицензии нет в реестре",
        ApplicationRefusedReason::LicenceExpired => "срок лицензии истёк",
        ApplicationRefusedReason::LicenceOfAnother => "лицензия выдана другому",
        ApplicationRefusedReason::DocumentsMissing => "не хватает документов",
        ApplicationRefusedReason::Other => "другая причина",
    }
}

pub fn unverified_reason(reason: UnverifiedReason) -> &'static str {
    match reason {
        UnverifiedReason::DocumentsMissing => "не хватает документов",
        UnverifiedReason::AccreditationExpired => "аккредитация истекла",
        UnverifiedReason::AccreditationWithdrawn => "аккредитация отозвана",
        UnverifiedReason::Other => "другая причина",
    }
}

pub fn account_field(field: AccountField) -> &'static str {
    match field {
        AccountField::Email => "электронная почта",
        AccountField::Phone => "телефон",
        AccountField::FirstName => "имя",
        AccountField::LastName => "фамилия",
        AccountField::Specialization => "специализация",
        AccountField::ExperienceYears => "стаж",
        AccountField::Languages => "языки",
        AccountField::ClinicId => "клиника",
        AccountField::PriceClass => "ценовая категория",
        AccountField::Zone => "часовой пояс",
        AccountField::ClinicName => "название клиники",
        AccountField::About => "рассказ о себе",
        AccountField::BasePoint => "место на карте",
        AccountField::TravelKm => "радиус выездов",
        AccountField::Address => "адрес клиники",
        AccountField::PublicPhone => "телефон для всех",
    }
}

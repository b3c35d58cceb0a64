//! Every refusal as a Russian sentence; closed matches, so a new "no" needs its sentence here. English ones are the refusals' own.

use std::borrow::Cow;

use domain::account::refusal::AccountRefusal;
use domain::booking::refusal::BookingRefusal;
use domain::payment::refusal::PaymentRefusal;
use domain::payout::refusal::PayoutRefusal;
use domain::policy::patient_limits::LimitRefusal;
use domain::price_list::refusal::PriceListRefusal;
use domain::schedule::refusal::ScheduleRefusal;
use domain::wallet::refusal::WalletRefusal;
use identity::PasskeyRefusal;
use webhooks::endpoints::EndpointRefusal;

use crate::representation::timestamp::shown;

const AMOUNTS: &str = "суммы не удаётся посчитать";
const PAST: &str = "это время прошло";

/// Of a booking.
pub fn of_booking(refusal: &BookingRefusal) -> Cow<'static, str> {
    match refusal {
        BookingRefusal::NoSuchBooking => "такого визита нет".into(),
        BookingRefusal::NotNow { status } => {
            format!("визит в состоянии {status}: сейчас это невозможно").into()
        }
        BookingRefusal::InThePast => PAST.into(),
        BookingRefusal::PriceChanged { price, version } => {
            format!("цена теперь {price} (прайс-лист {version})").into()
        }
        BookingRefusal::FeeChanged { fee } => format!("плата за отмену теперь {fee}").into(),
        BookingRefusal::TooLate => "для этого слишком поздно".into(),
        BookingRefusal::TooEarly => "для этого слишком рано".into(),
        BookingRefusal::PaymentUnderWay => "другой платёж за этот визит идёт или уже прошёл".into(),
        BookingRefusal::WrongAppointment => {
            "у срочного вызова нет выбранных врача и времени, у всех других есть оба".into()
        }
        BookingRefusal::NotAConsultation => "комната бывает только у консультации".into(),
        BookingRefusal::AmountOutOfRange => AMOUNTS.into(),
    }
}

/// Of an endpoint of webhooks.
pub const fn of_endpoint(refusal: EndpointRefusal) -> &'static str {
    match refusal {
        EndpointRefusal::NotFound => "такого адреса для уведомлений нет",
        EndpointRefusal::TooMany => "у учётной записи может быть не больше 50 адресов для уведомлений",
        EndpointRefusal::KeyReused => "с этим ключом уже был другой запрос",
        EndpointRefusal::Disabled => "этот адрес отключён: сначала включите его",
    }
}

/// Of a patient's limits.
pub fn of_limit(refusal: LimitRefusal) -> Cow<'static, str> {
    match refusal {
        LimitRefusal::TooManyHolds => {
            "три времени забронированы и не оплачены; сначала оплатите или отмените одно из них".into()
        }
        LimitRefusal::OverlapsOwnBooking => {
            "на это время у вас другой визит; с `allow_overlap: true` запись всё равно состоится".into()
        }
        LimitRefusal::UrgentCallUnderWay => {
            "ваш оплаченный срочный вызов ещё идёт; с `allow_overlap: true` будет оплачен второй".into()
        }
        LimitRefusal::TooManyBookings { most, wait_s } => {
            format!("записей за час: {most}; следующая возможна через {wait_s} с").into()
        }
        LimitRefusal::TooManyUrgentCalls { most, wait_s } => {
            format!("срочных вызовов за час: {most}; следующий возможен через {wait_s} с").into()
        }
    }
}

/// Of a doctor's day.
pub const fn of_schedule(refusal: &ScheduleRefusal) -> &'static str {
    match refusal {
        ScheduleRefusal::SlotTaken { .. } => "это время занято",
        ScheduleRefusal::DoctorBusy { .. } => "врач в это время занят",
        ScheduleRefusal::OutsideWorkingHours => "врач в это время не работает",
        ScheduleRefusal::InThePast => PAST,
        ScheduleRefusal::DoctorNotAvailable => "этот врач не принимает записи",
        ScheduleRefusal::DayAlreadyOpen => "этот день уже открыт, с другими часами",
        ScheduleRefusal::DayClaimed { .. } => "в этот день есть визиты",
        ScheduleRefusal::DayNotOpen => "этот день не открыт",
        ScheduleRefusal::DayNotLonger => "новые часы не включают часть прежних",
        ScheduleRefusal::DayOverlaps => "часы пересекаются с другим днём, визитом или друг с другом",
        ScheduleRefusal::NotAWorkingDay => "из этих часов не выходит рабочий день",
    }
}

/// Of a payment.
pub fn of_payment(refusal: &PaymentRefusal) -> Cow<'static, str> {
    match refusal {
        PaymentRefusal::NoSuchPayment => "такого платежа нет".into(),
        PaymentRefusal::NotNow { status } => {
            format!("платёж в состоянии {status}: сейчас это невозможно").into()
        }
        PaymentRefusal::MethodUnavailable => "этот способ оплаты недоступен".into(),
        PaymentRefusal::ExceedsCaptured => "это больше, чем осталось от списанных денег".into(),
        PaymentRefusal::RefundUnderWay => "возврат той же суммы попросили только что".into(),
        PaymentRefusal::DepositLimit { least, most } => {
            format!("одно пополнение этим способом: от {least} до {most}").into()
        }
        PaymentRefusal::AmountOutOfRange => AMOUNTS.into(),
    }
}

/// Of a wallet.
pub fn of_wallet(refusal: &WalletRefusal) -> Cow<'static, str> {
    match refusal {
        WalletRefusal::InsufficientFunds { available } => format!("доступно только {available}").into(),
        WalletRefusal::PeriodClosed => "этот расчётный период закрыт".into(),
        WalletRefusal::NoSuchHold => "под этот платёж на кошельке ничего не отложено".into(),
        WalletRefusal::AmountOutOfRange => AMOUNTS.into(),
    }
}

/// Of a payout.
pub fn of_payout(refusal: &PayoutRefusal) -> Cow<'static, str> {
    match refusal {
        PayoutRefusal::NoSuchPayout => "такой выплаты нет".into(),
        PayoutRefusal::NotNow { status } => {
            format!("выплата в состоянии {status}: сейчас это невозможно").into()
        }
        PayoutRefusal::Unavailable => "выплаты здесь недоступны".into(),
        PayoutRefusal::NoDestination => "нет счёта, на который могли бы уйти эти деньги".into(),
        PayoutRefusal::DestinationResting { until } => format!(
            "этот счёт новый: деньги на него уходят не раньше {}",
            shown(*until)
        )
        .into(),
        PayoutRefusal::UnknownBank => "в СБП нет такого банка".into(),
        PayoutRefusal::TooEarly => "эта неделя ещё впереди".into(),
        PayoutRefusal::AmountOutOfRange => "одна выплата: от 1.00 до 500000.00 RUB".into(),
    }
}

/// Of the price lists; what is unlawful in one is told field by field.
pub fn of_price_list(refusal: &PriceListRefusal) -> Cow<'static, str> {
    match refusal {
        PriceListRefusal::VersionNotNewer { latest } => {
            format!("версия {latest} уже опубликована; новому прайс-листу нужна большая").into()
        }
        PriceListRefusal::TooShortNotice { earliest } => format!(
            "прайс-лист публикуют за 5 минут до того, как он вступит в силу: самое раннее {}",
            shown(*earliest)
        )
        .into(),
        PriceListRefusal::Unlawful(_) => "прайс-лист составлен неверно".into(),
    }
}

/// About passkeys.
pub const fn of_passkey(fault: PasskeyRefusal) -> &'static str {
    match fault {
        PasskeyRefusal::Unreadable => "ключ не читается: нужно то, что делает из него `JSON.stringify`",
        PasskeyRefusal::Origin => "ключ создан страницей другого сайта, не платформы",
        PasskeyRefusal::RelyingParty => "ключ предназначен другому сайту, не платформе",
        PasskeyRefusal::NotVerified => {
            "устройство не проверило, кто им пользуется: запрашивайте ключ с `userVerification`, как сказано в параметрах"
        }
        PasskeyRefusal::NotDiscoverable => {
            "устройство не хранит ключ так, чтобы его нашли без адреса почты: возьмите другое устройство или менеджер паролей"
        }
        PasskeyRefusal::Unfit => {
            "ответ устройства не соответствует параметрам: запросите новые и передайте их браузеру как есть"
        }
        PasskeyRefusal::Unknown | PasskeyRefusal::CounterFell => {
            "этот ключ не открывает ни одной учётной записи"
        }
    }
}

/// About accounts.
pub const fn of_account(refusal: AccountRefusal) -> &'static str {
    match refusal {
        AccountRefusal::OwnAccount => "свою учётную запись не отключают; это может другой администратор",
        AccountRefusal::ActorDeactivated => "эта учётная запись отключена",
        AccountRefusal::NotADoctor => "это не учётная запись врача",
        AccountRefusal::NoApplication => "этот врач не подавал заявки, или решение по ней уже принято",
        AccountRefusal::InvitationEnded => "это приглашение больше не действует: попросите клинику о новом",
        AccountRefusal::InAnotherClinic => "вы состоите в другой клинике: сначала выйдите из неё",
        AccountRefusal::NotInClinic => "этот врач не состоит в этой клинике",
        AccountRefusal::ProfileVerified => {
            "под этим именем и с этой специальностью вас проверили: их меняет администратор, или подайте новую заявку и измените, пока она ждёт"
        }
        AccountRefusal::LicenceExpired => "срок этой лицензии истёк: назовите ту, что действует сегодня",
    }
}

#[cfg(test)]
mod tests {
    use domain::money::Money;
    use jiff::Timestamp;

    use super::*;

    /// Every refusal that tells a value: figures and words of the contract stand in both languages.
    fn told() -> Vec<(String, String)> {
        let (least, most) = (Money::kopecks(12_345), Money::kopecks(678_900));
        let status = "en_route";
        let earliest: Timestamp = "2026-12-01T09:30:00Z".parse().unwrap();
        let mut told = Vec::new();
        for refusal in [
            BookingRefusal::NotNow { status },
            BookingRefusal::PriceChanged {
                price: least,
                version: 7,
            },
            BookingRefusal::FeeChanged { fee: most },
        ] {
            told.push((refusal.to_string(), of_booking(&refusal).into_owned()));
        }
        for refusal in [
            PaymentRefusal::NotNow { status },
            PaymentRefusal::DepositLimit { least, most },
        ] {
            told.push((refusal.to_string(), of_payment(&refusal).into_owned()));
        }
        let refusal = WalletRefusal::InsufficientFunds { available: least };
        told.push((refusal.to_string(), of_wallet(&refusal).into_owned()));
        for refusal in [PayoutRefusal::NotNow { status }, PayoutRefusal::AmountOutOfRange] {
            told.push((refusal.to_string(), of_payout(&refusal).into_owned()));
        }
        for refusal in [
            PriceListRefusal::VersionNotNewer { latest: 7 },
            PriceListRefusal::TooShortNotice { earliest },
        ] {
            told.push((refusal.to_string(), of_price_list(&refusal).into_owned()));
        }
        for refusal in [LimitRefusal::OverlapsOwnBooking, LimitRefusal::UrgentCallUnderWay] {
            told.push((refusal.to_string(), of_limit(refusal).into_owned()));
        }
        let refusal = EndpointRefusal::TooMany;
        told.push((refusal.to_string(), of_endpoint(refusal).to_owned()));
        told
    }

    #[test]
    fn a_refusal_tells_the_same_values_in_both_languages() {
        for (english, russian) in told() {
            let words = english.split([' ', ',', ';', '(', ')']);
            let values = words.filter(|word| word.contains(|c: char| c.is_ascii_digit() || "_`".contains(c)));
            let mut seen = 0;
            for value in values {
                // Instants are written by `shown` in both answers' members; here to the second.
                let value = value.trim_end_matches('Z').trim_end_matches(':');
                assert!(
                    russian.contains(value),
                    "{value} of {english:?} is not in {russian:?}"
                );
                seen += 1;
            }
            assert!(seen > 0, "{english}");
        }
    }
}

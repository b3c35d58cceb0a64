//! What mails and text messages say. Mails: Russian first, English below. A notice names what happened and what to do if it was somebody else; no link, which a forger
//! could imitate, and no personal data beside the code.

use identity::MailContent;

/// A mail's words.
#[derive(Clone, PartialEq, Eq)]
pub struct Text {
    /// One line.
    pub subject: String,
    /// Plain text.
    pub body: String,
}

/// A mail in one language.
struct Localized {
    subject: &'static str,
    body: String,
}

const NOT_YOU_RU: &str =
    "Если это были не вы, смените пароль по коду («Забыли пароль?») и сообщите в поддержку.";
const NOT_YOU_EN: &str =
    "If it was not you, replace your password by a code (\"Forgot the password?\") and tell the support.";
const NOT_ASKED_RU: &str = "Если вы не просили об этом, ничего не делайте: без кода ничего не изменится. Никому не сообщайте код, сотрудники его не спрашивают.";
const NOT_ASKED_EN: &str = "If you did not ask for it, do nothing: nothing changes without the code. Give it to nobody; no employee asks for it.";

/// The words of a mail.
pub fn text(content: &MailContent) -> Text {
    let (russian, english) = told(content);
    Text {
        subject: format!("{} / {}", russian.subject, english.subject),
        body: format!("{}\n\n----\n\n{}\n", russian.body, english.body),
    }
}

fn told(content: &MailContent) -> (Localized, Localized) {
    match content {
        MailContent::PasswordResetCode { code } => with_code(FOR_PASSWORD, code),
        MailContent::EmailCode { code } => with_code(FOR_EMAIL, code),
        MailContent::PasswordReset => notice(PASSWORD_RESET),
        MailContent::PasswordChanged => notice(PASSWORD_CHANGED),
        MailContent::SecondFactorAdded => notice(FACTOR_ADDED),
        MailContent::SecondFactorRemoved => notice(FACTOR_REMOVED),
        MailContent::SecondFactorReset => notice(FACTOR_RESET),
        MailContent::PayoutDestinationChanged => notice(DESTINATION),
        MailContent::NewDevice => notice(NEW_DEVICE),
        // It goes to the number, by a text message.
        MailContent::PhoneCode { code } => with_code(FOR_PHONE, code),
        MailContent::PhoneMoved => notice(PHONE_MOVED),
    }
}

/// The most of one text message in Russian, in units of UTF-16.
const SMS_UNITS_MAX: usize = 70;

/// The words of a text message with a code: one message, and bound to the platform's address where that fits, so that browsers offer the code
/// there alone.
pub fn sms_text(code: &str, host: &str) -> String {
    let told = format!("TOT: код {code}. Никому его не сообщайте.");
    let bound = format!("{told}\n@{host} #{code}");
    match bound.encode_utf16().count() <= SMS_UNITS_MAX {
        true => bound,
        false => told,
    }
}

/// A subject and a sentence, in Russian and in English.
type Words = [(&'static str, &'static str); 2];

const FOR_PASSWORD: Words = [
    ("Код для смены пароля", "Код, чтобы задать новый пароль"),
    ("Code for a new password", "The code to set a new password"),
];
const FOR_EMAIL: Words = [
    ("Код подтверждения почты", "Код, чтобы подтвердить этот адрес"),
    ("Code to confirm your e-mail", "The code to confirm this address"),
];
const FOR_PHONE: Words = [
    ("Код подтверждения номера", "Код, чтобы подтвердить этот номер"),
    ("Code to confirm your number", "The code to confirm this number"),
];
const PHONE_MOVED: Words = [
    (
        "Номер телефона подтверждён в другой учётной записи",
        "Номер телефона вашей учётной записи подтвердили в другой: так бывает, когда оператор передаёт номер другому человеку.",
    ),
    (
        "Phone number confirmed elsewhere",
        "The telephone number of your account was confirmed in another one, as happens when an operator gives a number to somebody else.",
    ),
];
const PASSWORD_RESET: Words = [
    (
        "Пароль изменён",
        "Пароль вашей учётной записи заменён по коду из письма. Все сеансы завершены.",
    ),
    (
        "Password replaced",
        "The password of your account was replaced by a code sent to this address. All sessions have ended.",
    ),
];
const PASSWORD_CHANGED: Words = [
    (
        "Пароль изменён",
        "Пароль вашей учётной записи изменён. Все прежние сеансы завершены.",
    ),
    (
        "Password changed",
        "The password of your account was changed. All earlier sessions have ended.",
    ),
];
const FACTOR_ADDED: Words = [
    (
        "Второй фактор подключён",
        "К вашей учётной записи подключён второй фактор: приложение с кодами или ключ входа (passkey).",
    ),
    (
        "Second factor added",
        "A second factor was added to your account: an authenticator app or a passkey.",
    ),
];
const FACTOR_REMOVED: Words = [
    (
        "Второй фактор отключён",
        "От вашей учётной записи отключён второй фактор: приложение с кодами или ключ входа (passkey).",
    ),
    (
        "Second factor removed",
        "A second factor was removed from your account: an authenticator app or a passkey.",
    ),
];
const FACTOR_RESET: Words = [
    (
        "Второй фактор сброшен",
        "Администратор сбросил второй фактор вашей учётной записи.",
    ),
    (
        "Second factor reset",
        "An administrator reset the second factor of your account.",
    ),
];
const DESTINATION: Words = [
    (
        "Реквизиты выплат изменены",
        "В вашей учётной записи указан счёт, на который приходят деньги.",
    ),
    (
        "Payout destination changed",
        "The bank account that your money goes to was named in your account.",
    ),
];
const NEW_DEVICE: Words = [
    (
        "Вход с нового устройства",
        "В вашу учётную запись вошли с устройства, с которого раньше не входили.",
    ),
    (
        "Sign-in on a new device",
        "Somebody signed in to your account on a device that was not known.",
    ),
];
const LASTS_RU: &str = "Он действует 15 минут и принимается один раз.";
const LASTS_EN: &str = "It is good for 15 minutes and is taken once.";

fn with_code([russian, english]: Words, code: &str) -> (Localized, Localized) {
    let told = |(subject, sentence): (&'static str, &str), lasts: &str, not_asked: &str| Localized {
        subject,
        body: format!("{sentence}:\n\n    {code}\n\n{lasts}\n\n{not_asked}"),
    };
    (
        told(russian, LASTS_RU, NOT_ASKED_RU),
        told(english, LASTS_EN, NOT_ASKED_EN),
    )
}

fn notice([russian, english]: Words) -> (Localized, Localized) {
    let told = |(subject, sentence): (&'static str, &str), not_you: &str| Localized {
        subject,
        body: format!("{sentence}\n\n{not_you}"),
    };
    (told(russian, NOT_YOU_RU), told(english, NOT_YOU_EN))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn all() -> Vec<MailContent> {
        let code = || "ABCDE-FGHJK".to_owned();
        vec![
            MailContent::PasswordResetCode { code: code() },
            MailContent::EmailCode { code: code() },
            MailContent::PasswordReset,
            MailContent::PasswordChanged,
            MailContent::SecondFactorAdded,
            MailContent::SecondFactorRemoved,
            MailContent::SecondFactorReset,
            MailContent::PayoutDestinationChanged,
            MailContent::NewDevice,
            MailContent::PhoneMoved,
        ]
    }

    #[test]
    fn each_mail_is_russian_first_then_english_and_tells_itself_from_the_others() {
        let is_cyrillic = |text: &str| text.chars().any(|letter| ('а'..='я').contains(&letter));
        let mut bodies = BTreeSet::new();
        for content in all() {
            let Text { subject, body } = text(&content);
            let (russian, english) = body.split_once("\n\n----\n\n").unwrap();
            assert!(is_cyrillic(russian) && !is_cyrillic(english), "{body}");
            let (russian, english) = subject.split_once(" / ").unwrap();
            assert!(is_cyrillic(russian) && !is_cyrillic(english), "{subject}");
            assert!(!subject.contains('\n') && !body.contains("http"), "{body}");
            bodies.insert(body);
        }
        assert_eq!(bodies.len(), all().len());
    }

    #[test]
    fn a_text_message_is_one_and_bound_to_the_address_where_that_fits() {
        for (host, is_bound) in [
            ("tot.example", true),
            ("a-very-long-name-of-a-clinic.example", false),
        ] {
            let text = sms_text("123456", host);
            assert!(text.encode_utf16().count() <= SMS_UNITS_MAX, "{text}");
            assert!(text.starts_with("TOT: код 123456."), "{text}");
            assert_eq!(text.ends_with(&format!("\n@{host} #123456")), is_bound, "{text}");
        }
    }

    #[test]
    fn a_code_stands_in_both_languages_and_in_no_subject() {
        for content in all().into_iter().take(2) {
            let Text { subject, body } = text(&content);
            assert_eq!(body.matches("\n    ABCDE-FGHJK\n").count(), 2, "{body}");
            assert!(!subject.contains("ABCDE"), "{subject}");
        }
        for content in all().into_iter().skip(2) {
            assert!(text(&content).body.contains(NOT_YOU_EN));
        }
    }
}

//! The same as a page to be read: Russian words for the parts and for what stands in them, English ones beside.

use serde_json::Value;

use super::Section;
use crate::language::Language;
use crate::pages::{escaped, html};

/// Where the page's own words end and the data begin.
const BODY: &str = "{body}";

const fn title(language: Language) -> &'static str {
    match language {
        Language::Russian => "Все данные обо мне",
        Language::English => "Everything about me",
    }
}

fn frame(language: Language) -> (String, String) {
    let frame = html(language, title(language), BODY);
    let (head, foot) = frame.split_once(BODY).unwrap_or((&frame, ""));
    (head.to_owned(), foot.to_owned())
}

/// What the page begins with.
pub fn head(language: Language) -> String {
    format!("{}<h1>{}</h1>\n", frame(language).0, title(language))
}

/// What it ends with.
pub fn foot(language: Language) -> String {
    frame(language).1
}

/// The heading of a part.
pub fn heading(section: Section, language: Language) -> String {
    let (russian, english) = match section {
        Section::Account => ("Учётная запись и контакты", "Account and contacts"),
        Section::SecondFactor => ("Второй фактор", "Second factor"),
        Section::Passkeys => ("Ключи доступа (passkeys)", "Passkeys"),
        Section::Sessions => ("Сеансы", "Sessions"),
        Section::CalendarLinks => ("Ссылка на календарь", "Calendar link"),
        Section::AppLinks => (
            "Приложения, которым вы разрешили действовать за вас",
            "Apps that may act for you",
        ),
        Section::BankAccounts => ("Счёт для выплат", "Bank account"),
        Section::Bookings => ("Записи к врачу", "Bookings"),
        Section::PrivateRecords => ("Адреса, жалобы и заметки", "Addresses, complaints and notes"),
        Section::Documents => ("Документы", "Documents"),
        Section::Payments => ("Платежи", "Payments"),
        Section::Wallet => ("Кошелёк", "Wallet"),
        Section::WalletEntries => ("Движения по кошельку", "Wallet entries"),
        Section::Payouts => ("Выплаты", "Payouts"),
        Section::DataReads => ("Кто видел ваши данные", "Who was shown your data"),
        Section::Consents => ("Согласия", "Consents"),
        Section::Erasures => ("Уничтожение данных", "Erasure"),
    };
    let words = match language {
        Language::Russian => russian,
        Language::English => english,
    };
    format!("<h2 id=\"{}\">{words}</h2>\n", section.name())
}

/// What a part says that has nothing in it.
pub const fn nothing(language: Language) -> &'static str {
    match language {
        Language::Russian => "<p>Ничего нет.</p>\n",
        Language::English => "<p>Nothing.</p>\n",
    }
}

/// One entry, as a list of names and values.
pub fn entry(entry: &Value, language: Language) -> String {
    format!("<section>\n{}</section>\n<hr>\n", shown(entry, language))
}

fn shown(value: &Value, language: Language) -> String {
    match value {
        Value::Null => "—".to_owned(),
        Value::Bool(truth) => match (language, truth) {
            (Language::Russian, true) => "да".to_owned(),
            (Language::Russian, false) => "нет".to_owned(),
            (Language::English, true) => "yes".to_owned(),
            (Language::English, false) => "no".to_owned(),
        },
        Value::Number(number) => number.to_string(),
        Value::String(text) => escaped(text),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(|item| shown(item, language)).collect();
            items.join(", ")
        }
        Value::Object(members) => {
            let members = members
                .iter()
                .filter(|(name, value)| !value.is_null() && *name != "links");
            let line = |(name, value): (&String, &Value)| {
                format!(
                    "<dt>{}</dt>\n<dd>{}</dd>\n",
                    escaped(called(name, language)),
                    shown(value, language)
                )
            };
            format!("<dl>\n{}</dl>\n", members.map(line).collect::<String>())
        }
    }
}

/// What a member is called; by its own name where there is no better word.
fn called(name: &str, language: Language) -> &str {
    let russian = match name {
        "address" => "адрес",
        "amount" | "price" => "сумма",
        "at" => "когда",
        "bank_id" => "банк",
        "balance" => "остаток",
        "available" => "доступно",
        "call_type" => "вид вызова",
        "cancellation_note" => "слова при отмене",
        "content" => "содержание",
        "created_at" => "создано",
        "currency" => "валюта",
        "details" => "куда и зачем",
        "email" => "электронная почта",
        "ends_at" => "конец",
        "expires_at" => "действует до",
        "fetch" => "как получить файл",
        "attached_at" => "приложено",
        "media_type" => "тип файла",
        "size_bytes" => "байт",
        "fields" => "какие данные",
        "first_name" => "имя",
        "id" => "номер",
        "is_active" => "действует",
        "is_synced" => "есть копии на других устройствах",
        "kept_since" => "хранится с",
        "kind" => "вид",
        "last_name" => "фамилия",
        "last_used_at" => "последний раз",
        "latitude" => "широта",
        "longitude" => "долгота",
        "name" => "название",
        "note" => "заметка",
        "notes" => "заметки",
        "payment_method" => "способ оплаты",
        "payment_status" => "оплата",
        "phone" => "телефон",
        "purpose" => "зачем",
        "reader_role" => "кто",
        "requested_at" => "запрошено",
        "role" => "роль",
        "starts_at" => "начало",
        "state" | "status" => "состояние",
        "symptoms" => "жалобы",
        _ => return name,
    };
    match language {
        Language::Russian => russian,
        Language::English => name,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_somebody_typed_is_text_and_no_markup() {
        let typed = json!({"address": "<script>alert(1)</script> & co", "is_active": true, "note": null});
        let page = entry(&typed, Language::Russian);
        assert!(
            page.contains("<dt>адрес</dt>\n<dd>&lt;script&gt;alert(1)&lt;/script&gt; &amp; co</dd>"),
            "{page}"
        );
        assert!(
            page.contains("<dt>действует</dt>\n<dd>да</dd>") && !page.contains("заметка"),
            "{page}"
        );
        assert!(entry(&typed, Language::English).contains("<dt>address</dt>"));
    }

    #[test]
    fn the_page_is_whole_around_the_data() {
        let page = format!("{}{}", head(Language::Russian), foot(Language::Russian));
        assert!(
            page.starts_with("<!doctype html>") && page.ends_with("</html>\n"),
            "{page}"
        );
        assert!(
            page.contains("<html lang=\"ru\">") && !page.contains(BODY),
            "{page}"
        );
    }
}

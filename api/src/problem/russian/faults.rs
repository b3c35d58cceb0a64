//! Every fault of a field as a Russian sentence, by its code. Bounds and choices are taken from the English one, which holds them.

use std::borrow::Cow;

/// What each code says where the English sentence names no bounds or choices.
const SENTENCES: [(&str, &str); 59] = [
    (
        "control_character",
        "управляющие и невидимые знаки не допускаются",
    ),
    (
        "credentials",
        "в адресе не должно быть имени пользователя и пароля",
    ),
    ("empty", "не должно быть пустым"),
    ("ends_first", "период кончается раньше, чем начинается"),
    ("fragment", "в адресе не должно быть части после #"),
    (
        "guessable",
        "легко угадать: он распространён, похож на дату, ряд клавиш или ваши имена; лучше несколько слов, не связанных между собой",
    ),
    (
        "invalid_bank",
        "идентификатор банка в СБП: двенадцать букв и цифр",
    ),
    ("invalid_email", "нужен адрес почты, например name@example.com"),
    (
        "invalid_language",
        "язык называют двумя или тремя буквами, например ru",
    ),
    (
        "invalid_phone",
        "нужен номер телефона, который начинается с +7 или 8, не меньше 10 цифр",
    ),
    ("no_positions", "у этой выгрузки нет позиций"),
    ("no_subjects", "это счёт самой платформы"),
    ("not_a_boolean", "нужно true или false"),
    ("not_a_code", "нужен код из шести цифр или резервный код"),
    ("not_a_cursor", "это не метка страницы этого списка"),
    ("not_a_date", "нужна дата, например 2026-12-01"),
    ("not_a_list", "нужен список"),
    (
        "not_a_moment",
        "нужна версия (3), позиция (@42) или время (2026-12-01T09:30:00Z)",
    ),
    ("not_a_notice", "не похоже на уведомление платёжной системы"),
    ("not_a_position", "нужна позиция, например 42"),
    (
        "not_a_secret",
        "секрет приложения с кодами: 32 буквы и цифры (base32)",
    ),
    (
        "not_a_stream",
        "нужны вид, косая черта и идентификатор, например wallet/…_000001",
    ),
    ("not_a_time", "нужно время суток, например 09:30"),
    (
        "not_a_url",
        "нужен полный адрес, например https://app.example/paid",
    ),
    (
        "not_a_version",
        "нужна версия, например 3; в If-Match один наш ETag, например \"3\"",
    ),
    ("not_a_whole_number", "нужно целое число"),
    ("not_after", "должно быть позже начала"),
    ("not_allowed", "здесь не принимается"),
    ("not_an_id", "нужен UUID"),
    ("not_an_instant", "нужно время, например 2026-12-01T09:30:00Z"),
    ("not_an_object", "нужен объект JSON"),
    ("not_canonical", "тело запроса нельзя записать однозначно"),
    ("not_decimal", "нужно десятичное число, например 1500.00"),
    ("not_findable", "по этому не ищут"),
    ("not_https", "адрес должен начинаться с https://"),
    ("not_of_report", "у этого отчёта нет такого фильтра"),
    (
        "not_ordered",
        "порядок нарушен: каждая следующая ступень должна быть строже предыдущей",
    ),
    ("not_positive", "должно быть больше нуля"),
    (
        "not_public",
        "нужен адрес открытого интернета: этот частный, местный или особый",
    ),
    ("not_text", "нужен текст"),
    ("not_visible_ascii", "только видимые знаки ASCII без пробелов"),
    (
        "not_words",
        "нужны слова: от одного до восьми, не длиннее ста знаков вместе",
    ),
    ("out_of_range", "вне допустимых пределов"),
    ("port", "порт может быть только 443 или 8443"),
    ("repeated", "указано больше одного раза"),
    ("required", "обязательно"),
    (
        "too_broad",
        "слишком широко: добавьте patient_id, doctor_id или другой фильтр",
    ),
    ("too_far", "слишком далеко от начала"),
    ("too_large", "не больше 10000000.00"),
    ("too_long", "слишком длинно"),
    ("too_many", "слишком много"),
    (
        "too_many_rows",
        "слишком много строк: возьмите период короче или задайте limit",
    ),
    ("too_precise", "не больше двух знаков после точки"),
    ("too_short", "слишком коротко"),
    ("unclosed_quote", "кавычка открыта и не закрыта"),
    ("unknown_field", "такого поля в этом запросе нет"),
    ("unknown_parameter", "такого параметра в этом запросе нет"),
    ("unknown_word", "не одно из допустимых слов"),
    ("unknown_zone", "нужен часовой пояс IANA, например Europe/Moscow"),
];

/// The sentence for a fault of this code; the English one where the code has none, which a test rules out.
pub fn of(code: &str, english: Cow<'static, str>) -> Cow<'static, str> {
    let plain = SENTENCES.iter().find(|(known, _)| *known == code);
    let Some((_, plain)) = plain else {
        return english;
    };
    let told = match code {
        "too_short" => characters(&english).map(|least| format!("не меньше {least} знаков")),
        "too_long" => characters(&english).map(|most| format!("не больше {most} знаков")),
        "out_of_range" => bounds(&english).map(|(least, most)| format!("от {least} до {most}")),
        "not_allowed" => choices(&english, "must be one of ").map(|words| format!("одно из: {words}")),
        "unknown_parameter" => choices(&english, "there are ").map(|words| format!("{plain}; есть {words}")),
        _ => None,
    };
    told.map_or(Cow::Borrowed(*plain), Cow::Owned)
}

/// `at most 50 characters` has 50.
fn characters(english: &str) -> Option<&str> {
    let (before, _) = english.split_once(" characters")?;
    before.rsplit(' ').next().filter(|word| is_number(word))
}

/// `between 1 and 200` and `from 1 to 200` have both.
fn bounds(english: &str) -> Option<(&str, &str)> {
    let between = english.split_once("between ").map(|(_, rest)| (rest, " and "));
    let from = english.split_once("from ").map(|(_, rest)| (rest, " to "));
    let (rest, middle) = between.or(from)?;
    let (least, rest) = rest.split_once(middle)?;
    let most = rest.split([' ', ',']).next()?;
    (is_number(least) && is_number(most)).then_some((least, most))
}

fn choices<'e>(english: &'e str, before: &str) -> Option<&'e str> {
    english.split_once(before).map(|(_, words)| words)
}

fn is_number(word: &str) -> bool {
    let digits = word.strip_prefix('-').unwrap_or(word);
    !digits.is_empty() && digits.chars().all(|digit| digit.is_ascii_digit() || digit == '.')
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    /// Where codes of faults come from, beside what `FieldProblem::new` is given here.
    const ENUMS: [&str; 4] = [
        "domain/src/price_list/terms_error.rs",
        "identity/src/values/mod.rs",
        "reports/src/filter.rs",
        "webhooks/src/address.rs",
    ];

    fn said(code: &'static str, english: &'static str) -> String {
        of(code, Cow::Borrowed(english)).into_owned()
    }

    #[test]
    fn bounds_and_choices_are_kept() {
        for (code, english, russian) in [
            (
                "too_long",
                "must have at most 64 characters",
                "не больше 64 знаков",
            ),
            ("too_long", "is too long", "слишком длинно"),
            (
                "too_long",
                "the period is longer than 3660 days: ask for a shorter one",
                "слишком длинно",
            ),
            (
                "too_short",
                "at least 8 characters are needed",
                "не меньше 8 знаков",
            ),
            ("out_of_range", "must be between -90 and 90", "от -90 до 90"),
            ("out_of_range", "a number from 0 to 80 is needed", "от 0 до 80"),
            (
                "out_of_range",
                "a version is 1 or more",
                "вне допустимых пределов",
            ),
            (
                "not_allowed",
                "must be one of urgent, scheduled",
                "одно из: urgent, scheduled",
            ),
            (
                "unknown_parameter",
                "is not a parameter of this request: there are limit, cursor",
                "такого параметра в этом запросе нет; есть limit, cursor",
            ),
            (
                "unknown_parameter",
                "is not a parameter of this request: it takes none",
                "такого параметра в этом запросе нет",
            ),
        ] {
            assert_eq!(said(code, english), russian);
        }
    }

    #[test]
    fn every_code_of_a_fault_has_its_sentence_and_no_other_has() {
        let mut used = BTreeSet::new();
        in_sources(&Path::new(ROOT).join("api/src"), &mut |text| {
            for call in text.split("FieldProblem::new(").skip(1) {
                let first = call.trim_start();
                if let Some(word) = first.strip_prefix('"').and_then(|rest| rest.split('"').next()) {
                    used.insert(word.to_owned());
                }
            }
        });
        for file in ENUMS {
            let text = std::fs::read_to_string(Path::new(ROOT).join(file)).unwrap();
            let (_, codes) = text.split_once("pub const fn code(").unwrap();
            let (codes, _) = codes.split_once("\n    }\n").unwrap();
            used.extend(codes.split('"').skip(1).step_by(2).map(str::to_owned));
        }
        let known: BTreeSet<String> = SENTENCES.iter().map(|(code, _)| (*code).to_owned()).collect();
        let missing: Vec<_> = used.difference(&known).collect();
        let unused: Vec<_> = known.difference(&used).collect();
        assert!(
            missing.is_empty() && unused.is_empty(),
            "missing {missing:?}, unused {unused:?}"
        );
        assert_eq!(known.len(), SENTENCES.len());
    }

    fn in_sources(folder: &Path, read: &mut impl FnMut(&str)) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("tests") {
                in_sources(&path, read);
            } else if path.is_file() && !path.ends_with("faults.rs") {
                read(&std::fs::read_to_string(&path).unwrap());
            }
        }
    }
}

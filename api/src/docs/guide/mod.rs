//! The guide: what a visit and its money go through, what pays in a rehearsal, and how to call the API so that nothing is lost or done twice.

mod first_visit;
mod lives;
mod picture;
mod test_money;

use std::sync::LazyLock;

use axum::extract::RawQuery;
use axum::response::Response;
use domain::lifecycle::Transition;
use http::HeaderMap;

use self::picture::{Life, draw};
use super::reference::READERS;
use crate::language::Language;
use crate::pages;

/// What each step of the first visit does.
const STEPS_IN_RUSSIAN: [&str; 5] = [
    "Зарегистрировать пациента: ответ сразу даёт токен",
    "Выбрать врача, который может приехать раньше других, его ближайшее время и цену",
    "Записаться: время держится до оплаты",
    "Начать оплату картой и заплатить на странице платёжной системы, которую здесь играет песочница",
    "Увидеть, что врач назначен и деньги удержаны",
];
const STEPS_IN_ENGLISH: [&str; 5] = [
    "Sign a patient up: the answer brings a token",
    "Choose the doctor who can come first, the next slot and its price",
    "Book: the slot is held until it is paid",
    "Start a payment by card, and pay on the page of the payment provider, which the sandbox plays here",
    "See that the doctor is set and the money is held",
];

static RUSSIAN: LazyLock<String> = LazyLock::new(|| filled(include_str!("guide.ru.html"), Language::Russian));
static ENGLISH: LazyLock<String> = LazyLock::new(|| filled(include_str!("guide.en.html"), Language::English));

/// `GET /api/docs`.
pub async fn show(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of_page(query.as_deref(), &headers);
    let (title, body) = match language {
        Language::Russian => ("TOT API: руководство", &*RUSSIAN),
        Language::English => ("TOT API: a guide", &*ENGLISH),
    };
    pages::document(language, title, body)
}

/// The page with all that is not written by hand.
fn filled(page: &str, language: Language) -> String {
    let (booking, payment) = (lives::booking(language), lives::payment(language));
    page.replace("<!-- audiences -->", &audiences(language))
        .replace("<!-- steps -->", &steps(language))
        .replace("<!-- booking -->", &figure(&booking, language))
        .replace("<!-- payment -->", &figure(&payment, language))
        .replace("<!-- cards -->", &test_money::card_rows(language))
        .replace("<!-- banks -->", &test_money::bank_rows())
}

fn audiences(language: Language) -> String {
    let item = |reader: &super::reference::Reader| {
        let (page, name, tag) = (reader.page, reader.name(language), language.tag());
        let description = reader.description;
        format!(
            "<li><a href=\"/api/docs/{page}?lang={tag}\">{name}</a> · <a href=\"{description}\"><code>{description}</code></a></li>\n"
        )
    };
    READERS.iter().map(item).collect()
}

fn steps(language: Language) -> String {
    let captions = match language {
        Language::Russian => STEPS_IN_RUSSIAN,
        Language::English => STEPS_IN_ENGLISH,
    };
    let step = |(caption, commands)| {
        format!(
            "<li><p>{caption}</p>\n<pre><code>{}</code></pre></li>\n",
            pages::escaped(commands)
        )
    };
    captions.into_iter().zip(first_visit::steps()).map(step).collect()
}

/// The picture, and the same as a table.
fn figure<State: Copy + PartialEq>(life: &Life<State>, language: Language) -> String {
    let (summary, from, fact, to) = match language {
        Language::Russian => ("То же таблицей", "из", "событие", "в"),
        Language::English => ("The same as a table", "from", "event", "to"),
    };
    let row = |way: &Transition<State>| {
        let named = |state| format!("<code>{}</code> {}", (life.word)(state), (life.told)(state));
        format!(
            "<tr><td>{}</td><td><code>{}</code></td><td>{}</td></tr>\n",
            way.from.map(named).unwrap_or_default(),
            way.fact,
            named(way.to)
        )
    };
    let rows: String = life.transitions.iter().map(row).collect();
    format!(
        "<figure>\n{}</figure>\n<details>\n<summary>{summary}</summary>\n<div class=\"wide\"><table>\n<thead><tr><th>{from}</th><th>{fact}</th>\
         <th>{to}</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n</details>\n",
        draw(life)
    )
}

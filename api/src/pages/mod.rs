//! The few pages the platform shows to people, in Russian and English, without any asset from elsewhere.

use axum::Router;
use axum::extract::RawQuery;
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;

use crate::app::App;
use crate::language::Language;
use crate::static_text::StaticText;

/// One style for all pages: readable, dark or light as the reader's system says.
pub const STYLE: &str = include_str!("style.css");

/// What names the picture of a page's tab.
pub const FAVICON: &str = "<link rel=\"icon\" href=\"/favicon.svg\" type=\"image/svg+xml\">";

/// That picture, and the same for programs that ask for it unasked.
pub fn icons() -> Router<App> {
    let svg = StaticText::new("image/svg+xml", include_str!("favicon.svg")).for_a_day();
    let ico = StaticText::new("image/x-icon", &include_bytes!("../../favicon.ico")[..]).for_a_day();
    Router::new()
        .route("/favicon.svg", svg.served())
        .route("/favicon.ico", ico.served())
}

/// `GET /`: what this is, and where to go from here.
pub async fn home(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of_page(query.as_deref(), &headers);
    let (title, body) = match language {
        Language::Russian => ("TOT — Твоя Точка Опоры", include_str!("home.ru.html")),
        Language::English => ("TOT: doctors called to one's home", include_str!("home.en.html")),
    };
    document(language, title, body)
}

/// The page around `body`, which is trusted HTML, with a link to it in the other language.
pub fn document(language: Language, title: &str, body: &str) -> Response {
    let other = match language {
        Language::Russian => "<a href=\"?lang=en\" lang=\"en\" hreflang=\"en\">In English</a>",
        Language::English => "<a href=\"?lang=ru\" lang=\"ru\" hreflang=\"ru\">По-русски</a>",
    };
    let mut response = Html(html(language, title, &format!("{body}<p>{other}</p>\n"))).into_response();
    language.declare(response.headers_mut());
    response
}

/// Text as HTML that means nothing but itself.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// The text of a page around `body`, which is trusted HTML.
pub fn html(language: Language, title: &str, body: &str) -> String {
    let (language, problems) = match language {
        Language::Russian => ("ru", "Отказы"),
        Language::English => ("en", "Problems"),
    };
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n{FAVICON}\n<style>{STYLE}</style>\n</head>\n\
         <body>\n<main>\n{body}<p><a href=\"/\">TOT</a> · <a href=\"/api/docs/\">API</a> · \
         <a href=\"/problems\">{problems}</a></p>\n</main>\n</body>\n</html>\n"
    )
}

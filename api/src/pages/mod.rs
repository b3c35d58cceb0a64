//! The few pages the platform shows to people, without any asset from elsewhere.

use axum::response::Html;

/// One style for all pages: readable, dark or light as the reader's system says.
pub const STYLE: &str = include_str!("style.css");
const HOME: &str = include_str!("home.html");

/// `GET /`: what this is, and where to go from here.
pub async fn home() -> Html<String> {
    Html(page("ru", "TOT — Твоя Точка Опоры", HOME))
}

/// A whole English page around `body`, which is trusted HTML.
pub fn document(title: &str, body: &str) -> String {
    let body = format!("<main>{body}<p><a href=\"/\">TOT</a> · <a href=\"/api/docs/\">API</a></p></main>");
    page("en", title, &body)
}

fn page(language: &str, title: &str, body: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n\
         <body>\n{body}\n</body>\n</html>\n"
    )
}

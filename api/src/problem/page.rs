//! The page of each code, so that the `type` of a problem resolves: the Markdown of `docs/problems` as HTML.

use axum::extract::Path;
use axum::response::{Html, IntoResponse, Response};

use crate::pages;
use crate::problem::{Code, Problem};

/// `GET /problems/{code}`.
pub async fn show(Path(word): Path<String>) -> Response {
    match Code::parse(&word) {
        Some(code) => Html(pages::document(code.title(), &html_of(code.page()))).into_response(),
        None => Problem::plain(Code::NotFound).into_response(),
    }
}

/// The little Markdown our pages use (headings, paragraphs, `code`) as HTML.
pub fn html_of(markdown: &str) -> String {
    let mut html = String::with_capacity(markdown.len() * 2);
    for block in markdown
        .split("\n\n")
        .map(str::trim)
        .filter(|block| !block.is_empty())
    {
        let (tag, text) = if let Some(text) = block.strip_prefix("## ") {
            ("h2", text)
        } else if let Some(text) = block.strip_prefix("# ") {
            ("h1", text)
        } else {
            ("p", block)
        };
        html.push_str(&format!("<{tag}>{}</{tag}>\n", inline(text)));
    }
    html
}

/// Escapes the text and turns every `pair of backticks` into code.
fn inline(text: &str) -> String {
    let mut html = String::new();
    for (index, part) in text.split('`').enumerate() {
        let escaped = part
            .replace('&', "&amp;")
            .replace('<', "&lt;")
            .replace('>', "&gt;");
        if index % 2 == 1 {
            html.push_str(&format!("<code>{escaped}</code>"));
        } else {
            html.push_str(&escaped);
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_paragraphs_and_code_become_html_and_nothing_else_does() {
        assert_eq!(
            html_of("# A\n\n`x` is <b>\n\n## B & C\n"),
            "<h1>A</h1>\n<p><code>x</code> is &lt;b&gt;</p>\n<h2>B &amp; C</h2>\n"
        );
    }
}

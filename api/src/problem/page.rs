//! The pages of problems: of each code, so that the `type` of a problem resolves (the Markdown of `docs/problems` as HTML), of all
//! of them, and of one occurrence for somebody in front of a browser.

use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderValue};

use crate::language::Language;
use crate::pages;
use crate::problem::{Code, Problem};

/// `GET /problems/{code}`.
pub async fn show(Path(word): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of_page(query.as_deref(), &headers);
    match Code::parse(&word) {
        Some(code) => pages::document(language, code.title(language), &html_of(code.page(language))),
        None => Problem::plain(Code::NotFound).into_response(),
    }
}

/// `GET /problems`: every code, in both languages.
pub async fn index(RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of_page(query.as_deref(), &headers);
    let (title, lead) = match language {
        Language::Russian => (
            "Отказы API",
            "Каждый отказ называет один из этих кодов. Код постоянен: по нему программы различают отказы. Слова для людей могут меняться.",
        ),
        Language::English => (
            "Problems the API answers",
            "Every refusal names one of these codes. A code is stable: programs tell refusals apart by it. The words for people may change.",
        ),
    };
    let rows: String = Code::ALL.into_iter().map(row).collect();
    let body = format!(
        "<h1>{title}</h1>\n<p class=\"lead\">{lead}</p>\n<table>\n<thead><tr><th>HTTP</th><th>code</th>\
         <th lang=\"ru\">По-русски</th><th lang=\"en\">In English</th></tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"
    );
    pages::document(language, title, &body)
}

fn row(code: Code) -> String {
    let [russian, english] = Language::ALL.map(|language| inline(code.title(language)));
    format!(
        "<tr><td>{status}</td><td><a href=\"/problems/{word}\"><code>{word}</code></a></td>\
         <td lang=\"ru\">{russian}</td><td lang=\"en\">{english}</td></tr>\n",
        status = code.status().as_u16(),
        word = code.as_str(),
    )
}

/// What somebody in front of a browser reads in the place of a problem document.
pub fn occurrence(problem: &Problem, trace_id: &str, language: Language) -> Response {
    let body = Body::from(occurrence_html(problem, trace_id, language));
    problem.answer(
        body,
        HeaderValue::from_static("text/html; charset=utf-8"),
        language,
    )
}

fn occurrence_html(problem: &Problem, trace_id: &str, language: Language) -> String {
    let code = problem.code();
    let (more, request) = match language {
        Language::Russian => ("Что это значит и что делать", "номер запроса"),
        Language::English => ("What it means and what to do", "request"),
    };
    let body = format!(
        "<h1>{title}</h1>\n<p class=\"lead\">{detail}</p>\n<p><a href=\"/problems/{word}\">{more}</a></p>\n\
         <p>{status} <code>{word}</code> · {request} <code>{trace_id}</code></p>\n",
        title = inline(code.title(language)),
        detail = inline(&problem.detail(language)),
        status = code.status().as_u16(),
        word = code.as_str(),
    );
    pages::html(language, code.title(language), &body)
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
        let escaped = pages::escaped(part);
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

    #[test]
    fn what_was_sent_is_shown_as_text() {
        let problem = Problem::new(Code::NotFound, "<script>").in_russian("<script>");
        for language in Language::ALL {
            let page = occurrence_html(&problem, "t", language);
            assert!(
                page.contains("&lt;script&gt;") && !page.contains("<script>"),
                "{page}"
            );
        }
    }
}

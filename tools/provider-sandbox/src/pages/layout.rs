//! The frame of every page, and what keeps foreign text from becoming HTML.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::response::{IntoResponse as _, Response};

use crate::money::Kopecks;

const STYLE: &str = "\
body{font:16px/1.5 system-ui,sans-serif;max-width:34rem;margin:2rem auto;padding:0 1rem;color:#1b1b1f;background:#f6f6f8}\
main{background:#fff;border-radius:1rem;padding:1.5rem 2rem;box-shadow:0 1px 4px #0002}\
h1{font-size:1.3rem;margin:.2rem 0 1rem}.sum{font-size:2rem;font-weight:600;margin:.3rem 0}\
.en{color:#666;font-size:.9em}.note{background:#fff6d6;border-radius:.5rem;padding:.5rem .8rem}\
section{border-top:1px solid #e4e4ea;margin-top:1.2rem;padding-top:1rem}\
label{display:block;margin:.5rem 0}input{font:inherit;padding:.4rem .6rem;width:100%;box-sizing:border-box}\
button,.button{display:inline-block;font:inherit;border:0;border-radius:.6rem;padding:.6rem 1.2rem;margin:.3rem .3rem 0 0;\
background:#7b3ff2;color:#fff;cursor:pointer;text-decoration:none}\
button.plain,.button.plain{background:#e9e9f0;color:#1b1b1f}svg{width:13rem;height:13rem}\
table{border-collapse:collapse;font-size:.85rem}td{padding:.1rem .8rem .1rem 0}code{font-size:.95em}";

pub fn page(status: u16, title: &str, body: &str) -> Response {
    let title = escape(title);
    let html = format!(
        "<!doctype html><html lang=\"ru\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>{title}</title>\
         <style>{STYLE}</style></head><body><main>\
         <p class=\"note\">Репетиция: деньги не двигаются. <span class=\"en\">A rehearsal: no money moves.</span></p>\
         <h1>{title}</h1>{body}</main></body></html>"
    );
    (
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
        [
            (CONTENT_TYPE, "text/html; charset=utf-8"),
            (CACHE_CONTROL, "no-store"),
            (
                CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'unsafe-inline'; img-src 'self'; frame-ancestors 'none'",
            ),
        ],
        html,
    )
        .into_response()
}

/// There is nothing here.
pub fn lost() -> Response {
    page(
        404,
        "Нет такого платежа / No such payment",
        "<p>Ссылка неверна, или песочница была перезапущена.</p>\
         <p class=\"en\">The link is wrong, or the sandbox was restarted.</p>",
    )
}

/// On to another address, after a form.
pub fn redirect(url: &str) -> Response {
    (StatusCode::SEE_OTHER, [(LOCATION, url.to_owned())]).into_response()
}

/// Text, harmless inside HTML and its attributes.
pub fn escape(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// A sum as people read it.
pub fn sum(amount: Kopecks) -> String {
    format!("<p class=\"sum\">{}&nbsp;₽</p>", amount.print().replace('.', ","))
}

/// A way back to the shop, if it is a web address.
pub fn way_back(url: Option<&str>, words: &str) -> String {
    match url.filter(|url| is_web(url)) {
        Some(url) => format!("<a class=\"button plain\" href=\"{}\">{words}</a>", escape(url)),
        None => String::new(),
    }
}

/// Whether a browser may be sent there.
pub fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

#[cfg(test)]
mod tests {
    use super::{escape, way_back};

    #[test]
    fn foreign_text_stays_text() {
        assert_eq!(
            escape("<b a=\"1\">'&'</b>"),
            "&lt;b a=&quot;1&quot;&gt;&#39;&amp;&#39;&lt;/b&gt;"
        );
        assert_eq!(way_back(Some("javascript:alert(1)"), "back"), "");
        assert!(way_back(Some("https://a.example/?a=1&b=2"), "back").contains("a=1&amp;b=2"));
    }
}

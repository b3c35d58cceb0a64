//! Every operation of one audience, shown by `RapiDoc` from the description that is served for it.

use axum::extract::{Path, RawQuery};
use axum::response::{Html, IntoResponse, Response};
use http::HeaderMap;

use super::{BUNDLE_PATH, FRESH_KEYS_PATH};
use crate::language::Language;
use crate::openapi::paths::{
    OPENAPI, OPENAPI_OF_ACCOUNTS, OPENAPI_OF_ADMINS, OPENAPI_OF_ANALYSTS, OPENAPI_OF_CLINICS,
    OPENAPI_OF_DOCTORS, OPENAPI_OF_OPERATORS, OPENAPI_OF_WEBHOOKS,
};
use crate::pages::FAVICON;
use crate::problem::{Code, Problem};

/// Whom a page is for.
pub struct Reader {
    /// The page's name below the documentation's own path.
    pub page: &'static str,
    /// Where their description is served.
    pub description: &'static str,
    russian: &'static str,
    english: &'static str,
}

/// A page for each of them.
pub const READERS: [Reader; 8] = [
    reader("apps", OPENAPI, "Приложения", "Apps"),
    reader("doctors", OPENAPI_OF_DOCTORS, "Врачи", "Doctors"),
    reader("clinics", OPENAPI_OF_CLINICS, "Клиники", "Clinics"),
    reader(
        "account",
        OPENAPI_OF_ACCOUNTS,
        "Своя учётная запись",
        "One’s own account",
    ),
    reader("admins", OPENAPI_OF_ADMINS, "Администраторы", "Admins"),
    reader("operators", OPENAPI_OF_OPERATORS, "Эксплуатация", "Operators"),
    reader("analysts", OPENAPI_OF_ANALYSTS, "Аналитики", "Analysts"),
    reader(
        "providers",
        OPENAPI_OF_WEBHOOKS,
        "Платёжные системы",
        "Payment providers",
    ),
];

const fn reader(
    page: &'static str,
    description: &'static str,
    russian: &'static str,
    english: &'static str,
) -> Reader {
    Reader {
        page,
        description,
        russian,
        english,
    }
}

impl Reader {
    /// What they are called.
    pub const fn name(&self, language: Language) -> &'static str {
        match language {
            Language::Russian => self.russian,
            Language::English => self.english,
        }
    }
}

/// `GET /api/docs/{audience}`.
pub async fn show(Path(page): Path<String>, RawQuery(query): RawQuery, headers: HeaderMap) -> Response {
    let language = Language::of_page(query.as_deref(), &headers);
    let Some(reader) = READERS.iter().find(|reader| reader.page == page) else {
        return Problem::plain(Code::NotFound).into_response();
    };
    let mut response = Html(html(reader, language)).into_response();
    language.declare(response.headers_mut());
    response
}

/// The page: the bundle's own element. It loads no fonts, takes no other description, and fills in nothing that need not be sent; a key
/// that must be is filled in by the script beside it.
fn html(reader: &Reader, language: Language) -> String {
    let tag = language.tag();
    let (guide, other, other_tag, no_script) = match language {
        Language::Russian => (
            "Руководство",
            "In English",
            "en",
            "Страница показывает описание с помощью JavaScript. Само описание:",
        ),
        Language::English => (
            "Guide",
            "По-русски",
            "ru",
            "This page shows the description by JavaScript. The description itself:",
        ),
    };
    let (name, description) = (reader.name(language), reader.description);
    let links: String = READERS
        .iter()
        .map(|other| {
            let (page, name) = (other.page, other.name(language));
            let here = if other.page == reader.page {
                " aria-current=\"page\""
            } else {
                ""
            };
            format!(" · <a href=\"/api/docs/{page}?lang={tag}\"{here}>{name}</a>")
        })
        .collect();
    format!(
        "<!doctype html>\n<html lang=\"{tag}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\n<title>TOT API · {name}</title>\n\
         {FAVICON}\n<script type=\"module\" src=\"{BUNDLE_PATH}\"></script>\n\
         <script type=\"module\" src=\"{FRESH_KEYS_PATH}\"></script>\n</head>\n<body>\n\
         <rapi-doc spec-url=\"{description}\" load-fonts=\"false\" fill-request-fields-with-example=\"false\" \
         allow-spec-url-load=\"false\" allow-spec-file-load=\"false\" allow-server-selection=\"false\" \
         persist-auth=\"false\" show-header=\"false\" render-style=\"focused\" use-path-in-nav-bar=\"true\" \
         show-method-in-nav-bar=\"as-colored-text\" schema-style=\"table\" schema-description-expanded=\"true\" \
         theme=\"light\" primary-color=\"#0b6e4f\" nav-bg-color=\"#fbfaf7\" nav-text-color=\"#16202a\" \
         nav-accent-color=\"#0b6e4f\">\n\
         <nav slot=\"nav-logo\"><a href=\"/api/docs/?lang={tag}\">{guide}</a>{links} · \
         <a href=\"?lang={other_tag}\" lang=\"{other_tag}\">{other}</a></nav>\n</rapi-doc>\n\
         <noscript><p>{no_script} <a href=\"{description}\">{description}</a></p></noscript>\n</body>\n</html>\n"
    )
}

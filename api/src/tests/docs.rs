//! The documentation: its pages are there in both languages, lead somewhere, and load nothing from elsewhere.

use std::collections::BTreeSet;

use axum::body::Body;
use domain::booking::lifecycle as booking;
use domain::payment::lifecycle as payment;
use http::Request;
use sha2::{Digest, Sha256};

use super::surface::{Surface, TestResponse};
use crate::docs::reference::READERS;
use crate::docs::{BUNDLE, BUNDLE_PATH, FRESH_KEYS, FRESH_KEYS_PATH};

/// Of `rapidoc-min.js` as npm has it: see `api/vendor/rapidoc`.
const BUNDLE_SHA256: &str = "affbd173a65e870e18f392cca963113bcdafb6e50e88cd2f6a834a65b22db94d";
const GUIDE: &str = "/api/docs/";
/// Hosts that the bundle names: of fonts that it is told not to load, and in texts that it shows or was made from.
const NAMED_HOSTS: [&str; 8] = [
    "example.com",
    "fonts.gstatic.com",
    "github.com",
    "localhost",
    "marked.js.org",
    "spec.openapis.org",
    "swagger.io",
    "vladimirgorej.com",
];

async fn page(surface: &Surface, path: &str, language: &str) -> TestResponse {
    let request = Request::get(path).header("accept-language", language);
    let answer = surface.ask(request.body(Body::empty()).unwrap()).await;
    assert_eq!(answer.status, 200, "{path}");
    answer
}

/// The values of an attribute, wherever it stands.
fn values<'p>(page: &'p str, attribute: &str) -> Vec<&'p str> {
    let begins = format!(" {attribute}=\"");
    let rest = page.split(&begins).skip(1);
    rest.filter_map(|rest| rest.split('"').next()).collect()
}

fn pages() -> Vec<String> {
    let references = READERS.iter().map(|reader| format!("{GUIDE}{}", reader.page));
    [GUIDE.to_owned(), "/api/docs".to_owned()]
        .into_iter()
        .chain(references)
        .collect()
}

#[tokio::test]
async fn every_page_is_there_in_both_languages_and_its_links_lead_somewhere() {
    let surface = Surface::new().await;
    let mut links = BTreeSet::new();
    for path in pages() {
        let russian = page(&surface, &path, "ru-RU").await;
        let english = page(&surface, &path, "en").await;
        for (answer, tag) in [(&russian, "ru"), (&english, "en")] {
            assert!(answer.body.contains(&format!("<html lang=\"{tag}\">")), "{path}");
            assert_eq!(answer.headers["content-language"], tag, "{path}");
            assert_eq!(
                answer.headers["content-type"], "text/html; charset=utf-8",
                "{path}"
            );
            assert!(
                !answer.body.contains("<!-- "),
                "{path}: something is not filled in"
            );
        }
        assert_ne!(russian.body, english.body, "{path}");
        let other = page(&surface, &format!("{path}?lang=en"), "ru").await;
        assert_eq!(other.body, english.body, "{path}");
        for link in values(&russian.body, "href")
            .into_iter()
            .chain(values(&english.body, "href"))
        {
            let anchor = link.strip_prefix('#').map(|id| format!(" id=\"{id}\""));
            match anchor {
                Some(id) => assert!(
                    russian.body.contains(&id) && english.body.contains(&id),
                    "{path}: {id}"
                ),
                None => drop(links.insert(link.replace("&amp;", "&"))),
            }
        }
    }
    for link in links.iter().filter(|link| !link.starts_with('?')) {
        page(&surface, link, "en").await;
    }
    assert!(links.len() > 20, "{links:?}");
    let nobody = surface.get("/api/docs/nobody").await;
    assert_eq!(
        (nobody.status.as_u16(), nobody.code().as_str()),
        (404, "not_found")
    );
}

#[tokio::test]
async fn nothing_on_a_page_is_loaded_from_elsewhere_or_run_inline() {
    let surface = Surface::new().await;
    for path in pages() {
        let answer = page(&surface, &path, "en").await;
        let body = &answer.body;
        let is_guide = path.trim_end_matches('/') == "/api/docs";
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        let scripts = if is_guide { None } else { Some("script-src 'self'") };
        assert!(policy.starts_with("default-src 'none'; "), "{path}: {policy}");
        assert_eq!(
            policy.split("; ").find(|rule| rule.starts_with("script-src")),
            scripts,
            "{path}"
        );
        assert!(
            !policy.contains("unsafe-eval") && !policy.contains("http"),
            "{path}: {policy}"
        );
        assert!(!is_guide || !policy.contains("unsafe"), "{path}: {policy}");
        let loaded: Vec<&str> = ["src", "href", "spec-url", "action", "data"]
            .into_iter()
            .flat_map(|attribute| values(body, attribute))
            .collect();
        for target in loaded {
            let is_ours = target.starts_with(['/', '?', '#']) && !target.starts_with("//");
            assert!(is_ours, "{path} leads to {target}");
        }
        let inline = body
            .split("<script")
            .skip(1)
            .filter(|rest| !rest.contains("></script>"));
        assert_eq!(inline.count(), 0, "{path}");
        let scripts = if is_guide { 0 } else { 2 };
        assert_eq!(body.matches("<script").count(), scripts, "{path}");
        for handler in ["onclick", "onerror", "onload"] {
            assert!(values(body, handler).is_empty(), "{path}: {handler}");
        }
        assert!(!body.contains(" style=\"") && !body.contains("@import"), "{path}");
    }
}

/// What a screen of 380 pixels cannot show whole is scrolled where it stands: the page itself is never wider than the screen.
#[tokio::test]
async fn every_table_of_the_guide_scrolls_by_itself() {
    let surface = Surface::new().await;
    for language in ["ru", "en"] {
        let body = page(&surface, GUIDE, language).await.body;
        let tables = body.matches("<table").count();
        assert!(tables >= 4, "{tables}");
        assert_eq!(body.matches("<div class=\"wide\"><table").count(), tables);
        assert_eq!(body.matches("</table></div>").count(), tables);
        assert!(body.contains("\n.wide{overflow-x:auto}\n"));
    }
}

/// Browsers ask for an icon wherever they are, and each was told that there is none.
#[tokio::test]
async fn pages_have_an_icon_that_browsers_keep() {
    let surface = Surface::new().await;
    for (path, kind) in [
        ("/favicon.svg", "image/svg+xml"),
        ("/favicon.ico", "image/x-icon"),
    ] {
        let icon = surface.get(path).await;
        assert_eq!(
            (icon.status.as_u16(), &icon.headers["content-type"]),
            (200, &kind.parse().unwrap())
        );
        assert_eq!(icon.headers["cache-control"], "public, max-age=86400", "{path}");
    }
    for path in ["/", "/problems", GUIDE, "/api/docs/apps"] {
        let answer = page(&surface, path, "en").await;
        assert!(
            answer.body.contains("<link rel=\"icon\" href=\"/favicon.svg\""),
            "{path}"
        );
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("img-src 'self'"), "{path}: {policy}");
    }
}

/// What it does was tried in a browser: a key typed stays, and one that was filled in is another one at the next sending.
#[tokio::test]
async fn a_reference_loads_what_fills_in_keys() {
    let surface = Surface::new().await;
    let body = page(&surface, "/api/docs/operators", "en").await.body;
    assert!(body.contains(FRESH_KEYS_PATH));
    let script = surface.get(FRESH_KEYS_PATH).await;
    assert_eq!(script.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(script.body, FRESH_KEYS);
    // What it looks for in RapiDoc's markup is there.
    for part in ["btn btn-try", "request-panel", "data-pname", "data-ptype"] {
        assert!(BUNDLE.contains(part), "{part}");
    }
}

#[tokio::test]
async fn a_reference_shows_what_its_readers_may_call_and_fills_nothing_in() {
    let surface = Surface::new().await;
    for reader in &READERS {
        let body = page(&surface, &format!("{GUIDE}{}", reader.page), "en")
            .await
            .body;
        for (attribute, value) in [
            ("spec-url", reader.description),
            ("load-fonts", "false"),
            ("fill-request-fields-with-example", "false"),
            ("allow-spec-url-load", "false"),
            ("allow-spec-file-load", "false"),
            ("allow-server-selection", "false"),
            ("persist-auth", "false"),
        ] {
            assert_eq!(values(&body, attribute), [value], "{}: {attribute}", reader.page);
        }
        let scripts = values(&body, "src");
        assert_eq!(scripts, [BUNDLE_PATH, FRESH_KEYS_PATH], "{}", reader.page);
        let described = surface.get(reader.description).await.json();
        assert_eq!(described["servers"][0]["url"], "/", "{}", reader.page);
    }
}

#[tokio::test]
async fn the_bundle_is_the_published_one_and_is_kept_by_browsers() {
    assert_eq!(hex::encode(Sha256::digest(BUNDLE)), BUNDLE_SHA256);
    let hosts: BTreeSet<&str> = BUNDLE
        .split("://")
        .skip(1)
        .filter_map(|rest| {
            rest.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '.' && letter != '-')
                .next()
        })
        .map(|host| host.trim_end_matches('.'))
        .filter(|host| host.contains('.') || *host == "localhost")
        .collect();
    let strange: Vec<_> = hosts.iter().filter(|host| !NAMED_HOSTS.contains(host)).collect();
    assert!(strange.is_empty(), "the bundle names {strange:?}");
    let surface = Surface::new().await;
    let answer = surface.get(BUNDLE_PATH).await;
    assert_eq!(answer.body, BUNDLE);
    assert_eq!(answer.headers["content-type"], "text/javascript; charset=utf-8");
    assert_eq!(
        answer.headers["cache-control"],
        "public, max-age=31536000, immutable"
    );
}

/// A new state or way is drawn by itself, or does not compile; here it is seen that none is missing from the page.
#[tokio::test]
async fn the_pictures_show_every_state_and_every_way_of_the_rules() {
    let surface = Surface::new().await;
    let mut owed: Vec<(String, &str, &str)> = Vec::new();
    for way in booking::TRANSITIONS {
        let from = way.from.map_or("", |state| state.status().as_str());
        owed.push((from.to_owned(), way.fact, way.to.status().as_str()));
    }
    for way in payment::TRANSITIONS {
        let from = way.from.map_or("", |state| state.status().as_str());
        owed.push((from.to_owned(), way.fact, way.to.status().as_str()));
    }
    for language in ["ru", "en"] {
        let body = page(&surface, GUIDE, language).await.body;
        let mut drawn: Vec<(String, &str, &str)> = values(&body, "data-from")
            .into_iter()
            .zip(values(&body, "data-fact"))
            .zip(values(&body, "data-to"))
            .map(|((from, fact), to)| (from.to_owned(), fact, to))
            .collect();
        drawn.sort();
        owed.sort();
        assert_eq!(drawn, owed, "{language}");
        let boxes = booking::BookingState::ALL.len() + payment::PaymentState::ALL.len();
        assert_eq!(body.matches("<rect class=\"state\"").count(), boxes);
        assert_eq!(body.matches("<pre><code>").count(), 5, "five steps");
    }
}

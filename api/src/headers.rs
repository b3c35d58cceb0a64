//! The security headers of every answer, and which content policy a path gets.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use sha2::{Digest, Sha256};

use crate::app::App;
use crate::pages;

/// Where the documentation lives. Its first page, the guide, runs nothing; those below show the operations by a script of ours.
pub const DOCS: &str = "/api/docs";

const CROSS_ORIGIN_OPENER: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
const CROSS_ORIGIN_RESOURCE: HeaderName = HeaderName::from_static("cross-origin-resource-policy");
const PERMISSIONS: HeaderName = HeaderName::from_static("permissions-policy");

/// Of what a browser asks a person for, or lets a page do beside showing itself, our pages need nothing.
const PERMITTED: HeaderValue = HeaderValue::from_static(
    "camera=(), microphone=(), geolocation=(), display-capture=(), payment=(), usb=(), serial=(), bluetooth=(), \
     browsing-topics=()",
);

/// Nothing may be loaded, framed or submitted from an answer that is data.
const DATA_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// The same of a file that is to be saved: whatever opens it all the same lets nothing in it act.
const FILE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; sandbox; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// What shows the operations sets styles inline; its script is a file of ours, and it asks nobody else.
const REFERENCE_POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; img-src 'self' data:; \
     connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);
/// Our own pages carry one style, known by its digest, and an icon.
static PAGE_POLICY: LazyLock<HeaderValue> = LazyLock::new(|| {
    let digest = STANDARD.encode(Sha256::digest(pages::STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{digest}'; img-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    );
    HeaderValue::try_from(policy).unwrap_or(DATA_POLICY)
});

/// Sets the headers every answer carries.
pub fn secure(path: &str, app: &App, headers: &mut HeaderMap) {
    headers.insert(
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    );
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CROSS_ORIGIN_OPENER, HeaderValue::from_static("same-origin"));
    headers.insert(CROSS_ORIGIN_RESOURCE, HeaderValue::from_static("same-origin"));
    headers.insert(PERMISSIONS, PERMITTED);
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(path, headers));
    if app.settings().public_url.starts_with("https://") {
        headers.insert(
            header::STRICT_TRANSPORT_SECURITY,
            HeaderValue::from_static("max-age=31536000; includeSubDomains"),
        );
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
}

fn policy(path: &str, headers: &HeaderMap) -> HeaderValue {
    let html = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/html"));
    if runs_scripts(path) {
        REFERENCE_POLICY
    } else if html {
        PAGE_POLICY.clone()
    } else if headers.contains_key(header::CONTENT_DISPOSITION) {
        FILE_POLICY
    } else {
        DATA_POLICY
    }
}

/// Whether a path is one of the pages that run a script, or what they load.
fn runs_scripts(path: &str) -> bool {
    let below = path.strip_prefix(DOCS).and_then(|rest| rest.strip_prefix('/'));
    below.is_some_and(|page| !page.is_empty())
}

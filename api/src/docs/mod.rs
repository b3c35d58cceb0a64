//! The documentation at [`DOCS`]: a guide first, and for each audience every operation with a form to try it out. Nothing of it comes from
//! elsewhere.

pub mod guide;
pub mod reference;

use axum::Router;
use axum::routing::get;

use crate::app::App;
use crate::headers::DOCS;
use crate::static_text::StaticText;

/// What shows the operations, in the version that its path names.
pub const BUNDLE_PATH: &str = "/api/docs/rapidoc-9.3.8.min.js";
/// As its makers published it: see `api/vendor/rapidoc`.
pub const BUNDLE: &str = include_str!("../../vendor/rapidoc/rapidoc-min.js");

/// What gives each sending a key of its own.
pub const FRESH_KEYS_PATH: &str = "/api/docs/fresh-keys.js";
/// Ours.
pub const FRESH_KEYS: &str = include_str!("fresh_keys.js");

/// The pages, and what they load.
pub fn routes() -> Router<App> {
    let bundle = StaticText::new("text/javascript; charset=utf-8", BUNDLE).for_good();
    let fresh_keys = StaticText::new("text/javascript; charset=utf-8", FRESH_KEYS);
    Router::new()
        .route(DOCS, get(guide::show))
        .route("/api/docs/", get(guide::show))
        .route("/api/docs/{audience}", get(reference::show))
        .route(BUNDLE_PATH, bundle.served())
        .route(FRESH_KEYS_PATH, fresh_keys.served())
}

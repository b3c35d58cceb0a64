//! Which operation a request asks for, by its id in the description.

use std::collections::HashMap;
use std::sync::OnceLock;

use utoipa::openapi::OpenApi;

use crate::openapi::{Descriptions, operations};

/// What a request is called that no operation answers.
pub const NONE: &str = "none";

/// By path as the router knows it, then by method.
static IDS: OnceLock<HashMap<String, Vec<(&'static str, String)>>> = OnceLock::new();

/// Learns them from the description, once.
pub fn learn(described: &Descriptions) {
    IDS.get_or_init(|| {
        let mut ids: HashMap<String, Vec<(&'static str, String)>> = HashMap::new();
        for description in [&described.whole, &described.webhooks] {
            for (path, method, id) in of(description) {
                ids.entry(path).or_default().push((method, id));
            }
        }
        ids
    });
}

fn of(description: &OpenApi) -> Vec<(String, &'static str, String)> {
    let mut paths = description.paths.paths.clone();
    let found = paths.iter_mut().flat_map(|(path, item)| {
        let of_path = operations(item).map(|(method, operation)| {
            let id = operation.operation_id.clone().unwrap_or_default();
            (path.clone(), label(&method), id)
        });
        of_path.collect::<Vec<_>>()
    });
    found.collect()
}

/// The id of the operation that answers this method at this path of the router.
pub fn id_of(method: &str, route: &str) -> &'static str {
    // What answers GET answers HEAD.
    let method = if method == "HEAD" { "GET" } else { method };
    let of_path = IDS.get().and_then(|ids| ids.get(route));
    let found = of_path.and_then(|ids| ids.iter().find(|(known, _)| *known == method));
    found.map_or(NONE, |(_, id)| id.as_str())
}

const fn label(method: &utoipa::openapi::HttpMethod) -> &'static str {
    use utoipa::openapi::HttpMethod;
    match method {
        HttpMethod::Get => "GET",
        HttpMethod::Post => "POST",
        HttpMethod::Put => "PUT",
        HttpMethod::Delete => "DELETE",
        HttpMethod::Options => "OPTIONS",
        HttpMethod::Head => "HEAD",
        HttpMethod::Patch => "PATCH",
        HttpMethod::Trace => "TRACE",
    }
}

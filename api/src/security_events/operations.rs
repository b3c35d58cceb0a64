//! Which operation a request asks for, by its id in the description.

use std::collections::HashMap;
use std::sync::OnceLock;

/// What a request is called that no operation answers.
pub const NONE: &str = "none";

/// By path as the router knows it, then by method.
static IDS: OnceLock<HashMap<String, Vec<(&'static str, String)>>> = OnceLock::new();

/// Learns them once: path as the router knows it, method, id.
pub fn learn(operations: impl IntoIterator<Item = (String, &'static str, String)>) {
    IDS.get_or_init(|| {
        let mut ids: HashMap<String, Vec<(&'static str, String)>> = HashMap::new();
        for (path, method, id) in operations {
            ids.entry(path).or_default().push((method, id));
        }
        ids
    });
}

/// The id of the operation that answers this method at this path of the router.
pub fn id_of(method: &str, route: &str) -> &'static str {
    // What answers GET answers HEAD.
    let method = if method == "HEAD" { "GET" } else { method };
    let of_path = IDS.get().and_then(|ids| ids.get(route));
    let found = of_path.and_then(|ids| ids.iter().find(|(known, _)| *known == method));
    found.map_or(NONE, |(_, id)| id.as_str())
}

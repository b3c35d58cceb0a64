//! What payment providers call is no business of apps: it is described in a document of its own.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::{Components, OpenApi, OpenApiBuilder, Paths};

use crate::base_path::BASE;

/// The tag of those operations.
const TAG: &str = "webhooks";

/// Takes the operations of providers out of the description and answers one of them alone; each keeps only the components it names.
pub fn split(described: &mut OpenApi) -> OpenApi {
    let place = format!("{BASE}/{TAG}/");
    let (taken, kept) = std::mem::take(&mut described.paths.paths)
        .into_iter()
        .partition(|(path, _)| path.starts_with(&place));
    described.paths.paths = kept;
    let mut paths = Paths::new();
    paths.paths = taken;
    let mut info = described.info.clone();
    info.title = "TOT — notices of payment providers".to_owned();
    info.description = Some("For payment providers alone; apps need nothing of this.".to_owned());
    let tags = described.tags.iter().flatten();
    let mut own = OpenApiBuilder::new()
        .info(info)
        .servers(described.servers.clone())
        .paths(paths)
        .components(described.components.clone())
        .tags(Some(tags.filter(|tag| tag.name == TAG).cloned()))
        .build();
    if let Some(tags) = &mut described.tags {
        tags.retain(|tag| tag.name != TAG);
    }
    // Providers sign in nowhere: they are known by their networks and their signatures.
    if let Some(components) = &mut own.components {
        components.security_schemes.clear();
    }
    prune(&mut own);
    prune(described);
    own
}

/// Forgets the components that nothing refers to.
fn prune(described: &mut OpenApi) {
    let Some(components) = &mut described.components else {
        return;
    };
    let told = serde_json::to_value(&*components).unwrap_or_default();
    let mut named = BTreeSet::new();
    let mut pending = references(&serde_json::to_value(&described.paths).unwrap_or_default());
    while let Some(reference) = pending.pop() {
        let pointer = reference.trim_start_matches("#/components");
        if let Some(component) = told.pointer(pointer)
            && named.insert(pointer.to_owned())
        {
            pending.extend(references(component));
        }
    }
    retain(components, |kind, name| {
        named.contains(&format!("/{kind}/{name}"))
    });
}

fn retain(components: &mut Components, is_named: impl Fn(&str, &str) -> bool) {
    components.schemas.retain(|name, _| is_named("schemas", name));
    components.responses.retain(|name, _| is_named("responses", name));
    components
        .parameters
        .retain(|name, _| is_named("parameters", name));
    components.headers.retain(|name, _| is_named("headers", name));
}

/// Every `$ref` in it.
fn references(part: &Value) -> Vec<String> {
    let (mut found, mut pending) = (Vec::new(), vec![part]);
    while let Some(part) = pending.pop() {
        if let Some(reference) = part.get("$ref").and_then(Value::as_str) {
            found.push(reference.to_owned());
        }
        match part {
            Value::Object(fields) => pending.extend(fields.values()),
            Value::Array(items) => pending.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    found
}

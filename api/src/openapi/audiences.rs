//! One description for each audience, complete in itself: who writes an app need not read what admins, analysts or providers call.

use std::collections::BTreeSet;

use serde_json::Value;
use utoipa::openapi::{Components, OpenApi, Paths};

use crate::base_path::BASE;

/// The descriptions of the API.
pub struct Descriptions {
    /// All that is ours to describe, for tests and generators: all but what providers call.
    pub whole: OpenApi,
    /// For apps of patients, doctors and clinics.
    pub apps: OpenApi,
    /// For those who run the platform.
    pub admins: OpenApi,
    /// For analysts.
    pub analysts: OpenApi,
    /// For payment providers.
    pub webhooks: OpenApi,
}

/// Whom an operation is described to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Audience {
    Apps,
    Admins,
    Analysts,
    Providers,
}

impl Audience {
    /// By its first place below [`BASE`], as `/api/v1/admin/events` is in `admin`; the probes are asked by those who run the platform.
    fn of(path: &str) -> Self {
        let Some(below) = path.strip_prefix(BASE) else {
            return Self::Admins;
        };
        match below.trim_start_matches('/').split('/').next() {
            Some("admin") => Self::Admins,
            Some("exports" | "reports") => Self::Analysts,
            Some("webhooks") => Self::Providers,
            Some(_) | None => Self::Apps,
        }
    }
}

/// The description of everything, taken apart.
pub fn split(everything: &OpenApi) -> Descriptions {
    let told = |audience, title: &str, words: &str| {
        let mut described = part(everything, |path| Audience::of(path) == audience);
        title.clone_into(&mut described.info.title);
        let general = described.info.description.take().unwrap_or_default();
        described.info.description = Some(format!("{words}\n\n{general}"));
        described
    };
    let mut webhooks = told(
        Audience::Providers,
        "TOT — notices of payment providers",
        "For payment providers alone; apps need nothing of this.",
    );
    // Providers sign in nowhere: they are known by their networks and their signatures.
    if let Some(components) = &mut webhooks.components {
        components.security_schemes.clear();
    }
    Descriptions {
        whole: part(everything, |path| Audience::of(path) != Audience::Providers),
        apps: part(everything, |path| Audience::of(path) == Audience::Apps),
        admins: told(
            Audience::Admins,
            "TOT — for admins",
            "For those who run the platform: the log, its read models, accounts, the books. What admins do as patients, doctors and clinics \
             do is described for apps.",
        ),
        analysts: told(
            Audience::Analysts,
            "TOT — for analysts",
            "For analysts: exports and reports. The books, which analysts may read, too, are described for admins.",
        ),
        webhooks,
    }
}

/// The operations of these paths, with the components and tags that they name.
fn part(everything: &OpenApi, is_of_it: impl Fn(&str) -> bool) -> OpenApi {
    let mut described = everything.clone();
    described.paths = Paths::new();
    let paths = everything.paths.paths.iter();
    described.paths.paths = paths
        .filter(|(path, _)| is_of_it(path))
        .map(|(path, item)| (path.clone(), item.clone()))
        .collect();
    let mut used = BTreeSet::new();
    for item in described.paths.paths.values_mut() {
        used.extend(
            super::operations(item).flat_map(|(_, operation)| operation.tags.clone().unwrap_or_default()),
        );
    }
    if let Some(tags) = &mut described.tags {
        tags.retain(|tag| used.contains(&tag.name));
    }
    prune(&mut described);
    described
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

#!/usr/bin/env bash
# utoipa 6.0.0: of two schemas whose structs bear the same name in different modules one takes the other's place, without a word.
# Seen: both answers of the description refer to `#/components/schemas/View`, and only one View is there; the build is clean.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "two-schemas"
version = "0.0.0"
edition = "2021"

[dependencies]
utoipa = { version = "=6.0.0", default-features = false, features = ["macros"] }
serde = { version = "1", features = ["derive"] }
serde_json = "1"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use utoipa::OpenApi;

mod bookings {
    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub struct View {
        pub doctor: String,
    }

    #[utoipa::path(get, path = "/booking", responses((status = 200, description = "A booking", body = View)))]
    #[allow(dead_code)]
    pub fn show() {}
}

mod payments {
    #[derive(serde::Serialize, utoipa::ToSchema)]
    pub struct View {
        pub amount: String,
    }

    #[utoipa::path(get, path = "/payment", responses((status = 200, description = "A payment", body = View)))]
    #[allow(dead_code)]
    pub fn show() {}
}

#[derive(OpenApi)]
#[openapi(paths(bookings::show, payments::show))]
struct Described;

fn main() {
    let described = serde_json::to_value(Described::openapi()).unwrap();
    for path in ["/booking", "/payment"] {
        let schema = &described["paths"][path]["get"]["responses"]["200"]["content"];
        let text = schema.to_string();
        assert!(text.contains("#/components/schemas/View"), "{path}: {text}");
    }
    let schemas = described["components"]["schemas"].as_object().unwrap();
    let fields: Vec<&String> = schemas["View"]["properties"].as_object().unwrap().keys().collect();
    assert_eq!(schemas.len(), 1, "{schemas:?}");
    assert_eq!(fields.len(), 1, "{fields:?}");
    println!("utoipa 6.0.0: two structs View, one schema, with {fields:?} alone");
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml"

#!/usr/bin/env bash
# webauthn-rs 0.6.2: `start_passkey_registration` asks devices not to make the passkey discoverable, and nothing lets a caller ask for it;
# `start_discoverable_authentication` names no credential, so that a device which did as it was asked has nothing to offer.
# Seen: `residentKey` is `discouraged` and `requireResidentKey` false in the options of one, `allowCredentials` is empty in the other.
# Security keys and some password managers do as they are asked; phones make discoverable ones whatever is asked, which hides it.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
mkdir "$folder/src"
cat > "$folder/Cargo.toml" <<'TOML'
[package]
name = "not-discoverable"
version = "0.0.0"
edition = "2021"

[dependencies]
webauthn-rs = { version = "=0.6.2", default-features = false, features = ["conditional-ui"] }
serde_json = "1"
TOML
cat > "$folder/src/main.rs" <<'RUST'
use webauthn_rs::prelude::{Url, Uuid, WebauthnBuilder};

fn main() {
    let origin = Url::parse("https://example.com").unwrap();
    let site = WebauthnBuilder::new("example.com", &origin).unwrap().build().unwrap();
    let (creation, _) = site.start_passkey_registration(Uuid::from_u128(1), "olga", "Olga", None).unwrap();
    let (request, _) = site.start_discoverable_authentication().unwrap();
    let creation = serde_json::to_value(&creation).unwrap();
    let request = serde_json::to_value(&request).unwrap();
    let asked = &creation["publicKey"]["authenticatorSelection"];
    assert_eq!(asked["residentKey"], "discouraged", "{asked}");
    assert_eq!(asked["requireResidentKey"], false, "{asked}");
    let allowed = &request["publicKey"]["allowCredentials"];
    assert_eq!(allowed.as_array().map(Vec::len), Some(0), "{allowed}");
    println!("webauthn-rs 0.6.2: a passkey is asked for with {asked}, and then looked for among {allowed}");
}
RUST
cargo run --quiet --manifest-path "$folder/Cargo.toml"

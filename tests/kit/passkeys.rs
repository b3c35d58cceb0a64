//! A device that keeps passkeys, as browsers and their authenticators answer (WebAuthn level 3, CTAP 2): written from the specification, by
//! another library than the platform's.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::client::{ApiResponse, Client};

/// Authenticator data: somebody is there.
const USER_PRESENT: u8 = 0x01;
/// It was verified who.
const USER_VERIFIED: u8 = 0x04;
/// Copies of the key may be kept elsewhere.
const BACKUP_ELIGIBLE: u8 = 0x08;
/// They are.
const BACKED_UP: u8 = 0x10;
/// A new key follows.
const ATTESTED: u8 = 0x40;

/// A device with one passkey, and what it does otherwise than it should.
pub struct SoftDevice {
    key: EcdsaKeyPair,
    credential_id: Vec<u8>,
    user_handle: Vec<u8>,
    /// Whose page asks it.
    pub origin: String,
    /// Which site it makes and uses keys for; the one it is asked for where none is named.
    pub relying_party: Option<String>,
    /// Uses so far; each adds one. Password managers count none.
    pub counter: u32,
    /// Whether it asks who uses it.
    pub verifies_user: bool,
    /// Whether it keeps copies elsewhere, and so counts no uses.
    pub is_synced: bool,
    /// Whether it finds the passkey without being told which.
    pub is_discoverable: bool,
}

impl SoftDevice {
    /// A device on whose screen a page of this origin is open.
    pub fn new(origin: &str) -> Self {
        Self {
            key: EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap(),
            credential_id: rand::random::<[u8; 32]>().to_vec(),
            user_handle: Vec::new(),
            origin: origin.to_owned(),
            relying_party: None,
            counter: 0,
            verifies_user: true,
            is_synced: false,
            is_discoverable: true,
        }
    }

    /// What the browser writes of a key that is made for these options.
    pub fn create(&mut self, options: &Value) -> Value {
        self.user_handle = decoded(&options["user"]["id"]);
        let site = options["rp"]["id"].as_str().unwrap();
        let mut data = self.authenticator_data(site, ATTESTED);
        data.extend([0; 16]);
        data.extend(u16::try_from(self.credential_id.len()).unwrap().to_be_bytes());
        data.extend(&self.credential_id);
        data.extend(cose_key(self.key.public_key().as_ref()));
        let mut attestation = vec![0xa3];
        attestation.extend(cbor_text("fmt"));
        attestation.extend(cbor_text("none"));
        attestation.extend(cbor_text("attStmt"));
        attestation.push(0xa0);
        attestation.extend(cbor_text("authData"));
        attestation.extend(cbor_bytes(&data));
        let response = json!({
            "clientDataJSON": encoded(self.client_data("webauthn.create", options).as_bytes()),
            "attestationObject": encoded(&attestation),
            "transports": ["internal"],
            "publicKeyAlgorithm": -7,
        });
        self.written(response, json!({"credProps": {"rk": self.is_discoverable}}))
    }

    /// What the browser writes of a signature under these options.
    pub fn sign(&mut self, options: &Value) -> Value {
        if !self.is_synced {
            self.counter += 1;
        }
        let data = self.authenticator_data(options["rpId"].as_str().unwrap(), 0);
        let client_data = self.client_data("webauthn.get", options);
        let signed = [data.as_slice(), &Sha256::digest(client_data.as_bytes())].concat();
        let signature = self.key.sign(&SystemRandom::new(), &signed).unwrap();
        let response = json!({
            "clientDataJSON": encoded(client_data.as_bytes()),
            "authenticatorData": encoded(&data),
            "signature": encoded(signature.as_ref()),
            "userHandle": encoded(&self.user_handle),
        });
        self.written(response, json!({}))
    }

    /// Passes this device's key for the one of another.
    pub fn pretend_to_be(&mut self, other: &Self) {
        self.credential_id.clone_from(&other.credential_id);
        self.user_handle.clone_from(&other.user_handle);
    }

    /// Says from now on that its key is of the account of another device; answers the handle of before.
    pub fn claim(&mut self, other: &Self) -> Vec<u8> {
        std::mem::replace(&mut self.user_handle, other.user_handle.clone())
    }

    /// Says that its key is of the account with this handle.
    pub fn set_handle(&mut self, handle: Vec<u8>) {
        self.user_handle = handle;
    }

    /// Registers a passkey over HTTP.
    pub async fn register(&mut self, owner: &Client, name: &str) -> ApiResponse {
        let asked = owner.post("/auth/passkeys/options", json!({})).await.expect(200);
        let credential = self.create(&asked["options"]).to_string();
        let body = json!({"challenge_id": asked["challenge_id"], "name": name, "credential": credential});
        owner.post("/auth/passkeys", body).await
    }

    /// What brings a signature of a new challenge to the platform.
    pub async fn signed(&mut self, anybody: &Client) -> Value {
        let asked = anybody.post("/auth/passkey/options", json!({})).await.expect(200);
        let credential = self.sign(&asked["options"]).to_string();
        json!({"challenge_id": asked["challenge_id"], "credential": credential})
    }

    /// Signs in over HTTP.
    pub async fn sign_in(&mut self, anybody: &Client) -> ApiResponse {
        let body = self.signed(anybody).await;
        anybody.post("/auth/passkey", body).await
    }

    fn authenticator_data(&self, asked_for: &str, more: u8) -> Vec<u8> {
        let site = self.relying_party.as_deref().unwrap_or(asked_for);
        let mut flags = USER_PRESENT | more;
        if self.verifies_user {
            flags |= USER_VERIFIED;
        }
        if self.is_synced {
            flags |= BACKUP_ELIGIBLE | BACKED_UP;
        }
        let mut data = Sha256::digest(site.as_bytes()).to_vec();
        data.push(flags);
        data.extend(self.counter.to_be_bytes());
        data
    }

    fn client_data(&self, kind: &str, options: &Value) -> String {
        let data = json!({
            "type": kind, "challenge": options["challenge"], "origin": self.origin, "crossOrigin": false,
        });
        data.to_string()
    }

    fn written(&self, response: Value, extensions: Value) -> Value {
        let id = encoded(&self.credential_id);
        json!({
            "id": id, "rawId": id, "type": "public-key", "authenticatorAttachment": "platform",
            "response": response, "clientExtensionResults": extensions,
        })
    }
}

/// An EC2 key of ES256 (RFC 9053) from a point that is not compressed.
fn cose_key(point: &[u8]) -> Vec<u8> {
    let (x, y) = (&point[1..33], &point[33..65]);
    // kty: EC2, alg: ES256, crv: P-256, then both coordinates.
    let mut key = vec![0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21];
    key.extend(cbor_bytes(x));
    key.push(0x22);
    key.extend(cbor_bytes(y));
    key
}

fn cbor_text(text: &str) -> Vec<u8> {
    let short = u8::try_from(text.len()).unwrap();
    assert!(short < 24, "{text} is long");
    [&[0x60 | short], text.as_bytes()].concat()
}

fn cbor_bytes(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap().to_be_bytes();
    [&[0x59, length[0], length[1]], bytes].concat()
}

fn encoded(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn decoded(text: &Value) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text.as_str().unwrap()).unwrap()
}

//! A workshop for access tokens: signs whatever it is told with the platform's own key.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::Ed25519KeyPair;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use identity::{MasterKeys, People, PeopleOptions, TokenKeys, TokenRefusal};
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;

use crate::kit::{Folder, ISSUER, at};

pub const ACCOUNT: &str = "019a0000-0000-7000-8000-000000000001";
pub const SESSION: &str = "019a0000-0000-7000-8000-000000000002";
const JTI: &str = "019a0000-0000-7000-8000-000000000003";

/// The platform's keys in an attacker's dream: what signs is known, so that each check is tested for itself.
pub struct Forge {
    people: People,
    pub kid: String,
    pub ours: Ed25519KeyPair,
    pub stranger: Ed25519KeyPair,
    pub folder: Folder,
}

impl Forge {
    pub fn new() -> Self {
        let folder = Folder::new();
        TokenKeys::generate(&folder.key_file()).unwrap();
        let keys = TokenKeys::load(&folder.key_file()).unwrap();
        let stored: Value = serde_json::from_slice(&std::fs::read(folder.key_file()).unwrap()).unwrap();
        let pkcs8 = STANDARD
            .decode(stored["keys"][0]["pkcs8"].as_str().unwrap())
            .unwrap();
        let stranger = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        // Never connected: verifying asks no database.
        let pool = PgPoolOptions::new()
            .connect_lazy("postgres://nobody@127.0.0.1:1/none")
            .unwrap();
        let kid = keys.signing_kid().to_owned();
        Self {
            people: People::new(pool, keys, MasterKeys::none(), PeopleOptions::new(ISSUER)),
            kid,
            ours: Ed25519KeyPair::from_pkcs8(&pkcs8).unwrap(),
            stranger: Ed25519KeyPair::from_pkcs8(stranger.as_ref()).unwrap(),
            folder,
        }
    }

    pub fn header(&self) -> Value {
        json!({"typ": "at+jwt", "alg": "EdDSA", "kid": self.kid})
    }

    pub fn claims() -> Value {
        let now = at(0).as_second();
        json!({"iss": ISSUER, "aud": "tot-api", "sub": ACCOUNT, "role": "patient", "sid": SESSION, "jti": JTI,
            "iat": now, "exp": now + 900})
    }

    /// Signed by our key, with these members of the header replaced.
    pub fn with_header(&self, change: Value) -> String {
        self.sign(
            &merged(self.header(), change).to_string(),
            &Self::claims().to_string(),
        )
    }

    /// Signed by our key, with these claims replaced.
    pub fn with_claims(&self, change: Value) -> String {
        self.sign(
            &self.header().to_string(),
            &merged(Self::claims(), change).to_string(),
        )
    }

    pub fn sign(&self, header: &str, claims: &str) -> String {
        let signed = format!("{}.{}", encode(header), encode(claims));
        let signature = encode(self.ours.sign(signed.as_bytes()).as_ref());
        format!("{signed}.{signature}")
    }

    pub fn refuses(&self, forged: &[(&str, String, TokenRefusal)]) {
        for (what, token, expected) in forged {
            // Twice: what was refused may not be remembered as verified.
            for _ in 0..2 {
                assert_eq!(
                    self.people.verify(token, at(0)),
                    Err(*expected),
                    "{what}: {token}"
                );
            }
        }
        let honest = self.sign(&self.header().to_string(), &Self::claims().to_string());
        assert_eq!(
            self.people.verify(&honest, at(0)).unwrap().account_id.to_string(),
            ACCOUNT
        );
    }
}

pub fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// `null` takes a member away.
pub fn merged(mut whole: Value, change: Value) -> Value {
    let (Value::Object(members), Value::Object(changes)) = (&mut whole, change) else {
        unreachable!("objects")
    };
    for (name, value) in changes {
        if value.is_null() {
            members.remove(&name);
        } else {
            members.insert(name, value);
        }
    }
    whole
}

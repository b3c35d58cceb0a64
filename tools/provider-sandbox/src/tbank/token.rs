//! T-Bank's signature: SHA-256 over the root's scalar values and the password, sorted by name.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

/// The signature of a body; nested objects, arrays, nulls and `Token` itself are not signed.
pub fn token(body: &Value, password: &str) -> String {
    let mut parts: BTreeMap<&str, String> = BTreeMap::new();
    if let Some(fields) = body.as_object() {
        for (name, value) in fields {
            if let (true, Some(text)) = (name != "Token", scalar(value)) {
                parts.insert(name, text);
            }
        }
    }
    parts.insert("Password", password.to_owned());
    let joined: String = parts.into_values().collect();
    hex::encode(Sha256::digest(joined))
}

/// Puts the signature into a body.
pub fn sign(body: &mut Value, password: &str) {
    body["Token"] = json!(token(body, password));
}

/// Whether a body carries the right signature, compared in constant time.
pub fn fits(body: &Value, password: &str) -> bool {
    let given = body.get("Token").and_then(Value::as_str).unwrap_or_default();
    bool::from(token(body, password).as_bytes().ct_eq(given.as_bytes()))
}

/// Four hexadecimal digits for a QR's `crc`. The real algorithm is not public: nobody may compute with these.
pub fn check_digits(qr: &str) -> String {
    hex::encode_upper(Sha256::digest(qr)).chars().take(4).collect()
}

fn scalar(value: &Value) -> Option<String> {
    if let Some(text) = value.as_str() {
        return Some(text.to_owned());
    }
    (value.is_boolean() || value.is_number()).then(|| value.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{fits, sign, token};

    /// The sample of the section "Token" of T-Bank's description.
    #[test]
    fn the_banks_own_sample_of_a_request_fits() {
        let body = json!({
            "TerminalKey": "MerchantTerminalKey",
            "Amount": 19200,
            "OrderId": "21090",
            "Description": "Подарочная карта на 1000 рублей",
            "DATA": {"Phone": "+71234567890", "Email": "a@test.com"},
            "Receipt": {"Email": "a@test.ru"},
        });
        assert_eq!(
            token(&body, "usaf8fw8fsw21g"),
            "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"
        );
    }

    /// The sample of the section on notifications.
    #[test]
    fn the_banks_own_sample_of_a_notification_fits() {
        let body = json!({
            "TerminalKey": "1321054611234DEMO",
            "OrderId": "201709",
            "Success": true,
            "Status": "AUTHORIZED",
            "PaymentId": 8_742_591,
            "ErrorCode": "0",
            "Amount": 9855,
            "CardId": 322_264,
            "Pan": "430000******0777",
            "RebillId": "101709",
            "ExpDate": "1122",
            "Token": "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b",
        });
        assert!(fits(&body, "Dfsfh56dgKl"));
    }

    #[test]
    fn a_changed_or_added_scalar_breaks_the_signature_and_a_nested_one_does_not() {
        let mut body = json!({"Amount": 1, "Success": true, "Data": {"a": 1}});
        sign(&mut body, "secret");
        assert!(fits(&body, "secret"));
        let with = |name: &str, value: serde_json::Value| {
            let mut other = body.clone();
            other.as_object_mut().unwrap().insert(name.into(), value);
            other
        };
        assert!(!fits(&with("Amount", json!(2)), "secret"));
        assert!(!fits(&with("Unknown", json!("x")), "secret"));
        assert!(!fits(&with("Success", json!("True")), "secret"));
        assert!(fits(&with("Data", json!({"a": 2})), "secret"));
        assert!(!fits(&body, "other"));
    }
}

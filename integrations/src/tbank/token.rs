//! T-Bank's signature: SHA-256 over the values of all root-level scalars and the password, in the order of their names.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use serde_json::value::RawValue;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

const TOKEN: &str = "Token";
const PASSWORD: &str = "Password";

/// The token of a request about to be sent.
pub(super) fn sign(fields: &serde_json::Map<String, Value>, password: &SecretString) -> String {
    let scalars = fields
        .iter()
        .filter_map(|(name, value)| Some((name.as_str(), scalar(value)?)));
    hex::encode(digest(scalars.collect(), password))
}

/// Whether a notice with these fields, as received, carries the token that its other fields and the password make.
/// Fields nobody knows are signed as well; a number counts as it was written.
pub(super) fn verifies(fields: &BTreeMap<String, &RawValue>, password: &SecretString) -> bool {
    let Some(Value::String(token)) = fields.get(TOKEN).and_then(|raw| parsed(raw)) else {
        return false;
    };
    let Ok(token) = hex::decode(token) else {
        return false;
    };
    let scalars = fields
        .iter()
        .filter_map(|(name, raw)| Some((name.as_str(), written(raw)?)));
    digest(scalars.collect(), password).ct_eq(&token).into()
}

fn digest(mut scalars: BTreeMap<&str, String>, password: &SecretString) -> [u8; 32] {
    scalars.remove(TOKEN);
    // Ours, whatever a notice may call so.
    scalars.insert(PASSWORD, password.expose_secret().to_owned());
    let mut hash = Sha256::new();
    for value in scalars.values() {
        hash.update(value.as_bytes());
    }
    hash.finalize().into()
}

/// Nested objects and lists are not signed, and neither is what is null.
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(yes) => Some(yes.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

fn written(raw: &RawValue) -> Option<String> {
    match parsed(raw)? {
        Value::Number(_) => Some(raw.get().to_owned()),
        value @ (Value::String(_) | Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_)) => {
            scalar(&value)
        }
    }
}

fn parsed(raw: &RawValue) -> Option<Value> {
    serde_json::from_str(raw.get()).ok()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> serde_json::Map<String, Value> {
        let Value::Object(fields) = value else { panic!() };
        fields
    }

    fn checked(body: &str, password: &str) -> bool {
        let fields: BTreeMap<String, &RawValue> = serde_json::from_str(body).unwrap();
        verifies(&fields, &password.into())
    }

    /// The bank's own example of a request.
    #[test]
    fn a_request_is_signed_as_the_bank_shows() {
        let request = json!({
            "TerminalKey": "MerchantTerminalKey", "Amount": 19200, "OrderId": "21090",
            "Description": "Подарочная карта на 1000 рублей",
            "DATA": {"Phone": "+71234567890"}, "Receipt": {"Items": []}, "Token": "whatever", "Nothing": null,
        });
        assert_eq!(
            sign(&fields(request), &"usaf8fw8fsw21g".into()),
            "0024a00af7c350a3a67ca168ce06502aa72772456662e38696d48b56ee9c97d9"
        );
    }

    /// The bank's own example of a notice.
    const NOTICE: &str = r#"{"TerminalKey":"1321054611234DEMO","OrderId":"201709","Success":true,
        "Status":"AUTHORIZED","PaymentId":8742591,"ErrorCode":"0","Amount":9855,"CardId":322264,
        "Pan":"430000******0777","ExpDate":"1122","RebillId":101709,"Data":{"a":1},
        "Token":"b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b"}"#;
    const PASSWORD: &str = "Dfsfh56dgKl";

    #[test]
    fn a_notice_is_verified_as_the_bank_shows() {
        assert!(checked(NOTICE, PASSWORD));
        assert!(checked(
            &NOTICE.replace("b906d28e76c6428e", "B906D28E76C6428E"),
            PASSWORD
        ));
        assert!(!checked(NOTICE, "other"));
    }

    #[test]
    fn every_scalar_counts_known_or_not() {
        for (from, to) in [
            ("\"Success\":true", "\"Success\":false"),
            ("9855", "9856"),
            ("9855", "9855.0"),
            ("\"Data\":{\"a\":1}", "\"Unknown\":1"),
            (
                "\"Data\":{\"a\":1}",
                "\"Password\":\"x\",\"Unknown\":\"\",\"Other\":true",
            ),
            ("b906", "b907"),
            (
                "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b",
                "",
            ),
            (
                "b906d28e76c6428e37b25fcf86c0adc52c63d503013fdd632e300593d165766b",
                "ы",
            ),
            ("\"Token\"", "\"NoToken\""),
        ] {
            let changed = NOTICE.replacen(from, to, 1);
            assert_ne!(changed, NOTICE);
            assert!(!checked(&changed, PASSWORD), "{from} → {to}");
        }
        // What is nested is not signed, and a password in a notice is not the password.
        assert!(checked(&NOTICE.replace("{\"a\":1}", "[1]"), PASSWORD));
        assert!(checked(
            &NOTICE.replace("\"Data\":{\"a\":1}", "\"Password\":\"x\""),
            PASSWORD
        ));
    }

    #[test]
    fn case_11_a_signed_request_verifies_with_unknown_fields_and_any_bool() {
        for extra in [
            json!(true),
            json!(false),
            json!("True"),
            json!(1.5),
            json!(-3),
            json!(""),
        ] {
            let mut request = fields(json!({"TerminalKey": "T", "Amount": 1, "Новое": extra}));
            let token = sign(&request, &"p".into());
            request.insert("Token".to_owned(), token.into());
            assert!(checked(&Value::Object(request).to_string(), "p"), "{extra}");
        }
    }
}

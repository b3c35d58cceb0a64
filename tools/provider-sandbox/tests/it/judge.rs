//! The judges nobody here wrote: both providers' OpenAPI descriptions, made fit for a JSON Schema validator.
//!
//! Their `oneOf` branches overlap (no branch pins `type`), so that every valid payment "matches more than one"; what the
//! discriminator means is written out first: if the type is K, then K's schema.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::sync::{LazyLock, Mutex};

use jsonschema::Validator;
use serde_json::{Map, Value, json};
use yaml_rust2::{Yaml, YamlLoader};

/// Schemas in which an unknown field is a misspelt one.
const CLOSED: [&str; 13] = [
    "Payment",
    "Refund",
    "Receipt",
    "Payout",
    "Me",
    "SbpParticipantBank",
    "Response",
    "Cancel-2",
    "QrResponse_FULL",
    "GetQRStateResponse_FULL",
    "CheckOrder-2",
    "SbpPayTestResponse",
    "GetQrBankListResponse",
];

/// One provider's description.
pub struct Judge {
    document: Value,
    validators: Mutex<HashMap<String, &'static Validator>>,
}

/// YooKassa's description; none when the file is not there.
pub static YOOKASSA: LazyLock<Option<Judge>> = LazyLock::new(|| {
    let text = read("yookassa-openapi.yaml")?;
    let document = YamlLoader::load_from_str(&text).unwrap();
    Some(Judge::of(from_yaml(&document[0])))
});

/// T-Bank's description; none when the file is not there.
pub static TBANK: LazyLock<Option<Judge>> = LazyLock::new(|| {
    let text = read("tbank-eacq-openapi.json")?;
    Some(Judge::of(serde_json::from_str(&text).unwrap()))
});

fn read(name: &str) -> Option<String> {
    let folder = std::env::var_os("TOT_PROVIDER_SPECS").map_or_else(
        || PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/specs"),
        PathBuf::from,
    );
    let path = folder.join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!(
            "SKIPPED: there is no {}, so nothing is judged by it (set TOT_PROVIDER_SPECS to the folder of the specs)",
            path.display()
        );
    }
    text
}

impl Judge {
    fn of(mut document: Value) -> Self {
        let kinds = kinds_by_reference(&document);
        prepare(&mut document, &kinds);
        let schemas = document["components"]["schemas"].as_object_mut().unwrap();
        for (name, schema) in schemas.iter_mut() {
            if CLOSED.contains(&name.as_str()) {
                schema["unevaluatedProperties"] = json!(false);
            }
        }
        Self {
            document,
            validators: Mutex::default(),
        }
    }

    /// Judges a body by a schema of the description (a JSON pointer after `#`).
    pub fn check(&self, pointer: &str, body: &Value, context: &str) {
        let validator = self.validator(pointer);
        let faults: Vec<String> = validator
            .iter_errors(body)
            .map(|fault| format!("{} at {}", fault, fault.instance_path()))
            .collect();
        assert!(
            faults.is_empty(),
            "{context}: the provider's description ({pointer}) refuses {body:#}\n{}",
            faults.join("\n")
        );
    }

    /// Whether a body would be refused: for judging the judge.
    pub fn refuses(&self, pointer: &str, body: &Value) -> bool {
        !self.validator(pointer).is_valid(body)
    }

    /// The pointer to the schema of an answer, if the description has one for this path, method and status.
    pub fn pointer_of(&self, method: &str, path: &str, status: u16) -> Option<String> {
        let paths = self.document["paths"].as_object()?;
        let asked: Vec<&str> = path.trim_matches('/').split('/').collect();
        let template = paths
            .keys()
            .filter(|template| fits(template, &asked))
            .min_by_key(|template| {
                // A literal part is a better fit than a parameter.
                template.matches('{').count()
            })?;
        let response = &paths[template][method.to_lowercase()]["responses"][status.to_string()];
        let escaped = template.replace('~', "~0").replace('/', "~1");
        let method = method.to_lowercase();
        match response["$ref"].as_str() {
            Some(reference) => Some(format!(
                "{}/content/application~1json/schema",
                reference.trim_start_matches('#')
            )),
            None => response["content"]["application/json"]["schema"]
                .is_object()
                .then(|| {
                    format!("/paths/{escaped}/{method}/responses/{status}/content/application~1json/schema")
                }),
        }
    }

    fn validator(&self, pointer: &str) -> &'static Validator {
        let mut validators = self.validators.lock().unwrap();
        validators.entry(pointer.to_owned()).or_insert_with(|| {
            let schema = self.document.pointer(pointer).expect("the schema is there");
            let root = json!({
                "$schema": "https://json-schema.org/draft/2020-12/schema",
                "components": self.document["components"],
                "allOf": [schema],
            });
            let validator = jsonschema::options()
                .should_validate_formats(true)
                .build(&root)
                .unwrap_or_else(|fault| panic!("{pointer}: {fault}"));
            // One per schema and test process, for its whole life.
            Box::leak(Box::new(validator))
        })
    }
}

fn fits(template: &str, asked: &[&str]) -> bool {
    let parts: Vec<&str> = template.trim_matches('/').split('/').collect();
    parts.len() == asked.len()
        && parts
            .iter()
            .zip(asked)
            .all(|(part, asked)| part.starts_with('{') || part == asked)
}

/// Which `type` leads to which schema, by every discriminator's mapping.
fn kinds_by_reference(document: &Value) -> BTreeMap<String, String> {
    let mut kinds = BTreeMap::new();
    walk(document, &mut |value| {
        if let Some(mapping) = value["discriminator"]["mapping"].as_object() {
            for (kind, reference) in mapping {
                kinds.insert(reference.as_str().unwrap().to_owned(), kind.clone());
            }
        }
    });
    kinds
}

fn walk(value: &Value, visit: &mut impl FnMut(&Value)) {
    visit(value);
    match value {
        Value::Object(fields) => fields.values().for_each(|field| walk(field, visit)),
        Value::Array(items) => items.iter().for_each(|item| walk(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Rewrites what OpenAPI 3.0 says differently from JSON Schema.
fn prepare(value: &mut Value, kinds: &BTreeMap<String, String>) {
    match value {
        Value::Object(fields) => {
            fields.values_mut().for_each(|field| prepare(field, kinds));
            fields.remove("example");
            if fields
                .get("examples")
                .is_some_and(|examples| !examples.is_array())
            {
                fields.remove("examples");
            }
            if fields.remove("nullable") == Some(json!(true)) && fields["type"].is_string() {
                fields["type"] = json!([fields["type"], "null"]);
            }
            pin_branches(fields, kinds);
        }
        Value::Array(items) => items.iter_mut().for_each(|item| prepare(item, kinds)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// `oneOf` with a discriminator becomes: the type is one of these, and if it is K, then K's schema holds.
fn pin_branches(fields: &mut Map<String, Value>, kinds: &BTreeMap<String, String>) {
    let Some(property) = fields
        .get("discriminator")
        .and_then(|discriminator| discriminator["propertyName"].as_str())
        .map(ToOwned::to_owned)
    else {
        return;
    };
    let Some(Value::Array(branches)) = fields.remove("oneOf") else {
        return;
    };
    let mut known = Vec::new();
    let mut rules = Vec::new();
    for branch in branches {
        let reference = branch["$ref"].as_str().expect("a branch is a reference");
        let kind = kinds.get(reference).expect("a branch has a type");
        known.push(json!(kind));
        rules.push(json!({
            "if": {"properties": {(&property): {"const": kind}}, "required": [&property]},
            "then": branch,
        }));
    }
    fields.insert("type".into(), json!("object"));
    fields.insert("required".into(), json!([&property]));
    fields.insert("properties".into(), json!({(&property): {"enum": known}}));
    fields.insert("allOf".into(), Value::Array(rules));
}

fn from_yaml(yaml: &Yaml) -> Value {
    match yaml {
        Yaml::Real(text) => serde_json::from_str(text).unwrap_or_else(|_| json!(text)),
        Yaml::Integer(number) => json!(number),
        Yaml::String(text) => json!(text),
        Yaml::Boolean(flag) => json!(flag),
        Yaml::Array(items) => Value::Array(items.iter().map(from_yaml).collect()),
        Yaml::Hash(fields) => Value::Object(
            fields
                .iter()
                .map(|(name, value)| (yaml_name(name), from_yaml(value)))
                .collect(),
        ),
        Yaml::Null | Yaml::BadValue => Value::Null,
        Yaml::Alias(_) => panic!("the description has aliases now: teach the judge to read them"),
    }
}

fn yaml_name(name: &Yaml) -> String {
    match name {
        Yaml::String(text) => text.clone(),
        Yaml::Integer(number) => number.to_string(),
        other @ (Yaml::Real(_)
        | Yaml::Boolean(_)
        | Yaml::Array(_)
        | Yaml::Hash(_)
        | Yaml::Alias(_)
        | Yaml::Null
        | Yaml::BadValue) => panic!("a field is named {other:?}"),
    }
}

/// The sample of YooKassa's page on the fast payment system, and mutations that must not pass.
#[test]
fn the_judge_accepts_the_documented_sample_and_refuses_mutations() {
    let Some(judge) = &*YOOKASSA else { return };
    let sample = json!({
        "id": "22e18a2f-000f-5000-a000-1db6312b7767",
        "status": "succeeded",
        "amount": {"value": "2.00", "currency": "RUB"},
        "paid": true,
        "test": false,
        "refundable": true,
        "created_at": "2018-07-18T17:20:50.825Z",
        "recipient": {"account_id": "100500", "gateway_id": "100700"},
        "payment_method": {
            "type": "sbp",
            "id": "22e18a2f-000f-5000-a000-1db6312b7767",
            "saved": false,
            "status": "inactive",
            "payer_bank_details": {"bank_id": "100000000111", "bic": "044525225"},
            "sbp_operation_id": "1027088AE4CB48CB81287833347A8777",
        },
    });
    let payment = "/components/schemas/Payment";
    judge.check(payment, &sample, "the sample");
    let mutations: [(&str, Value); 6] = [
        ("/amount/value", json!(2.0)),
        ("/status", json!("paid")),
        ("/payment_method/type", json!("cheque")),
        (
            "/payment_method/payer_bank_details",
            json!({"bank_id": "100000000111"}),
        ),
        ("/created_at", json!("yesterday")),
        ("/id", json!("short")),
    ];
    for (place, value) in mutations {
        let mut mutant = sample.clone();
        *mutant.pointer_mut(place).unwrap() = value;
        assert!(judge.refuses(payment, &mutant), "{place}");
    }
    let mut misspelt = sample;
    misspelt["incomeAmount"] = json!({"value": "2.00", "currency": "RUB"});
    assert!(judge.refuses(payment, &misspelt), "an unknown field");
}

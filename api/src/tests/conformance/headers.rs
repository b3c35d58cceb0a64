//! Headers that set conditions.

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;

use super::{Apart, Place};
use crate::apps::access::on_behalf_of;
use crate::extract::client_address::client_address;
use crate::extract::head::{idempotency_key, if_match};
use crate::tests::description::{operations, resolved, spelled_out};

fn read(name: &str, headers: &HeaderMap) -> bool {
    let mut faults = Vec::new();
    match name {
        "Idempotency-Key" => drop(idempotency_key(headers, &mut faults)),
        "If-Match" => drop(if_match(headers, &mut faults)),
        "Tot-Client-Address" => {
            client_address(headers, &mut faults);
        }
        "Tot-On-Behalf-Of" => drop(on_behalf_of(headers, &mut faults)),
        other => panic!("{other} is not read here"),
    }
    faults.is_empty()
}

#[test]
fn what_is_described_of_a_header_is_what_is_read() {
    let description = spelled_out();
    let mut tried = 0;
    for (_, _, operation) in operations(&description) {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| resolved(&description, parameter));
        for parameter in parameters.filter(|parameter| parameter["in"] == "header") {
            let name = parameter["name"].as_str().unwrap();
            if parameter["schema"]["type"] == "integer" {
                assert_eq!(parameter["schema"]["minimum"], 0, "{name}");
                continue;
            }
            let takes = |value: &Value| {
                let Ok(value) = HeaderValue::from_bytes(value.as_str().unwrap().as_bytes()) else {
                    return false;
                };
                let header = HeaderName::try_from(name).unwrap();
                read(name, &HeaderMap::from_iter([(header, value)]))
            };
            let place = Place {
                name: name.to_owned(),
                schema: &parameter["schema"],
                takes: &takes,
                apart: Apart {
                    // Which digits and colons are an address, no short pattern tells.
                    beyond_patterns: (name == "Tot-Client-Address").then_some(|_| true),
                    forgiven: match name {
                        // A version may have a sign.
                        "If-Match" => Some(|text| text.trim().starts_with('"')),
                        "Tot-Client-Address" => Some(|text| text.trim() != text),
                        _ => None,
                    },
                },
            };
            place.try_all();
            tried += 1;
        }
    }
    assert!(tried > 30, "{tried}");
}

//! Whole requests: bodies, filters, cursors, headers, paths.

use std::sync::LazyLock;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::Full;
use serde_json::Value;
use url::form_urlencoded;

use crate::platform::{Answer, PLATFORM};

/// What stands in an input for the patient's token, which differs from run to run.
const TOKEN: &str = "$TOKEN";
const ID: &str = "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69";

/// What is described.
struct Operation {
    method: Method,
    /// The path's segments; those that differ from call to call are in braces.
    segments: Vec<String>,
    takes_a_token: bool,
    /// Every parameter of the query, with a value as the description shows it.
    query: String,
    /// A body as the description shows it.
    example: Option<String>,
}

static OPERATIONS: LazyLock<Vec<Operation>> = LazyLock::new(|| {
    let described = serde_json::to_value(api::openapi().whole).expect("the description is JSON");
    let paths = described["paths"].as_object().expect("paths");
    let described = &described;
    let of_path = |(path, item): (&String, &Value)| {
        let segments: Vec<String> = path.split('/').map(str::to_owned).collect();
        let operations = item.as_object().cloned().unwrap_or_default();
        operations
            .into_iter()
            .filter_map(move |(method, operation)| {
                Some(Operation {
                    method: method.to_uppercase().parse().ok()?,
                    segments: segments.clone(),
                    takes_a_token: operation["security"] != serde_json::json!([]),
                    query: query(described, &operation),
                    example: example(described, &operation),
                })
            })
            .collect::<Vec<_>>()
    };
    paths.iter().flat_map(of_path).collect()
});

/// What stands there, or where it refers to.
fn resolved<'d>(described: &'d Value, part: &'d Value) -> &'d Value {
    let place = part["$ref"]
        .as_str()
        .and_then(|place| described.pointer(place.trim_start_matches('#')));
    place.unwrap_or(part)
}

fn query(described: &Value, operation: &Value) -> String {
    let parameters = operation["parameters"].as_array().cloned().unwrap_or_default();
    let mut query = form_urlencoded::Serializer::new(String::new());
    for parameter in &parameters {
        let parameter = resolved(described, parameter);
        let schema = resolved(described, &parameter["schema"]);
        let schema = resolved(described, schema.get("items").unwrap_or(schema));
        let by_format = match schema["format"].as_str().unwrap_or_default() {
            "uuid" => Value::from(ID),
            "date" => Value::from("2026-12-02"),
            "date-time" => Value::from("2026-12-01T09:30:00Z"),
            _ => Value::Null,
        };
        let shown = [
            &schema["examples"][0],
            &schema["enum"][0],
            &schema["minimum"],
            &by_format,
        ];
        let value = shown.into_iter().find(|value| !value.is_null());
        // A cursor is of one list, and its seeds stand beside.
        if parameter["name"] == "cursor" {
            continue;
        }
        if let (Some(name), Some("query")) = (parameter["name"].as_str(), parameter["in"].as_str()) {
            let value = value.map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            query.append_pair(name, &value.unwrap_or_else(|| "true".to_owned()));
        }
    }
    query.finish()
}

fn example(described: &Value, operation: &Value) -> Option<String> {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"].as_str()?.strip_prefix("#/components/schemas/")?;
    let example = &described["components"]["schemas"][name]["example"];
    (!example.is_null()).then(|| example.to_string())
}

pub fn seeds() -> Vec<Vec<u8>> {
    OPERATIONS
        .iter()
        .map(|operation| {
            let segments = operation.segments.iter().map(|segment| match segment.as_str() {
                "{date}" => "2026-12-02",
                "{type}" => "booking",
                "{version}" | "{number}" => "1",
                braced if braced.starts_with('{') => ID,
                plain => plain,
            });
            let path = segments.collect::<Vec<_>>().join("/");
            let (method, is_read) = (&operation.method, operation.method == Method::GET);
            // What changes something is asked for by nobody: its body is read all the same.
            let headers = match is_read {
                true => format!("authorization: Bearer {TOKEN}\nif-none-match: \"1\"\n"),
                false => format!("content-type: application/json\nidempotency-key: {ID}\n"),
            };
            let query = &operation.query;
            let body = operation.example.as_deref().unwrap_or_default();
            format!("{method} {path}?{query}\n{headers}\n{body}").into_bytes()
        })
        .collect()
}

pub fn run(input: &[u8]) {
    let Some(request) = request(input) else { return };
    let told = format!("{} {} {:?}", request.method(), request.uri(), request.headers());
    let is_somebody = request.headers().contains_key(http::header::AUTHORIZATION);
    let is_head = request.method() == Method::HEAD;
    let takes_a_token = OPERATIONS
        .iter()
        .any(|operation| operation.is(&request) && operation.takes_a_token);
    let is_oauth = request.uri().path().ends_with("/oauth/token");
    let answer = PLATFORM.ask(request);
    // No worker carries facts on here: what must be fresh is not.
    let is_behind = answer.status == 503 && answer.code() == "not_fresh";
    assert!(
        answer.status < 500 || is_behind,
        "{told}: {}",
        String::from_utf8_lossy(&answer.body)
    );
    if answer.status < 300 {
        assert!(is_somebody || !takes_a_token, "{told}: nobody is let in");
    } else if is_oauth && answer.media_type == "application/json" {
        // RFC 6749, 5.2.
        let refusal: Value = serde_json::from_slice(&answer.body).expect("a refusal is JSON");
        assert!(refusal["error"].is_string(), "{told}: {refusal}");
    } else if answer.status >= 400 && !is_head && answer.media_type != "text/html; charset=utf-8" {
        assert_problem(&answer, &told);
    }
}

fn assert_problem(answer: &Answer, told: &str) {
    let body = String::from_utf8_lossy(&answer.body);
    assert_eq!(answer.media_type, "application/problem+json", "{told}: {body}");
    let problem: Value = serde_json::from_slice(&answer.body).expect("a problem is JSON");
    assert_eq!(problem["status"], answer.status, "{told}: {body}");
    assert!(
        problem["code"].is_string() && problem["title"].is_string(),
        "{told}: {body}"
    );
}

impl Operation {
    /// Whether this is what the request asks for.
    fn is(&self, request: &Request<Full<Bytes>>) -> bool {
        let asked: Vec<&str> = request.uri().path().split('/').collect();
        self.method == *request.method()
            && asked.len() == self.segments.len()
            && self
                .segments
                .iter()
                .zip(asked)
                .all(|(known, asked)| known.starts_with('{') || known == asked)
    }
}

/// The request that is written there, where an HTTP server would hand it on: method and target, headers, an empty line, the body.
fn request(input: &[u8]) -> Option<Request<Full<Bytes>>> {
    let split = input.windows(2).position(|pair| pair == b"\n\n")?;
    let head = std::str::from_utf8(input.get(..split)?).ok()?;
    let body = Bytes::copy_from_slice(input.get(split + 2..)?);
    let mut lines = head.lines();
    let (method, target) = lines.next()?.split_once(' ')?;
    let uri: Uri = target.parse().ok()?;
    if !uri.path().starts_with('/') {
        return None;
    }
    let mut request = Request::new(Full::new(body));
    *request.method_mut() = method.parse().ok()?;
    *request.uri_mut() = uri;
    for line in lines {
        let (name, value) = line.split_once(": ")?;
        let value = value.replace(TOKEN, &PLATFORM.token);
        let name: HeaderName = name.parse().ok()?;
        request
            .headers_mut()
            .append(name, HeaderValue::from_str(&value).ok()?);
    }
    Some(request)
}

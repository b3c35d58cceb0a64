//! YooKassa's refusals and faults as they go on the wire.

use serde_json::{Value, json};

/// A definite "no".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The stable code.
    pub code: &'static str,
    /// Words for a developer.
    pub description: String,
    /// The field at fault.
    pub parameter: Option<String>,
    /// When to come back, in milliseconds.
    pub retry_after_ms: Option<u64>,
}

impl Refusal {
    fn new(status: u16, code: &'static str, description: impl Into<String>) -> Self {
        Self {
            status,
            code,
            description: description.into(),
            parameter: None,
            retry_after_ms: None,
        }
    }

    /// 400 for a field.
    pub fn field(parameter: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..Self::request(description)
        }
    }

    /// 400 for the request as a whole.
    pub fn request(description: impl Into<String>) -> Self {
        Self::new(400, "invalid_request", description)
    }

    pub fn credentials() -> Self {
        Self {
            parameter: Some("Authorization".into()),
            ..Self::new(
                401,
                "invalid_credentials",
                "Authentication by given credentials failed",
            )
        }
    }

    pub fn forbidden() -> Self {
        Self::new(
            403,
            "forbidden",
            "The credentials are valid, but this operation is not allowed for them",
        )
    }

    /// 404 for an object.
    pub fn not_found(what: &str, parameter: &str) -> Self {
        Self {
            parameter: Some(parameter.into()),
            ..Self::new(404, "not_found", format!("{what} doesn't exist or access denied"))
        }
    }

    /// 404 for a path.
    pub fn no_such_path() -> Self {
        Self::new(404, "not_found", "There is nothing at this address")
    }

    pub fn too_many(retry_after_ms: u64) -> Self {
        Self {
            retry_after_ms: Some(retry_after_ms),
            ..Self::new(429, "too_many_requests", "Too many requests")
        }
    }

    /// 500: not a refusal at all, but the same body.
    pub fn internal() -> Self {
        Self {
            retry_after_ms: Some(1_800),
            ..Self::new(500, "internal_server_error", "Internal server error")
        }
    }

    /// The body, under an id of its own.
    pub fn body(&self, id: String) -> Value {
        let mut body = json!({
            "type": "error",
            "id": id,
            "code": self.code,
            "description": self.description,
        });
        if let Some(parameter) = &self.parameter {
            body["parameter"] = json!(parameter);
        }
        if let Some(pause) = self.retry_after_ms {
            body["retry_after"] = json!(pause);
        }
        body
    }
}

/// The legacy 202.
pub fn processing(retry_after_ms: u64) -> Value {
    json!({
        "type": "processing",
        "description": "Request accepted, but not processed yet.",
        "retry_after": retry_after_ms,
    })
}

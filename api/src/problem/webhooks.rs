//! Refusals and errors of webhooks as problems.

use event_store::is_connection_trouble;
use webhooks::WebhookError;
use webhooks::address::AddressRefusal;
use webhooks::endpoints::{EndpointError, EndpointRefusal};

use crate::problem::field_error::FieldProblem;
use crate::problem::russian::refusals as russian;
use crate::problem::{Code, Problem};

impl From<EndpointError> for Problem {
    fn from(error: EndpointError) -> Self {
        match error {
            EndpointError::Refused(refusal) => Self::from(refusal),
            EndpointError::Webhook(error) => Self::from(error),
        }
    }
}

impl From<EndpointRefusal> for Problem {
    fn from(refusal: EndpointRefusal) -> Self {
        let said = |code| Self::new(code, refusal.to_string()).in_russian(russian::of_endpoint(refusal));
        match refusal {
            EndpointRefusal::NotFound => Self::plain(Code::NotFound),
            EndpointRefusal::KeyReused => Self::plain(Code::IdempotencyKeyReused),
            EndpointRefusal::TooMany => said(Code::TooManyWebhookEndpoints),
            EndpointRefusal::Disabled => said(Code::WebhookEndpointDisabled),
        }
    }
}

impl From<WebhookError> for Problem {
    fn from(error: WebhookError) -> Self {
        match error {
            WebhookError::Log(error) => Self::from(error),
            WebhookError::Database(ref cause) if is_connection_trouble(cause) => Self::unavailable(&error),
            WebhookError::Database(_)
            | WebhookError::AnotherLog
            | WebhookError::Fact(_)
            | WebhookError::Event(_)
            | WebhookError::Secret
            | WebhookError::Stored(_) => Self::internal(&error),
        }
    }
}

impl From<AddressRefusal> for FieldProblem {
    fn from(refusal: AddressRefusal) -> Self {
        Self::new(refusal.code(), refusal.to_string())
    }
}

//! What apps may call, in the description: the scheme they sign in by, the scope each operation takes, and the header that names a patient.

use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, SchemaFormat, Type};
use utoipa::openapi::security::{
    ClientCredentials, Flow, OAuth2, Scopes, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{RefOr, Required};

use crate::apps::access::ON_BEHALF_OF;
use crate::apps::{BY_APPS, scope_of};
use crate::base_path::BASE;

/// The name of the scheme.
pub const SCHEME: &str = "app";

/// How many operations apps may call.
pub const KNOWN: usize = BY_APPS.len();

/// How an app signs in, and what it may be let do.
pub fn scheme() -> SecurityScheme {
    let words = |scope| match scope {
        domain::apps::AppScope::BookingsRead => "See bookings, their history and what cancelling costs",
        domain::apps::AppScope::BookingsWrite => "Book, move and cancel visits",
        domain::apps::AppScope::PaymentsRead => "See payments",
        domain::apps::AppScope::PaymentsWrite => "Begin to pay for a visit, never from a wallet",
    };
    let scopes = domain::apps::AppScope::ALL.map(|scope| (scope.as_str(), words(scope)));
    let flow = ClientCredentials::new(format!("{BASE}/oauth/token"), Scopes::from_iter(scopes));
    SecurityScheme::OAuth2(OAuth2::with_description(
        [Flow::ClientCredentials(flow)],
        "For apps that act for patients who agreed.",
    ))
}

/// Says of an operation, once it has its id, that an app may call it, if one may: by which scope, and for whom.
pub fn add(operation: &mut Operation) -> bool {
    let Some(scope) = operation.operation_id.as_deref().and_then(scope_of) else {
        return false;
    };
    let by_app = SecurityRequirement::new(SCHEME, [scope.as_str()]);
    operation.security.get_or_insert_default().push(by_app);
    let patient = ParameterBuilder::new()
        .name(ON_BEHALF_OF)
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some("Of an app, and of nobody else: the patient it acts for."))
        .schema(Some(
            ObjectBuilder::new()
                .schema_type(Type::String)
                .format(Some(SchemaFormat::KnownFormat(KnownFormat::Uuid)))
                .build(),
        ))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(RefOr::T(patient));
    true
}

/// Whether an app may call it for a patient.
pub fn is_by_apps(operation: &Operation) -> bool {
    operation
        .operation_id
        .as_deref()
        .is_some_and(|id| scope_of(id).is_some())
}

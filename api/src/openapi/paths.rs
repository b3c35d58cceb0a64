//! Where the descriptions are served.

/// That for apps.
pub const OPENAPI: &str = "/api/v1/openapi.json";
/// Where what doctors may call of it lives.
pub const OPENAPI_OF_DOCTORS: &str = "/api/v1/openapi-doctor.json";
/// Where what clinics may call of it lives.
pub const OPENAPI_OF_CLINICS: &str = "/api/v1/openapi-clinic.json";
/// Where what everybody may do about their own account lives.
pub const OPENAPI_OF_ACCOUNTS: &str = "/api/v1/openapi-account.json";
/// Where that for admins lives.
pub const OPENAPI_OF_ADMINS: &str = "/api/v1/openapi-admin.json";
/// Where that for those who run the platform lives.
pub const OPENAPI_OF_OPERATORS: &str = "/api/v1/openapi-operator.json";
/// Where that for analysts lives.
pub const OPENAPI_OF_ANALYSTS: &str = "/api/v1/openapi-analyst.json";
/// Where that of what payment providers call lives.
pub const OPENAPI_OF_WEBHOOKS: &str = "/api/v1/openapi-webhooks.json";

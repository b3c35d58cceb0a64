//! Who may do what about their own account: the rows of signing in, second factors and sessions.

use serde_json::{Value, json};

use super::operations::Owed::{self, Absent, In, No, Who};
use super::operations::{
    ADMINS, ANYONE, CLINICS, CLINICS_ABSENT, DOCTORS, INVITED, LISTS, NO_INTENT, Operation, PATIENTS,
    SIGNED_IN,
};

/// Doctors and clinics, each about what they say of themselves.
const PROFILES: [Owed; 10] = [Who, No, No, In, In, In, In, In, No, No];

/// The rows, with who registers and who signs in.
pub fn operations(named: Value, login: Value) -> Vec<Operation> {
    let mut all = of_everybody(named, login);
    all.extend(of_sessions());
    all.extend(of_second_factors());
    all.extend(of_apps());
    all.extend(of_doctors_and_clinics());
    all
}

fn of_sessions() -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    vec![
        row("GET /api/v1/auth/sessions", SIGNED_IN, None),
        row("POST /api/v1/auth/sessions/{id}/end", SIGNED_IN, nothing()),
        row("POST /api/v1/auth/sessions/end-others", SIGNED_IN, nothing()),
    ]
}

fn of_second_factors() -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    vec![
        row("GET /api/v1/auth/second-factor", SIGNED_IN, None),
        row("POST /api/v1/auth/totp", SIGNED_IN, Some(wrong_password())),
        row(
            "POST /api/v1/auth/totp/confirm",
            SIGNED_IN,
            Some(json!({"code": "123456"})),
        ),
        row("POST /api/v1/auth/totp/remove", SIGNED_IN, Some(both_proofs())),
        row("POST /api/v1/auth/recovery-codes", SIGNED_IN, Some(both_proofs())),
        row("POST /api/v1/auth/proof", SIGNED_IN, Some(wrong_password())),
        row("POST /api/v1/auth/passkey/options", ANYONE, nothing()),
        row("POST /api/v1/auth/passkey", ANYONE, Some(a_credential())),
        row("POST /api/v1/auth/passkey/proof", SIGNED_IN, Some(a_credential())),
        row("POST /api/v1/auth/passkeys/options", SIGNED_IN, nothing()),
        row("POST /api/v1/auth/passkeys", SIGNED_IN, Some(a_passkey())),
        row("GET /api/v1/auth/passkeys", SIGNED_IN, None),
        row("POST /api/v1/auth/passkeys/{id}/remove", SIGNED_IN, nothing()),
    ]
}

fn of_everybody(named: Value, login: Value) -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    vec![
        row("POST /api/v1/auth/register", ANYONE, Some(named)),
        row("POST /api/v1/auth/login", ANYONE, Some(login)),
        row(
            "POST /api/v1/auth/login/code",
            ANYONE,
            Some(json!({"sign_in_token": "not one of ours", "code": "123456"})),
        ),
        row(
            "POST /api/v1/auth/refresh",
            ANYONE,
            Some(json!({"refresh_token": "not one of ours"})),
        ),
        row(
            "POST /api/v1/auth/logout",
            ANYONE,
            Some(json!({"refresh_token": "not one of ours"})),
        ),
        row("POST /api/v1/auth/stream-tickets", LISTS, nothing()),
        row("GET /api/v1/auth/me", SIGNED_IN, None),
        row(
            "PUT /api/v1/auth/me",
            SIGNED_IN,
            Some(json!({"first_name": "Андрей"})),
        ),
        row(
            "POST /api/v1/auth/password",
            SIGNED_IN,
            Some(json!({"current_password": "a wrong password", "new_password": "amber-tunnel-violin"})),
        ),
        row(
            "POST /api/v1/auth/password-resets",
            ANYONE,
            Some(json!({"email": "patient1@example.com"})),
        ),
        row(
            "POST /api/v1/auth/password-resets/confirm",
            ANYONE,
            Some(
                json!({"email": "patient1@example.com", "code": "ABCDE-FGHJK", "new_password": "amber-tunnel-violin"}),
            ),
        ),
        row("POST /api/v1/auth/email/code", SIGNED_IN, nothing()),
        row(
            "POST /api/v1/auth/email/confirm",
            SIGNED_IN,
            Some(json!({"code": "ABCDE-FGHJK"})),
        ),
        row("POST /api/v1/auth/phone/code", SIGNED_IN, nothing()),
        row(
            "POST /api/v1/auth/phone/confirm",
            SIGNED_IN,
            Some(json!({"code": "123456"})),
        ),
        row("GET /api/v1/consents", ANYONE, None),
        row("GET /api/v1/me/consents", SIGNED_IN, None),
        row(
            "POST /api/v1/me/consents",
            SIGNED_IN,
            Some(json!({"kind": "personal_data", "version": 1, "given": true})),
        ),
        row("GET /api/v1/me/data", SIGNED_IN, None),
        row("POST /api/v1/me/erasure", SIGNED_IN, nothing()),
        row("GET /api/v1/me/erasure", SIGNED_IN, None),
        row("POST /api/v1/me/erasure/withdraw", SIGNED_IN, nothing()),
    ]
}

/// No person is an app.
const APPS: [Owed; 10] = [Who, No, No, No, No, No, No, No, No, No];
/// Of an app that is not there.
const ADMINS_ABSENT: [Owed; 10] = [Who, No, No, No, No, No, No, No, No, Absent];
const PATIENTS_ABSENT: [Owed; 10] = [Who, No, Absent, No, No, No, No, No, Absent, No];

/// The rows of third parties' apps; what such an app may, `apps.rs` asks.
fn of_apps() -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    let (app, less) = (
        json!({"name": "Страховая", "scopes": ["bookings:read"]}),
        json!({"writes_per_minute": 10}),
    );
    vec![
        row("POST /api/v1/oauth/token", ANYONE, None),
        row(
            "POST /api/v1/apps/me/patients",
            APPS,
            Some(json!({"link_code": "ABCDE-FGHJK"})),
        ),
        row("GET /api/v1/apps/me/patients", APPS, None),
        row(
            "POST /api/v1/me/apps/link-codes",
            PATIENTS_ABSENT,
            Some(json!({"app_id": NO_INTENT})),
        ),
        row("GET /api/v1/me/apps", PATIENTS, None),
        row("DELETE /api/v1/me/apps/{id}", PATIENTS, None),
        row("POST /api/v1/admin/apps", ADMINS, Some(app)),
        row("GET /api/v1/admin/apps", ADMINS, None),
        row("GET /api/v1/admin/apps/{id}", ADMINS_ABSENT, None),
        row("PATCH /api/v1/admin/apps/{id}", ADMINS_ABSENT, Some(less)),
        row(
            "POST /api/v1/admin/apps/{id}/deactivate",
            ADMINS_ABSENT,
            nothing(),
        ),
        row(
            "POST /api/v1/admin/apps/{id}/reactivate",
            ADMINS_ABSENT,
            nothing(),
        ),
        row(
            "POST /api/v1/admin/apps/{id}/rotate-secret",
            ADMINS_ABSENT,
            nothing(),
        ),
        row(
            "POST /api/v1/admin/apps/{id}/secrets/{secret_id}/revoke",
            ADMINS_ABSENT,
            nothing(),
        ),
    ]
}

/// The rows of doctors who apply, and of clinics that invite them.
fn of_doctors_and_clinics() -> Vec<Operation> {
    let row = |name, owed, body| Operation { name, owed, body };
    let nothing = || Some(json!({}));
    vec![
        row("GET /api/v1/me/application", DOCTORS, None),
        row(
            "POST /api/v1/me/application",
            DOCTORS,
            // Nobody is verified with a licence that has run out: the doctor stays as they are.
            Some(json!({"licence_number": "Л041-01137-77/00123456", "valid_until": "2020-01-01"})),
        ),
        // No clinic has the id of a booking.
        row("GET /api/v1/clinics/{id}", [Absent; 10], None),
        row("GET /api/v1/me/profile", PROFILES, None),
        row(
            "PATCH /api/v1/me/profile",
            PROFILES,
            Some(json!({"about": "Принимаем каждый день."})),
        ),
        // Nobody's application waits, and nobody has a document. A file is no JSON.
        row("POST /api/v1/me/application/documents", DOCTORS, None),
        row("GET /api/v1/me/application/documents/{id}", INVITED, None),
        row(
            "POST /api/v1/me/application/documents/{id}/remove",
            INVITED,
            nothing(),
        ),
        row(
            "GET /api/v1/admin/accounts/{id}/documents/{document_id}",
            ADMINS,
            None,
        ),
        row("GET /api/v1/me/invitations", DOCTORS, None),
        // Nobody is invited: whoever is let in hears that there is no such invitation.
        row("POST /api/v1/me/invitations/{id}/accept", INVITED, nothing()),
        row("POST /api/v1/me/invitations/{id}/decline", INVITED, nothing()),
        row("GET /api/v1/clinic/invitations", CLINICS, None),
        row(
            "POST /api/v1/clinic/invitations",
            CLINICS,
            Some(json!({"email": "nobody@example.com"})),
        ),
        row(
            "POST /api/v1/clinic/invitations/{id}/withdraw",
            CLINICS_ABSENT,
            nothing(),
        ),
        row(
            "POST /api/v1/clinic/doctors/{id}/release",
            CLINICS_ABSENT,
            nothing(),
        ),
    ]
}

/// A path with the question that attaching a document needs, and the id of one that is not there.
pub fn with_document(path: &str) -> String {
    let path = path.replace("{document_id}", "019a8f0e-0000-7000-8000-00000000d0c5");
    match path.ends_with("/application/documents") {
        true => format!("{path}?kind=licence"),
        false => path,
    }
}

fn wrong_password() -> Value {
    json!({"password": "a wrong password"})
}

fn both_proofs() -> Value {
    json!({"password": "a wrong password", "code": "123456"})
}

fn a_credential() -> Value {
    json!({"challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", "credential": "{}"})
}

fn a_passkey() -> Value {
    json!({"challenge_id": "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", "name": "phone", "credential": "{}"})
}

//! Who may do what about their own account: the rows of signing in, second factors and sessions.

use serde_json::{Value, json};

use super::operations::{ANYONE, CLINICS, CLINICS_ABSENT, DOCTORS, INVITED, LISTS, Operation, SIGNED_IN};

/// The rows, with who registers and who signs in.
pub fn operations(named: Value, login: Value) -> Vec<Operation> {
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
        row("GET /api/v1/auth/sessions", SIGNED_IN, None),
        row("POST /api/v1/auth/sessions/{id}/end", SIGNED_IN, nothing()),
        row("POST /api/v1/auth/sessions/end-others", SIGNED_IN, nothing()),
    ]
}

/// The rows of doctors who apply, and of clinics that invite them.
pub fn of_doctors_and_clinics() -> Vec<Operation> {
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

fn wrong_password() -> Value {
    json!({"password": "a wrong password"})
}

fn both_proofs() -> Value {
    json!({"password": "a wrong password", "code": "123456"})
}

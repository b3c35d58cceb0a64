//! Accounts, sessions and admins' commands.

use serde_json::json;

use crate::extract::tests::{Case, ID, check, some};
use crate::routes::admin::accounts::create::AccountBody;
use crate::routes::admin::intents::GiveUpBody;
use crate::routes::admin::projections::RebuildBody;
use crate::routes::admin::projections::UnparkBody;
use crate::routes::auth::me::ChangeMeBody;
use crate::routes::auth::password::ChangePasswordBody;
use crate::routes::auth::register::RegisterBody;
use crate::routes::auth::session::LoginBody;
use crate::routes::auth::session::LogoutBody;
use crate::routes::auth::session::RefreshBody;

#[test]
fn a_registration_is_checked_field_by_field() {
    check::<RegisterBody>(Case {
        good: json!({"email": "a@example.com", "password": "moss-kettle-ferry", "first_name": "Иван",
                     "last_name": "Иванов", "phone": "+79990000000"}),
        bad: vec![
            ("email", None, "required"),
            ("email", some(json!("nobody")), "invalid_email"),
            ("email", some(json!("x".repeat(600))), "too_long"),
            ("password", None, "required"),
            ("password", some(json!("short")), "too_short"),
            ("password", some(json!("x".repeat(129))), "too_long"),
            ("password", some(json!("password123")), "guessable"),
            ("password", some(json!("Иванов1990")), "guessable"),
            ("first_name", some(json!("И")), "too_short"),
            ("first_name", some(json!("x".repeat(51))), "too_long"),
            ("last_name", None, "required"),
            ("last_name", some(json!("a\u{0}b")), "control_character"),
            ("phone", some(json!("12345")), "invalid_phone"),
            ("role", some(json!("admin")), "not_allowed"),
            ("role", some(json!("doctor")), "not_allowed"),
        ],
        fine: vec![
            ("phone", None),
            ("role", some(json!("patient"))),
            ("email", some(json!(" A@Example.com "))),
        ],
    });
}

#[test]
fn the_rest_of_auth_is_checked_field_by_field() {
    check::<LoginBody>(Case {
        good: json!({"email": "a@example.com", "password": "x"}),
        bad: vec![
            ("email", None, "required"),
            ("email", some(json!(1)), "not_text"),
            ("password", some(json!("")), "too_short"),
            ("password", None, "required"),
            ("refresh_cookie", some(json!("yes")), "not_a_boolean"),
        ],
        fine: vec![("refresh_cookie", some(json!(true)))],
    });
    check::<RefreshBody>(Case {
        good: json!({"refresh_token": "x"}),
        bad: vec![("refresh_token", some(json!("x".repeat(257))), "too_long")],
        // The cookie may bring it.
        fine: vec![("refresh_token", None)],
    });
    check::<LogoutBody>(Case {
        good: json!({}),
        bad: vec![("refresh_token", some(json!(1)), "not_text")],
        fine: vec![("refresh_token", some(json!("x")))],
    });
    check::<ChangePasswordBody>(Case {
        good: json!({"current_password": "x", "new_password": "moss-kettle"}),
        bad: vec![
            ("current_password", None, "required"),
            ("new_password", None, "required"),
            ("new_password", some(json!("short")), "too_short"),
        ],
        fine: vec![],
    });
    check::<ChangeMeBody>(Case {
        good: json!({}),
        bad: vec![
            ("first_name", some(json!("И")), "too_short"),
            ("last_name", some(json!("x".repeat(51))), "too_long"),
            ("phone", some(json!("x")), "invalid_phone"),
        ],
        fine: vec![("first_name", some(json!("Ян")))],
    });
}

#[test]
fn admins_requests_are_checked_field_by_field() {
    check::<AccountBody>(Case {
        good: json!({"role": "doctor", "email": "d@example.com", "password": "moss-kettle-ferry", "first_name": "Пётр",
                     "last_name": "Петров", "specialization": "Кардиолог"}),
        bad: vec![
            ("role", None, "required"),
            ("role", some(json!("patient")), "not_allowed"),
            ("password", some(json!("moss-kettle")), "too_short"),
            ("password", some(json!("qwertyuiop12")), "guessable"),
            ("specialization", None, "required"),
            ("experience_years", some(json!(81)), "out_of_range"),
            ("experience_years", some(json!("15")), "not_a_whole_number"),
            ("languages", some(json!("ru")), "not_a_list"),
            ("languages", some(json!(["russian"])), "invalid_language"),
            ("languages", some(json!(vec!["ru"; 17])), "too_many"),
            ("clinic_id", some(json!("x")), "not_an_id"),
            ("price_class", some(json!("cheap")), "unknown_word"),
            ("zone", some(json!("Moscow")), "unknown_zone"),
            ("accepts", some(json!("yes")), "not_a_boolean"),
            ("clinic_name", some(json!("x")), "too_short"),
        ],
        fine: vec![
            ("role", some(json!("admin"))),
            ("languages", some(json!(["ru", "EN"]))),
            ("accepts", some(json!(false))),
        ],
    });
    check::<RebuildBody>(Case {
        good: json!({}),
        bad: vec![("force", some(json!(1)), "not_a_boolean")],
        fine: vec![("force", some(json!(true)))],
    });
    check::<UnparkBody>(Case {
        good: json!({}),
        bad: vec![("partition_key", some(json!("")), "too_short")],
        fine: vec![("partition_key", some(json!(ID)))],
    });
    check::<GiveUpBody>(Case {
        good: json!({"reason": "obsolete"}),
        bad: vec![
            ("reason", None, "required"),
            ("reason", some(json!("tired")), "not_allowed"),
        ],
        fine: vec![],
    });
}

//! What is no object, says things twice, or says too much.

use crate::extract::body;
use crate::extract::tests::faults;
use crate::problem::Code;
use crate::routes::admin::credit_wallet::CreditBody;
use crate::routes::auth::session::LoginBody;
use crate::routes::auth::session::RefreshBody;
use crate::routes::bookings::request::BookingRequest;

#[test]
fn the_seeds_invalid_booking_names_every_fault_at_once() {
    let body =
        r#"{"call_type": "invalid_type", "amount": -100, "address": "", "colour": 1, "colour": 2, "a/b": 0}"#;
    assert_eq!(
        faults::<BookingRequest>(body),
        [
            "/address too_short",
            "/amount not_positive",
            "/a~1b unknown_field",
            "/call_type not_allowed",
            "/colour repeated",
            "/colour unknown_field",
        ]
    );
}

#[test]
fn a_repeated_field_is_refused_even_if_it_is_known() {
    assert_eq!(
        faults::<CreditBody>(r#"{"amount": 1, "amount": 2}"#),
        ["/amount repeated"]
    );
}

#[test]
fn what_is_no_json_object_is_told_apart() {
    let code = |body: &str| {
        body::read::<LoginBody>(body.as_bytes(), Vec::new())
            .err()
            .unwrap()
            .code()
    };
    for broken in [
        "{",
        "{\"a\":}",
        "nonsense",
        "{\"a\":1} x",
        "{\"a\":1,}",
        "\u{feff}{}",
    ] {
        assert_eq!(code(broken), Code::MalformedJson, "{broken}");
    }
    for other in ["[]", "1", "null", "\"text\"", "true"] {
        assert_eq!(faults::<LoginBody>(other), [" not_an_object"], "{other}");
    }
    let not_utf8 = body::read::<LoginBody>(b"{\"email\":\"\xff\"}", Vec::new())
        .err()
        .unwrap();
    assert_eq!(not_utf8.code(), Code::MalformedJson);
    assert_eq!(faults::<LoginBody>(""), ["/email required", "/password required"]);
}

#[test]
fn an_object_of_a_thousand_members_is_not_listed_member_by_member() {
    let members: Vec<String> = (0..1_000).map(|index| format!("\"f{index}\":1")).collect();
    let faults = faults::<RefreshBody>(&format!("{{{}}}", members.join(",")));
    assert!(faults.len() <= 66, "{}", faults.len());
    assert!(faults.contains(&" too_many".to_owned()));
}

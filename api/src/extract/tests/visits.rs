//! Bookings, what is done with them, and doctors' days.

use serde_json::{Value, json};

use crate::extract::tests::{Case, ID, check, faults, some, wrong_amounts};
use crate::routes::bookings::assign::AssignBody;
use crate::routes::bookings::cancel::CancelBody;
use crate::routes::bookings::request::BookingRequest;
use crate::routes::bookings::reschedule::RescheduleBody;
use crate::routes::doctors::accept::AcceptsBody;
use crate::routes::doctors::blocks::BlockBody;
use crate::routes::doctors::days::ExtendDayBody;
use crate::routes::doctors::days::OpenDayBody;

#[test]
fn a_booking_request_is_checked_field_by_field() {
    let mut bad = wrong_amounts("amount");
    bad.extend([
        ("call_type", None, "required"),
        ("call_type", some(json!("URGENT")), "not_allowed"),
        ("call_type", some(json!(7)), "not_text"),
        ("currency", some(json!("USD")), "not_allowed"),
        ("address", None, "required"),
        ("address", some(json!("ab")), "too_short"),
        ("address", some(json!("   ")), "too_short"),
        ("address", some(json!("x".repeat(501))), "too_long"),
        ("address", some(json!("line\nbreak")), "control_character"),
        ("address", some(json!("nul\u{0}byte")), "control_character"),
        (
            "address",
            some(json!("ул. \u{202E}Ленина, 1")),
            "control_character",
        ),
        (
            "address",
            some(json!("\u{200B}\u{200B}\u{200B}\u{200B}\u{200B}")),
            "control_character",
        ),
        ("address", some(json!(["a"])), "not_text"),
        ("latitude", some(json!(90.1)), "out_of_range"),
        ("latitude", some(json!("-90.000001")), "out_of_range"),
        ("latitude", some(json!("north")), "not_decimal"),
        ("latitude", some(json!("55.1234567890")), "not_decimal"),
        ("longitude", some(json!(180.5)), "out_of_range"),
        ("longitude", some(json!("1e2")), "not_decimal"),
        ("symptoms", some(json!("")), "too_short"),
        ("symptoms", some(json!("x".repeat(2_001))), "too_long"),
        ("symptoms", some(json!("bell\u{7}")), "control_character"),
        ("notes", some(json!("x".repeat(2_001))), "too_long"),
        ("notes", some(json!(5)), "not_text"),
        ("doctor_id", some(json!(ID)), "not_allowed"),
        ("doctor_id", some(json!("x")), "not_an_id"),
        ("starts_at", some(json!("2026-12-01T09:30:00Z")), "not_allowed"),
        ("starts_at", some(json!("tomorrow")), "not_an_instant"),
        ("starts_at", some(json!("2026-12-01T09:30:00")), "not_an_instant"),
    ]);
    check::<BookingRequest>(Case {
        good: json!({"call_type": "urgent", "address": "Москва, ул. Тверская, 1", "amount": 1500.00,
                     "latitude": 55.7558, "longitude": "37.6176"}),
        bad,
        fine: vec![
            ("amount", some(json!("1500"))),
            ("amount", some(json!("1500.500"))),
            ("amount", some(json!(10_000_000))),
            ("currency", some(json!("RUB"))),
            ("currency", some(Value::Null)),
            ("symptoms", some(json!("fever\nand cough"))),
            ("address", some(json!("x".repeat(500)))),
        ],
    });
}

#[test]
fn each_kind_of_call_names_what_it_lacks() {
    assert_eq!(
        faults::<BookingRequest>(r#"{"call_type": "scheduled", "amount": "2000"}"#),
        ["/address required", "/doctor_id required", "/starts_at required"]
    );
    assert_eq!(
        faults::<BookingRequest>(r#"{"call_type": "consultation", "amount": "1500"}"#),
        ["/doctor_id required", "/starts_at required"]
    );
    assert_eq!(
        faults::<BookingRequest>(r#"{"call_type": "urgent", "amount": "1500"}"#),
        ["/address required"]
    );
    let alone = r#"{"call_type": "urgent", "amount": 1, "address": "home", "latitude": 1}"#;
    assert_eq!(faults::<BookingRequest>(alone), ["/longitude required"]);
}

#[test]
fn acts_on_a_booking_are_checked_field_by_field() {
    check::<CancelBody>(Case {
        good: json!({}),
        bad: vec![
            ("reason", some(json!("because")), "not_allowed"),
            ("note", some(json!("x".repeat(1_001))), "too_long"),
            ("expected_fee", some(json!("0.001")), "too_precise"),
            ("expected_fee", some(json!(-1)), "not_positive"),
            ("currency", some(json!("EUR")), "not_allowed"),
        ],
        fine: vec![
            ("expected_fee", some(json!(0))),
            ("expected_fee", some(json!("600.00"))),
            ("reason", some(json!("recovered"))),
        ],
    });
    check::<RescheduleBody>(Case {
        good: json!({"starts_at": "2026-12-02T10:00:00Z"}),
        bad: vec![
            ("starts_at", None, "required"),
            ("starts_at", some(json!("2026-13-02T10:00:00Z")), "not_an_instant"),
            ("doctor_id", some(json!("x")), "not_an_id"),
        ],
        fine: vec![
            ("starts_at", some(json!("2026-12-02T13:00:00+03:00"))),
            ("doctor_id", some(json!(ID))),
        ],
    });
    check::<AssignBody>(Case {
        good: json!({"doctor_id": ID}),
        bad: vec![
            ("doctor_id", None, "required"),
            ("doctor_id", some(json!(1)), "not_text"),
            ("starts_at", some(json!("x")), "not_an_instant"),
        ],
        fine: vec![("starts_at", some(json!("2026-12-02T10:00:00Z")))],
    });
}

#[test]
fn a_day_is_checked_field_by_field() {
    check::<OpenDayBody>(Case {
        good: json!({"date": "2026-12-02", "working": [{"from": "09:00", "until": "13:00"}], "slot_minutes": 60}),
        bad: vec![
            ("date", None, "required"),
            ("date", some(json!("2026-02-30")), "not_a_date"),
            ("date", some(json!("20261202")), "not_a_date"),
            ("date", some(json!("2026-12-02T09:00")), "not_a_date"),
            ("date", some(json!("2026-12-02[Europe/Moscow]")), "not_a_date"),
            ("date", some(json!("-009999-01-01")), "not_a_date"),
            ("date", some(json!("0000-01-01")), "not_a_date"),
            ("working", None, "required"),
            ("working", some(json!([])), "empty"),
            ("working", some(json!("09:00")), "not_a_list"),
            (
                "working",
                some(json!(vec![json!({"from": "09:00", "until": "10:00"}); 13])),
                "too_many",
            ),
            ("slot_minutes", None, "required"),
            ("slot_minutes", some(json!(4)), "out_of_range"),
            ("slot_minutes", some(json!(481)), "out_of_range"),
            ("slot_minutes", some(json!(30.5)), "not_a_whole_number"),
            ("slot_minutes", some(json!("60")), "not_a_whole_number"),
            ("buffer_before_minutes", some(json!(-1)), "out_of_range"),
            ("buffer_before_minutes", some(json!(121)), "out_of_range"),
            ("buffer_after_minutes", some(json!(121)), "out_of_range"),
            ("zone", some(json!("Europe/Atlantis")), "unknown_zone"),
        ],
        fine: vec![
            ("buffer_before_minutes", some(json!(120))),
            ("buffer_after_minutes", some(json!(30))),
            ("zone", some(json!("Asia/Tehran"))),
            ("working", some(json!([{"from": "20:00", "until": "24:00"}]))),
        ],
    });
    let nested = r#"{"date": "2026-12-02", "slot_minutes": 60, "working": [
        {"from": "09:00", "until": "13:00"}, {"from": "9:00", "until": "24:01", "x": 1}, {"from": "10:00", "until": "10:00"}, 5]}"#;
    assert_eq!(
        faults::<OpenDayBody>(nested),
        [
            "/working/1/from not_a_time",
            "/working/1/until not_a_time",
            "/working/1/x unknown_field",
            "/working/2/until not_after",
            "/working/3 not_an_object",
        ]
    );
    check::<ExtendDayBody>(Case {
        good: json!({"working": [{"from": "09:00", "until": "13:00"}]}),
        bad: vec![
            ("working", None, "required"),
            ("working", some(json!([])), "empty"),
        ],
        fine: vec![("working", some(json!([{"from": "00:00", "until": "24:00"}])))],
    });
}

#[test]
fn a_block_and_readiness_are_checked_field_by_field() {
    check::<AcceptsBody>(Case {
        good: json!({"accepts": false}),
        bad: vec![
            ("accepts", None, "required"),
            ("accepts", some(json!("no")), "not_a_boolean"),
        ],
        fine: vec![("accepts", some(json!(true)))],
    });
    check::<BlockBody>(Case {
        good: json!({"starts_at": "2026-12-02T09:00:00Z", "ends_at": "2026-12-02T10:00:00Z"}),
        bad: vec![
            ("starts_at", None, "required"),
            ("ends_at", None, "required"),
            ("ends_at", some(json!("2026-12-02T09:00:00Z")), "not_after"),
            ("ends_at", some(json!(0)), "not_text"),
            ("ends_at", some(json!("2027-01-31T10:00:00.000001Z")), "too_far"),
        ],
        fine: vec![("ends_at", some(json!("2027-01-31T10:00:00Z")))],
    });
}

//! Bodies and questions: each field against each rule, all faults at once, each at its pointer.

use serde_json::{Value, json};

use crate::extract::body::{self, Readable};
use crate::extract::parameters::{Question, ask};
use crate::problem::Problem;
use crate::problem::code::Code;
use crate::routes::admin::create_account::AccountBody;
use crate::routes::admin::credit_wallet::CreditBody;
use crate::routes::admin::events::FactsQuestion;
use crate::routes::admin::give_up_intent::GiveUpBody;
use crate::routes::admin::intents::IntentsQuestion;
use crate::routes::admin::rebuild::RebuildBody;
use crate::routes::admin::unpark::UnparkBody;
use crate::routes::auth::change_me::ChangeMeBody;
use crate::routes::auth::login::LoginBody;
use crate::routes::auth::logout::LogoutBody;
use crate::routes::auth::refresh::RefreshBody;
use crate::routes::auth::register::RegisterBody;
use crate::routes::bookings::assign::AssignBody;
use crate::routes::bookings::cancel::CancelBody;
use crate::routes::bookings::history::AsOfQuestion;
use crate::routes::bookings::list::BookingsQuestion;
use crate::routes::bookings::request::RequestBody;
use crate::routes::bookings::reschedule::RescheduleBody;
use crate::routes::doctors::block_time::BlockBody;
use crate::routes::doctors::list::DoctorsQuestion;
use crate::routes::doctors::open_day::OpenDayBody;
use crate::routes::doctors::slots::SlotsQuestion;
use crate::routes::payments::refund::RefundBody;
use crate::routes::payments::start::PayBody;
use crate::routes::tariffs::TariffQuestion;
use crate::routes::wallet::deposit::DepositBody;

const ID: &str = "019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69";

/// The faults of a body as pointers with codes, in the order of pointers.
fn faults<B: Readable>(body: &str) -> Vec<String> {
    match body::read::<B>(body.as_bytes(), Vec::new()) {
        Ok(_) => Vec::new(),
        Err(problem) => listed(&problem),
    }
}

fn listed(problem: &Problem) -> Vec<String> {
    assert_eq!(problem.code(), Code::Invalid, "{problem:?}");
    let mut faults: Vec<String> = problem
        .errors()
        .iter()
        .map(|fault| format!("{} {}", fault.pointer, fault.code))
        .collect();
    faults.sort();
    faults
}

/// A body that is fine, changed in one field at a time; each change must be that field's fault and no other.
struct Case {
    good: Value,
    /// Field, value (`None` takes the field away), the code it must be refused with.
    bad: Vec<(&'static str, Option<Value>, &'static str)>,
    /// Field and another value that is fine.
    fine: Vec<(&'static str, Option<Value>)>,
}

fn with(good: &Value, field: &str, value: Option<&Value>) -> String {
    let mut changed = good.as_object().unwrap().clone();
    match value {
        Some(value) => changed.insert(field.to_owned(), value.clone()),
        None => changed.remove(field),
    };
    Value::Object(changed).to_string()
}

fn check<B: Readable>(case: Case) {
    assert_eq!(
        faults::<B>(&case.good.to_string()),
        Vec::<String>::new(),
        "the good body is refused"
    );
    for (field, value, code) in &case.bad {
        let body = with(&case.good, field, value.as_ref());
        assert_eq!(faults::<B>(&body), vec![format!("/{field} {code}")], "{body}");
    }
    for (field, value) in &case.fine {
        let body = with(&case.good, field, value.as_ref());
        assert_eq!(faults::<B>(&body), Vec::<String>::new(), "{body}");
    }
    let body = with(&case.good, "colour", Some(&json!("red")));
    assert_eq!(faults::<B>(&body), ["/colour unknown_field"]);
}

fn some(value: Value) -> Option<Value> {
    Some(value)
}

/// The ways an amount can be wrong.
fn wrong_amounts(field: &'static str) -> Vec<(&'static str, Option<Value>, &'static str)> {
    vec![
        (field, None, "required"),
        (field, some(Value::Null), "required"),
        (field, some(json!(0)), "not_positive"),
        (field, some(json!("0.00")), "not_positive"),
        (field, some(json!(-5)), "not_positive"),
        (field, some(json!("1500.001")), "too_precise"),
        (field, some(json!(1500.001)), "too_precise"),
        (field, some(json!("10000000.01")), "too_large"),
        (field, some(json!("99999999999999999999")), "too_large"),
        (field, some(json!(1e20)), "not_decimal"),
        (field, some(json!("1 500")), "not_decimal"),
        (field, some(json!("NaN")), "not_decimal"),
        (field, some(json!("")), "not_decimal"),
        (field, some(json!(true)), "not_decimal"),
        (field, some(json!({"amount": 1})), "not_decimal"),
    ]
}

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
        ("address", some(json!("line\nbreak")), "control_characters"),
        ("address", some(json!("nul\u{0}byte")), "control_characters"),
        ("address", some(json!(["a"])), "not_text"),
        ("latitude", some(json!(90.1)), "out_of_range"),
        ("latitude", some(json!("-90.000001")), "out_of_range"),
        ("latitude", some(json!("north")), "not_decimal"),
        ("latitude", some(json!("55.1234567890")), "not_decimal"),
        ("longitude", some(json!(180.5)), "out_of_range"),
        ("longitude", some(json!("1e2")), "not_decimal"),
        ("symptoms", some(json!("")), "too_short"),
        ("symptoms", some(json!("x".repeat(2_001))), "too_long"),
        ("symptoms", some(json!("bell\u{7}")), "control_characters"),
        ("notes", some(json!("x".repeat(2_001))), "too_long"),
        ("notes", some(json!(5)), "not_text"),
        ("doctor_id", some(json!(ID)), "not_allowed"),
        ("doctor_id", some(json!("x")), "not_an_id"),
        ("starts_at", some(json!("2026-12-01T09:30:00Z")), "not_allowed"),
        ("starts_at", some(json!("tomorrow")), "not_an_instant"),
        ("starts_at", some(json!("2026-12-01T09:30:00")), "not_an_instant"),
    ]);
    check::<RequestBody>(Case {
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
        faults::<RequestBody>(r#"{"call_type": "scheduled", "amount": "2000"}"#),
        ["/address required", "/doctor_id required", "/starts_at required"]
    );
    assert_eq!(
        faults::<RequestBody>(r#"{"call_type": "consultation", "amount": "1500"}"#),
        ["/doctor_id required", "/starts_at required"]
    );
    assert_eq!(
        faults::<RequestBody>(r#"{"call_type": "urgent", "amount": "1500"}"#),
        ["/address required"]
    );
    let alone = r#"{"call_type": "urgent", "amount": 1, "address": "home", "latitude": 1}"#;
    assert_eq!(faults::<RequestBody>(alone), ["/longitude required"]);
}

#[test]
fn the_seeds_invalid_booking_names_every_fault_at_once() {
    let body =
        r#"{"call_type": "invalid_type", "amount": -100, "address": "", "colour": 1, "colour": 2, "a/b": 0}"#;
    assert_eq!(
        faults::<RequestBody>(body),
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

#[test]
fn a_registration_is_checked_field_by_field() {
    check::<RegisterBody>(Case {
        good: json!({"email": "a@example.com", "password": "password123", "first_name": "Иван",
                     "last_name": "Иванов", "phone": "+79990000000"}),
        bad: vec![
            ("email", None, "required"),
            ("email", some(json!("nobody")), "invalid_email"),
            ("email", some(json!("x".repeat(600))), "too_long"),
            ("password", None, "required"),
            ("password", some(json!("short")), "too_short"),
            ("password", some(json!("x".repeat(129))), "too_long"),
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
        ],
        fine: vec![],
    });
    check::<RefreshBody>(Case {
        good: json!({"refresh_token": "x"}),
        bad: vec![
            ("refresh_token", None, "required"),
            ("refresh_token", some(json!("x".repeat(257))), "too_long"),
        ],
        fine: vec![],
    });
    check::<LogoutBody>(Case {
        good: json!({}),
        bad: vec![("refresh_token", some(json!(1)), "not_text")],
        fine: vec![("refresh_token", some(json!("x")))],
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
fn a_day_and_a_block_are_checked_field_by_field() {
    check::<OpenDayBody>(Case {
        good: json!({"date": "2026-12-02", "working": [{"from": "09:00", "until": "13:00"}], "slot_minutes": 60}),
        bad: vec![
            ("date", None, "required"),
            ("date", some(json!("2026-02-30")), "not_a_date"),
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
            ("buffer_after_minutes", some(json!(481)), "out_of_range"),
            ("zone", some(json!("Europe/Atlantis")), "unknown_zone"),
        ],
        fine: vec![
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
    check::<BlockBody>(Case {
        good: json!({"starts_at": "2026-12-02T09:00:00Z", "ends_at": "2026-12-02T10:00:00Z"}),
        bad: vec![
            ("starts_at", None, "required"),
            ("ends_at", None, "required"),
            ("ends_at", some(json!("2026-12-02T09:00:00Z")), "not_after"),
            ("ends_at", some(json!(0)), "not_text"),
        ],
        fine: vec![],
    });
}

#[test]
fn money_wishes_are_checked_field_by_field() {
    check::<PayBody>(Case {
        good: json!({"booking_id": ID, "payment_method": "wallet"}),
        bad: vec![
            ("booking_id", None, "required"),
            ("booking_id", some(json!("1")), "not_an_id"),
            ("payment_method", None, "required"),
            ("payment_method", some(json!("cash")), "not_allowed"),
        ],
        fine: vec![("payment_method", some(json!("sbp")))],
    });
    let mut refunds = wrong_amounts("amount");
    refunds.extend([
        ("reason", None, "required"),
        ("reason", some(json!("settlement")), "not_allowed"),
        ("currency", some(json!("rub")), "not_allowed"),
    ]);
    check::<RefundBody>(Case {
        good: json!({"amount": "500.00", "reason": "complaint"}),
        bad: refunds,
        fine: vec![("reason", some(json!("goodwill")))],
    });
    check::<CreditBody>(Case {
        good: json!({"amount": 20000}),
        bad: wrong_amounts("amount"),
        fine: vec![],
    });
    let mut deposits = wrong_amounts("amount");
    deposits.extend([
        ("payment_method", None, "required"),
        ("payment_method", some(json!("wallet")), "not_allowed"),
    ]);
    check::<DepositBody>(Case {
        good: json!({"amount": "5000", "payment_method": "sbp"}),
        bad: deposits,
        fine: vec![("payment_method", some(json!("yookassa")))],
    });
}

#[test]
fn admins_wishes_are_checked_field_by_field() {
    check::<AccountBody>(Case {
        good: json!({"role": "doctor", "email": "d@example.com", "password": "doctor123", "first_name": "Пётр",
                     "last_name": "Петров", "specialization": "Кардиолог"}),
        bad: vec![
            ("role", None, "required"),
            ("role", some(json!("patient")), "not_allowed"),
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

/// The faults of a query.
fn asked<Q: Question>(query: &str) -> Vec<String> {
    ask::<Q>(query)
        .err()
        .map(|problem| listed(&problem))
        .unwrap_or_default()
}

#[test]
fn questions_are_checked_parameter_by_parameter() {
    assert_eq!(asked::<BookingsQuestion>(""), Vec::<String>::new());
    let fine = "status=en_route&call_type=urgent&from=2026-12-01T00:00:00Z&limit=200";
    assert_eq!(asked::<BookingsQuestion>(fine), Vec::<String>::new());
    assert_eq!(
        asked::<BookingsQuestion>("status=gone&call_type=x&from=now&to=1&limit=201&cursor=x&page=2&limit=1"),
        [
            "/query/call_type not_allowed",
            "/query/cursor not_a_cursor",
            "/query/from not_an_instant",
            "/query/limit out_of_range",
            "/query/limit repeated",
            "/query/page unknown_parameter",
            "/query/status not_allowed",
            "/query/to not_an_instant",
        ]
    );
    for limit in ["0", "-1", "x", ""] {
        assert_eq!(
            asked::<BookingsQuestion>(&format!("limit={limit}")),
            ["/query/limit out_of_range"]
        );
    }
    assert_eq!(
        asked::<TariffQuestion>("call_type=x&doctor_id=1&starts_at=x").len(),
        3
    );
    assert_eq!(
        asked::<DoctorsQuestion>("specialization=x&clinic_id=1&accepts=yes&cursor=1").len(),
        4
    );
    assert_eq!(asked::<AsOfQuestion>("as_of=0"), ["/query/as_of out_of_range"]);
    assert_eq!(asked::<AsOfQuestion>("as_of=then"), ["/query/as_of not_a_moment"]);
    assert_eq!(
        asked::<AsOfQuestion>("as_of=2026-12-01T09:30:00%2B03:00"),
        Vec::<String>::new()
    );
    assert_eq!(
        asked::<FactsQuestion>("after=-1"),
        ["/query/after not_a_position"]
    );
    assert_eq!(asked::<IntentsQuestion>("state=lost&process=a%00b").len(), 2);
    let long = format!("process={}", "x".repeat(600));
    assert_eq!(asked::<IntentsQuestion>(&long), ["/query/process too_long"]);
}

#[test]
fn a_question_about_slots_has_a_bounded_span() {
    let between = |from: &str, to: &str| asked::<SlotsQuestion>(&format!("from={from}&to={to}"));
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        Vec::<String>::new()
    );
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2027-02-02T00:00:00Z"),
        ["/query/to too_far"]
    );
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ["/query/to not_after"]
    );
}

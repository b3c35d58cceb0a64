//! Payments, refunds and deposits.

use serde_json::json;

use crate::extract::tests::{Case, ID, check, some, wrong_amounts};
use crate::routes::admin::credit_wallet::CreditBody;
use crate::routes::payments::refund::RefundBody;
use crate::routes::payments::start::PayBody;
use crate::routes::wallet::deposit::DepositBody;

#[test]
fn money_requests_are_checked_field_by_field() {
    check::<PayBody>(Case {
        good: json!({"booking_id": ID, "payment_method": "wallet"}),
        bad: vec![
            ("booking_id", None, "required"),
            ("booking_id", some(json!("1")), "not_an_id"),
            ("payment_method", None, "required"),
            ("payment_method", some(json!("cash")), "not_allowed"),
            ("return_url", some(json!("https://app.example/")), "not_allowed"),
        ],
        fine: vec![("payment_method", some(json!("sbp")))],
    });
    check::<PayBody>(Case {
        good: json!({"booking_id": ID, "payment_method": "sbp", "return_url": "https://app.example/paid?visit=7"}),
        bad: vec![
            ("return_url", some(json!("/paid")), "not_a_url"),
            ("return_url", some(json!(7)), "not_text"),
            (
                "return_url",
                some(json!(format!("a:{}", "b".repeat(2_047)))),
                "too_long",
            ),
        ],
        fine: vec![
            ("return_url", None),
            ("return_url", some(json!("tot-patient://paid"))),
        ],
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
        ("return_url", some(json!("app.example")), "not_a_url"),
    ]);
    check::<DepositBody>(Case {
        good: json!({"amount": "5000", "payment_method": "sbp"}),
        bad: deposits,
        fine: vec![
            ("payment_method", some(json!("yookassa"))),
            ("return_url", some(json!("https://app.example/"))),
        ],
    });
}

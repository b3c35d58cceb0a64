//! Money on its way out.

use serde_json::json;

use crate::extract::tests::{Case, check, some, wrong_amounts};
use crate::routes::admin::run_payouts::RunBody;
use crate::routes::me::payout_destination::DestinationBody;
use crate::routes::wallet::withdraw::WithdrawalBody;

const BANK: &str = "100000000111";

#[test]
fn a_bank_account_is_a_number_and_a_bank() {
    check::<DestinationBody>(Case {
        good: json!({"phone": "+79990000001", "bank_id": BANK}),
        bad: vec![
            ("phone", None, "required"),
            ("phone", some(json!("12")), "invalid_phone"),
            ("bank_id", None, "required"),
            ("bank_id", some(json!("1000000001")), "invalid_bank"),
        ],
        fine: vec![("phone", some(json!("8 999 000-00-01")))],
    });
}

#[test]
fn a_withdrawal_names_the_whole_account_or_none() {
    let mut wrong = wrong_amounts("amount");
    wrong.extend([
        ("phone", None, "required"),
        ("bank_id", None, "required"),
        ("bank_id", some(json!("Сбербанк")), "invalid_bank"),
        ("currency", some(json!("USD")), "not_allowed"),
    ]);
    check::<WithdrawalBody>(Case {
        good: json!({"amount": "1500.00", "phone": "+79990000001", "bank_id": BANK}),
        bad: wrong,
        fine: vec![],
    });
    check::<WithdrawalBody>(Case {
        good: json!({"amount": 1500}),
        bad: wrong_amounts("amount"),
        fine: vec![("currency", some(json!("RUB")))],
    });
}

#[test]
fn a_run_names_the_day_it_is_for() {
    check::<RunBody>(Case {
        good: json!({"through": "2026-12-06"}),
        bad: vec![
            ("through", None, "required"),
            ("through", some(json!("last week")), "not_a_date"),
            ("dry_run", some(json!("yes")), "not_a_boolean"),
        ],
        fine: vec![("dry_run", some(json!(true)))],
    });
}

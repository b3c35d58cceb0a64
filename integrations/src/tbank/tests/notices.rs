//! Notices: believed by their signature and their source, and only as hints.

use std::net::IpAddr;

use commands::ports::{Hint, NoticeError, Notices, ObjectKind};
use domain::money::Money;
use serde_json::{Value, json};

use super::terminal;
use crate::Networks;
use crate::tbank::{NETWORKS, TbankNotices, token};

fn signed(fields: Value) -> String {
    let Value::Object(mut fields) = fields else {
        panic!()
    };
    let token = token::sign(&fields, &terminal().password);
    fields.insert("Token".to_owned(), token.into());
    Value::Object(fields).to_string()
}

fn confirmed() -> Value {
    json!({"TerminalKey": "TestDEMO", "OrderId": "o1", "Success": true, "Status": "CONFIRMED",
        "PaymentId": 3_093_639_567_u64, "ErrorCode": "0", "Amount": 150_000, "Нового": "поля", "Data": {"a": "b"}})
}

fn read(peer: &str, body: &str) -> Result<Hint, NoticeError> {
    let notices = TbankNotices::new(terminal(), Networks::parse(NETWORKS).unwrap());
    notices.read(peer.parse::<IpAddr>().unwrap(), body.as_bytes())
}

#[test]
fn a_signed_notice_names_its_payment() {
    let hint = read("91.194.226.181", &signed(confirmed())).unwrap();
    assert_eq!(hint.object, ObjectKind::Payment);
    assert_eq!(
        (hint.event.as_str(), hint.object_id.as_str()),
        ("CONFIRMED", "3093639567")
    );
    assert_eq!(hint.dedup, "3093639567/CONFIRMED/150000");
    let notices = TbankNotices::new(terminal(), Networks::parse([]).unwrap());
    assert_eq!(notices.receipt(), "OK");
}

#[test]
fn a_receipt_is_told_by_a_notice_and_nowhere_else() {
    let printed = |kind: &str, success: bool| {
        json!({"TerminalKey": "TestDEMO", "OrderId": "o1", "Success": success, "Status": "RECEIPT",
            "PaymentId": 3_093_639_567_u64, "ErrorCode": "0", "Amount": 45_000, "Type": kind, "FiscalNumber": 7,
            "ShiftNumber": 1, "ReceiptDatetime": "2026-11-23T12:00:00+03:00", "FnNumber": "9280440300200000",
            "FiscalDocumentNumber": 1_001, "FiscalDocumentAttribute": 2_147_001, "Receipt": {"Email": "a@example.com"},
            "Url": "https://receipts.example/1001"})
    };
    let told = |body: Value| {
        let hint = read("91.194.226.181", &signed(body)).unwrap();
        assert_eq!(hint.payment_id.as_deref(), Some("3093639567"));
        let ObjectKind::Receipt(told) = &hint.object else {
            panic!("{hint:?}")
        };
        ((**told).clone(), hint.dedup.clone())
    };
    let (came, first) = told(printed("Income", true));
    assert_eq!((came.incoming, came.amount), (true, Money::kopecks(45_000)));
    let proof = came.fiscal.unwrap();
    let numbers = (
        proof.document_number.as_str(),
        proof.storage_number.as_str(),
        proof.attribute.as_str(),
    );
    assert_eq!(numbers, ("1001", "9280440300200000", "2147001"));
    assert_eq!(proof.registered_at, "2026-11-23T09:00:00Z".parse().ok());
    assert_eq!(came.copy_url.as_deref(), Some("https://receipts.example/1001"));
    for not_a_page in ["http://receipts.example/1001", "javascript:alert(1)", "1001", ""] {
        let mut odd = printed("Income", true);
        odd["Url"] = json!(not_a_page);
        assert_eq!(told(odd).0.copy_url, None, "{not_a_page}");
    }
    let (went, second) = told(printed("IncomeReturn", true));
    assert!(!went.incoming && first != second);
    let (failed, _) = told(printed("Income", false));
    assert_eq!(failed.fiscal, None, "a cash register that gave up proves nothing");
    for (field, value) in [
        ("FnNumber", json!(null)),
        ("FiscalDocumentNumber", json!(null)),
        ("Type", json!("Expense")),
    ] {
        let mut unclear = printed("Income", true);
        unclear[field] = value;
        let hint = read("91.194.226.181", &signed(unclear)).unwrap();
        assert_eq!(
            hint.object,
            ObjectKind::Other("RECEIPT".to_owned()),
            "{field}: neither a proof nor a failure"
        );
    }
    let no_sum = json!({"TerminalKey": "TestDEMO", "Status": "RECEIPT", "PaymentId": 1});
    assert_eq!(
        read("91.194.226.181", &signed(no_sum)),
        Err(NoticeError::Malformed)
    );
}

#[test]
fn case_11_who_signs_with_another_password_or_for_another_terminal_is_not_believed() {
    let body = signed(confirmed());
    let mut other_terminal = confirmed();
    other_terminal["TerminalKey"] = json!("OtherDEMO");
    for forged in [
        body.replace("150000", "150001"),
        body.replace("CONFIRMED", "REFUNDED"),
        body.replace("\"Token\"", "\"token\""),
        signed(other_terminal),
    ] {
        assert_eq!(
            read("91.218.132.5", &forged),
            Err(NoticeError::Forged),
            "{forged}"
        );
    }
    assert_eq!(read("8.8.8.8", &body), Err(NoticeError::UnknownSource));
    for malformed in [
        "",
        "[]",
        "{}",
        &signed(json!({"TerminalKey": "TestDEMO", "Status": "CONFIRMED"})),
    ] {
        assert_eq!(
            read("212.233.83.255", malformed),
            Err(NoticeError::Malformed),
            "{malformed}"
        );
    }
}

#[test]
fn a_notice_about_something_else_is_kept_as_such() {
    let linked = json!({"TerminalKey": "TestDEMO", "RequestKey": "13021e10-a3ed-4f14-bcd1-823b5ac37390",
        "Status": "ACTIVE", "NotificationType": "LINKACCOUNT", "Success": true, "ErrorCode": "0"});
    let hint = read("91.218.135.1", &signed(linked)).unwrap();
    assert_eq!(hint.object, ObjectKind::Other("LINKACCOUNT".to_owned()));
    assert_eq!(hint.payment_id, None);
}

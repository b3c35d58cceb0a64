//! A report says the same in every form, and nothing in it can break the form.

use domain::money::Money;
use domain::payment::provider::Provider;
use domain::payment::status::PaymentStatus;
use domain::payout::status::PayoutStatus;
use projections::payouts::PayoutTotalRow;
use projections::provider_payments::TotalRow;
use projections::reconciliations::ReconciliationOutcome;
use uuid::Uuid;

use crate::diff::Field;
use crate::report::{
    ComparedLine, Gap, GatewayLine, Handling, Kind, PayoutTotalLine, Report, Side, csv, line, table,
};

fn report() -> Report {
    let from = "2026-11-22T00:00:00Z".parse().unwrap();
    let to = "2026-11-23T00:00:00Z".parse().unwrap();
    let window = commands::ports::Window { from, to };
    let mut report = Report::empty(window, window);
    let sum = |minor| Money::kopecks(minor);
    let total = TotalRow {
        provider: Provider::Yookassa,
        status: PaymentStatus::Completed,
        payments: 2,
        held: sum(0),
        captured: sum(300_005),
        refunded: sum(1),
        fees: sum(9_000),
        net: sum(291_004),
    };
    report.totals = vec![total.into()];
    let paid_out = PayoutTotalRow {
        status: PayoutStatus::Paid,
        payouts: 3,
        amount: sum(360_000),
    };
    report.payout_totals = vec![PayoutTotalLine::of(paid_out, Some(Provider::Yookassa))];
    report.gateways = vec![GatewayLine {
        provider: "yookassa".to_owned(),
        payouts: 4,
    }];
    report.compared = vec![ComparedLine {
        provider: "yookassa".to_owned(),
        lists: true,
        payments: 2,
        refunds: 0,
    }];
    let side = |status: &str, captured: &str| Side {
        status: status.to_owned(),
        currency: "RUB".to_owned(),
        amount: "1500.00".to_owned(),
        captured: Some(captured.to_owned()),
        refunded: None,
        at: None,
    };
    let mut differs = line(Provider::Yookassa, Kind::PaymentDiffers, Handling::AnomalyOpen);
    differs.payment_id = Some(Uuid::from_u128(7));
    differs.provider_id = Some("=cmd|' /C calc'!A1, \"2\"".to_owned());
    differs.fields = vec![Field::Captured, Field::Refunded];
    differs.ours = Some(side("completed", "1500.00"));
    differs.theirs = Some(side("succeeded", "1400.00"));
    report.add(differs, 3);
    report.add(line(Provider::Tbank, Kind::UnlinkedPayment, Handling::Adopted), 3);
    let mut second = line(Provider::Yookassa, Kind::SecondPayout, Handling::AnomalyOpen);
    second.payout_id = Some(Uuid::from_u128(8));
    second.provider_id = Some("po-2".to_owned());
    second.theirs = Some(side("succeeded", "1200.00"));
    report.add(second, 3);
    report.add(line(Provider::Tbank, Kind::MissingRefund, Handling::Nothing), 3);
    report.gaps = vec![Gap {
        provider: "tbank".to_owned(),
        what: "payments".to_owned(),
        from,
        to,
        why: "no answer in time".to_owned(),
    }];
    report
}

/// Reads RFC 4180 back, by a reader of its own.
fn read(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut cells, mut cell, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' if quoted && letters.peek() == Some(&'"') => cell.extend(letters.next()),
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                cells.push(std::mem::take(&mut cell));
                rows.push(std::mem::take(&mut cells));
            }
            other => cell.push(other),
        }
    }
    assert!(
        cell.is_empty() && cells.is_empty() && !quoted,
        "every row is ended"
    );
    rows
}

#[test]
fn csv_has_one_shape_and_reads_back() {
    let text = csv(&report());
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    let rows = read(&text);
    assert_eq!(rows.len(), 1 + 2 + 3 + 1, "{text}");
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "{rows:?}");
    let cell = |row: usize, name: &str| {
        let at = rows[0].iter().position(|header| header == name).unwrap();
        rows[row][at].as_str()
    };
    assert_eq!(
        (cell(1, "row"), cell(1, "captured"), cell(1, "net")),
        ("total", "3000.05", "2910.04")
    );
    assert_eq!(
        (cell(2, "row"), cell(2, "provider"), cell(2, "status")),
        ("payout_total", "yookassa", "paid")
    );
    assert_eq!(
        (cell(2, "payouts"), cell(2, "amount"), cell(2, "currency")),
        ("3", "3600.00", "RUB")
    );
    assert_eq!(
        (cell(3, "kind"), cell(3, "done")),
        ("payment_differs", "anomaly_open")
    );
    assert_eq!(cell(3, "provider_id"), "'=cmd|' /C calc'!A1, \"2\"", "no formula");
    assert_eq!(
        (cell(3, "our_captured"), cell(3, "their_captured")),
        ("1500.00", "1400.00")
    );
    assert_eq!(cell(3, "fields"), "captured refunded");
    let id = |number| Uuid::from_u128(number).to_string();
    assert_eq!(
        (cell(3, "payment_id"), cell(3, "payout_id")),
        (id(7).as_str(), "")
    );
    assert_eq!(
        (cell(5, "kind"), cell(5, "payment_id"), cell(5, "payout_id")),
        ("second_payout", "", id(8).as_str())
    );
    assert_eq!(
        (cell(6, "row"), cell(6, "why")),
        ("not_compared", "no answer in time")
    );
}

#[test]
fn a_table_ends_with_the_verdict_and_aligns_sums() {
    let text = table(&report());
    assert!(
        text.ends_with(
            "3 differences, 1 mended; INCOMPLETE: 1 stretch was not compared, run it again; what differs above differs all the same"
        ),
        "{text}"
    );
    assert!(text.contains("1 more are not listed"), "{text}");
    let end = |part: &str| {
        let line = text.lines().find(|line| line.contains(part)).unwrap();
        line.find(part).unwrap() + part.len()
    };
    assert_eq!(end("captured"), end("3000.05"), "{text}");
    assert_eq!(end("  amount"), end("3600.00"), "{text}");
    assert!(
        text.contains("second_payout") && text.contains(&Uuid::from_u128(8).to_string()),
        "{text}"
    );
    assert!(!text.contains("No payout gateway"), "{text}");
    let clean = Report::empty(
        commands::ports::Window {
            from: report().from,
            to: report().to,
        },
        commands::ports::Window {
            from: report().from,
            to: report().to,
        },
    );
    assert!(table(&clean).ends_with("\n\n0 differences"));
}

#[test]
fn json_reads_back_and_says_nothing_in_numbers_with_a_point() {
    let text = serde_json::to_string(&report()).unwrap();
    assert_eq!(serde_json::from_str::<Report>(&text).unwrap(), report());
    assert!(text.contains("\"captured\":\"3000.05\""), "{text}");
}

/// As the first nights wrote it, before payouts were compared.
const OLD: &str = r#"{"from":"2026-11-22T00:00:00Z","to":"2026-11-23T00:00:00Z","read_from":"2026-11-21T23:00:00Z",
    "read_to":"2026-11-23T00:10:00Z","differences":1,"mended":0,"settled":0,
    "totals":[{"provider":"yookassa","status":"completed","currency":"RUB","payments":1,"held":"0.00","captured":"1500.00",
    "refunded":"0.00","fees":"52.50","net":"1447.50"}],
    "compared":[{"provider":"yookassa","lists":true,"payments":1,"refunds":0}],
    "lines":[{"provider":"yookassa","kind":"foreign_payment","done":"nothing","payment_id":null,"provider_id":"there-1",
    "refund":null,"fields":[],"ours":null,"theirs":null}],
    "not_listed":0,"gaps":[]}"#;

#[test]
fn a_report_of_before_payouts_is_still_read() {
    let old: Report = serde_json::from_str(OLD).unwrap();
    assert_eq!((old.payout_totals.len(), old.gateways.len()), (0, 0));
    let rows = read(&csv(&old));
    assert_eq!((rows.len(), rows[2].len()), (3, rows[0].len()));
}

#[test]
fn what_differs_is_told_also_where_something_could_not_be_compared() {
    let mut both = report();
    assert!(both.differences > 0 && !both.gaps.is_empty());
    let outcome = |report: &Report| crate::runner::found(report).outcome;
    assert_eq!(outcome(&both), ReconciliationOutcome::Differences);
    let text = table(&both);
    let last = text.lines().last().unwrap();
    for part in [
        "differences",
        "INCOMPLETE: 1 stretch was not compared",
        "all the same",
    ] {
        assert!(last.contains(part), "{last}");
    }
    both.differences = 0;
    assert_eq!(outcome(&both), ReconciliationOutcome::Incomplete);
    assert!(!table(&both).contains("all the same"));
    both.gaps.clear();
    assert_eq!(outcome(&both), ReconciliationOutcome::Clean);
}

//! A report says the same in every form, and nothing in it can break the form.

use commands::ports::ProviderName;
use domain::money::Money;
use domain::payment::status::PaymentStatus;
use uuid::Uuid;

use crate::books::Total;
use crate::diff::Field;
use crate::report::{ComparedLine, Done, Gap, Kind, Report, Side, csv, line, table};

fn report() -> Report {
    let from = "2026-11-22T00:00:00Z".parse().unwrap();
    let to = "2026-11-23T00:00:00Z".parse().unwrap();
    let window = commands::ports::Window { from, to };
    let mut report = Report::begun(window, window);
    let sum = |minor| Money::kopecks(minor);
    let total = Total {
        provider: ProviderName::Yookassa,
        status: PaymentStatus::Completed,
        payments: 2,
        held: sum(0),
        captured: sum(300_005),
        refunded: sum(1),
        fees: sum(9_000),
        net: sum(291_004),
    };
    report.totals = vec![total.into()];
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
    let mut differs = line(ProviderName::Yookassa, Kind::PaymentDiffers, Done::AnomalyOpen);
    differs.payment_id = Some(Uuid::from_u128(7));
    differs.provider_id = Some("=cmd|' /C calc'!A1, \"2\"".to_owned());
    differs.fields = vec![Field::Captured, Field::Refunded];
    differs.ours = Some(side("completed", "1500.00"));
    differs.theirs = Some(side("succeeded", "1400.00"));
    report.add(differs, 2);
    report.add(line(ProviderName::Tbank, Kind::UnlinkedPayment, Done::Adopted), 2);
    report.add(line(ProviderName::Tbank, Kind::MissingRefund, Done::Nothing), 2);
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
    assert_eq!(rows.len(), 1 + 1 + 2 + 1, "{text}");
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
        (cell(2, "kind"), cell(2, "done")),
        ("payment_differs", "anomaly_open")
    );
    assert_eq!(cell(2, "provider_id"), "'=cmd|' /C calc'!A1, \"2\"", "no formula");
    assert_eq!(
        (cell(2, "our_captured"), cell(2, "their_captured")),
        ("1500.00", "1400.00")
    );
    assert_eq!(cell(2, "fields"), "captured refunded");
    assert_eq!(
        (cell(4, "row"), cell(4, "why")),
        ("not_compared", "no answer in time")
    );
}

#[test]
fn a_table_ends_with_the_verdict_and_aligns_sums() {
    let text = table(&report());
    assert!(
        text.ends_with("2 differences, 1 mended; INCOMPLETE: 1 stretches were not compared, run it again"),
        "{text}"
    );
    assert!(text.contains("1 more are not listed"), "{text}");
    let end = |part: &str| {
        let line = text.lines().find(|line| line.contains(part)).unwrap();
        line.find(part).unwrap() + part.len()
    };
    assert_eq!(end("captured"), end("3000.05"), "{text}");
    let clean = Report::begun(
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

//! What a kept report shows, and what it leaves out.

use commands::ports::Window;
use reconciliation::Report;
use reconciliation::report::{
    ComparedLine, Gap, GatewayLine, Handling, Kind, Line, PayoutTotalLine, Side, TotalLine,
};

use super::*;

fn report() -> Report {
    let window = Window {
        from: "2026-11-22T00:00:00Z".parse().unwrap(),
        to: "2026-11-23T00:00:00Z".parse().unwrap(),
    };
    let text = |word: &str| word.to_owned();
    let mut report = Report::empty(window, window);
    report.totals.push(TotalLine {
        provider: text("yookassa"),
        status: text("completed"),
        currency: text("RUB"),
        payments: 1,
        held: text("0.00"),
        captured: text("1.00"),
        refunded: text("0.00"),
        fees: text("0.00"),
        net: text("1.00"),
    });
    report.compared.push(ComparedLine {
        provider: text("yookassa"),
        lists: true,
        payments: 1,
        refunds: 0,
    });
    report.payout_totals.push(PayoutTotalLine {
        provider: Some(text("yookassa")),
        status: text("paid"),
        currency: text("RUB"),
        payouts: 1,
        amount: text("1.00"),
    });
    report.gateways.push(GatewayLine {
        provider: text("yookassa"),
        payouts: 1,
    });
    let side = Side {
        status: text("completed"),
        currency: text("RUB"),
        amount: text("1.00"),
        captured: None,
        refunded: None,
        at: None,
    };
    let line = Line {
        provider: text("yookassa"),
        kind: Kind::MissingPayment,
        done: Handling::Nothing,
        payment_id: None,
        payout_id: Some(Uuid::nil()),
        provider_id: None,
        refund: None,
        fields: vec![reconciliation::diff::Field::Status],
        ours: Some(side),
        theirs: None,
    };
    report.add(line, 1);
    report.gaps.push(Gap {
        provider: text("tbank"),
        what: text("payments"),
        from: window.from,
        to: window.to,
        why: text("no answer"),
    });
    report
}

#[test]
fn what_is_stored_is_what_is_described() {
    let stored = serde_json::to_value(report()).unwrap();
    let described: ReportView = serde_json::from_value(stored.clone()).unwrap();
    assert_eq!((described.lines.len(), described.gaps.len()), (1, 1));
    // And the description names nothing that is not stored.
    for name in [
        "from",
        "read_to",
        "settled",
        "totals",
        "payout_totals",
        "compared",
        "gateways",
        "lines",
        "not_listed",
        "gaps",
    ] {
        assert!(stored.get(name).is_some(), "{name}");
    }
}

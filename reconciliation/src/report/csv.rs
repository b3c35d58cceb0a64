//! A report as one table of comma-separated values (RFC 4180): sums, differences and gaps, told apart by the first
//! column.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::report::{Gap, Line, PayoutTotalLine, Report, Side, TotalLine};

/// The columns, the same in every row; new ones stand behind, where nobody counts on another.
const HEADER: &str = "row,provider,status,payments,held,captured,refunded,fees,net,currency,kind,done,payment_id,\
    provider_id,refund,fields,our_status,our_amount,our_captured,our_refunded,our_time,their_status,their_amount,\
    their_captured,their_refunded,their_time,what,why,payouts,amount,payout_id";
/// What is told of each side of a difference.
const OURS: [&str; 5] = [
    "our_status",
    "our_amount",
    "our_captured",
    "our_refunded",
    "our_time",
];
const THEIRS: [&str; 5] = [
    "their_status",
    "their_amount",
    "their_captured",
    "their_refunded",
    "their_time",
];

/// The report as CSV: CRLF at the end of every row, decimal amounts, times in UTC.
pub fn csv(report: &Report) -> String {
    let rows = (report.totals.iter().map(total_cells))
        .chain(report.payout_totals.iter().map(payout_total_cells))
        .chain(report.lines.iter().map(line_cells))
        .chain(report.gaps.iter().map(gap_cells));
    let row = |cells: Cells| {
        let columns = HEADER
            .split(',')
            .map(|column| quoted(cells.get(column).map_or("", String::as_str)));
        format!("{}\r\n", columns.collect::<Vec<_>>().join(","))
    };
    format!("{HEADER}\r\n{}", rows.map(row).collect::<String>())
}

/// What stands in a row, by column; the others are empty.
type Cells = BTreeMap<&'static str, String>;

fn total_cells(total: &TotalLine) -> Cells {
    Cells::from([
        ("row", "total".to_owned()),
        ("provider", total.provider.clone()),
        ("status", total.status.clone()),
        ("payments", total.payments.to_string()),
        ("held", total.held.clone()),
        ("captured", total.captured.clone()),
        ("refunded", total.refunded.clone()),
        ("fees", total.fees.clone()),
        ("net", total.net.clone()),
        ("currency", total.currency.clone()),
    ])
}

fn payout_total_cells(total: &PayoutTotalLine) -> Cells {
    Cells::from([
        ("row", "payout_total".to_owned()),
        ("provider", total.provider.clone().unwrap_or_default()),
        ("status", total.status.clone()),
        ("currency", total.currency.clone()),
        ("payouts", total.payouts.to_string()),
        ("amount", total.amount.clone()),
    ])
}

fn line_cells(line: &Line) -> Cells {
    let (ours, theirs) = (line.ours.as_ref(), line.theirs.as_ref());
    let currency = ours.or(theirs).map(|side| side.currency.clone());
    let fields: Vec<&str> = line.fields.iter().map(|field| field.as_str()).collect();
    let id = |id: Option<Uuid>| id.map(|id| id.to_string()).unwrap_or_default();
    let mut cells = Cells::from([
        ("row", "difference".to_owned()),
        ("provider", line.provider.clone()),
        ("currency", currency.unwrap_or_default()),
        ("kind", line.kind.as_str().to_owned()),
        ("done", line.done.as_str().to_owned()),
        ("payment_id", id(line.payment_id)),
        (
            "provider_id",
            plain(line.provider_id.as_deref().unwrap_or_default()),
        ),
        ("refund", plain(line.refund.as_deref().unwrap_or_default())),
        ("fields", fields.join(" ")),
        ("payout_id", id(line.payout_id)),
    ]);
    cells.extend(OURS.into_iter().zip(ours.into_iter().flat_map(side_cells)));
    cells.extend(THEIRS.into_iter().zip(theirs.into_iter().flat_map(side_cells)));
    cells
}

fn side_cells(side: &Side) -> [String; 5] {
    [
        plain(&side.status),
        side.amount.clone(),
        side.captured.clone().unwrap_or_default(),
        side.refunded.clone().unwrap_or_default(),
        side.at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

fn gap_cells(gap: &Gap) -> Cells {
    Cells::from([
        ("row", "not_compared".to_owned()),
        ("provider", gap.provider.clone()),
        (
            "what",
            format!("{} from {} to {}", plain(&gap.what), gap.from, gap.to),
        ),
        ("why", plain(&gap.why)),
    ])
}

/// Text that came from outside, so that no spreadsheet takes it for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn quoted(cell: &str) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell.to_owned()
    }
}

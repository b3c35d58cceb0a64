//! A report as one table of comma-separated values (RFC 4180): sums, differences and gaps, told apart by the first
//! column.

use crate::report::{Gap, Line, PayoutTotalLine, Report, Side, TotalLine};

/// The columns, the same in every row; new ones stand behind, where nobody counts on another.
const HEADER: [&str; 31] = [
    "row",
    "provider",
    "status",
    "payments",
    "held",
    "captured",
    "refunded",
    "fees",
    "net",
    "currency",
    "kind",
    "done",
    "payment_id",
    "provider_id",
    "refund",
    "fields",
    "our_status",
    "our_amount",
    "our_captured",
    "our_refunded",
    "our_time",
    "their_status",
    "their_amount",
    "their_captured",
    "their_refunded",
    "their_time",
    "what",
    "why",
    "payouts",
    "amount",
    "payout_id",
];

/// The report as CSV: CRLF at the end of every row, decimal amounts, times in UTC.
pub fn csv(report: &Report) -> String {
    let mut text = row(HEADER.map(str::to_owned).to_vec());
    for total in &report.totals {
        text.push_str(&row(total_cells(total)));
    }
    for total in &report.payout_totals {
        text.push_str(&row(payout_total_cells(total)));
    }
    for line in &report.lines {
        text.push_str(&row(line_cells(line)));
    }
    for gap in &report.gaps {
        text.push_str(&row(gap_cells(gap)));
    }
    text
}

fn empty(cells: usize) -> Vec<String> {
    vec![String::new(); cells]
}

fn total_cells(total: &TotalLine) -> Vec<String> {
    let mut cells = vec![
        "total".to_owned(),
        total.provider.clone(),
        total.status.clone(),
        total.payments.to_string(),
        total.held.clone(),
        total.captured.clone(),
        total.refunded.clone(),
        total.fees.clone(),
        total.net.clone(),
        total.currency.clone(),
    ];
    cells.extend(empty(21));
    cells
}

fn payout_total_cells(total: &PayoutTotalLine) -> Vec<String> {
    let mut cells = vec![
        "payout_total".to_owned(),
        total.provider.clone().unwrap_or_default(),
        total.status.clone(),
    ];
    cells.extend(empty(6));
    cells.push(total.currency.clone());
    cells.extend(empty(18));
    cells.extend([total.payouts.to_string(), total.amount.clone(), String::new()]);
    cells
}

fn line_cells(line: &Line) -> Vec<String> {
    let mut cells = vec!["difference".to_owned(), line.provider.clone()];
    cells.extend(empty(7));
    let currency = line.ours.as_ref().or(line.theirs.as_ref());
    let fields: Vec<&str> = line.fields.iter().map(|field| field.as_str()).collect();
    cells.extend([
        currency.map(|side| side.currency.clone()).unwrap_or_default(),
        line.kind.as_str().to_owned(),
        line.done.as_str().to_owned(),
        line.payment_id.map(|id| id.to_string()).unwrap_or_default(),
        plain(line.provider_id.as_deref().unwrap_or_default()),
        plain(line.refund.as_deref().unwrap_or_default()),
        fields.join(" "),
    ]);
    cells.extend(side_cells(line.ours.as_ref()));
    cells.extend(side_cells(line.theirs.as_ref()));
    cells.extend(empty(4));
    cells.push(line.payout_id.map(|id| id.to_string()).unwrap_or_default());
    cells
}

fn side_cells(side: Option<&Side>) -> Vec<String> {
    let Some(side) = side else {
        return empty(5);
    };
    vec![
        plain(&side.status),
        side.amount.clone(),
        side.captured.clone().unwrap_or_default(),
        side.refunded.clone().unwrap_or_default(),
        side.at.map(|at| at.to_string()).unwrap_or_default(),
    ]
}

fn gap_cells(gap: &Gap) -> Vec<String> {
    let mut cells = vec!["not_compared".to_owned(), gap.provider.clone()];
    cells.extend(empty(24));
    cells.extend([
        format!("{} from {} to {}", plain(&gap.what), gap.from, gap.to),
        plain(&gap.why),
    ]);
    cells.extend(empty(3));
    cells
}

/// Text that came from outside, so that no spreadsheet takes it for a formula.
fn plain(text: &str) -> String {
    if text.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{text}")
    } else {
        text.to_owned()
    }
}

fn row(cells: Vec<String>) -> String {
    let quoted: Vec<String> = cells.into_iter().map(quoted).collect();
    format!("{}\r\n", quoted.join(","))
}

fn quoted(cell: String) -> String {
    if cell.contains([',', '"', '\r', '\n']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

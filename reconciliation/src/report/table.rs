//! A report for a terminal: sums, what differed, what could not be compared, and one sentence at the end.

use crate::report::{Gap, Line, Report, Side};

/// The whole report as text, its last line without an end.
pub fn table(report: &Report) -> String {
    let mut parts = vec![format!(
        "Window {} to {} (UTC); lists read from {} to {}",
        report.from, report.to, report.read_from, report.read_to
    )];
    if !report.totals.is_empty() {
        parts.push(totals(report));
    }
    if !report.payout_totals.is_empty() {
        parts.push(payout_totals(report));
    }
    if report.gateways.is_empty() {
        parts.push("No payout gateway is set up: there was nothing to compare payouts with".to_owned());
    }
    if !report.lines.is_empty() {
        parts.push(lines(report));
    }
    if report.not_listed > 0 {
        parts.push(format!("{} more are not listed", report.not_listed));
    }
    if !report.gaps.is_empty() {
        parts.push(gaps(&report.gaps));
    }
    parts.push(verdict(report));
    parts.join("\n\n")
}

fn totals(report: &Report) -> String {
    let header = [
        "provider", "status", "payments", "held", "captured", "refunded", "fees", "net", "",
    ];
    let rows = report.totals.iter().map(|total| {
        vec![
            total.provider.clone(),
            total.status.clone(),
            total.payments.to_string(),
            total.held.clone(),
            total.captured.clone(),
            total.refunded.clone(),
            total.fees.clone(),
            total.net.clone(),
            total.currency.clone(),
        ]
    });
    // Numbers stand under each other by their last digit.
    laid_out(&header, &rows.collect::<Vec<_>>(), 2..8)
}

fn payout_totals(report: &Report) -> String {
    let header = ["provider", "status", "payouts", "amount", ""];
    let rows = report.payout_totals.iter().map(|total| {
        vec![
            total.provider.clone().unwrap_or_default(),
            total.status.clone(),
            total.payouts.to_string(),
            total.amount.clone(),
            total.currency.clone(),
        ]
    });
    laid_out(&header, &rows.collect::<Vec<_>>(), 2..4)
}

fn lines(report: &Report) -> String {
    let header = [
        "difference",
        "done",
        "provider",
        "payment or payout",
        "provider's id",
        "refund",
        "what",
        "ours",
        "theirs",
    ];
    let rows = report.lines.iter().map(row);
    laid_out(&header, &rows.collect::<Vec<_>>(), 0..0)
}

fn row(line: &Line) -> Vec<String> {
    let fields: Vec<&str> = line.fields.iter().map(|field| field.as_str()).collect();
    vec![
        line.kind.as_str().to_owned(),
        line.done.as_str().to_owned(),
        line.provider.clone(),
        line.payment_id
            .or(line.payout_id)
            .map(|id| id.to_string())
            .unwrap_or_default(),
        line.provider_id.clone().unwrap_or_default(),
        line.refund.clone().unwrap_or_default(),
        fields.join(","),
        line.ours.as_ref().map(described).unwrap_or_default(),
        line.theirs.as_ref().map(described).unwrap_or_default(),
    ]
}

fn described(side: &Side) -> String {
    let mut words = format!("{} {} {}", side.status, side.amount, side.currency);
    if let Some(captured) = &side.captured {
        words.push_str(&format!(", captured {captured}"));
    }
    if let Some(refunded) = &side.refunded {
        words.push_str(&format!(", refunded {refunded}"));
    }
    words
}

fn gaps(gaps: &[Gap]) -> String {
    let header = ["not compared", "provider", "from", "to", "why"];
    let rows = gaps.iter().map(|gap| {
        vec![
            gap.what.clone(),
            gap.provider.clone(),
            gap.from.to_string(),
            gap.to.to_string(),
            gap.why.clone(),
        ]
    });
    laid_out(&header, &rows.collect::<Vec<_>>(), 0..0)
}

/// What it comes to, so plainly that nobody needs to read the rest.
fn verdict(report: &Report) -> String {
    let mut words = match report.differences {
        1 => "1 difference".to_owned(),
        many => format!("{many} differences"),
    };
    if report.mended > 0 {
        words.push_str(&format!(", {} mended", report.mended));
    }
    if report.settled > 0 {
        words.push_str(&format!(", {} settled by an operator before", report.settled));
    }
    if !report.gaps.is_empty() {
        let stretches = match report.gaps.len() {
            1 => "1 stretch was".to_owned(),
            many => format!("{many} stretches were"),
        };
        words.push_str(&format!("; INCOMPLETE: {stretches} not compared, run it again"));
        if report.differences > 0 {
            words.push_str("; what differs above differs all the same");
        }
    }
    words
}

/// Rows in columns as wide as their widest cell; the columns in `right` are aligned to the right.
fn laid_out(header: &[&str], rows: &[Vec<String>], right: std::ops::Range<usize>) -> String {
    let mut widths: Vec<usize> = header.iter().map(|cell| cell.chars().count()).collect();
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: Vec<&str>| {
        let padded = cells.iter().zip(&widths).enumerate().map(|(at, (cell, width))| {
            if right.contains(&at) {
                format!("{cell:>width$}")
            } else {
                format!("{cell:<width$}")
            }
        });
        padded.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let head = std::iter::once(line(header.to_vec()));
    let body = rows
        .iter()
        .map(|row| line(row.iter().map(String::as_str).collect()));
    head.chain(body).collect::<Vec<_>>().join("\n")
}

//! Charts as files: what they hold, the same every time, and never markup from a value.

use jiff::civil::date;
use jiff::{Timestamp, ToSpan};

use super::{CATEGORIES_MAX, ChartError, svg};
use crate::answer::Answer;
use crate::catalogue::REPORTS;
use crate::filter::Period;
use crate::report::Report;

/// An answer of a report with these rows, a blank for what is not known.
fn answer(name: &str, rows: &[&[&str]]) -> Answer {
    let report = Report::parse(name).unwrap();
    let period = Period {
        from: date(2025, 1, 1),
        to: date(2025, 3, 31),
    };
    Answer {
        report,
        as_of: Timestamp::UNIX_EPOCH,
        period: report.period_of.map(|_| period),
        columns: report.columns(),
        rows: rows
            .iter()
            .map(|row| {
                row.iter()
                    .map(|cell| (!cell.is_empty()).then(|| (*cell).to_owned()))
                    .collect()
            })
            .collect(),
        has_more: false,
    }
}

#[test]
fn lines_over_months_with_what_is_not_known_left_out() {
    let rows: [&[&str]; 5] = [
        &["2025-01", "commission", "income", "0.00", "300.00", "-300.00"],
        &[
            "2025-01",
            "wallet_liability",
            "liability",
            "0.00",
            "1200.50",
            "-1200.50",
        ],
        &[
            "2025-02",
            "wallet_liability",
            "liability",
            "200.00",
            "0.00",
            "-1000.50",
        ],
        &["2025-03", "commission", "income", "0.00", "500.00", "-800.00"],
        &["2025-03", "cash_clearing", "asset", "1500.00", "0.00", "1500.00"],
    ];
    insta::assert_snapshot!(svg(&answer("ledger_by_month", &rows)).unwrap());
}

#[test]
fn bars_of_categories_in_minutes() {
    let rows: [&[&str]; 3] = [
        &["consultation", "4", "0", "", ""],
        &["scheduled", "120", "100", "150", "600"],
        &["urgent", "80", "75", "90", "240"],
    ];
    insta::assert_snapshot!(svg(&answer("time_to_payment", &rows)).unwrap());
}

#[test]
fn rows_that_share_a_place_are_added_up_and_days_lie_as_far_apart_as_they_are() {
    let rows: [&[&str]; 3] = [
        &["2025-01-01", "urgent", "completed", "2"],
        &["2025-01-01", "urgent", "cancelled", "1"],
        &["2025-01-04", "urgent", "completed", "4"],
    ];
    let drawn = svg(&answer("bookings_by_day", &rows)).unwrap();
    // From the left end to the right one, three and four of four.
    let line = drawn.lines().find(|line| line.contains("<polyline")).unwrap();
    assert!(line.contains("points=\"100,192 920,92\""), "{line}");
}

#[test]
fn a_value_never_becomes_markup_and_an_unknown_word_stands_as_it_is() {
    let drawn = svg(&answer(
        "failed_payments",
        &[&["yookassa", "<script>&\"", "3", "1"]],
    ))
    .unwrap();
    assert!(
        drawn.contains("карта (ЮKassa) · &lt;script&gt;&amp;&quot;"),
        "{drawn}"
    );
    assert!(!drawn.contains("<script"), "{drawn}");
}

#[test]
fn every_report_without_rows_is_drawn_empty_or_says_that_it_has_no_chart() {
    for report in &REPORTS {
        match svg(&answer(report.name, &[])) {
            Ok(drawn) => assert!(drawn.contains("За этот период ничего нет"), "{}", report.name),
            Err(error) => {
                assert_eq!(error, ChartError::NoChart(report));
                assert!(report.drawing.is_none());
            }
        }
    }
}

#[test]
fn what_nobody_could_read_is_refused_with_how_much_there_is() {
    let codes: Vec<String> = (0..=CATEGORIES_MAX)
        .map(|number| format!("code {number}"))
        .collect();
    let rows: Vec<Vec<&str>> = codes.iter().map(|code| vec!["sbp", code, "1", "0"]).collect();
    let rows: Vec<&[&str]> = rows.iter().map(Vec::as_slice).collect();
    let told = svg(&answer("failed_payments", &rows)).unwrap_err().to_string();
    assert!(
        told.contains("61 categories") && told.contains("60 at most"),
        "{told}"
    );
    assert!(svg(&answer("failed_payments", &rows[1..])).is_ok());
}

#[test]
fn a_value_that_is_no_number_is_named() {
    let error = svg(&answer(
        "funnel",
        &[&["2025-01", "urgent", "many", "1", "1", "1", "1"]],
    ))
    .unwrap_err();
    assert_eq!(error, ChartError::Value("requested"));
}

/// What is written in an SVG file with these attributes: where it stands, and the text.
fn written<'a>(drawn: &'a str, attributes: &str) -> Vec<(i64, &'a str)> {
    let texts = drawn.lines().filter(|line| line.contains(attributes));
    texts
        .map(|line| {
            let (_, from) = line.split_once(" x=\"").unwrap();
            let (x, rest) = from.split_once('"').unwrap();
            let (_, text) = rest.split_once('>').unwrap();
            (x.parse().unwrap(), text.strip_suffix("</text>").unwrap())
        })
        .collect()
}

#[test]
fn days_below_an_axis_do_not_run_into_each_other() {
    let year: Vec<String> = date(2025, 1, 1)
        .series(1.day())
        .take(365)
        .map(|day| day.to_string())
        .collect();
    let rows: Vec<[&str; 4]> = year
        .iter()
        .map(String::as_str)
        .flat_map(|day| {
            [
                [day, "urgent", "completed", "3"],
                [day, "scheduled", "assigned", "4"],
            ]
        })
        .collect();
    let rows: Vec<&[&str]> = rows.iter().map(<[&str; 4]>::as_slice).collect();
    let drawn = svg(&answer("bookings_by_day", &rows)).unwrap();
    let days = written(&drawn, "y=\"516\" text-anchor=\"middle\"");
    assert_eq!(days[0], (100, "01.01.2025"));
    assert!(days.len() > 5, "{days:?}");
    for pair in days.windows(2) {
        // Ten digits and points, at nine units at most.
        assert!(pair[1].0 - pair[0].0 >= 90, "{days:?}");
    }
}

#[test]
fn every_name_of_a_line_has_room_and_one_line_alone_is_named_with_its_unit() {
    let rows: [&[&str]; 2] = [
        &["2025-01", "1.00", "1.00", "1.00", "1.00", "1.00"],
        &["2025-02", "1.00", "1.00", "1.00", "1.00", "1.00"],
    ];
    let drawn = svg(&answer("income", &rows)).unwrap();
    let names: Vec<(i64, &str)> = written(&drawn, "class=\"text\"")
        .into_iter()
        .filter(|(x, _)| *x > 500)
        .collect();
    assert_eq!(names.len(), 4, "{drawn}");
    for (x, name) in names {
        let letters = i64::try_from(name.chars().count()).unwrap();
        assert!(x + 8 * letters <= 960 && !name.ends_with('…'), "{name} at {x}");
    }
    let rows: [&[&str]; 1] = [&["2025-01", "019a8f0e-0000-7000-8000-000000000001", "10.00", "0"]];
    let drawn = svg(&answer("payouts_by_doctor", &rows)).unwrap();
    assert!(drawn.contains(">Выплачено, рубли</text>"), "{drawn}");
    assert!(drawn.contains(">01.2025</text>"), "{drawn}");
}

#[test]
fn bars_say_what_tells_them_apart_and_what_they_are() {
    let rows: [&[&str]; 1] = [&["sbp", "yookassa", "9.00", "1.00", "", "", "8.00"]];
    let drawn = svg(&answer("net_by_method", &rows)).unwrap();
    for said in ["Способ оплаты · Провайдер", "СБП · ЮKassa", "рубли"] {
        assert!(drawn.contains(&format!(">{said}</text>")), "{said}: {drawn}");
    }
    // The longest question is written smaller, and so whole.
    assert!(
        drawn.contains("font-size=\"14\" font-weight=\"600\">Что остаётся"),
        "{drawn}"
    );
    let drawn = svg(&answer("urgent_waits", &[&["7", "3", "2", "0", "600"]])).unwrap();
    for said in ["Час", "Медиана, минуты"] {
        assert!(drawn.contains(&format!(">{said}</text>")), "{said}: {drawn}");
    }
}

#[test]
fn rows_that_were_cut_off_do_not_pass_for_all() {
    let mut some = answer("failed_payments", &[&["sbp", "card_expired", "3", "1"]]);
    assert!(!svg(&some).unwrap().contains("первые строки"));
    some.has_more = true;
    assert!(
        svg(&some)
            .unwrap()
            .contains("2025-03-31. Только первые строки: 1.</desc>")
    );
}

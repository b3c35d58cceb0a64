//! What can be wrong with the terms of a price list, each with its place in the document.

use std::fmt;

use crate::booking::events::CallType;
use crate::money::Currency;
use crate::policy::cancellation::{CancellationTerms, NoticeStep};
use crate::price_list::terms::{
    EARNING_REST_HOURS_MAX, HOLD_MINUTES, NOTICE_MINUTES_MAX, PRICE_MINOR_MAX, PRICES_MAX, PriceRow,
    PriceTerms, STEPS_MAX, URGENT_VISIT_MINUTES, VISIT_MINUTES_MAX, VisitTimes,
};

/// One fault of a list that is to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TermsError {
    /// Where, as a JSON pointer into the document (RFC 6901).
    pub pointer: String,
    /// Which rule the value there breaks.
    pub what: Unlawful,
}

/// The rules of a list's values.
#[expect(missing_docs, reason = "each message says it")]
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unlawful {
    #[error("has no price for {} visits without a doctor_id", .0.as_str())]
    NoPrice(CallType),
    /// Two rows speak of the same.
    #[error("prices the same visits as an earlier row")]
    PricedTwice,
    /// Urgent calls go to whoever can come.
    #[error("an urgent call has no chosen doctor, so it has one price")]
    UrgentWithDoctor,
    #[error("must be more than 0 and at most 10000000.00 RUB")]
    PriceOutOfRange,
    #[error("has at most 400 rows")]
    TooManyPrices,
    #[error("must be a whole number from 0 to 100")]
    PercentOutOfRange,
    /// Urgent calls have no time to keep a notice to; the others have.
    #[error("urgent visits cost from the departure on, the others by notice")]
    WrongKind,
    /// Without steps nothing would ever be due, which a step of 0 percent says.
    #[error("needs 1 to 12 steps")]
    StepsOutOfRange,
    #[error("must ask for less notice than the step before, and the last one for none")]
    StepsUnordered,
    #[error("must not cost less than the step before")]
    CheaperLater,
    #[error("must be between 1 and 240 minutes")]
    HoldOutOfRange,
    #[error("must be between 5 and 480 minutes")]
    UrgentVisitOutOfRange,
    #[error("must be at most 10080 minutes (a week); a rest at most 720 hours")]
    SpanOutOfRange,
    /// An operator would be told after the end, or a visit end that may still start.
    #[error("must not be shorter than {0}")]
    ShorterThan(&'static str),
}

impl Unlawful {
    /// The stable code of the fault at its field.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoPrice(_) => "required",
            Self::PricedTwice => "repeated",
            Self::UrgentWithDoctor | Self::WrongKind => "not_allowed",
            Self::TooManyPrices => "too_many",
            Self::StepsUnordered | Self::CheaperLater | Self::ShorterThan(_) => "not_ordered",
            Self::PriceOutOfRange
            | Self::PercentOutOfRange
            | Self::StepsOutOfRange
            | Self::HoldOutOfRange
            | Self::SpanOutOfRange
            | Self::UrgentVisitOutOfRange => "out_of_range",
        }
    }
}

impl fmt::Display for TermsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.pointer, self.what)
    }
}

/// Everything that is wrong with these terms; nothing if they may be published.
pub fn faults(terms: &PriceTerms) -> Vec<TermsError> {
    let mut found = Vec::new();
    let mut fault = |pointer: String, what| found.push(TermsError { pointer, what });
    prices(terms, &mut fault);
    for call_type in CallType::ALL {
        let word = call_type.as_str();
        if *terms.commission_percent.of(call_type) > 100 {
            fault(format!("/commission_percent/{word}"), Unlawful::PercentOutOfRange);
        }
        let place = format!("/cancellation/{word}");
        cancellation(call_type, terms.cancellation.of(call_type), &place, &mut fault);
    }
    if !(HOLD_MINUTES.0..=HOLD_MINUTES.1).contains(&terms.hold_minutes) {
        fault("/hold_minutes".to_owned(), Unlawful::HoldOutOfRange);
    }
    if !(URGENT_VISIT_MINUTES.0..=URGENT_VISIT_MINUTES.1).contains(&terms.urgent_visit_minutes) {
        fault(
            "/urgent_visit_minutes".to_owned(),
            Unlawful::UrgentVisitOutOfRange,
        );
    }
    visit(&terms.visit, &mut fault);
    found
}

/// The clock of a visit: spans within reason, and nothing ends before somebody could do something about it.
fn visit(times: &VisitTimes, fault: &mut impl FnMut(String, Unlawful)) {
    let windows = &times.windows;
    for (name, minutes) in [
        ("depart_before_minutes", windows.depart_before_minutes),
        ("arrive_before_minutes", windows.arrive_before_minutes),
        ("start_before_minutes", windows.start_before_minutes),
        ("start_after_end_minutes", windows.start_after_end_minutes),
        ("complete_after_minutes", windows.complete_after_minutes),
        ("no_show_after_minutes", windows.no_show_after_minutes),
        ("urgent_search_minutes", windows.urgent_search_minutes),
        ("urgent_search_alarm_minutes", windows.urgent_search_alarm_minutes),
        ("missed_alarm_minutes", windows.missed_alarm_minutes),
        ("missed_after_minutes", windows.missed_after_minutes),
        ("unfinished_alarm_minutes", windows.unfinished_alarm_minutes),
    ] {
        if minutes > VISIT_MINUTES_MAX {
            fault(format!("/visit/{name}"), Unlawful::SpanOutOfRange);
        }
    }
    if times.earning_rest_hours > EARNING_REST_HOURS_MAX {
        fault("/visit/earning_rest_hours".to_owned(), Unlawful::SpanOutOfRange);
    }
    for (name, span, least, shorter) in [
        (
            "urgent_search_minutes",
            windows.urgent_search_minutes,
            windows.urgent_search_alarm_minutes,
            "urgent_search_alarm_minutes",
        ),
        (
            "missed_after_minutes",
            windows.missed_after_minutes,
            windows.missed_alarm_minutes,
            "missed_alarm_minutes",
        ),
        (
            "missed_after_minutes",
            windows.missed_after_minutes,
            windows.start_after_end_minutes,
            "start_after_end_minutes",
        ),
    ] {
        if span < least {
            fault(format!("/visit/{name}"), Unlawful::ShorterThan(shorter));
        }
    }
}

fn prices(terms: &PriceTerms, fault: &mut impl FnMut(String, Unlawful)) {
    let rows = &terms.prices;
    if rows.len() > PRICES_MAX {
        fault("/prices".to_owned(), Unlawful::TooManyPrices);
        return;
    }
    for (index, row) in rows.iter().enumerate() {
        let in_range =
            row.amount.currency == Currency::Rub && (1..=PRICE_MINOR_MAX).contains(&row.amount.minor);
        if !in_range {
            fault(format!("/prices/{index}/amount"), Unlawful::PriceOutOfRange);
        }
        if row.call_type == CallType::Urgent && row.doctor_id.is_some() {
            fault(format!("/prices/{index}/doctor_id"), Unlawful::UrgentWithDoctor);
        }
        let same = |other: &PriceRow| other.call_type == row.call_type && other.doctor_id == row.doctor_id;
        if rows.iter().take(index).any(same) {
            fault(format!("/prices/{index}"), Unlawful::PricedTwice);
        }
    }
    for call_type in CallType::ALL {
        if !rows
            .iter()
            .any(|row| row.call_type == call_type && row.doctor_id.is_none())
        {
            fault("/prices".to_owned(), Unlawful::NoPrice(call_type));
        }
    }
}

fn cancellation(
    call_type: CallType,
    terms: &CancellationTerms,
    place: &str,
    fault: &mut impl FnMut(String, Unlawful),
) {
    match terms {
        CancellationTerms::ByDeparture {
            after_departure_percent,
        } => {
            if call_type != CallType::Urgent {
                fault(place.to_owned(), Unlawful::WrongKind);
            }
            if *after_departure_percent > 100 {
                fault(
                    format!("{place}/after_departure_percent"),
                    Unlawful::PercentOutOfRange,
                );
            }
        }
        CancellationTerms::ByNotice { steps } => {
            if call_type == CallType::Urgent {
                fault(place.to_owned(), Unlawful::WrongKind);
            }
            by_notice(steps, place, fault);
        }
    }
}

fn by_notice(steps: &[NoticeStep], place: &str, fault: &mut impl FnMut(String, Unlawful)) {
    if steps.is_empty() || steps.len() > STEPS_MAX {
        fault(format!("{place}/steps"), Unlawful::StepsOutOfRange);
        return;
    }
    let last = steps.len() - 1;
    let mut before: Option<&NoticeStep> = None;
    for (index, step) in steps.iter().enumerate() {
        if step.percent > 100 {
            fault(
                format!("{place}/steps/{index}/percent"),
                Unlawful::PercentOutOfRange,
            );
        }
        let most = before.map_or(NOTICE_MINUTES_MAX, |before| before.notice_minutes - 1);
        let least = i64::from(index < last);
        let ordered =
            (least..=most).contains(&step.notice_minutes) && (index < last || step.notice_minutes == 0);
        if !ordered {
            fault(
                format!("{place}/steps/{index}/notice_minutes"),
                Unlawful::StepsUnordered,
            );
        }
        if before.is_some_and(|before| step.percent < before.percent) {
            fault(format!("{place}/steps/{index}/percent"), Unlawful::CheaperLater);
        }
        before = Some(step);
    }
}

//! A price list as it is published, over HTTP and as a file: the same document, every fault at once with its place.

use commands::prices::PublishPrices;
use domain::booking::events::CallType;
use domain::policy::cancellation::{CancellationTerms, NoticeStep};
use domain::policy::visit::VisitWindows;
use domain::price_list::terms::{
    ByCallType, EARNING_REST_HOURS_MAX, NOTICE_MINUTES_MAX, PRICES_MAX, PriceRow, PriceTerms, STEPS_MAX,
    VISIT_MINUTES_MAX, VisitTimes,
};
use domain::price_list::terms_error::faults;
use serde_json::value::RawValue;

use crate::extract::body::{self, Fields, FromBody};
use crate::extract::read::{Parsed, amount, currency, id, instant, one_of, whole};
use crate::language::Language;
use crate::problem::field_error::FieldProblem;

/// The largest version; small enough for every database and client.
pub const VERSION_MAX: i64 = 1_000_000_000;

/// A list to be published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceDocument(pub PublishPrices);

/// Why a document is not a price list.
#[derive(Debug, thiserror::Error)]
#[error("{}", .0.join("\n"))]
pub struct PriceDocumentError(Vec<String>);

/// Reads a document, as `tot prices publish` and `POST /admin/price-lists` take it.
///
/// # Errors
/// [`PriceDocumentError`] with a line per fault, each naming its field.
pub fn read_price_document(bytes: &[u8]) -> Result<PublishPrices, PriceDocumentError> {
    body::read::<PriceDocument>(bytes, Vec::new())
        .map(|(document, _)| document.0)
        .map_err(|problem| {
            let line = |fault: &crate::problem::field_error::FieldError| {
                format!("{} {}", fault.pointer, fault.message)
            };
            PriceDocumentError(match problem.errors() {
                [] => vec![problem.detail(Language::English).into_owned()],
                faults => faults.iter().map(line).collect(),
            })
        })
}

impl FromBody for PriceDocument {
    fn read(fields: &mut Fields<'_>) -> Option<Self> {
        let version = fields.required("version", whole(1, VERSION_MAX));
        let valid_from = fields.optional("valid_from", instant);
        let prices = fields.objects("prices", PRICES_MAX, row);
        let commission_percent = fields.object("commission_percent", |fields| {
            by_call_type(fields, |fields, name| fields.required(name, percent))
        });
        let cancellation = fields.object("cancellation", cancellation);
        let hold_minutes = fields.required("hold_minutes", up_to(u16::MAX));
        let urgent_visit_minutes = fields.required("urgent_visit_minutes", up_to(u16::MAX));
        let visit = fields.object("visit", visit);
        let terms = PriceTerms {
            prices: prices?,
            commission_percent: commission_percent?,
            cancellation: cancellation?,
            hold_minutes: hold_minutes?,
            urgent_visit_minutes: urgent_visit_minutes?,
            visit: visit?,
        };
        // What no field shows by itself: rows that repeat, steps out of order, spans that end before they can begin.
        for fault in faults(&terms) {
            let wrong = FieldProblem::new(fault.what.code(), fault.what.to_string());
            fields.fault_below(&fault.pointer, wrong);
        }
        Some(Self(PublishPrices {
            version: u32::try_from(version?).ok()?,
            valid_from: valid_from?,
            terms,
        }))
    }
}

fn row(fields: &mut Fields<'_>) -> Option<PriceRow> {
    let words = CallType::ALL.map(CallType::as_str).join(", ");
    let call_type = fields.required("call_type", one_of(CallType::parse, words));
    let doctor_id = fields.optional("doctor_id", id);
    let amount = fields.required("amount", amount);
    fields.optional("currency", currency)?; // Amounts are read in the one currency there is.
    Some(PriceRow {
        call_type: call_type?,
        doctor_id: doctor_id?,
        amount: amount?,
    })
}

/// One value for each kind of visit, every fault of all three recorded.
fn by_call_type<T>(
    fields: &mut Fields<'_>,
    read: impl Fn(&mut Fields<'_>, &'static str) -> Option<T>,
) -> Option<ByCallType<T>> {
    let urgent = read(fields, CallType::Urgent.as_str());
    let scheduled = read(fields, CallType::Scheduled.as_str());
    let consultation = read(fields, CallType::Consultation.as_str());
    Some(ByCallType {
        urgent: urgent?,
        scheduled: scheduled?,
        consultation: consultation?,
    })
}

/// Urgent visits cost from the departure on, the others by notice.
fn cancellation(fields: &mut Fields<'_>) -> Option<ByCallType<CancellationTerms>> {
    by_call_type(fields, |fields, name| {
        if name == CallType::Urgent.as_str() {
            return fields.object(name, |fields| {
                let after_departure_percent = fields.required("after_departure_percent", percent)?;
                Some(CancellationTerms::ByDeparture {
                    after_departure_percent,
                })
            });
        }
        fields.object(name, |fields| {
            let steps = fields.objects("steps", STEPS_MAX, step)?;
            Some(CancellationTerms::ByNotice { steps })
        })
    })
}

fn step(fields: &mut Fields<'_>) -> Option<NoticeStep> {
    let notice_minutes = fields.required("notice_minutes", whole(0, NOTICE_MINUTES_MAX));
    let percent = fields.required("percent", percent);
    Some(NoticeStep {
        notice_minutes: notice_minutes?,
        percent: percent?,
    })
}

fn visit(fields: &mut Fields<'_>) -> Option<VisitTimes> {
    let mut minutes = |name| fields.required(name, up_to(VISIT_MINUTES_MAX));
    let depart_before_minutes = minutes("depart_before_minutes");
    let arrive_before_minutes = minutes("arrive_before_minutes");
    let start_before_minutes = minutes("start_before_minutes");
    let start_after_end_minutes = minutes("start_after_end_minutes");
    let complete_after_minutes = minutes("complete_after_minutes");
    let no_show_after_minutes = minutes("no_show_after_minutes");
    let urgent_search_minutes = minutes("urgent_search_minutes");
    let urgent_search_alarm_minutes = minutes("urgent_search_alarm_minutes");
    let missed_alarm_minutes = minutes("missed_alarm_minutes");
    let missed_after_minutes = minutes("missed_after_minutes");
    let unfinished_alarm_minutes = minutes("unfinished_alarm_minutes");
    let earning_rest_hours = fields.required("earning_rest_hours", up_to(EARNING_REST_HOURS_MAX));
    let windows = VisitWindows {
        depart_before_minutes: depart_before_minutes?,
        arrive_before_minutes: arrive_before_minutes?,
        start_before_minutes: start_before_minutes?,
        start_after_end_minutes: start_after_end_minutes?,
        complete_after_minutes: complete_after_minutes?,
        no_show_after_minutes: no_show_after_minutes?,
        urgent_search_minutes: urgent_search_minutes?,
        urgent_search_alarm_minutes: urgent_search_alarm_minutes?,
        missed_alarm_minutes: missed_alarm_minutes?,
        missed_after_minutes: missed_after_minutes?,
        unfinished_alarm_minutes: unfinished_alarm_minutes?,
    };
    Some(VisitTimes {
        windows,
        earning_rest_hours: earning_rest_hours?,
    })
}

fn percent(raw: &RawValue) -> Parsed<u8> {
    let percent = whole(0, 100)(raw)?;
    u8::try_from(percent).map_err(|_| FieldProblem::new("out_of_range", "must be between 0 and 100"))
}

fn up_to(most: u16) -> impl Fn(&RawValue) -> Parsed<u16> {
    move |raw| {
        let number = whole(0, i64::from(most))(raw)?;
        u16::try_from(number)
            .map_err(|_| FieldProblem::new("out_of_range", format!("must be between 0 and {most}")))
    }
}

#[cfg(test)]
mod tests {
    use domain::money::Money;
    use serde_json::{Value, json};

    use super::*;

    /// The document that the how-to shows and `tot dev` publishes.
    const EXAMPLE: &str = include_str!("../../../docs/how-to/price-list.example.json");

    fn faults_after(change: impl FnOnce(&mut Value)) -> String {
        let mut document: Value = serde_json::from_str(EXAMPLE).unwrap();
        change(&mut document);
        read_price_document(document.to_string().as_bytes())
            .unwrap_err()
            .to_string()
    }

    #[test]
    fn the_documented_example_is_a_price_list() {
        let list = read_price_document(EXAMPLE.as_bytes()).unwrap();
        assert_eq!((list.version, list.valid_from), (1, None));
        assert_eq!(faults(&list.terms), vec![]);
        assert_eq!(list.terms.prices.len(), 3);
        assert_eq!(list.terms.prices[0].amount, Money::kopecks(150_000));
        assert_eq!(*list.terms.commission_percent.of(CallType::Scheduled), 20);
    }

    #[test]
    fn every_fault_names_its_field_and_all_are_told_at_once() {
        let said = faults_after(|document| {
            document["version"] = json!(0);
            document["prices"][1]["amount"] = json!("2000.001");
            document["commission_percent"]["urgent"] = json!(101);
            document["cancellation"]["scheduled"]["steps"][0]["percent"] = json!("free");
            let visit = document["visit"].as_object_mut().unwrap();
            visit.remove("no_show_after_minutes");
            document["hold_minute"] = json!(15);
        });
        for place in [
            "/version must be between 1 and",
            "/prices/1/amount must have at most two decimals",
            "/commission_percent/urgent must be between 0 and 100",
            "/cancellation/scheduled/steps/0/percent must be a whole number",
            "/visit/no_show_after_minutes is required",
            "/hold_minute is not a field",
        ] {
            assert!(said.contains(place), "{place}: {said}");
        }
        assert_eq!(said.lines().count(), 6, "{said}");
    }

    #[test]
    fn rules_over_several_fields_have_their_place_too() {
        let said = faults_after(|document| {
            document["prices"].as_array_mut().unwrap().remove(0);
            document["cancellation"]["consultation"]["steps"][0]["percent"] = json!(90);
            document["hold_minutes"] = json!(0);
        });
        assert_eq!(
            said,
            "/prices has no price for urgent visits without a doctor_id\n\
             /cancellation/consultation/steps/1/percent must not cost less than the step before\n\
             /hold_minutes must be between 1 and 240 minutes"
        );
        let said = read_price_document(b"{\"version\":").unwrap_err().to_string();
        assert!(said.starts_with("not JSON at line 1"), "{said}");
    }
}

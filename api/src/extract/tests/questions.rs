//! Query parameters.

use crate::extract::head::{FromQuery, parse_query};
use crate::extract::page::PageParams;
use crate::extract::tests::listed;
use crate::routes::admin::audit_trail::AuditTrailQuery;
use crate::routes::admin::intents::IntentsQuery;
use crate::routes::admin::ledger::StatementQuery;
use crate::routes::admin::log::FactsQuery;
use crate::routes::bookings::history::AsOfQuery;
use crate::routes::bookings::list::BookingsQuery;
use crate::routes::doctors::list::DoctorsQuery;
use crate::routes::doctors::slots::SlotsQuery;
use crate::routes::tariffs::TariffQuery;

/// The faults of a query.
fn faults_of<Q: FromQuery>(query: &str) -> Vec<String> {
    parse_query::<Q>(query)
        .err()
        .map(|problem| listed(&problem))
        .unwrap_or_default()
}

#[test]
fn questions_are_checked_parameter_by_parameter() {
    assert_eq!(faults_of::<(BookingsQuery, PageParams)>(""), Vec::<String>::new());
    let fine = "status=en_route&call_type=urgent&from=2026-12-01T00:00:00Z&limit=200";
    assert_eq!(
        faults_of::<(BookingsQuery, PageParams)>(fine),
        Vec::<String>::new()
    );
    assert_eq!(
        faults_of::<(BookingsQuery, PageParams)>(
            "status=gone&call_type=x&from=now&to=1&limit=201&cursor=x&page=2&limit=1"
        ),
        [
            "/query/call_type not_allowed",
            "/query/cursor not_a_cursor",
            "/query/from not_an_instant",
            "/query/limit out_of_range",
            "/query/limit repeated",
            "/query/page unknown_parameter",
            "/query/status not_allowed",
            "/query/to not_an_instant",
        ]
    );
    for limit in ["0", "-1", "x", ""] {
        assert_eq!(
            faults_of::<(BookingsQuery, PageParams)>(&format!("limit={limit}")),
            ["/query/limit out_of_range"]
        );
    }
    assert_eq!(
        faults_of::<TariffQuery>("call_type=x&doctor_id=1&starts_at=x").len(),
        3
    );
    assert_eq!(
        faults_of::<DoctorsQuery>("specialization=x&clinic_id=1&accepts=yes&cursor=1").len(),
        4
    );
    assert_eq!(faults_of::<AsOfQuery>("as_of=0"), ["/query/as_of out_of_range"]);
    assert_eq!(
        faults_of::<AsOfQuery>("as_of=then"),
        ["/query/as_of not_a_moment"]
    );
    assert_eq!(
        faults_of::<AsOfQuery>("as_of=2026-12-01T09:30:00%2B03:00"),
        Vec::<String>::new()
    );
    assert_eq!(
        faults_of::<FactsQuery>("after=-1"),
        ["/query/after not_a_position"]
    );
    assert_eq!(faults_of::<IntentsQuery>("state=lost&process=a%00b").len(), 2);
    let long = format!("process={}", "x".repeat(600));
    assert_eq!(faults_of::<IntentsQuery>(&long), ["/query/process too_long"]);
}

#[test]
fn a_span_that_ends_before_it_begins_is_refused_by_every_list() {
    let backwards = "from=2026-12-02T00:00:00Z&to=2026-12-01T00:00:00Z";
    for faults in [
        faults_of::<BookingsQuery>(backwards),
        faults_of::<FactsQuery>(backwards),
        faults_of::<StatementQuery>(backwards),
        faults_of::<AuditTrailQuery>(backwards),
        faults_of::<SlotsQuery>(backwards),
    ] {
        assert_eq!(faults, ["/query/to not_after"]);
    }
}

#[test]
fn a_question_about_slots_has_a_bounded_span() {
    let between = |from: &str, to: &str| faults_of::<SlotsQuery>(&format!("from={from}&to={to}"));
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2027-02-01T00:00:00Z"),
        Vec::<String>::new()
    );
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2027-02-02T00:00:00Z"),
        ["/query/to too_far"]
    );
    assert_eq!(
        between("2026-12-01T00:00:00Z", "2026-12-01T00:00:00Z"),
        ["/query/to not_after"]
    );
}

//! Queries: every parameter of every question, asked alone.

use serde_json::Value;
use url::form_urlencoded;

use super::{Apart, Place, is_fine_at};
use crate::extract::head::{FromQuery, parse_query};
use crate::extract::page::PageParams;
use crate::extract::watcher::StreamQuery;
use crate::problem::Problem;
use crate::routes::admin::accounts::list::AccountsQuery;
use crate::routes::admin::anomalies::AnomaliesQuery;
use crate::routes::admin::audit_trail::AuditTrailQuery;
use crate::routes::admin::erasures::ErasuresQuery;
use crate::routes::admin::history::ChainQuery;
use crate::routes::admin::intents::IntentsQuery;
use crate::routes::admin::ledger::StatementQuery;
use crate::routes::admin::log::FactsQuery;
use crate::routes::admin::reconciliations::{FormatQuery, ReconciliationsQuery};
use crate::routes::admin::search::SearchQuery;
use crate::routes::bookings::history::AsOfQuery;
use crate::routes::bookings::list::BookingsQuery;
use crate::routes::doctors::blocks::BlocksQuery;
use crate::routes::doctors::list::DoctorsQuery;
use crate::routes::doctors::open_days::DaysQuery;
use crate::routes::doctors::show::NearQuery;
use crate::routes::doctors::slots::SlotsQuery;
use crate::routes::exports::ExportQuery;
use crate::routes::me::documents::DocumentQuery;
use crate::routes::payments::list::PaymentsQuery;
use crate::routes::payouts::list::PayoutsQuery;
use crate::routes::reports::ReportQuery;
use crate::routes::tariffs::TariffQuery;
use crate::routes::webhook_endpoints::deliveries::DeliveriesQuery;
use crate::tests::description::{operations, resolved, spelled_out};

/// An operation, and who reads its question.
type Question = (&'static str, fn(&str) -> Result<(), Problem>);

const QUESTIONS: [Question; 35] = [
    ("admin_anomalies", read::<(AnomaliesQuery, PageParams)>),
    ("admin_audit_trail", read::<(AuditTrailQuery, PageParams)>),
    ("admin_booking_history", read::<ChainQuery>),
    ("admin_erasures", read::<(ErasuresQuery, PageParams)>),
    ("admin_events", read::<FactsQuery>),
    ("admin_intents", read::<(IntentsQuery, PageParams)>),
    ("admin_ledger_entries", read::<StatementQuery>),
    ("admin_list_accounts", read::<AccountsQuery>),
    ("admin_reconciliation", read::<FormatQuery>),
    (
        "admin_reconciliations",
        read::<(ReconciliationsQuery, PageParams)>,
    ),
    ("admin_live", read::<StreamQuery>),
    ("admin_search", read::<SearchQuery>),
    ("admin_stream", read::<AsOfQuery>),
    ("admin_list_apps", read::<PageParams>),
    ("apps_patients", read::<PageParams>),
    ("auth_data_reads", read::<PageParams>),
    ("doctors_attach_document", read::<DocumentQuery>),
    ("bookings_events", read::<StreamQuery>),
    ("bookings_history", read::<AsOfQuery>),
    ("bookings_list", read::<(BookingsQuery, PageParams)>),
    ("bookings_own_events", read::<StreamQuery>),
    ("bookings_open_calls", read::<PageParams>),
    ("doctors_blocks", read::<(BlocksQuery, PageParams)>),
    ("doctors_days", read::<(DaysQuery, PageParams)>),
    ("doctors_list", read::<DoctorsQuery>),
    ("doctors_show", read::<NearQuery>),
    ("doctors_slots", read::<(SlotsQuery, PageParams)>),
    ("exports_export", read::<ExportQuery>),
    ("payments_list", read::<(PaymentsQuery, PageParams)>),
    ("payouts_list", read::<(PayoutsQuery, PageParams)>),
    ("reports_report", read::<ReportQuery>),
    ("tariffs_tariffs", read::<TariffQuery>),
    ("wallet_entries", read::<PageParams>),
    (
        "webhook_endpoints_deliveries",
        read::<(DeliveriesQuery, PageParams)>,
    ),
    ("webhook_endpoints_list", read::<PageParams>),
];

fn read<Q: FromQuery>(query: &str) -> Result<(), Problem> {
    parse_query::<Q>(query).map(drop)
}

/// Where no pattern tells all, and where readers forgive.
fn apart(name: &str) -> Apart {
    match name {
        // A sum of the cursor's own bytes stands in it.
        "cursor" => Apart {
            beyond_patterns: Some(|_| true),
            forgiven: None,
        },
        // What is looked for has one of several shapes; blanks around words are no part of them.
        "q" => Apart {
            beyond_patterns: Some(|_| true),
            forgiven: Some(|text| text.trim() != text),
        },
        // Ids, and names of processes: what can be nobody's is refused, and no pattern tells whose it is.
        "actor" | "correlation" | "partition_key" | "process" => Apart {
            beyond_patterns: Some(|_| true),
            forgiven: None,
        },
        // There is no thirtieth of February; and numbers and times may be written in more ways than one.
        "as_of" => Apart {
            beyond_patterns: Some(|text| text.contains('-')),
            forgiven: Some(|_| true),
        },
        _ => Apart::default(),
    }
}

#[test]
fn what_is_described_of_a_parameter_is_what_is_read() {
    let description = spelled_out();
    let mut tried = 0;
    for (_, _, operation) in operations(&description) {
        let id = operation["operationId"].as_str().unwrap();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.map(|parameter| resolved(&description, parameter));
        for parameter in parameters.filter(|parameter| parameter["in"] == "query") {
            let name = parameter["name"].as_str().unwrap();
            let (_, read) = QUESTIONS
                .iter()
                .find(|(known, _)| *known == id)
                .unwrap_or_else(|| panic!("{id} asks, and is not read here"));
            let takes = |value: &Value| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair(name, &text)
                    .finish();
                is_fine_at(&read(&query), &format!("/query/{name}"))
            };
            let schema = &parameter["schema"];
            let place = Place {
                name: format!("{id} {name}"),
                schema: if schema["items"].is_object() {
                    &schema["items"]
                } else {
                    schema
                },
                takes: &takes,
                apart: apart(name),
            };
            place.try_all();
            tried += 1;
        }
    }
    assert!(tried > 90, "{tried}");
}

//! The page for analysts, tried: a seeded year whose right answers are known, asked by logins that may see more and less of it, over
//! HTTP and by the command line.

use kit::database;
use kit::platform::Platform;
use reqwest::Method;
use serde_json::Value;

use super::logins::{login, prepared};
use super::programs::{psql, python, python_with};

/// How many bookings are tried: the fewest with which every question has something to answer, and every boundary something
/// behind it.
const SIZE: &str = "600";
/// What the views show.
const MODELS: [&str; 5] = [
    "bookings",
    "payment_ledger",
    "provider_payments",
    "payouts",
    "open_slots",
];

#[tokio::test]
async fn every_question_is_answered_right_and_nothing_else_is_reached() {
    // What facts follow from opening would be beyond the plan.
    let mut platform = prepared().await.without_prices();
    seed(&platform).await;
    let clinic = python(&["-c", "from plan import Plan; print(Plan(1).clinics[0])"]).await;
    let clinic = clinic.trim();
    let whole = login(&platform, &["--login", "anna"]).await;
    let north = login(&platform, &["--login", "clinic_north", "--clinic", clinic]).await;
    let nobody = login(&platform, &["--login", "nobody", "--clinic", clinic]).await;
    let owner = database::pool(platform.owner_url()).await;
    sqlx::query("delete from analytics_private.clinic_logins where login = 'nobody'")
        .execute(&owner)
        .await
        .unwrap();
    owner.close().await;

    python(&["check.py", "--size", SIZE, "--url", &whole]).await;
    python(&[
        "boundary.py",
        "--size",
        SIZE,
        "--url",
        &whole,
        "--clinic-url",
        &north,
        "--nobody-url",
        &nobody,
    ])
    .await;
    reports_answer_the_same(&mut platform).await;
    a_clinics_analyst_is_answered_of_its_own(&mut platform, &whole, &north, clinic).await;
    the_clock_of_make_run_stands_in_no_analysts_way(&mut platform, &whole).await;
    psql_fills_filters_as_the_page_says(&platform, &whole, clinic).await;
    platform.stop().await;
}

/// Every report, through every filter, over HTTP; and by the command line what came over HTTP.
async fn reports_answer_the_same(platform: &mut Platform) {
    platform.serve("api").await;
    let admin = platform.admin().await;
    let analyst = platform.made_by(&admin, "analyst").await.client;
    let platform = &*platform;
    let api = format!("{}/api/v1", platform.variable("TOT_PUBLIC_URL"));
    let token = [("TOKEN", analyst.token())];
    python_with(&["over_http.py", "--size", SIZE, "--api", &api], &token).await;
    // The same from sums, which a log so short has none of.
    let owner = database::pool(platform.owner_url()).await;
    for statement in [
        // Some months of a clinic have so many bookings, others fewer.
        "update booking_days_state set least_facts = 0, least_clinic_bookings = 10",
        "select sum_booking_days(1000)",
        "select sum_report_days(1000)",
    ] {
        sqlx::query(statement).execute(&owner).await.unwrap();
    }
    let shown: i64 = sqlx::query_scalar("select count(*) from report_sums_shown")
        .fetch_one(&owner)
        .await
        .unwrap();
    assert_eq!(shown, 5, "the sums are shown");
    owner.close().await;
    python_with(&["over_http.py", "--size", SIZE, "--api", &api], &token).await;

    let period = ["--from", "2025-02-03", "--to", "2025-11-20"];
    let listed = analyst.get("/reports").await.expect(200);
    for report in listed["items"].as_array().unwrap() {
        let name = report["name"].as_str().unwrap();
        let (given, query) = if report["period_of"].is_null() {
            (&[][..], "")
        } else {
            (&period[..], "?from=2025-02-03&to=2025-11-20")
        };
        let printed = |form: &'static str| {
            let arguments = [&["report", name, "--format", form], given].concat();
            async move { platform.tot(&arguments, "").await }
        };
        let path = format!("/reports/{name}{query}");
        let mut document = analyst.get(&path).await.expect(200);
        let mut by_command: Value = serde_json::from_str(&printed("json").await).unwrap();
        for said in [&mut document, &mut by_command] {
            assert!(said["as_of"].take().is_string(), "{name}");
        }
        assert_eq!(by_command, document, "{name}");
        let headers = [("Accept", "text/csv")];
        let file = analyst.send(Method::GET, &path, None, &headers).await;
        assert_eq!(printed("csv").await, file.text, "{name}");
        let rows = document["rows"].as_array().unwrap().len();
        let table = printed("table").await;
        assert_eq!(table.lines().count(), rows + 4, "{name}: {table}");
        is_drawn_or_says_why_not(platform, report, given).await;
    }
}

/// With a login of its own, which may read no sums, a clinic is answered from what the views show it.
async fn a_clinics_analyst_is_answered_of_its_own(
    platform: &mut Platform,
    whole: &str,
    north: &str,
    clinic: &str,
) {
    let year = ["--from", "2025-01-01", "--to", "2025-12-31", "--format", "csv"];
    let of_clinic = ["--clinic", clinic];
    for name in ["bookings_by_day", "funnel", "time_in_status"] {
        let report = [&["report", name], &year[..]].concat();
        platform.set("TOT_DATABASE_URL", north);
        let own = platform.tot(&report, "").await;
        platform.set("TOT_DATABASE_URL", whole);
        assert_ne!(own, platform.tot(&report, "").await, "{name}");
        assert_eq!(
            own,
            platform.tot(&[&report[..], &of_clinic].concat(), "").await,
            "{name}"
        );
    }
}

/// Beside `make run` the platform's clock is one with an offset, in a table that an analyst's session would not find by its name alone.
async fn the_clock_of_make_run_stands_in_no_analysts_way(platform: &mut Platform, whole: &str) {
    dev_stack::install_clock(platform.owner_url()).await.unwrap();
    platform.set("TOT_DATABASE_URL", whole);
    for report in ["books", "bookings_by_day"] {
        platform.tot(&["report", report], "").await;
    }
    // A view that reads what is not there is no database without views: what is missing is named.
    let owner = database::pool(platform.owner_url()).await;
    let hidden = "alter table public.dev_clock rename to dev_clock_elsewhere";
    sqlx::query(hidden).execute(&owner).await.unwrap();
    let refused = platform.try_tot(&["report", "bookings_by_day"], "").await;
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        said.contains("public.dev_clock") && !said.contains("no views"),
        "{said}"
    );
    let back = "alter table public.dev_clock_elsewhere rename to dev_clock";
    sqlx::query(back).execute(&owner).await.unwrap();
    owner.close().await;
}

const PAGE: &str = include_str!("../../../docs/analysts.md");

/// Every query of the page with every one of its filters, filled by the page's own lines of psql.
async fn psql_fills_filters_as_the_page_says(platform: &Platform, whole: &str, clinic: &str) {
    let lines = PAGE.lines().filter(|line| line.starts_with("\\set "));
    let set: Vec<String> = lines
        .map(|line| line.replace("019a8f0e-6f0a-7c3e-9a51-1f2d3c4b5a69", clinic))
        .collect();
    assert_eq!(set.len(), 4, "{set:?}");
    let (_, questions) = PAGE.split_once("\n## Twenty-four questions\n").unwrap();
    let queries = questions.split("```sql\n").skip(1);
    let queries = queries.map(|query| query.split_once("```").unwrap().0.replace("-- and ", "and "));
    let script: Vec<String> = set
        .into_iter()
        .chain(queries.map(|query| format!("{query};")))
        .collect();
    assert_eq!(script.len(), 28);
    let file = platform.folder().join("filled.sql");
    std::fs::write(&file, script.join("\n")).unwrap();
    psql(whole, &file).await;
}

/// A chart is a file that every reader of XML takes, the same every time.
async fn is_drawn_or_says_why_not(platform: &Platform, report: &Value, given: &[&str]) {
    let name = report["name"].as_str().unwrap();
    let file = platform.folder().join(format!("{name}.svg"));
    let arguments = [&["report", name, "--chart", file.to_str().unwrap()][..], given].concat();
    if report["chart"].is_null() {
        let output = platform.try_tot(&arguments, "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            !output.status.success() && said.contains("has no chart"),
            "{said}"
        );
        assert!(!file.exists());
        return;
    }
    let said = platform.tot(&arguments, "").await;
    assert!(said.contains("rows drawn"), "{said}");
    let drawn = std::fs::read_to_string(&file).unwrap();
    let title = python(&["-c", TITLE, file.to_str().unwrap()]).await;
    assert_eq!(title.trim(), report["title"]["ru"].as_str().unwrap());
    platform.tot(&arguments, "").await;
    assert_eq!(
        std::fs::read_to_string(&file).unwrap(),
        drawn,
        "{name} is drawn otherwise"
    );
}

/// Parses a file as XML and prints its title.
const TITLE: &str = "import sys, xml.etree.ElementTree as tree; \
    print(tree.parse(sys.argv[1]).getroot().find('{http://www.w3.org/2000/svg}title').text)";

/// A year of facts, in the read models too.
async fn seed(platform: &Platform) {
    let file = platform.folder().join("year.sql");
    std::fs::write(&file, python(&["seed.py", "--size", SIZE]).await).unwrap();
    psql(&platform.superuser_url(), &file).await;
    for model in MODELS {
        platform
            .tot_as_admin(&["projections", "rebuild", model, "--json"])
            .await;
    }
}

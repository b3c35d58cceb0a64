//! The page for analysts, tried: a seeded year whose right answers are known, asked by logins that may see more and less of it.

use kit::database;
use kit::platform::Platform;

use super::logins::{login, prepared};
use super::programs::{psql, python};

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
    let platform = prepared().await;
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
    platform.stop().await;
}

/// A year of facts, in the read models too.
async fn seed(platform: &Platform) {
    let file = platform.folder().join("year.sql");
    std::fs::write(&file, python(&["seed.py", "--size", SIZE]).await).unwrap();
    psql(&platform.superuser_url(), &file).await;
    for model in MODELS {
        platform
            .tot(&["projections", "rebuild", model, "--json"], "")
            .await;
    }
}

//! Logins of analysts: made by an operator in one command, refused with the mend, and unable to stop the platform.

use futures::StreamExt as _;
use kit::database;
use kit::platform::Platform;
use kit::wait::until;
use sqlx::{Connection as _, PgConnection};
use url::Url;

/// Functions that every login of Postgres may call unless a superuser has closed them. The first stops all appends.
const CLOSED: [&str; 5] = [
    "select pg_advisory_lock(7245301)",
    "select pg_try_advisory_xact_lock(7245301)",
    "select pg_advisory_unlock_all()",
    "select lo_creat(-1)",
    "select lo_from_bytea(0, 'x')",
];

/// A platform on servers of its own, since a login is the whole server's; its commands may work as the owner.
pub async fn prepared() -> Platform {
    let mut platform = Platform::prepare_private().await;
    let owner_url = platform.owner_url().to_owned();
    platform.set("TOT_DATABASE_OWNER_URL", &owner_url);
    platform
}

/// Makes a login, and answers its address.
pub async fn login(platform: &Platform, arguments: &[&str]) -> String {
    let said = platform
        .tot(&[&["analyst", "create"][..], arguments].concat(), "")
        .await;
    let password = said.strip_suffix('\n').unwrap();
    let is_password = password.len() == 64 && password.bytes().all(|byte| byte.is_ascii_hexdigit());
    assert!(is_password, "something else is printed than a password");
    let name = arguments
        .iter()
        .skip_while(|word| **word != "--login")
        .nth(1)
        .unwrap();
    let mut url = Url::parse(platform.owner_url()).unwrap();
    url.set_username(name).unwrap();
    url.set_password(Some(password)).unwrap();
    url.into()
}

/// What a refused command says.
async fn refused(platform: &Platform, arguments: &[&str]) -> String {
    let output = platform.try_tot(arguments, "").await;
    assert!(!output.status.success(), "{arguments:?}");
    assert!(output.stdout.is_empty(), "{arguments:?} prints something");
    String::from_utf8(output.stderr).unwrap()
}

#[tokio::test]
async fn an_analyst_may_take_no_lock_under_which_facts_are_appended() {
    let mut platform = prepared().await;
    let url = login(&platform, &["--login", "anna"]).await;
    let analyst = database::pool(&url).await;
    for statement in CLOSED {
        let error = sqlx::query(statement).execute(&analyst).await.unwrap_err();
        let code = error.as_database_error().and_then(|error| error.code());
        assert_eq!(code.as_deref(), Some("42501"), "{statement}: {error}");
    }
    analyst.close().await;
    // Nobody who serves needs what was taken from everybody.
    for role in kit::platform::ROLES {
        platform.serve(role).await;
    }
    platform.patient().await;
    platform.finish().await;
}

#[tokio::test]
async fn an_analyst_whose_program_stands_still_holds_no_old_snapshot() {
    let platform = prepared().await;
    let url = login(&platform, &["--login", "anna"]).await;
    let mut analyst = PgConnection::connect(&url).await.unwrap();
    let begins: String = sqlx::query_scalar("show tcp_user_timeout")
        .fetch_one(&mut analyst)
        .await
        .unwrap();
    assert_eq!(begins, "30000", "milliseconds");
    // Half a minute is long for a test; nothing else would end the statement.
    for setting in ["set statement_timeout = '1s'", "set tcp_user_timeout = '2s'"] {
        sqlx::query(setting).execute(&mut analyst).await.unwrap();
    }
    let mut answer =
        sqlx::query("select repeat('x', 1000), generate_series(1, 100000000)").fetch(&mut analyst);
    answer.next().await.unwrap().unwrap();
    let operator = database::pool(&platform.superuser_url()).await;
    until("the analyst's session ends", async || {
        let there: bool =
            sqlx::query_scalar("select exists (select from pg_stat_activity where usename = 'anna')")
                .fetch_one(&operator)
                .await
                .unwrap();
        (!there).then_some(())
    })
    .await;
    drop(answer);
    operator.close().await;
    platform.finish().await;
}

#[tokio::test]
async fn a_login_that_cannot_be_made_is_refused_with_the_mend() {
    let platform = prepared().await;
    login(&platform, &["--login", "anna"]).await;
    let nowhere = "019a8f0e-0000-7000-8000-00000000dead";
    for (arguments, told) in [
        (&["--login", "anna"][..], "there is a role anna already"),
        (&["--login", "tot_app"], "there is a role tot_app already"),
        (&["--login", "Anna"], "is not plain"),
        (&["--login", "pg_anna"], "is not plain"),
        (
            &["--login", "north", "--clinic", nowhere],
            "there is no clinic 019a8f0e-0000-7000-8000-00000000dead: `tot admin create --role clinic`",
        ),
    ] {
        let said = refused(&platform, &[&["analyst", "create"][..], arguments].concat()).await;
        assert!(said.contains(told), "{arguments:?}: {said}");
    }
    let listed = platform.tot(&["analyst", "list", "--json"], "").await;
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    let anna = serde_json::json!([{"login": "anna", "group": "tot_analyst", "clinic_id": null}]);
    assert_eq!(listed, anna, "what was refused left nothing");

    let superuser = database::pool(&platform.superuser_url()).await;
    sqlx::query("alter role tot_owner nocreaterole")
        .execute(&superuser)
        .await
        .unwrap();
    superuser.close().await;
    let said = refused(&platform, &["analyst", "create", "--login", "boris"]).await;
    assert!(said.contains("alter role tot_owner createrole;"), "{said}");
    platform.stop().await;
}

#[tokio::test]
async fn the_zone_is_written_by_migrate_and_a_wrong_one_stops_it() {
    let mut platform = prepared().await;
    let owner = database::pool(platform.owner_url()).await;
    for (zone, written) in [("Asia/Tehran", true), ("Atlantis", false), ("", true)] {
        platform.set("TOT_ZONE", zone);
        if written {
            platform.tot(&["migrate"], "").await;
        } else {
            let said = refused(&platform, &["migrate"]).await;
            assert!(said.contains("TOT_ZONE is wrong"), "{said}");
        }
        let stored: String = sqlx::query_scalar("select zone from analytics.settings")
            .fetch_one(&owner)
            .await
            .unwrap();
        assert_eq!(stored, "Asia/Tehran", "after {zone:?}");
    }
    owner.close().await;
    platform.stop().await;
}

//! The ways to Postgres and NATS: encrypted and checked, whoever connects, or refused.

use dev_stack::{Adjustments, Authority};
use kit::platform::{ALL, Platform, postgres_programs};
use kit::scene::Scene;
use kit::tls::PostgresTls;
use kit::wait::until;

/// The only name in the servers' certificates; the other one leads to the same servers.
const NAME: &str = "localhost";
const OTHER_NAME: &str = "127.0.0.1";

/// A platform whose servers have certificates of an authority, and the files of that authority and of a stranger.
struct Secured {
    platform: Platform,
    postgres: PostgresTls,
    roots: String,
    strangers: String,
}

impl Secured {
    async fn prepare() -> Self {
        let authority = Authority::new().unwrap();
        let issued = authority.issue(&[NAME]).unwrap();
        let platform = Platform::prepare_adjusted(Adjustments {
            nats_certificate: Some(&issued),
            ..Adjustments::default()
        })
        .await;
        let port = url::Url::parse(platform.app_url()).unwrap().port().unwrap();
        let postgres = PostgresTls::before(port, &issued).await;
        let file = |name: &str, authority: &Authority| {
            let path = platform.folder().join(name);
            std::fs::write(&path, authority.root_pem()).unwrap();
            path.display().to_string()
        };
        let roots = file("roots.pem", &authority);
        let strangers = file("strangers.pem", &Authority::new().unwrap());
        Self {
            platform,
            postgres,
            roots,
            strangers,
        }
    }

    fn database_url(&self, url: &str, host: &str, roots: &str) -> String {
        let parameters = format!("sslmode=verify-full&sslrootcert={roots}");
        self.postgres.instead_of(url, host, &parameters)
    }

    fn nats_url(&self, host: &str) -> String {
        let mut url = url::Url::parse(&self.platform.nats_url().replace("nats://", "tls://")).unwrap();
        url.set_host(Some(host)).unwrap();
        url.into()
    }

    /// Sets both addresses, and the authority's file for NATS.
    fn lead(&mut self, host: &str, roots: &str) {
        let database = self.database_url(self.platform.app_url(), host, roots);
        let nats = self.nats_url(host);
        self.platform.set("TOT_DATABASE_URL", &database);
        self.platform.set("TOT_NATS_URL", &nats);
        self.platform.set("TOT_NATS_ROOTS", roots);
    }
}

#[tokio::test]
async fn everything_that_connects_does_so_by_checked_tls() {
    let mut secured = Secured::prepare().await;
    let roots = secured.roots.clone();
    secured.lead(NAME, &roots);
    let owner = secured.database_url(secured.platform.owner_url(), NAME, &roots);
    secured.platform.set("TOT_DATABASE_OWNER_URL", &owner);
    secured.platform.serve(ALL).await;
    let platform = &secured.platform;
    let patient = platform.patient().await;
    patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    platform.drain().await;
    let anybody = platform.anonymous();
    until("NATS to be connected", || async {
        let ready = anybody.fetch("/readyz").await.text;
        ready.contains("\"detail\":\"connected\"").then_some(())
    })
    .await;
    // Each of these opens connections of its own.
    platform.tot(&["migrate"], "").await;
    platform.tot_as_admin(&["projections", "list"]).await;
    platform.tot_as_admin(&["audit", "verify"]).await;
    let folder = platform.folder().join("bookings.csv").display().to_string();
    platform
        .tot_as_admin(&["export", "bookings", "--out", &folder])
        .await;
    assert!(
        secured.postgres.encrypted() > 10,
        "{}",
        secured.postgres.encrypted()
    );
    assert_eq!((secured.postgres.clear(), secured.postgres.distrusted()), (0, 0));

    // The pinned pg_dump knows no TLS: asked for it, it fails, and never goes on in clear.
    let backup = platform.folder().join("backup").display().to_string();
    let programs = postgres_programs();
    let arguments = ["backup", "--out", &backup, "--postgres-bin", &programs];
    let output = platform.try_tot(&arguments, "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("verify-full"), "{said}");
    assert_eq!(secured.postgres.clear(), 0);
    secured.platform.stop().await;
}

#[tokio::test]
async fn a_database_of_another_authority_or_name_is_not_signed_in_to() {
    let mut secured = Secured::prepare().await;
    let (roots, strangers) = (secured.roots.clone(), secured.strangers.clone());
    for (host, roots, told) in [
        (NAME, &strangers, "UnknownIssuer"),
        (OTHER_NAME, &roots, "not valid for name"),
    ] {
        secured.lead(host, roots);
        let before = secured.postgres.distrusted();
        let output = secured.platform.try_tot(&["serve"], "").await;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(!output.status.success() && said.contains(told), "{told}: {said}");
        assert!(
            secured.postgres.distrusted() > before,
            "the certificate was shown"
        );
        assert_eq!((secured.postgres.encrypted(), secured.postgres.clear()), (0, 0));
    }
    secured.platform.stop().await;
}

#[tokio::test]
async fn a_nats_of_another_authority_or_name_is_not_signed_in_to() {
    let mut secured = Secured::prepare().await;
    let (roots, strangers) = (secured.roots.clone(), secured.strangers.clone());
    let log = secured.platform.stack().folder().join("nats.log");
    let refused = |log: &std::path::Path| {
        let text = std::fs::read_to_string(log).unwrap();
        text.lines()
            .filter(|line| line.contains("TLS handshake error"))
            .count()
    };
    for (host, nats_roots) in [(NAME, &strangers), (OTHER_NAME, &roots)] {
        secured.lead(NAME, &roots);
        secured.platform.set("TOT_NATS_ROOTS", nats_roots);
        let nats = secured.nats_url(host);
        secured.platform.set("TOT_NATS_URL", &nats);
        let before = refused(&log);
        secured.platform.serve(ALL).await;
        until("the certificate to be refused", || async {
            (refused(&log) > before + 1).then_some(())
        })
        .await;
        let ready = secured.platform.anonymous().fetch("/readyz").await.text;
        assert!(
            ready.contains("not connected; read models catch up from the log"),
            "{ready}"
        );
        secured.platform.halt().await;
    }
    secured.platform.stop().await;
}

#[tokio::test]
async fn ways_in_clear_beyond_this_machine_are_refused_at_once_unless_they_are_named() {
    let mut platform = Platform::prepare().await;
    platform.set(
        "TOT_DATABASE_URL",
        "postgres://tot_app:pa55w0rd@db.example/tot?sslmode=require",
    );
    platform.set("TOT_NATS_URL", "nats://tot:pa55w0rd@nats.example:4222");
    platform.set("TOT_PUBLIC_URL", "http://tot.example");
    let output = platform.try_tot(&["serve"], "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && !said.contains("pa55w0rd"), "{said}");
    for told in [
        "TOT_DATABASE_URL is wrong: it must be an address with `?sslmode=verify-full`",
        "TOT_NATS_URL is wrong: it must be an address that begins with `tls://`",
        "TOT_PUBLIC_URL is wrong: it must be the `https://` address",
        "name `database` in TOT_CLEAR_TEXT_ALLOWED",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // What is named goes on: here to a database that is not there.
    platform.set("TOT_CLEAR_TEXT_ALLOWED", "database, nats, http");
    platform.set("TOT_DATABASE_URL", "postgres://tot_app:pa55w0rd@tot.invalid/tot");
    let output = platform.try_tot(&["serve"], "").await;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("configuration"), "{said}");
    assert!(
        !output.status.success() && said.contains("the log cannot be opened"),
        "{said}"
    );
    platform.stop().await;
}

//! HTTPS of the platform's own, as its operator sees it: served, watched, renewed, and refused where it cannot be.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use dev_stack::{Authority, Issued};
use kit::platform::{ALL, Platform};
use kit::tls;
use kit::wait::until;

const READY: &str = "GET /readyz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
const NAMES: [&str; 2] = ["localhost", "127.0.0.1"];

#[tokio::test]
async fn a_certificate_is_served_watched_and_renewed_without_a_restart() {
    let authority = Authority::new().unwrap();
    let mut platform = with(&authority.issue(&NAMES).unwrap()).await;
    let metrics = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    platform.set("TOT_METRICS_LISTEN", &metrics.to_string());
    platform.serve(ALL).await;
    let port = url::Url::parse(platform.url()).unwrap().port().unwrap();
    let printed = std::fs::read_to_string(platform.log(ALL).with_extension("out")).unwrap();
    assert_eq!(printed.trim(), format!("TOT is ready: https://localhost:{port}"));

    let ready = tls::ask(&authority, port, READY).await.unwrap();
    assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");
    assert!(ready.contains("days until it expires"), "{ready}");
    assert!(
        ready.contains("strict-transport-security: max-age=31536000; includeSubDomains"),
        "{ready}"
    );
    let stranger = tls::ask(&Authority::new().unwrap(), port, READY)
        .await
        .unwrap_err();
    assert!(stranger.contains("UnknownIssuer"), "{stranger}");

    // Metrics are not for everybody, so they stay where they are, in clear.
    let operator = kit::client::Client::anonymous(&format!("http://{metrics}"));
    let gauge = "tot_tls_certificate_valid_until_seconds 6";
    assert!(operator.fetch("/metrics").await.text.contains(gauge));

    let chain = platform.folder().join("chain.pem");
    std::fs::write(&chain, "half of a renew").unwrap();
    until("the fault to be told", || async {
        let ready = tls::ask(&authority, port, READY).await.unwrap();
        (ready.starts_with("HTTP/1.1 200 ") && ready.contains("the files have changed and cannot be used"))
            .then_some(())
    })
    .await;
    // Soon over, and as such told.
    write(&platform, &authority.issue_until(&NAMES, 2_020).unwrap());
    until("the new one to be served", || async {
        let refused = tls::ask(&authority, port, READY).await.err()?;
        refused.contains("certificate expired").then_some(())
    })
    .await;
    write(&platform, &authority.issue(&NAMES).unwrap());
    until("a good one to be served", || async {
        tls::ask(&authority, port, READY).await.ok()
    })
    .await;
    platform.stop().await;
}

#[tokio::test]
async fn what_cannot_be_served_stops_the_start_and_says_why() {
    let authority = Authority::new().unwrap();
    let (issued, another) = (authority.issue(&NAMES).unwrap(), authority.issue(&NAMES).unwrap());
    let mut platform = with(&issued).await;
    let key = platform.folder().join("key.pem");
    for (told, text, mode) in [
        ("is readable by others: `chmod 600` it", &issued.key_pem, 0o644),
        ("cannot be used together", &another.key_pem, 0o600),
        ("holds no private key", &issued.certificate_pem, 0o600),
    ] {
        put(&key, text, mode);
        let output = platform.try_tot(&["serve"], "").await;
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(!output.status.success() && said.contains(told), "{told}: {said}");
        assert!(!said.contains("PRIVATE KEY"), "{said}");
    }
    platform.unset("TOT_TLS_KEY_FILE");
    let said = platform.try_tot(&["serve"], "").await.stderr;
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("TOT_TLS_KEY_FILE is not set"), "{said}");
    platform.stop().await;
}

async fn with(issued: &Issued) -> Platform {
    let mut platform = Platform::prepare().await;
    let file = |name: &str| platform.folder().join(name).display().to_string();
    let (chain, key) = (file("chain.pem"), file("key.pem"));
    platform.set("TOT_TLS_CERTIFICATE_FILE", &chain);
    platform.set("TOT_TLS_KEY_FILE", &key);
    let public = platform.url().replace("http://", "https://");
    platform.set("TOT_PUBLIC_URL", &public);
    write(&platform, issued);
    platform
}

fn write(platform: &Platform, issued: &Issued) {
    put(
        &platform.folder().join("chain.pem"),
        &issued.certificate_pem,
        0o600,
    );
    put(&platform.folder().join("key.pem"), &issued.key_pem, 0o600);
}

fn put(path: &Path, text: &str, mode: u32) {
    std::fs::write(path, text).unwrap();
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

//! `rediss://`: a server whose certificate is of our own authority, and one whose is not.

use std::sync::Arc;

use dev_stack::{Authority, Valkey};
use rate_limits::{RateLimits, SharedLimits};
use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use super::{ANSWER_WITHIN, an_hour, settings, shared};

#[tokio::test]
async fn a_certificate_of_our_own_authority_is_believed_and_no_other() {
    let valkey = Valkey::start().await.unwrap();
    let (authority, stranger) = (Authority::new().unwrap(), Authority::new().unwrap());
    let url = tls_before(&valkey, &authority).await;
    let roots = std::env::temp_dir().join(format!("tot-roots-{:016x}.pem", rand::random::<u64>()));
    let mut secured = settings(url, ANSWER_WITHIN);
    secured.roots = Some(roots.clone());

    std::fs::write(&roots, authority.root_pem()).unwrap();
    let limits = RateLimits::default();
    limits.share(shared(secured.clone()).await);
    limits.check("requests", &an_hour(1), b"a").await.unwrap();

    std::fs::write(&roots, stranger.root_pem()).unwrap();
    let deceived = SharedLimits::new(&secured).unwrap();
    let stop = CancellationToken::new();
    let tried = tokio::time::timeout(
        std::time::Duration::from_millis(1_200),
        deceived.clone().run(stop),
    );
    assert!(tried.await.is_err() && !deceived.is_up());
    std::fs::remove_file(&roots).unwrap();
}

/// A proxy that ends TLS before the server: the pinned build knows none.
async fn tls_before(valkey: &Valkey, authority: &Authority) -> String {
    let issued = authority.issue(&["localhost"]).unwrap();
    let certificate = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (own, behind) = (listener.local_addr().unwrap().port(), valkey.server().port());
    let forwarding = async move {
        while let Ok((stream, _)) = listener.accept().await {
            let Ok(mut inside) = acceptor.accept(stream).await else {
                continue;
            };
            let mut outside = TcpStream::connect(("127.0.0.1", behind)).await.unwrap();
            #[expect(clippy::disallowed_methods, reason = "ends with the test")]
            tokio::spawn(async move {
                drop(tokio::io::copy_bidirectional(&mut inside, &mut outside).await);
            });
        }
    };
    #[expect(clippy::disallowed_methods, reason = "ends with the test")]
    tokio::spawn(forwarding);
    let credentials = valkey.url();
    let (password, _) = credentials
        .trim_start_matches("redis://")
        .split_once('@')
        .unwrap();
    format!("rediss://{password}@localhost:{own}")
}

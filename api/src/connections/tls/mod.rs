//! HTTPS of our own: the handshake, and a certificate that is read again when its files change.

mod clear;
mod files;
#[cfg(test)]
mod tests;

use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use jiff::Timestamp;
use rustls::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use rustls::version::{TLS12, TLS13};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, timeout_at};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

use super::ConnectionLimits;
use files::{Files, Loaded, Stamp};

pub use files::TlsError;

/// How often the files are looked at; a changed certificate is served this much later.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// What is agreed upon inside TLS: the one protocol that is spoken here.
const PROTOCOL: &[u8] = b"http/1.1";

/// How a process speaks TLS to its clients: versions 1.2 and 1.3, with the suites that the library recommends. Cheap to clone.
#[derive(Clone)]
pub struct Tls {
    acceptor: TlsAcceptor,
    served: Arc<Served>,
}

/// What is served at a moment.
#[derive(Clone, Debug)]
pub struct CertificateState {
    /// When the first certificate of the chain that expires does so.
    pub valid_until: Timestamp,
    /// Why the files, as they are now, are not served; the certificate before them is.
    pub fault: Option<String>,
}

struct Served {
    files: Files,
    now: RwLock<Now>,
}

struct Now {
    stamps: [Stamp; 2],
    key: Arc<CertifiedKey>,
    state: CertificateState,
}

impl Tls {
    /// Reads a chain of certificates and its private key, both in PEM.
    ///
    /// # Errors
    /// A file cannot be read or holds something else, the key may be read by others, or it is not the certificate's.
    pub fn open(chain: PathBuf, key: PathBuf) -> Result<Self, TlsError> {
        let files = Files { chain, key };
        let (stamps, loaded) = (files.stamps(), files.load()?);
        let served = Arc::new(Served {
            files,
            now: RwLock::new(Now::of(loaded, stamps)),
        });
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(TlsError::Unusable)?
            .with_no_client_auth()
            .with_cert_resolver(served.clone());
        config.alpn_protocols = vec![PROTOCOL.to_vec()];
        served.measure();
        Ok(Self {
            acceptor: TlsAcceptor::from(Arc::new(config)),
            served,
        })
    }

    /// What is served now.
    pub fn certificate(&self) -> CertificateState {
        self.served.state()
    }

    /// Reads the files again whenever they have changed, until `stop`. What cannot be used is told once and leaves the
    /// certificate before it in its place; connections that are open go on as they began.
    pub async fn watch(self, stop: CancellationToken) {
        let mut turn = tokio::time::interval(LOOK_EVERY);
        turn.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                _ = turn.tick() => {}
            }
            self.served.follow();
        }
    }

    /// The handshake of one connection, within the time of a head. None where it came to nothing.
    pub(super) async fn accept(
        &self,
        stream: TcpStream,
        began: Instant,
        limits: ConnectionLimits,
    ) -> Option<TlsStream<TcpStream>> {
        let ends_at = began + limits.header_within;
        let greeted = async {
            if clear::speaks_http(&stream).await {
                clear::refuse(stream, limits.header_bytes_max).await;
                return Err("clear");
            }
            self.acceptor.accept(stream).await.map_err(|error| {
                tracing::debug!(error = %error, "a TLS handshake failed");
                "handshake"
            })
        };
        let reason = match timeout_at(ends_at, greeted).await {
            Ok(Ok(stream)) => return Some(stream),
            Ok(Err(reason)) => reason,
            Err(_late) => "slow",
        };
        metrics::counter!("tot_tls_handshakes_failed_total", "reason" => reason).increment(1);
        None
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tls")
            .field("certificate", &self.certificate())
            .finish()
    }
}

impl Served {
    fn state(&self) -> CertificateState {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        now.state.clone()
    }

    /// Reads the files again if they are others than those that were read last, or if those could not be used: that may have been
    /// half of a change.
    fn follow(&self) {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        let same = now.stamps == self.files.stamps() && now.state.fault.is_none();
        drop(now);
        if !same {
            self.read_again();
        }
    }

    fn read_again(&self) {
        // Looked at before they are read: what changes in between is read again.
        let stamps = self.files.stamps();
        let loaded = self.files.load();
        let mut now = self.now.write().unwrap_or_else(PoisonError::into_inner);
        match loaded {
            Ok(loaded) => {
                *now = Now::of(loaded, stamps);
                let valid_until = now.state.valid_until;
                tracing::info!(valid_until = %valid_until, "A changed certificate is served, valid until {valid_until}");
            }
            Err(error) => {
                let fault = error.to_string();
                if now.state.fault.as_ref() != Some(&fault) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "A changed certificate cannot be used, and the one before it is served on"
                    );
                }
                now.state.fault = Some(fault);
                now.stamps = stamps;
            }
        }
        drop(now);
        self.measure();
    }

    /// The hour at which clients begin to refuse us, for alerts.
    fn measure(&self) {
        let seconds = self.state().valid_until.as_second();
        #[expect(
            clippy::cast_precision_loss,
            reason = "a gauge; seconds fit for millions of years"
        )]
        metrics::gauge!("tot_tls_certificate_valid_until_seconds").set(seconds as f64);
    }
}

impl Now {
    fn of(loaded: Loaded, stamps: [Stamp; 2]) -> Self {
        Self {
            stamps,
            key: Arc::new(loaded.key),
            state: CertificateState {
                valid_until: loaded.valid_until,
                fault: None,
            },
        }
    }
}

impl ResolvesServerCert for Served {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let now = self.now.read().unwrap_or_else(PoisonError::into_inner);
        Some(now.key.clone())
    }
}

impl fmt::Debug for Served {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Served").field("state", &self.state()).finish()
    }
}

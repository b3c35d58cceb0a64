//! The files of a certificate: what they must be, and whether they have changed.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// A chain is a few kilobytes; a bigger file is another one than was meant.
const FILE_BYTES_MAX: u64 = 256 * 1_024;

/// Why a certificate cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// It is not there, or not ours to read.
    #[error("{path} cannot be read")]
    File {
        /// Which.
        path: String,
        /// What the system said.
        #[source]
        source: io::Error,
    },
    /// Whoever reads it can pass for us.
    #[error("{0} is readable by others: `chmod 600` it")]
    OpenToOthers(String),
    /// It holds no chain.
    #[error(
        "{0} holds no certificates in PEM: it must begin with the server's own, then those between it and the authority's"
    )]
    NoCertificate(String),
    /// It holds no key.
    #[error("{0} holds no private key in PEM")]
    NoKey(String),
    /// They are whole, but not of each other, or of a kind that is not spoken here.
    #[error("the certificate and the key cannot be used together")]
    Unusable(#[source] rustls::Error),
}

/// Where a certificate and its key are.
#[derive(Debug)]
pub(super) struct Files {
    pub(super) chain: PathBuf,
    pub(super) key: PathBuf,
}

/// What was read.
pub(super) struct Loaded {
    pub(super) key: CertifiedKey,
    pub(super) valid_until: Timestamp,
}

/// What tells one state of a file from another, through links as well: which file, how long, changed when.
pub(super) type Stamp = Option<(u64, u64, u64, i64, i64)>;

impl Files {
    /// As they are now.
    pub(super) fn stamps(&self) -> [Stamp; 2] {
        let stamp = |path: &Path| {
            let data = fs::metadata(path).ok()?;
            // Of the mode and the owner, too, which the change's time follows.
            Some((
                data.dev(),
                data.ino(),
                data.len(),
                data.ctime(),
                data.ctime_nsec(),
            ))
        };
        [stamp(&self.chain), stamp(&self.key)]
    }

    /// Reads both.
    pub(super) fn load(&self) -> Result<Loaded, TlsError> {
        let chain = self.read_chain()?;
        let valid_until = expiry(&chain).ok_or_else(|| TlsError::NoCertificate(name(&self.chain)))?;
        let key = self.read_key()?;
        let provider = rustls::crypto::aws_lc_rs::default_provider();
        let key = CertifiedKey::from_der(chain, key, &provider).map_err(TlsError::Unusable)?;
        Ok(Loaded { key, valid_until })
    }

    fn read_chain(&self) -> Result<Vec<CertificateDer<'static>>, TlsError> {
        let pem = read(&self.chain)?;
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        chain
            .ok()
            .filter(|chain| !chain.is_empty())
            .ok_or_else(|| TlsError::NoCertificate(name(&self.chain)))
    }

    fn read_key(&self) -> Result<PrivateKeyDer<'static>, TlsError> {
        let data = fs::metadata(&self.key).map_err(|source| unreadable(&self.key, source))?;
        if data.mode() & 0o077 != 0 {
            return Err(TlsError::OpenToOthers(name(&self.key)));
        }
        // The parser's own message could quote the key, so it is not passed on.
        PrivateKeyDer::from_pem_slice(&read(&self.key)?).map_err(|_| TlsError::NoKey(name(&self.key)))
    }
}

/// When the first of them expires.
fn expiry(chain: &[CertificateDer<'_>]) -> Option<Timestamp> {
    let until = |certificate: &CertificateDer<'_>| {
        let certificate = Certificate::from_der(certificate).ok()?;
        let until = certificate
            .tbs_certificate()
            .validity()
            .not_after
            .to_unix_duration();
        Timestamp::from_second(i64::try_from(until.as_secs()).ok()?).ok()
    };
    chain.iter().map(until).min().flatten()
}

fn read(path: &Path) -> Result<Vec<u8>, TlsError> {
    let data = fs::metadata(path).map_err(|source| unreadable(path, source))?;
    if data.len() > FILE_BYTES_MAX {
        let source = io::Error::other(format!("it is longer than {FILE_BYTES_MAX} bytes"));
        return Err(unreadable(path, source));
    }
    fs::read(path).map_err(|source| unreadable(path, source))
}

fn unreadable(path: &Path, source: io::Error) -> TlsError {
    TlsError::File {
        path: name(path),
        source,
    }
}

fn name(path: &Path) -> String {
    path.display().to_string()
}

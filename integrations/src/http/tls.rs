//! Whom the platform believes to be a provider: the usual authorities, and those it is told to trust beside them.

use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::HttpError;

pub(super) fn config(extra_roots_pem: Option<&str>) -> Result<ClientConfig, HttpError> {
    let mut roots = RootCertStore {
        roots: webpki_roots::TLS_SERVER_ROOTS.to_vec(),
    };
    let usual = roots.len();
    for certificate in extra_roots_pem
        .into_iter()
        .flat_map(|pem| CertificateDer::pem_slice_iter(pem.as_bytes()))
    {
        let certificate = certificate.map_err(|_| HttpError::Pem)?;
        roots.add(certificate).map_err(HttpError::Roots)?;
    }
    // Whoever names certificates and gives none has made a mistake that would show only in a failing payment.
    if extra_roots_pem.is_some() && roots.len() == usual {
        return Err(HttpError::Pem);
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(HttpError::Roots)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

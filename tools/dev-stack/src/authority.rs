//! A throw-away authority: certificates for servers that only tests and developers meet.

use std::fmt;

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};

use crate::error::StackError;

/// An authority whose key lives as long as this value; who trusts its certificate trusts what it issues.
pub struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A server's certificate and its key, both in PEM.
#[derive(Clone)]
pub struct Issued {
    /// The certificate.
    pub certificate_pem: String,
    /// Its private key, PKCS#8.
    pub key_pem: String,
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // The key is nobody's to read.
        f.debug_struct("Issued").finish_non_exhaustive()
    }
}

impl Authority {
    /// A new one, which nobody trusts yet.
    ///
    /// # Errors
    /// [`StackError::Certificate`] when no key can be drawn.
    pub fn new() -> Result<Self, StackError> {
        let mut params = CertificateParams::default();
        // Each its own name: of two of the same, clients would try the one for the other.
        let name = format!("Throw-away authority {:016x}", rand::random::<u64>());
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().map_err(StackError::Certificate)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(StackError::Certificate)?;
        Ok(Self { issuer })
    }

    /// Its own certificate, in PEM: what is given to whoever should trust it.
    pub fn root_pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate of a server known by these names and addresses, valid for ages.
    ///
    /// # Errors
    /// [`StackError::Certificate`] when a name is none.
    pub fn issue(&self, names: &[&str]) -> Result<Issued, StackError> {
        self.issue_until(names, 4_000)
    }

    /// The same, valid until this year begins.
    ///
    /// # Errors
    /// As [`Authority::issue`].
    pub fn issue_until(&self, names: &[&str], year: i32) -> Result<Issued, StackError> {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).map_err(StackError::Certificate)?;
        params.distinguished_name.push(DnType::CommonName, "A server");
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_after = date_time_ymd(year, 1, 1);
        let key = KeyPair::generate().map_err(StackError::Certificate)?;
        let certificate = params
            .signed_by(&key, &self.issuer)
            .map_err(StackError::Certificate)?;
        Ok(Issued {
            certificate_pem: certificate.pem(),
            key_pem: key.serialize_pem(),
        })
    }
}

//! Both sides of TLS: a client that trusts one authority, and an end of TLS in front of a Postgres that knows none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dev_stack::{Authority, Issued};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::{TlsAcceptor, TlsConnector};

/// What a client of Postgres asks first when it wants TLS, and the answer that grants it.
const TLS_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];
const GRANTED: &[u8] = b"S";

/// What is answered to `head` by the HTTPS server at `port` of this machine, whose certificate is of `authority`; or why its
/// certificate is not believed.
pub async fn ask(authority: &Authority, port: u16, head: &str) -> Result<String, String> {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.root_pem().as_bytes()).unwrap();
    roots.add(root).unwrap();
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let stream = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let connector = TlsConnector::from(Arc::new(config));
    let connected = connector.connect(name, stream).await;
    let mut stream = connected.map_err(|error| error.to_string())?;
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    // Whoever closes without a farewell has said everything, too.
    drop(stream.read_to_string(&mut answer).await);
    Ok(answer)
}

/// TLS in front of a Postgres on this machine, as a server with `hostssl` alone: whoever asks for none is turned away.
pub struct PostgresTls {
    port: u16,
    counts: Arc<Counts>,
}

#[derive(Default)]
struct Counts {
    encrypted: AtomicUsize,
    clear: AtomicUsize,
    distrusted: AtomicUsize,
}

impl PostgresTls {
    /// In front of the server at `port`, with this certificate.
    pub async fn before(port: u16, issued: &Issued) -> Self {
        let acceptor = acceptor(issued);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (own, counts) = (listener.local_addr().unwrap().port(), Arc::new(Counts::default()));
        let shared = Arc::clone(&counts);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(carry(near, port, acceptor.clone(), Arc::clone(&shared)));
            }
        });
        Self { port: own, counts }
    }

    /// `url` by way of this end, reached as `host`, with these parameters.
    pub fn instead_of(&self, url: &str, host: &str, parameters: &str) -> String {
        let mut url = url::Url::parse(url).unwrap();
        url.set_host(Some(host)).unwrap();
        url.set_port(Some(self.port)).unwrap();
        url.set_query(Some(parameters));
        url.into()
    }

    /// How many connections came by TLS.
    pub fn encrypted(&self) -> usize {
        self.counts.encrypted.load(Ordering::SeqCst)
    }

    /// How many asked for none.
    pub fn clear(&self) -> usize {
        self.counts.clear.load(Ordering::SeqCst)
    }

    /// How many did not believe the certificate.
    pub fn distrusted(&self) -> usize {
        self.counts.distrusted.load(Ordering::SeqCst)
    }
}

async fn carry(mut near: TcpStream, port: u16, acceptor: TlsAcceptor, counts: Arc<Counts>) {
    let mut asked = [0; 8];
    if near.read_exact(&mut asked).await.is_err() {
        return;
    }
    if asked != TLS_REQUEST {
        counts.clear.fetch_add(1, Ordering::SeqCst);
        return;
    }
    if near.write_all(GRANTED).await.is_err() {
        return;
    }
    let Ok(mut near) = acceptor.accept(near).await else {
        counts.distrusted.fetch_add(1, Ordering::SeqCst);
        return;
    };
    counts.encrypted.fetch_add(1, Ordering::SeqCst);
    let Ok(mut far) = TcpStream::connect(("127.0.0.1", port)).await else {
        return;
    };
    // Both ends say themselves what went wrong.
    drop(copy_bidirectional(&mut near, &mut far).await);
}

/// TLS from the first byte on in front of a mail server on this machine that knows none.
pub struct SmtpTls {
    port: u16,
    distrusted: Arc<AtomicUsize>,
}

impl SmtpTls {
    /// In front of the server at this `smtp://` address, with this certificate.
    pub async fn before(url: &str, issued: &Issued) -> Self {
        let far = url::Url::parse(url).unwrap().port().unwrap();
        let acceptor = acceptor(issued);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (port, distrusted) = (listener.local_addr().unwrap().port(), Arc::default());
        let shared: Arc<AtomicUsize> = Arc::clone(&distrusted);
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                let (acceptor, shared) = (acceptor.clone(), Arc::clone(&shared));
                tokio::spawn(async move {
                    let Ok(mut near) = acceptor.accept(near).await else {
                        shared.fetch_add(1, Ordering::SeqCst);
                        return;
                    };
                    let Ok(mut far) = TcpStream::connect(("127.0.0.1", far)).await else {
                        return;
                    };
                    drop(copy_bidirectional(&mut near, &mut far).await);
                });
            }
        });
        Self { port, distrusted }
    }

    /// Where it is.
    pub fn url(&self) -> String {
        format!("smtps://localhost:{}", self.port)
    }

    /// How many did not believe the certificate.
    pub fn distrusted(&self) -> usize {
        self.distrusted.load(Ordering::SeqCst)
    }
}

fn acceptor(issued: &Issued) -> TlsAcceptor {
    let chain = CertificateDer::from_pem_slice(issued.certificate_pem.as_bytes()).unwrap();
    let key = PrivateKeyDer::from_pem_slice(issued.key_pem.as_bytes()).unwrap();
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![chain], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

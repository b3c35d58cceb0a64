//! A client of a throw-away authority at our own HTTPS: whom it believes, what is spoken, and what a change of files does.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Router;
use axum::routing::get;
use dev_stack::{Authority, Issued};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::task::JoinSet;
use tokio_rustls::TlsConnector;
use tokio_rustls::client;

use super::*;
use crate::connections::{listen, serve};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nhost: tot.test\r\n\r\n";
const NAMES: [&str; 2] = ["tot.test", "127.0.0.1"];
/// Longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(30);

/// A server with files of its own, in a folder that goes with it.
struct Server {
    folder: PathBuf,
    address: SocketAddr,
    tls: Tls,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Server {
    async fn start(test: &str, issued: &Issued, limits: ConnectionLimits) -> Self {
        let folder = std::env::temp_dir().join(format!("tot-tls-{test}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        put(&folder, issued);
        let tls = Tls::open(folder.join("chain.pem"), folder.join("key.pem")).unwrap();
        let listener = listen(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(async || "hello"));
        let (stop, mut tasks) = (CancellationToken::new(), JoinSet::new());
        let served = serve(listener, router, limits, Some(tls.clone()), stop.clone());
        tasks.spawn(async move { served.await.unwrap() });
        tasks.spawn(tls.clone().watch(stop.clone()));
        Self {
            folder,
            address,
            tls,
            stop,
            tasks,
        }
    }

    /// Waits until what is served is as wanted.
    async fn until(&self, wanted: impl Fn(&CertificateState) -> bool) -> CertificateState {
        let waited = async {
            loop {
                let state = self.tls.certificate();
                if wanted(&state) {
                    return state;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(PATIENCE, waited)
            .await
            .expect("the certificate to change")
    }

    async fn end(mut self) {
        self.stop.cancel();
        while let Some(ended) = self.tasks.join_next().await {
            ended.unwrap();
        }
        fs::remove_dir_all(&self.folder).unwrap();
    }
}

/// Writes both files, each whole, as a renewal does: one after the other.
fn put(folder: &Path, issued: &Issued) {
    replace(&folder.join("chain.pem"), &issued.certificate_pem);
    replace(&folder.join("key.pem"), &issued.key_pem);
}

fn replace(path: &Path, text: &str) {
    let draft = path.with_extension("new");
    fs::write(&draft, text).unwrap();
    fs::set_permissions(&draft, fs::Permissions::from_mode(0o600)).unwrap();
    fs::rename(&draft, path).unwrap();
}

fn connector(authority: &Authority, versions: &[&'static SupportedProtocolVersion]) -> TlsConnector {
    let mut roots = RootCertStore::empty();
    let root = CertificateDer::from_pem_slice(authority.root_pem().as_bytes()).unwrap();
    roots.add(root).unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsConnector::from(Arc::new(config))
}

async fn connect(
    connector: &TlsConnector,
    address: SocketAddr,
    name: &'static str,
) -> std::io::Result<client::TlsStream<TcpStream>> {
    let stream = TcpStream::connect(address).await?;
    connector
        .connect(ServerName::try_from(name).unwrap(), stream)
        .await
}

/// One request on a connection that stays open.
async fn ask(stream: &mut client::TlsStream<TcpStream>) -> std::io::Result<String> {
    stream.write_all(REQUEST).await?;
    let (mut answer, mut buffer) = (String::new(), [0; 1_024]);
    while !answer.ends_with("hello") {
        let count = stream.read(&mut buffer).await?;
        if count == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        answer.push_str(&String::from_utf8_lossy(&buffer[..count]));
    }
    Ok(answer)
}

/// What comes until the other side closes.
async fn rest(mut stream: TcpStream, said: &[u8]) -> Vec<u8> {
    stream.write_all(said).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    drop(ended.expect("the connection is closed"));
    rest
}

#[tokio::test]
async fn whoever_trusts_the_authority_is_answered_and_nobody_else_goes_on() {
    let (authority, another) = (Authority::new().unwrap(), Authority::new().unwrap());
    let issued = authority.issue(&NAMES).unwrap();
    let server = Server::start("trust", &issued, ConnectionLimits::default()).await;
    for version in [&TLS12, &TLS13] {
        let connector = connector(&authority, &[version]);
        let mut stream = connect(&connector, server.address, "tot.test").await.unwrap();
        let agreed = stream.get_ref().1;
        assert_eq!(agreed.protocol_version(), Some(version.version));
        assert_eq!(agreed.alpn_protocol(), Some(PROTOCOL), "HTTP/2 is not offered");
        assert!(ask(&mut stream).await.unwrap().starts_with("HTTP/1.1 200 "));
        let wrong_name = connect(&connector, server.address, "other.test")
            .await
            .unwrap_err();
        assert!(
            wrong_name.to_string().contains("not valid for name"),
            "{wrong_name}"
        );
    }
    let stranger = connector(&another, &[&TLS13, &TLS12]);
    let refused = connect(&stranger, server.address, "tot.test").await.unwrap_err();
    assert!(refused.to_string().contains("UnknownIssuer"), "{refused}");
    server.end().await;
}

#[tokio::test]
async fn nothing_older_than_tls_1_2_is_spoken() {
    let issued = Authority::new().unwrap().issue(&NAMES).unwrap();
    let server = Server::start("old", &issued, ConnectionLimits::default()).await;
    // A greeting of TLS 1.1 that lacks nothing else: a suite, no compression, a curve, a kind of signature.
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0, 0, 2, 0xc0, 0x2b, 1, 0]);
    hello.extend([0, 16, 0, 10, 0, 4, 0, 2, 0, 0x17, 0, 13, 0, 4, 0, 2, 4, 3]);
    let length = u8::try_from(hello.len()).unwrap();
    let mut record = vec![0x16, 0x03, 0x01, 0, length + 4, 1, 0, 0, length];
    record.extend(hello);
    let answer = rest(TcpStream::connect(server.address).await.unwrap(), &record).await;
    // An alert, fatal: protocol_version.
    assert_eq!(
        (answer.first(), answer.get(5), answer.get(6)),
        (Some(&0x15), Some(&2), Some(&70)),
        "{answer:?}"
    );
    server.end().await;
}

#[tokio::test]
async fn a_changed_certificate_is_served_without_one_request_failing() {
    let authority = Authority::new().unwrap();
    let before = authority.issue_until(&NAMES, 3_000).unwrap();
    let server = Server::start("change", &before, ConnectionLimits::default()).await;
    let connector = connector(&authority, &[&TLS13, &TLS12]);
    let mut kept = connect(&connector, server.address, "tot.test").await.unwrap();
    ask(&mut kept).await.unwrap();
    let old = kept.get_ref().1.peer_certificates().unwrap()[0].clone();

    let (over, answered) = (CancellationToken::new(), Arc::new(AtomicUsize::new(0)));
    let mut load = JoinSet::new();
    for _ in 0..4 {
        let (connector, over, answered) = (connector.clone(), over.clone(), answered.clone());
        let address = server.address;
        load.spawn(async move {
            while !over.is_cancelled() {
                let mut stream = connect(&connector, address, "tot.test").await.unwrap();
                ask(&mut stream).await.unwrap();
                answered.fetch_add(1, Ordering::Relaxed);
            }
        });
    }
    put(&server.folder, &authority.issue_until(&NAMES, 3_500).unwrap());
    let state = server
        .until(|state| state.valid_until.as_second() > 40_000_000_000)
        .await;
    assert_eq!(state.fault, None);
    // Somebody new: who was here before takes up the session of then, certificate included.
    let new = self::connector(&authority, &[&TLS13]);
    let mut fresh = connect(&new, server.address, "tot.test").await.unwrap();
    ask(&mut fresh).await.unwrap();
    assert_ne!(fresh.get_ref().1.peer_certificates().unwrap()[0], old);
    ask(&mut kept).await.expect("a connection that is open goes on");
    over.cancel();
    while let Some(ended) = load.join_next().await {
        ended.expect("no request failed");
    }
    assert!(answered.load(Ordering::Relaxed) > 4);
    drop((kept, fresh));
    server.end().await;
}

#[tokio::test]
async fn files_that_cannot_be_used_leave_the_certificate_before_them() {
    let authority = Authority::new().unwrap();
    let (first, second) = (authority.issue(&NAMES).unwrap(), authority.issue(&NAMES).unwrap());
    let server = Server::start("broken", &first, ConnectionLimits::default()).await;
    let connector = connector(&authority, &[&TLS13]);
    let (chain, key) = (server.folder.join("chain.pem"), server.folder.join("key.pem"));
    let faults = [
        (
            "holds no certificates",
            Box::new(|| replace(&chain, "nothing")) as Box<dyn Fn()>,
        ),
        (
            "cannot be used together",
            Box::new(|| replace(&chain, &second.certificate_pem)),
        ),
        ("cannot be read", Box::new(|| fs::remove_file(&key).unwrap())),
        (
            "holds no private key",
            Box::new(|| replace(&key, &second.certificate_pem)),
        ),
        (
            "readable by others",
            Box::new(|| fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap()),
        ),
    ];
    for (told, change) in faults {
        change();
        server
            .until(|state| state.fault.as_ref().is_some_and(|fault| fault.contains(told)))
            .await;
        let mut stream = connect(&connector, server.address, "tot.test").await.unwrap();
        assert!(ask(&mut stream).await.is_ok(), "{told}");
        assert!(
            Tls::open(chain.clone(), key.clone()).is_err(),
            "nor at a start: {told}"
        );
    }
    put(&server.folder, &second);
    server.until(|state| state.fault.is_none()).await;
    server.end().await;
}

#[tokio::test]
async fn a_slow_handshake_is_closed_and_the_first_head_is_counted_from_the_connection() {
    let authority = Authority::new().unwrap();
    let issued = authority.issue(&NAMES).unwrap();
    let limits = ConnectionLimits {
        header_within: Duration::from_millis(400),
        ..ConnectionLimits::default()
    };
    let server = Server::start("slow", &issued, limits).await;
    for said in [&b""[..], &[0x16, 0x03, 0x01]] {
        let began = Instant::now();
        let answer = rest(TcpStream::connect(server.address).await.unwrap(), said).await;
        assert!(
            answer.is_empty() && began.elapsed() >= limits.header_within,
            "{answer:?}"
        );
    }
    let connector = connector(&authority, &[&TLS13]);
    let mut stream = connect(&connector, server.address, "tot.test").await.unwrap();
    stream.write_all(&REQUEST[..5]).await.unwrap();
    let mut rest = Vec::new();
    let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await;
    drop(ended.expect("half a head is closed"));
    assert!(rest.is_empty(), "{rest:?}");
    server.end().await;
}

#[tokio::test]
async fn plain_http_is_told_so_in_its_own_words_and_closed() {
    let issued = Authority::new().unwrap().issue(&NAMES).unwrap();
    let server = Server::start("clear", &issued, ConnectionLimits::default()).await;
    let answer = rest(TcpStream::connect(server.address).await.unwrap(), REQUEST).await;
    let answer = String::from_utf8(answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
    assert!(
        answer.contains("только HTTPS") && answer.contains("HTTPS alone"),
        "{answer}"
    );
    assert!(
        !answer.contains("hello") && !answer.contains("location"),
        "{answer}"
    );
    server.end().await;
}

//! docker-compose.yml gives no service more than it needs, and nobody speaks to Postgres or NATS in clear.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dev_stack::Layout;
use yaml_rust2::{Yaml, YamlLoader};

/// How long NATS may take to be ready.
const READY_MAX: Duration = Duration::from_secs(20);

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn compose() -> Yaml {
    let text = fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    YamlLoader::load_from_str(&text).unwrap().remove(0)
}

/// A key of a service, also where an anchor merges it in.
fn words(value: &Yaml) -> Vec<&str> {
    value.as_vec().map_or(Vec::new(), |words| {
        words.iter().filter_map(|word| word.as_str()).collect()
    })
}

#[test]
fn every_service_is_read_only_powerless_and_bounded() {
    let compose = compose();
    for (name, service) in compose["services"].as_hash().unwrap() {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{name:?}");
        assert_eq!(words(&service["cap_drop"]), ["ALL"], "{name:?}");
        assert_eq!(
            words(&service["security_opt"]),
            ["no-new-privileges:true"],
            "{name:?}"
        );
        assert!(
            service["cap_add"].is_badvalue() && service["privileged"].is_badvalue(),
            "{name:?}"
        );
        let limits = &service["deploy"]["resources"]["limits"];
        for bound in ["cpus", "memory", "pids"] {
            assert!(!limits[bound].is_badvalue(), "{name:?} has no bound of {bound}");
        }
    }
}

#[test]
fn only_who_must_leaves_the_inner_network() {
    let compose = compose();
    assert_eq!(compose["networks"]["inside"]["internal"].as_bool(), Some(true));
    for (name, service) in compose["services"].as_hash().unwrap() {
        let networks = words(&service["networks"]);
        let expected: &[&str] = match name.as_str().unwrap() {
            "postgres" | "nats" | "valkey" | "migrate" | "workers" | "analysts-yield" => &["inside"],
            "api" => &["inside", "edge"],
            _ => &["inside", "outward"],
        };
        assert_eq!(networks, expected, "{name:?}");
        let published = words(&service["ports"]);
        assert!(
            published.iter().all(|port| port.starts_with("127.0.0.1:")),
            "{published:?}"
        );
        assert_eq!(published.is_empty(), name.as_str() != Some("api"), "{name:?}");
    }
}

#[test]
fn every_address_inside_asks_for_a_checked_certificate() {
    let text = fs::read_to_string(root().join("docker-compose.yml")).unwrap();
    let addresses: Vec<&str> = text
        .lines()
        .filter(|line| line.contains("@postgres:") || line.contains("@nats:") || line.contains("@valkey:"))
        .collect();
    assert!(addresses.len() > 10, "{}", addresses.len());
    for address in addresses {
        let checked = address.contains("?sslmode=verify-full&sslrootcert=/run/secrets/roots")
            || address.contains(": tls://")
            || address.contains(": rediss://");
        assert!(checked, "{address}");
    }
}

/// What deploy/make-certificates made, removed in the end.
struct Made(PathBuf);

impl Made {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("tot-made-{:016x}", rand::random::<u64>()));
        Self(folder)
    }

    fn make(&self) -> String {
        let output = Command::new(root().join("deploy/make-certificates"))
            .arg(&self.0)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        String::from_utf8(output.stdout).unwrap()
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }
}

impl Drop for Made {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn certificates_are_of_one_authority_and_are_renewed_without_it_changing() {
    let made = Made::new();
    let said = made.make();
    assert!(
        said.contains("postgres.pem: valid until") && said.contains("nats.pem: valid until"),
        "{said}"
    );
    let (roots, before) = (made.read("roots.pem"), made.read("postgres.pem"));
    made.make();
    assert_eq!(made.read("roots.pem"), roots);
    assert_ne!(made.read("postgres.pem"), before);
    for name in ["postgres", "nats", "valkey"] {
        let verified = |host: &str| {
            let certificate = made.0.join(format!("{name}.pem"));
            let output = Command::new("openssl")
                .args([
                    "verify",
                    "-purpose",
                    "sslserver",
                    "-verify_hostname",
                    host,
                    "-CAfile",
                ])
                .args([&made.0.join("roots.pem"), &certificate])
                .output()
                .unwrap();
            output.status.success()
        };
        assert!(verified(name), "{name}");
        assert!(!verified("other"), "{name}");
        let mode =
            std::os::unix::fs::MetadataExt::mode(&fs::metadata(made.0.join(format!("{name}.key"))).unwrap());
        assert_eq!(mode & 0o077, 0, "{name}");
    }
}

/// A NATS that is killed in the end.
struct Nats(Child);

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn the_deployments_nats_asks_everybody_for_tls() {
    let made = Made::new();
    made.make();
    for file in ["nats.conf", "permissions.conf", "tls.conf"] {
        let text = fs::read_to_string(root().join("deploy/nats").join(file)).unwrap();
        let folder = made.0.display();
        let text = text
            .replace("store_dir: /data", &format!("store_dir: \"{folder}\""))
            .replace("/run/secrets/nats_certificate", &format!("{folder}/nats.pem"))
            .replace("/run/secrets/nats_key", &format!("{folder}/nats.key"));
        fs::write(made.0.join(file), text).unwrap();
    }
    let free = || {
        TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port()
    };
    let (port, monitoring) = (free(), free());
    let mut command = Command::new(Layout::discover().unwrap().servers.join("bin/nats-server"));
    command
        .arg("--config")
        .arg(made.0.join("nats.conf"))
        .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
        .args(["--http_port", &monitoring.to_string()])
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    for role in ["API", "INTENTS", "RELAY", "WEBHOOKS", "WORKER"] {
        command.env(format!("NATS_{role}_PASSWORD"), "\"x\"");
    }
    let _nats = Nats(command.spawn().unwrap());
    let begun = Instant::now();
    let stream = loop {
        assert!(
            begun.elapsed() < READY_MAX,
            "NATS does not start with deploy/nats"
        );
        match TcpStream::connect(("127.0.0.1", port)) {
            Ok(stream) => break stream,
            Err(_) => std::thread::yield_now(),
        }
    };
    stream.set_read_timeout(Some(READY_MAX)).unwrap();
    let mut greeting = String::new();
    BufReader::new(stream).read_line(&mut greeting).unwrap();
    assert!(greeting.contains("\"tls_required\":true"), "{greeting}");
}

//! The users that deploy/nats gives NATS may do what their processes need, and only the relay's may publish facts.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use dev_stack::Layout;

/// How long the server may take to be ready.
const READY_MAX: Duration = Duration::from_secs(20);
/// A password that is a number unless it stands in quotes, as compose puts it.
const PASSWORD: &str = "1234567890";

/// A NATS with the deployment's own configuration, on a folder of its own.
struct Nats {
    child: Child,
    port: u16,
    folder: std::path::PathBuf,
}

impl Nats {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let folder = std::env::temp_dir().join(format!("tot-nats-{:016x}", rand::random::<u64>()));
        std::fs::create_dir(&folder).unwrap();
        for file in ["nats.conf", "permissions.conf"] {
            let text = std::fs::read_to_string(root.join("deploy/nats").join(file)).unwrap();
            // What users may do is asked in clear, line by line; and the store's place can be told here alone.
            let text = text.replace("include ./tls.conf\n", "").replace(
                "store_dir: /data",
                &format!("store_dir: \"{}\"", folder.display()),
            );
            std::fs::write(folder.join(file), text).unwrap();
        }
        let (port, monitoring) = (free_port(), free_port());
        let mut command = Command::new(Layout::discover().unwrap().servers.join("bin/nats-server"));
        command
            .arg("--config")
            .arg(folder.join("nats.conf"))
            // Where it is not a container's own.
            .args(["--addr", "127.0.0.1", "--port", &port.to_string()])
            .args(["--http_port", &monitoring.to_string()]);
        for role in ["API", "INTENTS", "RELAY", "WEBHOOKS", "WORKER"] {
            command.env(format!("NATS_{role}_PASSWORD"), format!("\"{PASSWORD}\""));
        }
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let nats = Self { child, port, folder };
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(
                begun.elapsed() < READY_MAX,
                "NATS does not start with deploy/nats/nats.conf"
            );
            std::thread::yield_now();
        }
        nats
    }

    /// What it refuses `user`, who does all of this.
    fn refuses(&self, user: &str, password: &str, acts: &[String]) -> Vec<String> {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(READY_MAX)).unwrap();
        let connect = format!(
            "CONNECT {{\"verbose\":false,\"pedantic\":false,\"user\":\"{user}\",\"pass\":\"{password}\"}}\r\n"
        );
        stream.write_all(connect.as_bytes()).unwrap();
        for act in acts {
            stream.write_all(act.as_bytes()).unwrap();
        }
        stream.write_all(b"PING\r\n").unwrap();
        let mut refusals = Vec::new();
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { break };
            if line == "PONG" {
                break;
            }
            refusals.extend(line.strip_prefix("-ERR ").map(str::to_owned));
        }
        refusals
    }
}

impl Drop for Nats {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

fn publish(subject: &str) -> String {
    format!("PUB {subject} 1\r\nx\r\n")
}

fn subscribe(subject: &str) -> String {
    format!("SUB {subject} 1\r\n")
}

const FACTS: &str = "tot.log.facts";
const HINT: &str = "tot-hint.log";
const MAKE_STREAM: &str = "$JS.API.STREAM.CREATE.TOT_log";
const LOOK: &str = "$JS.API.STREAM.INFO.TOT_log";
const CONSUME: &str = "$JS.API.CONSUMER.CREATE.TOT_log";
const LEAVE: &str = "$JS.API.CONSUMER.DELETE.TOT_log.one";
/// What no process needs.
const NEVER: [&str; 5] = [
    "$JS.API.STREAM.PURGE.TOT_log",
    "$JS.API.STREAM.DELETE.TOT_log",
    "$JS.API.STREAM.UPDATE.TOT_log",
    "_INBOX.somebody",
    "anything",
];

#[test]
fn only_the_relays_user_may_publish_facts_and_each_may_do_what_its_processes_need() {
    let nats = Nats::start();
    let all = [FACTS, HINT, MAKE_STREAM, LOOK, CONSUME, LEAVE]
        .into_iter()
        .chain(NEVER);
    for (user, own) in [
        ("tot_api", &[HINT][..]),
        ("tot_intents", &[HINT]),
        ("tot_webhooks", &[HINT]),
        ("tot_worker", &[HINT, LOOK, CONSUME, LEAVE]),
        ("tot_relay", &[HINT, FACTS, MAKE_STREAM, LOOK]),
    ] {
        for subject in all.clone() {
            let refused = nats.refuses(user, PASSWORD, &[publish(subject)]);
            assert_eq!(
                refused.is_empty(),
                own.contains(&subject),
                "{user} to {subject}: {refused:?}"
            );
        }
        let facts = nats.refuses(user, PASSWORD, &[subscribe("tot.>"), subscribe(">")]);
        assert_eq!(
            facts.len(),
            2,
            "facts come by a consumer alone, {user}: {facts:?}"
        );
        assert!(
            nats.refuses(user, PASSWORD, &[subscribe(HINT)]).is_empty(),
            "{user}"
        );
        let refused = nats.refuses(user, "another", &[]);
        assert!(
            refused.iter().any(|why| why.contains("Authorization")),
            "{user}: {refused:?}"
        );
    }
}

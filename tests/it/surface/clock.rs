//! Platform time: what `make run` starts has one that moves, for the platform and the played providers together; a
//! deployment has the real one.

use std::path::{Path, PathBuf};
use std::process::Output;

use dev_stack::Layout;
use jiff::{SignedDuration, Timestamp};
use kit::authenticator;
use kit::client::Client;
use kit::persona;
use kit::platform::Platform;
use kit::process::{Process, command};
use kit::wait::until;
use serde_json::{Value, json};

/// How far the two clocks may stand apart: set one after the other, on a busy machine.
const APART_MAX: SignedDuration = SignedDuration::from_secs(5);

/// A folder as `tools/scripts/setup` leaves it, for a `make run` of its own.
pub(super) struct Checkout(PathBuf);

impl Checkout {
    pub(super) fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("tot-clock-{:016x}", rand::random::<u64>()));
        std::fs::create_dir_all(folder.join(".tot")).unwrap();
        let servers = Layout::discover().unwrap().servers.canonicalize().unwrap();
        std::os::unix::fs::symlink(servers, folder.join(".tot/servers")).unwrap();
        Self(folder)
    }

    async fn run(&self) -> Process {
        self.run_at(["23000", "23464", "23100"]).await
    }

    /// On these ports or those that follow: of the API, of metrics and of the played providers.
    pub(super) async fn run_at(&self, [api, metrics, sandbox]: [&str; 3]) -> Process {
        let ports = [
            "--port",
            api,
            "--metrics-port",
            metrics,
            "--sandbox-port",
            sandbox,
        ];
        let mut dev = command(&[&["dev"], ports.as_slice()].concat(), &[]);
        dev.current_dir(&self.0);
        Process::start_as(dev, &self.0.join("dev.log")).await
    }

    async fn tot(&self, arguments: &[&str]) -> Output {
        command(arguments, &[])
            .current_dir(&self.0)
            .output()
            .await
            .unwrap()
    }

    async fn tot_json(&self, arguments: &[&str]) -> Value {
        let output = self.tot(arguments).await;
        assert!(output.status.success(), "{}", said(&output));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(super) fn url(&self) -> String {
        std::fs::read_to_string(self.0.join(".tot/data/platform-url")).unwrap()
    }

    /// Waits until what was started here has said good-bye so many times.
    async fn good_byes(&self, wanted: usize) {
        until("a good-bye", || async {
            let said = std::fs::read_to_string(self.0.join("dev.out")).unwrap();
            let last = said.lines().last().unwrap_or_default();
            let times = said.matches("Good-bye!").count();
            (times == wanted && last.starts_with("TOT has stopped")).then_some(())
        })
        .await;
    }

    /// What time it is for the played providers.
    async fn sandbox_now(&self) -> Timestamp {
        let settings = std::fs::read_to_string(self.0.join(".tot/data/operator.env")).unwrap();
        let line = settings
            .lines()
            .find_map(|line| line.strip_prefix("export TOT_SANDBOX_CONTROL_URL="));
        let control = line.unwrap().trim_matches('\'');
        let clock: Value = reqwest::get(format!("{control}/clock"))
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        moment(&clock["now"])
    }

    /// As over HTTP. The zone of the demo's days is ahead of UTC by some hours, so that the two dates may be neighbours.
    async fn a_report_ends_today_by_the_platforms_clock(&self) {
        let settings = std::fs::read_to_string(self.0.join(".tot/data/operator.env")).unwrap();
        let variables: Vec<(String, String)> = settings
            .lines()
            .filter_map(|line| line.strip_prefix("export ")?.split_once('='))
            .map(|(name, value)| (name.to_owned(), value.trim_matches('\'').to_owned()))
            .collect();
        let output = command(&["report", "bookings_by_day", "--json"], &[])
            .envs(variables)
            .output()
            .await
            .unwrap();
        let report: Value = serde_json::from_slice(&output.stdout).unwrap();
        let admin = Client::anonymous(&self.url());
        let login = json!({"email": "admin@tot.ru", "password": "admin123"});
        let secret = "DEMOTOT2ADMINSECRETFORNOBODYELSE";
        authenticator::keep("admin@tot.ru", secret, Timestamp::UNIX_EPOCH, &json!([]));
        let answer = persona::sign_in(&admin, login).await;
        let admin = admin.with_token(answer["access_token"].as_str().unwrap());
        let over_http = admin.get("/reports/bookings_by_day").await.expect(200);
        assert_eq!(
            (&report["from"], &report["to"]),
            (&over_http["from"], &over_http["to"])
        );
    }

    async fn clocks_agree(&self, ahead_seconds: i64) {
        let clock = self.tot_json(&["clock", "show", "--json"]).await;
        assert_eq!(clock["ahead_seconds"], ahead_seconds);
        let (platform, sandbox) = (moment(&clock["now"]), self.sandbox_now().await);
        let apart = sandbox.duration_since(platform).abs();
        assert!(apart < APART_MAX, "{platform} and {sandbox}");
    }
}

impl Drop for Checkout {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(Path::new(&self.0)));
    }
}

#[tokio::test]
async fn what_is_due_in_26_hours_happens_when_the_clock_of_make_run_is_moved_and_it_says_good_bye() {
    let here = Checkout::new();
    let nobody = here.tot(&["clock", "advance", "26h"]).await;
    assert!(!nobody.status.success());
    assert!(
        said(&nobody).contains("no platform was started here"),
        "{}",
        said(&nobody)
    );

    let dev = here.run().await;
    here.clocks_agree(0).await;
    let patient = demo_patient(&here.url()).await;
    let wanted = json!({"call_type": "urgent", "amount": "1500.00", "address": "ул. Ленина, 1"});
    let booked = patient.post("/bookings", wanted).await.expect(200);
    let path = format!("/bookings/{}", booked["id"].as_str().unwrap());
    here.tot_json(&["clock", "advance", "26h", "--json"]).await;
    here.clocks_agree(26 * 3_600).await;
    here.a_report_ends_today_by_the_platforms_clock().await;

    // What signed the patient in is over by now as well.
    patient.get(&path).await.expect_problem(401, "token_expired");
    let patient = demo_patient(&here.url()).await;
    until("the unpaid booking to expire", || async {
        let shown = patient.get(&path).await.expect(200);
        (shown["status"] == "expired").then_some(())
    })
    .await;

    // The servers' data outlive the process, and the played providers wake up in the same year.
    dev.stop().await;
    here.good_byes(1).await;
    let dev = here.run().await;
    here.clocks_agree(26 * 3_600).await;
    dev.interrupt().await;
    here.good_byes(2).await;
    let over = here.tot(&["clock", "advance", "1h"]).await;
    assert!(
        !over.status.success() && said(&over).contains("make run"),
        "{}",
        said(&over)
    );
}

#[tokio::test]
async fn the_clock_of_a_deployment_is_the_real_one_and_is_refused() {
    let platform = Platform::prepare().await;
    let refused = platform.try_tot(&["clock", "advance", "26h"], "").await;
    assert!(!refused.status.success());
    let sentence = "the time of this database is the real clock";
    assert!(said(&refused).contains(sentence), "{}", said(&refused));
    let shown: Value = serde_json::from_str(&platform.tot(&["clock", "show", "--json"], "").await).unwrap();
    assert_eq!(
        (&shown["ahead_seconds"], &shown["movable"]),
        (&Value::Null, &json!(false))
    );
    platform.stop().await;
}

pub(super) async fn demo_patient(url: &str) -> Client {
    let anonymous = Client::anonymous(url);
    let login = json!({"email": "patient@example.com", "password": "password123"});
    let answer = anonymous.post("/auth/login", login).await.expect(200);
    anonymous.with_token(answer["access_token"].as_str().unwrap())
}

fn moment(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

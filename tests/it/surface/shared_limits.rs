//! Limits that two API processes count together through Redis, and each by itself while Redis is down.

use dev_stack::Valkey;
use kit::client::Client;
use kit::persona::{PASSWORD, Persona};
use kit::platform::{ALL, Platform};
use kit::process::Process;
use kit::scene::Scene;
use kit::wait::until;
use serde_json::{Value, json};

/// Two processes that answer requests, and the Redis they share.
struct Two {
    platform: Platform,
    second: Process,
    clients: [Client; 2],
    valkey: Valkey,
}

impl Two {
    async fn with(variable: &str, value: &str) -> Self {
        let valkey = Valkey::start().await.unwrap();
        let mut platform = Platform::prepare().await;
        platform.set("TOT_REDIS_URL", &valkey.url());
        // A machine that tests much at once is slower than a deployment.
        platform.set("TOT_REDIS_MILLISECONDS", "3000");
        platform.set(variable, value);
        platform.serve(ALL).await;
        platform.set("TOT_LISTEN", "127.0.0.1:0");
        let second = platform.spawn("api").await;
        let told = std::fs::read_to_string(platform.log("api").with_extension("out")).unwrap();
        let (_, port) = told.trim().rsplit_once(':').unwrap();
        let clients = [
            platform.anonymous(),
            Client::anonymous(&format!("http://127.0.0.1:{port}")),
        ];
        let two = Self {
            platform,
            second,
            clients,
            valkey,
        };
        two.until_shared(true).await;
        two
    }

    /// Waits until both processes say that they count together, or that they do not.
    async fn until_shared(&self, shared: bool) {
        for client in &self.clients {
            until("what readyz says of rate limits", || async {
                // Degraded or not, it is ready.
                let ready = client.fetch("/readyz").await.expect(200);
                let checks = ready["checks"].as_array().unwrap();
                let limits = checks
                    .iter()
                    .find(|check| check["name"] == "rate_limits")
                    .unwrap();
                (limits["ok"] == shared).then_some(())
            })
            .await;
        }
    }

    /// How many of so many commands a new patient gets through, one process after the other.
    async fn admitted(&self, commands: usize) -> usize {
        let patient = self.platform.patient().await;
        let token = patient.client.token();
        let mut admitted = 0;
        for turn in 0..commands {
            let client = self.clients[turn % 2].with_token(token);
            admitted += usize::from(client.post("/bookings", Scene::urgent()).await.status == 200);
        }
        admitted
    }

    async fn stop(self) {
        self.second.stop().await;
        self.platform.stop().await;
    }
}

#[tokio::test]
async fn two_processes_share_a_limit_and_hold_it_alone_while_redis_is_down() {
    let two = Two::with("TOT_RATE_LIMIT_WRITES_PER_ACCOUNT", "3").await;
    // One comes back in twenty seconds.
    let together = 3..=4;
    let shared = two.admitted(12).await;
    assert!(together.contains(&shared), "{shared}");

    two.valkey.server().kill().unwrap();
    let alone = two.admitted(16).await;
    assert!((6..=8).contains(&alone), "{alone}");
    two.until_shared(false).await;

    two.valkey.server().restart().await.unwrap();
    two.until_shared(true).await;
    let shared = two.admitted(12).await;
    assert!(together.contains(&shared), "{shared}");
    let log = std::fs::read_to_string(two.platform.log("api")).unwrap();
    let degraded = log
        .matches("rate limits are counted in this process alone")
        .count();
    assert_eq!(degraded, 1, "told once for a change");
    two.stop().await;
}

#[tokio::test]
async fn guesses_at_one_process_count_at_the_other() {
    let two = Two::with("TOT_RATE_LIMIT_LOGINS_PER_ACCOUNT", "4").await;
    // Somebody who holds the address: signing in forgives what failed before.
    let admin = two.platform.admin().await;
    let doctor = two.platform.made_by(&admin, "doctor").await;
    let login = async |turn: usize, password: &str| {
        let body = json!({"email": doctor.email, "password": password});
        two.clients[turn % 2].post("/auth/login", body).await
    };
    for turn in 0..4 {
        let answer = login(turn, "not the right password").await;
        answer.expect_problem(401, "wrong_credentials");
    }
    for turn in 0..2 {
        login(turn, PASSWORD).await.expect_problem(429, "rate_limited");
    }
    // Whoever waits gets in, and is forgiven at both.
    two.platform.advance(5).await;
    for turn in 0..4 {
        login(turn, PASSWORD).await.expect(200);
    }
    two.stop().await;
}

#[tokio::test]
async fn registrations_of_a_network_are_counted_by_all_processes_without_redis() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_LIMIT_REGISTRATIONS_PER_HOUR", "3");
    platform.set("TOT_TRUSTED_PROXY_HOPS", "1");
    platform.serve(ALL).await;
    platform.set("TOT_LISTEN", "127.0.0.1:0");
    let second = platform.spawn("api").await;
    let told = std::fs::read_to_string(platform.log("api").with_extension("out")).unwrap();
    let (_, port) = told.trim().rsplit_once(':').unwrap();
    let clients = [
        platform.anonymous(),
        Client::anonymous(&format!("http://127.0.0.1:{port}")),
    ];
    let register = async |number: usize, from: &str| {
        let body = json!({
            "email": format!("p{number}@example.com"), "password": PASSWORD,
            "first_name": "Анна", "last_name": "Иванова",
        });
        let client = &clients[number % 2];
        let from = [("x-forwarded-for", from)];
        client
            .send(
                reqwest::Method::POST,
                "/auth/register",
                Some(body.to_string()),
                &from,
            )
            .await
    };
    for number in 0..3 {
        let from = format!("2001:db8:7:7::{number}");
        register(number, &from).await.expect(200);
    }
    for number in 3..5 {
        let refused = register(number, "2001:db8:7:7::9").await;
        assert_eq!(
            refused.header("ratelimit-policy"),
            "\"registrations-hour\";q=3;w=3600"
        );
        let wait: u32 = refused.header("retry-after").parse().unwrap();
        assert!((1_100..=1_201).contains(&wait), "{wait}");
        refused.expect_problem(429, "too_many_registrations");
    }
    register(5, "2001:db8:7:8::1").await.expect(200);
    second.stop().await;
    platform.stop().await;
}

#[tokio::test]
async fn a_patient_books_so_often_an_hour_and_calls_urgently_less_often() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_LIMIT_BOOKINGS_PER_HOUR", "4");
    platform.set("TOT_LIMIT_URGENT_CALLS_PER_HOUR", "2");
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let patient = &scene.patient.client;
    let key = kit::client::fresh_key();
    let first = patient
        .post_keyed("/bookings", &key, Scene::urgent())
        .await
        .expect(200);
    patient.post("/bookings", Scene::urgent()).await.expect(200);
    let refused = patient.post("/bookings", Scene::urgent()).await;
    assert_eq!(refused.header("ratelimit-policy"), "\"urgent-calls\";q=2;w=3600");
    refused.expect_problem(429, "too_many_bookings");
    // What was done already is answered as ever.
    let again = patient
        .post_keyed("/bookings", &key, Scene::urgent())
        .await
        .expect(200);
    assert_eq!(again["id"], first["id"]);

    // What was cancelled counts, too.
    scene
        .cancel(first["id"].as_str().unwrap(), "0.00")
        .await
        .expect(200);
    for slot in 0..2 {
        let request = scene.scheduled(scene.slot(1, slot * 60));
        patient.post("/bookings", request).await.expect(200);
    }
    let refused = patient.post("/bookings", scene.scheduled(scene.slot(2, 0))).await;
    assert_eq!(refused.header("ratelimit-policy"), "\"bookings\";q=4;w=3600");
    refused.expect_problem(429, "too_many_bookings");
    // Another patient is not touched by it.
    let other = scene.platform.patient().await;
    other.client.post("/bookings", Scene::urgent()).await.expect(200);

    let scene = scene.later(3_601).await;
    scene
        .patient
        .client
        .post("/bookings", Scene::urgent())
        .await
        .expect(200);
    scene.platform.stop().await;
}

#[tokio::test]
async fn a_booking_is_tried_to_be_paid_so_often_and_a_clinic_invites_so_often() {
    let mut platform = Platform::prepare().await;
    platform.set("TOT_LIMIT_PAYMENTS_PER_HOUR", "2");
    platform.set("TOT_LIMIT_INVITATIONS_PER_DAY", "2");
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    let (poor, stranger) = (scene.platform.patient().await, scene.platform.patient().await);
    let booking = poor.client.post("/bookings", Scene::urgent()).await.expect(200);
    let pay = async |who: &Persona| {
        let body: Value = json!({"booking_id": booking["id"], "payment_method": "wallet"});
        who.client.post("/payments", body).await
    };
    // Whose booking it is not uses up nothing of its owner's.
    for _ in 0..2 {
        pay(&stranger).await.expect_problem(404, "not_found");
    }
    for _ in 0..2 {
        pay(&poor).await.expect_problem(409, "insufficient_funds");
    }
    let refused = pay(&poor).await;
    assert_eq!(refused.header("ratelimit-policy"), "\"payments\";q=2;w=3600");
    refused.expect_problem(429, "too_many_payments");

    let invite = async |number: u8| {
        let body = json!({"email": format!("doctor{number}@example.com")});
        scene.clinic.client.post_once("/clinic/invitations", body).await
    };
    for number in 0..2 {
        invite(number).await.expect(200);
    }
    let refused = invite(2).await;
    assert_eq!(refused.header("ratelimit-policy"), "\"invitations\";q=2;w=86400");
    refused.expect_problem(429, "rate_limited");
    scene.platform.stop().await;
}

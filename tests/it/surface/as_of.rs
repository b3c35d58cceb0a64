//! Whoever asks for the past is told the past, or that it is not told there; never the present.

use std::collections::BTreeSet;

use kit::scene::Scene;
use serde_json::Value;

use super::descriptions::everything;
use super::operations::{Subjects, path};

/// The probes take whatever comes: who asks them asks for nothing else.
const PROBES: [&str; 2] = ["/livez", "/readyz"];

#[tokio::test]
async fn every_query_honours_as_of_or_refuses_it() {
    let scene = Scene::set().await;
    let booking = scene.booked_and_paid(Scene::urgent()).await;
    let payment = scene.booking(&booking).await["payment_id"]
        .as_str()
        .unwrap()
        .to_owned();
    let subjects = Subjects {
        doctor: scene.doctor.id.clone(),
        booking,
        payment,
        patient: scene.patient.id.clone(),
        slot: scene.slot(1, 0).to_string(),
        date: scene.date(20),
        unique: 0,
    };
    let anybody = scene.platform.anonymous();
    let described = everything(&anybody).await;
    let (mut asked, mut honoured, mut wrong) = (0, BTreeSet::new(), Vec::new());
    for (at, operations) in described["paths"].as_object().unwrap() {
        let query = &operations["get"];
        if query.is_null() || PROBES.contains(&at.as_str()) {
            continue;
        }
        asked += 1;
        let knows = query["parameters"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|parameter| match parameter["$ref"].as_str() {
                Some(shared) => described.pointer(shared.trim_start_matches('#')).unwrap(),
                None => parameter,
            })
            .any(|parameter| parameter["name"] == "as_of");
        if knows {
            honoured.insert(at.as_str());
        }
        // No moment at all is refused by whoever reads it; a version by whoever would ignore it.
        let (moment, code) = match knows {
            true => ("then", "not_a_moment"),
            false => ("1", "unknown_parameter"),
        };
        let path = path(&format!("GET {at}"), &subjects);
        let sign = if path.contains('?') { '&' } else { '?' };
        let answer = scene
            .admin
            .client
            .fetch(&format!("{path}{sign}as_of={moment}"))
            .await;
        let faults: &[Value] = answer.body["errors"].as_array().map_or(&[], Vec::as_slice);
        let named = faults
            .iter()
            .any(|fault| fault["pointer"] == "/query/as_of" && fault["code"] == code);
        if answer.status != 422 || !named {
            wrong.push(format!("GET {at}: {} {}", answer.status, answer.text));
        }
        if query["responses"]["422"].is_null() {
            wrong.push(format!("GET {at}: a refused query is not described"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(
        asked > 30 && honoured.contains("/api/v1/admin/bookings/{id}/history"),
        "{asked} {honoured:?}"
    );
    scene.finish().await;
}

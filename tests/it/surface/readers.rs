//! What is described to patients, doctors and clinics is what they are let in to, by the table of roles.

use std::collections::BTreeSet;

use kit::platform::Platform;
use serde_json::Value;

use super::descriptions::joined;
use super::operations::{CALLERS, Owed, Subjects, operations};

/// The operations of people that some caller of this role may call.
fn allowed(role: &str, known: &BTreeSet<String>) -> BTreeSet<String> {
    let nobody = String::new;
    let subjects = Subjects {
        doctor: nobody(),
        booking: nobody(),
        payment: nobody(),
        patient: nobody(),
        slot: nobody(),
        date: nobody(),
        unique: 0,
    };
    let is_let_in = |owed: Owed| matches!(owed, Owed::In | Owed::Absent);
    let callers = CALLERS
        .iter()
        .map(|caller| caller.split(' ').any(|word| word == role));
    let callers: Vec<bool> = callers.collect();
    operations(&subjects)
        .into_iter()
        .filter(|operation| {
            let mut owed = operation.owed.into_iter().zip(&callers);
            owed.any(|(owed, is_of_role)| *is_of_role && is_let_in(owed))
        })
        .map(|operation| operation.name.to_owned())
        .filter(|name| known.contains(name))
        .collect()
}

fn names(described: &Value) -> BTreeSet<String> {
    let paths = described["paths"].as_object().unwrap();
    let names = paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().keys();
        methods.map(move |method| format!("{} {path}", method.to_uppercase()))
    });
    names.collect()
}

#[tokio::test]
async fn everybody_reads_of_what_they_are_let_in_to_and_of_nothing_else() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let of_people = [
        ("patient", "openapi.json"),
        ("doctor", "openapi-doctor.json"),
        ("clinic", "openapi-clinic.json"),
    ];
    let everything = names(&joined(&anybody, &of_people.map(|(_, described)| described)).await);
    for (role, described) in of_people {
        let described = anybody.fetch(&format!("/api/v1/{described}")).await.expect(200);
        let mut owed = allowed(role, &everything);
        if role == "patient" {
            // What admins do to a payment stands beside it.
            owed.insert("POST /api/v1/payments/{id}/refund".to_owned());
            // Apps act for patients.
            for method in ["GET", "POST"] {
                owed.insert(format!("{method} /api/v1/apps/me/patients"));
            }
        } else {
            // Who writes an app reads what patients' apps do.
            owed.remove("POST /api/v1/oauth/token");
        }
        assert_eq!(names(&described), owed, "{role}");
    }
    platform.finish().await;
}

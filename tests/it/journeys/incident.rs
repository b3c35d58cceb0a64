//! The page on incidents: every command in it runs as it is written.

use kit::platform::ALL;
use kit::scene::Scene;
use kit::wait::until;

use crate::durability::notary::with_key;

const PAGE: &str = include_str!("../../../docs/how-to/respond-to-an-incident.md");

#[tokio::test]
async fn every_command_of_the_page_on_incidents_runs_as_it_is_written() {
    let (platform, _) = with_key().await;
    let mut platform = platform.with_owner();
    platform.serve(ALL).await;
    let scene = Scene::on(platform).await;
    scene.platform.drain().await;
    let entry = until("a sign-in to be recorded", || async {
        let signed_in = scene
            .admin
            .client
            .get("/admin/audit-trail?kind=sign_in&result=done");
        let items = signed_in.await.expect(200)["items"].clone();
        let found = items
            .as_array()?
            .iter()
            .find(|entry| entry["channel"] == "http")?;
        Some(found.clone())
    })
    .await;
    scene.platform.sign_in_operator(&scene.admin.email).await;
    let folder = scene.platform.folder().join("evidence").display().to_string();
    let given = [
        ("<account>", scene.stand_in.id.as_str()),
        ("<folder>", folder.as_str()),
        ("<hash>", entry["address_hash"].as_str().unwrap()),
        ("<trace>", entry["trace_id"].as_str().unwrap()),
    ];
    let commands: Vec<&str> = commands().collect();
    assert!(commands.len() > 10, "{commands:?}");
    for command in commands {
        let filled = given.iter().fold(command.to_owned(), |line, (name, value)| {
            line.replace(name, value)
        });
        let words: Vec<&str> = filled.split(' ').collect();
        assert_eq!(words[0], "tot", "{command}");
        let output = scene.platform.try_tot(&words[1..], "").await;
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{command}: {said}");
    }
    scene.finish().await;
}

/// The lines of the page's blocks of shell, but for the sign-in that it begins with.
fn commands() -> impl Iterator<Item = &'static str> {
    let mut in_shell = false;
    PAGE.lines().map(str::trim).filter(move |line| {
        if line.starts_with("```") {
            in_shell = *line == "```sh";
            return false;
        }
        in_shell
    })
}

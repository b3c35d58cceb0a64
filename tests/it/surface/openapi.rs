//! What is served as the description of the API is what was reviewed.

use std::path::Path;

use kit::platform::Platform;
use serde_json::Value;

#[tokio::test]
async fn the_served_description_is_the_committed_one() {
    let platform = Platform::start().await;
    let served = platform.anonymous().fetch("/api/v1/openapi.json").await;
    assert_eq!(served.header("content-type"), "application/json");
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(committed).unwrap()).unwrap();
    let (mut served, mut committed) = (served.expect(200), committed);
    // The address is the deployment's.
    for description in [&mut served, &mut committed] {
        description.as_object_mut().unwrap().remove("servers");
    }
    assert_eq!(
        served["openapi"]
            .as_str()
            .unwrap()
            .split('.')
            .take(2)
            .collect::<Vec<_>>(),
        ["3", "1"]
    );
    assert_eq!(served, committed);
    platform.finish().await;
}

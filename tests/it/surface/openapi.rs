//! What is served as the description of the API is what was reviewed.

use std::path::Path;

use kit::platform::Platform;
use serde_json::Value;

use super::descriptions::{AUDIENCES, joined};

#[tokio::test]
async fn the_served_descriptions_come_to_the_committed_one() {
    let platform = Platform::start().await;
    let (_, ours) = AUDIENCES.split_last().unwrap();
    let served = joined(&platform.anonymous(), ours).await;
    let committed = Path::new(env!("CARGO_MANIFEST_DIR")).join("../api/openapi.json");
    let committed: Value = serde_json::from_str(&std::fs::read_to_string(committed).unwrap()).unwrap();
    for part in ["paths", "components", "servers"] {
        assert_eq!(served[part], committed[part], "{part}");
    }
    platform.finish().await;
}

//! What was compressed comes out as it was.

use axum::Router;
use axum::body::Body;
use http::Request;
use tower::ServiceExt as _;
use tower_http::decompression::Decompression;

use super::surface::Surface;

const PATH: &str = "/api/v1/openapi.json";

async fn body(router: Router, encoding: &str) -> Vec<u8> {
    let request = Request::get(PATH).header("accept-encoding", encoding);
    let request = request.body(Body::empty()).unwrap();
    let response = Decompression::new(router).oneshot(request).await.unwrap();
    let body = axum::body::to_bytes(Body::new(response.into_body()), 8 << 20)
        .await
        .unwrap();
    body.to_vec()
}

#[tokio::test]
async fn every_encoding_gives_back_the_same_bytes() {
    let surface = Surface::new().await;
    let plain = body(surface.router(), "identity").await;
    assert!(plain.starts_with(b"{"));
    for encoding in ["br", "zstd", "gzip"] {
        assert!(body(surface.router(), encoding).await == plain, "{encoding}");
    }
}

//! What was compressed comes out as it was.

use axum::Router;
use axum::body::Body;
use http::Request;
use tower::ServiceExt as _;
use tower_http::decompression::Decompression;

use super::surface::Surface;

const PATH: &str = "/api/v1/openapi.json";
/// The longest that a description may be on its way.
const DESCRIPTION_BYTES_MAX: usize = 25_000;

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

/// What never changes is compressed once, as well as can be; whoever likes another encoding better gets that.
#[tokio::test]
async fn what_each_audience_reads_travels_in_25_kilobytes_at_most() {
    let surface = Surface::new().await;
    for of in ["", "-doctor", "-clinic", "-admin", "-analyst", "-webhooks"] {
        let path = format!("/api/v1/openapi{of}.json");
        let sent = |encodings: &'static str| {
            let request = Request::get(&path).header("accept-encoding", encodings);
            let request = request.body(Body::empty()).unwrap();
            let router = surface.router();
            async move {
                let answer = router.oneshot(request).await.unwrap();
                let headers = answer.headers().clone();
                let body = axum::body::to_bytes(answer.into_body(), 8 << 20).await.unwrap();
                (headers, body)
            }
        };
        let (headers, short) = sent("gzip, deflate, br, zstd").await;
        assert_eq!(headers["content-encoding"], "br", "{of}");
        assert_eq!(headers["vary"], "accept-encoding", "{of}");
        assert_eq!(headers["content-type"], "application/json", "{of}");
        assert!(
            short.len() <= DESCRIPTION_BYTES_MAX,
            "{of}: {} bytes",
            short.len()
        );
        let (_, again) = sent("br").await;
        assert_eq!(short, again, "{of}");
        let (headers, _) = sent("br;q=0.1, gzip").await;
        assert_eq!(headers["content-encoding"], "gzip", "{of}");
    }
}

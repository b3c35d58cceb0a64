//! Calls of providers as spans, on their way to a collector.

use domain::payment::provider::Provider;
use reqwest_tls::{Method, Url};
use secrecy::SecretString;
use tokio_util::sync::CancellationToken;
use traces::{Context, Resource, SampleRatio, TraceId};
use uuid::Uuid;

use super::scripted::{Act, Received, Scripted};
use crate::OtlpCollector;
use crate::http::Sent;

/// Something that moves money, with what nobody else may see.
fn sent() -> Sent {
    Sent {
        operation: "create",
        method: Method::POST,
        path: vec!["payments".to_owned(), "zqpath".to_owned()],
        query: vec![("zqquery".to_owned(), "zqquery".to_owned())],
        headers: vec![],
        body: Some(b"{\"zqbody\":1}".to_vec()),
    }
}

/// The recorder of spans is the process' own, so that one test looks at all of it.
#[tokio::test]
async fn a_call_is_a_span_of_the_work_it_is_made_for_and_the_provider_is_told_nothing_of_it() {
    let collector = Scripted::answering(&[""]);
    let headers = [("x-api-key".to_owned(), SecretString::from("hush"))];
    let port = OtlpCollector::new(&Url::parse(&collector.address).unwrap(), &headers).unwrap();
    let resource = Resource {
        service_name: "tot".to_owned(),
        service_version: "0.0.0",
        instance_id: Uuid::nil(),
        roles: "intents".to_owned(),
    };
    let exporter = traces::install(SampleRatio::ALL, resource, Box::new(port)).unwrap();

    let provider = Scripted::start(vec![Act::ProviderReply(200, "{}".to_owned()), Act::Drop]);
    let http = provider.http(Provider::Yookassa);
    let (trace_id, booking_id) = (TraceId::random(), Uuid::from_u128(7));
    let (context, span) = Context::of_intent(Uuid::from_u128(1), Some(trace_id), None, "intent");
    context.note_booking(booking_id);
    let calls = async {
        assert!(http.act(&sent()).await.is_ok());
        assert!(http.act(&sent()).await.is_err());
    };
    context.scope(calls).await;
    drop(span);
    // Outside all work a call is nobody's span.
    assert!(http.act(&sent()).await.is_err());
    let received = provider.received();
    assert_eq!(received.len(), 2);
    for request in received {
        assert_eq!(request.header("traceparent"), None, "{}", request.head);
        assert_eq!(request.header("tracestate"), None, "{}", request.head);
    }

    let stop = CancellationToken::new();
    stop.cancel();
    exporter.run(stop).await;
    let [told]: [Received; 1] = collector.received().try_into().unwrap();
    assert_eq!(told.line, "POST /v1/traces HTTP/1.1");
    assert_eq!(told.header("content-type"), Some("application/x-protobuf"));
    assert_eq!(told.header("x-api-key"), Some("hush"));
    let count = |word: &str| told.body.matches(word).count();
    assert_eq!(count("provider call"), 2, "{:?}", told.body);
    assert_eq!(count("connection_lost"), 1, "{:?}", told.body);
    // Of both calls and of the intent.
    assert_eq!(count(&booking_id.to_string()), 3, "{:?}", told.body);
    for word in ["yookassa", "create", "127.0.0.1", "http.response.status_code"] {
        assert!(count(word) > 0, "{word} is not in {:?}", told.body);
    }
    assert_eq!(count("zq"), 0, "{:?}", told.body);
}

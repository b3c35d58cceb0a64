//! Problems and pages speak Russian, and English to whoever likes that better; browsers get pages, programs documents.

use std::collections::BTreeSet;

use kit::client::{ApiResponse, Client};
use kit::platform::Platform;
use reqwest::Method;
use serde_json::json;

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

async fn fetched(client: &Client, path: &str, headers: &[(&str, &str)]) -> ApiResponse {
    client
        .try_send_to(Method::GET, path, None, headers)
        .await
        .unwrap()
}

/// Whether the answer depends on this request header, as caches must know.
fn varies(answer: &ApiResponse, by: &str) -> bool {
    answer
        .headers
        .get_all("vary")
        .iter()
        .any(|names| names.to_str().unwrap().contains(by))
}

#[tokio::test]
async fn a_refusal_is_told_in_russian_unless_english_is_asked_for() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    for (asked, tag, title) in [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru", "Нужен токен доступа"),
        ("de", "ru", "Нужен токен доступа"),
        ("*", "ru", "Нужен токен доступа"),
        ("en-GB,en;q=0.9,ru;q=0.3", "en", "An access token is required"),
    ] {
        let answer = fetched(&anybody, "/api/v1/bookings", &[("accept-language", asked)]).await;
        assert_eq!(answer.header("content-language"), tag, "{asked}");
        assert!(varies(&answer, "accept-language"), "{:?}", answer.headers);
        let problem = answer.expect_problem(401, "token_missing");
        assert_eq!(problem["title"], title);
        // What a program did wrong is told with its mend.
        let detail = problem["detail"].as_str().unwrap();
        assert!(detail.contains("`POST /api/v1/auth/login`"), "{detail}");
        assert_eq!(detail.starts_with("Войдите"), tag == "ru", "{detail}");
    }
    platform.finish().await;
}

#[tokio::test]
async fn a_refusal_names_its_figures_and_fields_in_both_languages() {
    let platform = Platform::start().await;
    let patient = platform.patient().await;
    let book = |language: &'static str| {
        let client = patient.client.clone();
        async move {
            let body = json!({"call_type": "urgent", "amount": "1.00", "address": "Тверская 1"}).to_string();
            let headers = [("accept-language", language)];
            client.send(Method::POST, "/bookings", Some(body), &headers).await
        }
    };
    let russian = book("ru").await.expect_problem(409, "price_changed");
    assert_eq!(russian["detail"], "цена теперь 1500.00 RUB (прайс-лист 1)");
    let english = book("en").await.expect_problem(409, "price_changed");
    assert_eq!(english["detail"], "the price is now 1500.00 RUB (price list 1)");
    assert_eq!(russian["price"], english["price"]);

    let headers = [("accept-language", "ru")];
    let odd = patient
        .client
        .send(Method::GET, "/bookings?limit=0&colour=red", None, &headers)
        .await;
    let odd = odd.expect_problem(422, "invalid");
    let told: Vec<&str> = odd["errors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|fault| fault["message"].as_str().unwrap())
        .collect();
    assert_eq!(told[0], "от 1 до 200");
    assert!(
        told[1].starts_with("такого параметра в этом запросе нет; есть "),
        "{told:?}"
    );
    platform.finish().await;
}

#[tokio::test]
async fn a_browser_that_asks_for_nothing_there_is_shown_a_page_and_a_program_a_problem() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    for (language, words) in [("ru", "Не найдено"), ("en", "Not found")] {
        for path in ["/nope", "/problems/no_such_code", "/api/v1/nowhere"] {
            let headers = [("accept", BROWSER), ("accept-language", language)];
            let page = fetched(&anybody, path, &headers).await;
            assert_eq!(page.status, 404, "{path}");
            assert!(page.header("content-type").starts_with("text/html"), "{path}");
            assert_eq!(page.header("content-language"), language, "{path}");
            assert!(
                page.text.contains(words) && page.text.contains("not_found"),
                "{}",
                page.text
            );
            assert!(varies(&page, "accept"), "{:?}", page.headers);
        }
    }
    for accept in [
        "*/*",
        "application/json",
        "application/problem+json, text/html;q=0.1",
    ] {
        let answer = fetched(&anybody, "/nope", &[("accept", accept)]).await;
        answer.expect_problem(404, "not_found");
    }
    // What is sent is no question for a page.
    let headers = [("accept", BROWSER)];
    let sent = anybody
        .try_send_to(Method::POST, "/nope", Some("{}".to_owned()), &headers)
        .await
        .unwrap();
    sent.expect_problem(404, "not_found");
    platform.finish().await;
}

#[tokio::test]
async fn the_index_lists_every_code_and_each_has_a_page_in_both_languages() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    let index = fetched(&anybody, "/problems", &[("accept-language", "ru")]).await;
    assert_eq!(
        (index.status.as_u16(), index.header("content-language")),
        (200, "ru")
    );
    let codes: BTreeSet<&str> = index
        .text
        .split("href=\"/problems/")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert!(codes.len() > 60, "{codes:?}");
    for code in codes {
        let mut titles = BTreeSet::new();
        for (language, words) in [("ru", "Что делать"), ("en", "What to do")] {
            let page = fetched(&anybody, &format!("/problems/{code}?lang={language}"), &[]).await;
            assert_eq!(
                (page.status.as_u16(), page.header("content-language")),
                (200, language),
                "{code}"
            );
            assert!(
                page.text.contains(&format!("<html lang=\"{language}\">")),
                "{code}"
            );
            assert!(page.text.contains(words), "{code} in {language}");
            let title = page
                .text
                .split("<h1>")
                .nth(1)
                .unwrap()
                .split("</h1>")
                .next()
                .unwrap();
            let listed = format!("<td lang=\"{language}\">{title}</td>");
            assert!(index.text.contains(&listed), "{listed}");
            assert!(titles.insert(title.to_owned()), "{code} has one title");
        }
    }
    platform.finish().await;
}

#[tokio::test]
async fn the_first_page_is_in_the_readers_language_and_links_the_other_one() {
    let platform = Platform::start().await;
    let anybody = platform.anonymous();
    for (path, asked, language, other) in [
        ("/", "ru", "ru", "?lang=en"),
        ("/", "en", "en", "?lang=ru"),
        ("/?lang=en", "ru", "en", "?lang=ru"),
    ] {
        let page = fetched(&anybody, path, &[("accept-language", asked)]).await;
        assert_eq!(page.header("content-language"), language, "{path} for {asked}");
        assert!(page.text.contains(&format!("href=\"{other}\"")), "{}", page.text);
        assert!(page.text.contains("href=\"/problems\""), "{}", page.text);
    }
    platform.finish().await;
}

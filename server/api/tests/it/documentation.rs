//! The document says what the router serves, and the page asks nobody else.

use std::collections::BTreeSet;

use axum::body::Body;

use crate::support::Site;

/// Every operation of the document is served: whoever is not signed in gets 401 (or the public answer), never 404 or 405.
#[tokio::test]
async fn every_documented_operation_is_served() {
    let site = Site::start().await;
    let document = site
        .send("GET", "/docs/swagger.json", &[], Body::empty())
        .await
        .expect(200)
        .json();
    assert_eq!(document["openapi"], "3.1.0");
    let mut count = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        let real = path
            .strip_prefix("/rest/v0")
            .unwrap()
            .replace(['{', '}'], "");
        for (verb, operation) in operations.as_object().unwrap() {
            let answer = site
                .send(&verb.to_uppercase(), &real, &[], Body::empty())
                .await;
            let is_public = operation["security"].as_array().unwrap().is_empty();
            if is_public {
                assert!(
                    ![401, 404, 405].contains(&answer.status.as_u16()),
                    "{verb} {path}: {}",
                    answer.status
                );
            } else {
                assert_eq!(answer.status.as_u16(), 401, "{verb} {path}");
            }
            count += 1;
        }
    }
    assert!(count > 200, "only {count} operations");
}

/// Every verb that a documented path answers to is documented.
#[tokio::test]
async fn nothing_is_served_that_is_not_documented() {
    let site = Site::start().await;
    let document = site
        .send("GET", "/docs/swagger.json", &[], Body::empty())
        .await
        .expect(200)
        .json();
    for (path, operations) in document["paths"].as_object().unwrap() {
        if path.ends_with(".{format}") {
            continue;
        }
        let real = path
            .strip_prefix("/rest/v0")
            .unwrap()
            .replace(['{', '}'], "");
        for verb in ["get", "post", "put", "patch", "delete"] {
            if !operations.as_object().unwrap().contains_key(verb) {
                let answer = site
                    .send(&verb.to_uppercase(), &real, &[], Body::empty())
                    .await;
                // 501: Xen Orchestra answers to it.
                let status = answer.status.as_u16();
                assert!([405, 501].contains(&status), "{verb} {path}: {status}");
            }
        }
    }
}

#[tokio::test]
async fn operations_have_names_of_their_own_and_declare_their_path() {
    let site = Site::start().await;
    let document = site
        .send("GET", "/docs/swagger.json", &[], Body::empty())
        .await
        .expect(200)
        .json();
    let mut names = BTreeSet::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for operation in operations.as_object().unwrap().values() {
            let name = operation["operationId"].as_str().unwrap();
            assert!(names.insert(name.to_owned()), "{name} twice");
            let declared = operation["parameters"]
                .as_array()
                .unwrap()
                .iter()
                .filter(|p| p["in"] == "path")
                .count();
            assert_eq!(declared, path.matches('{').count(), "{path}");
            assert!(!operation["responses"].as_object().unwrap().is_empty());
        }
    }
}

#[tokio::test]
async fn the_page_needs_no_other_site_and_no_inline_script() {
    let site = Site::start().await;
    let page = site
        .send("GET", "/docs", &[], Body::empty())
        .await
        .expect(200);
    assert!(page.header("content-type").starts_with("text/html"));
    let text = page.text();
    assert!(
        !text.contains("http") && !text.contains("style=") && !text.contains("<script>"),
        "{text}"
    );
    for file in ["/docs/page.js", "/docs/page.css"] {
        let file = site.send("GET", file, &[], Body::empty()).await.expect(200);
        assert!(!file.text().contains("https://"));
    }
}

#[tokio::test]
async fn the_root_leads_to_the_document_with_and_without_its_slash() {
    let site = Site::start().await;
    for path in ["", "/"] {
        let answer = site.send("GET", path, &[], Body::empty()).await.expect(302);
        assert_eq!(answer.header("location"), "/rest/v0/docs", "{path:?}");
    }
}

//! The document and a page to read and try it. The page asks nobody but this server.

use axum::body::Body;
use axum::http::{Method as Verb, StatusCode, header};
use axum::response::IntoResponse;

use super::asked::json_text;
use super::route::{Route, of};

const FILES: &[(&str, &str, &str, &str)] = &[
    (
        "/docs",
        "A page to read and try this API.",
        "text/html; charset=utf-8",
        include_str!("docs/page.html"),
    ),
    (
        "/docs/page.css",
        "Its style.",
        "text/css; charset=utf-8",
        include_str!("docs/page.css"),
    ),
    (
        "/docs/page.js",
        "Its script.",
        "text/javascript; charset=utf-8",
        include_str!("docs/page.js"),
    ),
];

pub(super) fn routes() -> Vec<Route> {
    let mut routes: Vec<Route> = FILES
        .iter()
        .map(|&(path, summary, content_type, text)| {
            Route::new(Verb::GET, path, summary, move |_| async move {
                Ok(([(header::CONTENT_TYPE, content_type)], text).into_response())
            })
            .public()
            .reply_with(200, "The file", content_type, of("string"))
        })
        .collect();
    routes.push(
        Route::new(
            Verb::GET,
            "/docs/swagger.json",
            "This document.",
            |asked| async move {
                Ok(json_text(
                    StatusCode::OK,
                    Body::from(asked.rest.document.clone()),
                ))
            },
        )
        .public()
        .reply_json(200, "OpenAPI 3.1", of("object")),
    );
    routes
}

//! What the document says of what anybody may ask: how the gateway is, and how the API is called.

use serde_json::json;
use utoipa::openapi::HttpMethod;

use super::operation::{Description, operation};
use super::refused::METRICS_FAILED;
use crate::link::http::probes::{OPEN_METRICS, Readiness};
use crate::link::http::translate::words::word;

pub(super) fn descriptions() -> [Description; 5] {
    [healthz(), readyz(), metrics(), document(), page()]
}

fn healthz() -> Description {
    operation(HttpMethod::Get, "/healthz", "healthz", TAG, "Ask whether the process is worth keeping")
        .answers_text(200, "It is well.", TEXT)
        .answers_text(503, "Why it should be restarted.", TEXT)
}

fn readyz() -> Description {
    operation(HttpMethod::Get, "/readyz", "readyz", TAG, "Ask whether new messages are welcome")
        .answers_json::<Readiness>(200, "They are.", json!({ "ready": true, "missing": [] }))
        .answers_json::<Readiness>(
            503,
            "What is missing.",
            json!({ "ready": false, "missing": ["the store has failed"] }),
        )
}

fn metrics() -> Description {
    operation(HttpMethod::Get, "/metrics", "metrics", TAG, "Read all metrics")
        .answers_text(200, "As Prometheus reads them.", OPEN_METRICS)
        .refuses(&[METRICS_FAILED])
}

fn document() -> Description {
    operation(HttpMethod::Get, "/v1/openapi.json", "document", TAG, "Read this document")
        .answers_json::<Document>(200, "An OpenAPI document.", json!({ "openapi": "3.1.0" }))
}

fn page() -> Description {
    operation(HttpMethod::Get, "/v1/docs", "page", TAG, "Try the API in a browser").answers_text(
        200,
        "A page that reads this document.",
        super::page::HTML,
    )
}

word!(
    /// The document, as the document has it.
    Document,
    utoipa::openapi::ObjectBuilder::new().schema_type(utoipa::openapi::Type::Object).required("openapi")
);

pub(super) const TAG: &str = "operations";
const TEXT: &str = "text/plain; charset=utf-8";

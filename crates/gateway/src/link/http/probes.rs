//! What machines ask about the gateway itself.

use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use super::desk::Desk;
use super::problem::Problem;

/// 200 while the process is worth keeping, 503 with the reason when it should be restarted.
pub(super) async fn healthz(State(desk): State<Desk>) -> Response {
    match desk.health.sickness() {
        None => "ok\n".into_response(),
        Some(reason) => (StatusCode::SERVICE_UNAVAILABLE, format!("{reason}\n")).into_response(),
    }
}

/// Whether messages may be sent here.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    ready: bool,
    /// What is missing.
    missing: Vec<String>,
}

/// 200 while messages may be sent here, 503 with what is missing otherwise.
pub(super) async fn readyz(State(desk): State<Desk>) -> Response {
    match desk.health.unreadiness() {
        None => Json(Readiness { ready: true, missing: Vec::new() }).into_response(),
        Some(reason) => {
            let readiness = Readiness { ready: false, missing: vec![reason.to_string()] };
            (StatusCode::SERVICE_UNAVAILABLE, Json(readiness)).into_response()
        }
    }
}

/// All metrics, as OpenMetrics text.
pub(super) async fn metrics(State(desk): State<Desk>) -> Result<Response, Problem> {
    let text = desk.metrics.text(&desk.store.status()).map_err(|error| {
        tracing::error!(%error, "cannot write the metrics");
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "metrics_failed", "the metrics could not be written")
    })?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text).into_response())
}

pub(super) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

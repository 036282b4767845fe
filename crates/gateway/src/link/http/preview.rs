//! `POST /v1/preview`: what a message would take, without sending it.

use std::net::SocketAddr;

use axum::Json;
use axum::extract::{ConnectInfo, Request, State};
use axum::response::{IntoResponse, Response};

use super::caller::Shown;
use super::desk::Desk;
use super::messages::{check_is_json, read, translated};
use super::problem::Problem;
use super::translate;
use crate::config::Scope;

/// Says alphabet, segments and what is left in the last. Nothing is kept, and no rate is used up.
pub(super) async fn preview(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    shown: Option<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let account = desk.caller(peer, shown, Scope::Send).await?;
    check_is_json(&parts.headers)?;
    let request = translate::preview_request(&read(body).await?)?;
    let content_field = request.content_field();
    let (submission, substitutions) = translated(&account, request, desk.intake.clock().wall())?;
    let encoded = desk.intake.preview(&submission);
    let encoded = encoded.map_err(|refusal| translate::unfit(refusal, content_field))?;
    Ok(Json(translate::preview(&submission, &encoded, substitutions)).into_response())
}

//! Messages that wait, taken back or given another text.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{ConnectInfo, Path, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use sms::{MessageId, State as Final};
use store::{Entry, Which};

use super::caller::Shown;
use super::desk::Desk;
use super::messages::{check_is_json, named, read, transliterated};
use super::problem::Problem;
use super::translate;
use crate::account::Account;
use crate::config::Scope;
use crate::submission::Submission;

/// `DELETE /v1/messages/{id}`: nothing of it will be sent.
///
/// Answers 200 only when that would survive a power cut, and 409 if any of it was sent or may have been.
pub(super) async fn cancel(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    shown: Option<Shown>,
) -> Result<Response, Problem> {
    let account = desk.caller(peer, shown, Scope::Send).await?;
    let id = named(id)?;
    match desk.store.cancel(account.name(), Which::Message(id)).await? {
        0 => Err(desk.why_not(&account, id).await?),
        _ => {
            if let Some(record) = desk.store.find(id).await? {
                desk.intake.reply_cancelled(&record);
            }
            Ok(Json(translate::cancelled(id)).into_response())
        }
    }
}

/// `PATCH /v1/messages/{id}`: another text for a message of which nothing was tried yet.
///
/// Answers 200 only when that would survive a power cut, and 409 if it is too late.
pub(super) async fn replace(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    id: Result<Path<String>, PathRejection>,
    shown: Option<Shown>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let account = desk.caller(peer, shown, Scope::Send).await?;
    check_is_json(&parts.headers)?;
    let id = named(id)?;
    let replacement = translate::replacement(&read(body).await?)?;
    let Some(waiting) = desk.store.waiting(account.name(), id).await? else {
        return Err(desk.why_not(&account, id).await?);
    };
    let (content, wish) = replacement.instead_of(&waiting.message)?;
    let submission = Submission::reworded(&waiting.message, content);
    let (submission, substitutions) = transliterated(&account, submission, wish);
    let message = desk.intake.reword(&waiting, submission);
    let message = Arc::new(message.map_err(|refusal| translate::unfit(refusal, "text"))?);
    let entry = Entry { message, ..waiting };
    let answer = translate::accepted(&entry, substitutions);
    if desk.store.replace(entry).await? {
        Ok(Json(answer).into_response())
    } else {
        Err(desk.why_not(&account, id).await?)
    }
}

impl Desk {
    /// Why a message could not be taken back: it is nobody's, or its time has come.
    async fn why_not(&self, account: &Account, id: MessageId) -> Result<Problem, Problem> {
        let record = self.store.find(id).await?.filter(|record| record.origin == *account.name());
        let Some(record) = record else { return Ok(Problem::no_such_message()) };
        let detail = match record.state {
            Final::Deleted => "the message was taken back already: nothing of it will be sent",
            _ => "the message does not wait any more: it was sent, may have been, or is over",
        };
        Ok(Problem::new(StatusCode::CONFLICT, "not_waiting", detail))
    }
}

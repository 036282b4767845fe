//! Customers that called Jasmin's HTTP interface so far.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sms::{MessageId, Timestamp};
use store::Entry;

use super::super::caller::Shown;
use super::super::desk::Desk;
use super::super::messages::read;
use super::answer::{self, Failure, plain, success};
use super::arguments::Arguments;
use super::fields::{self, check, check_content};
use super::{rights, translate};
use crate::account::Account;
use crate::config::{JasminRight, Scope};
use crate::directory::Origin;
use crate::login::Credentials;
use crate::submission::{Content, Submission};

/// `/send`. Answers success only when the message would survive a power cut.
pub(in super::super) async fn send(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let sent = match arguments(request).await {
        Ok(arguments) => desk.send_as_jasmin(peer, arguments).await,
        Err(failure) => Err(failure),
    };
    match sent {
        Ok(id) => plain(StatusCode::OK, success(id)),
        Err(failure) => plain(failure.status, failure.quoted()),
    }
}

/// `/rate`: how many segments a message takes. Nothing costs anything here.
pub(in super::super) async fn rate(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let rated = match arguments(request).await {
        Ok(arguments) => desk.rate_as_jasmin(peer, arguments).await,
        Err(failure) => Err(failure),
    };
    bare(rated)
}

/// `/balance`: there is no limit.
pub(in super::super) async fn balance(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let told = match arguments(request).await {
        Ok(arguments) => desk.balance_as_jasmin(peer, &arguments).await,
        Err(failure) => Err(failure),
    };
    bare(told)
}

/// `/ping` of both interfaces: that of REST is in JSON, and those who call it say that they take that, or who they are.
pub(in super::super) async fn ping(headers: HeaderMap) -> Response {
    let takes_json = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    let takes_json = takes_json.is_some_and(|accept| accept.contains("application/json"));
    if takes_json || headers.contains_key(header::AUTHORIZATION) {
        answer::json(StatusCode::OK, &json!({ "data": PONG }))
    } else {
        PONG.into_response()
    }
}

/// An object, or what is wrong as a bare string.
fn bare(told: Result<Value, Failure>) -> Response {
    match told {
        Ok(value) => answer::json(StatusCode::OK, &value),
        Err(failure) => answer::json(failure.status, &Value::String(failure.text)),
    }
}

async fn arguments(request: Request) -> Result<Arguments, Failure> {
    let (parts, body) = request.into_parts();
    let body = read(body).await.map_err(|problem| {
        Failure::unread(&problem, "Unknown error: the body did not come whole, or is too long")
    })?;
    Arguments::of(parts.uri.query().unwrap_or_default(), &parts.headers, &body)
}

impl Desk {
    /// Sends what a request says. What is wrong is looked for in Jasmin's order, here and in what is called.
    pub(super) async fn send_as_jasmin(
        &self,
        peer: SocketAddr,
        mut said: Arguments,
    ) -> Result<MessageId, Failure> {
        let content = check_sending(&mut said)?;
        let account = self.jasmin_user(peer, &said).await?;
        let admitted = self.admit_as_jasmin(&account, &said, content, None);
        let entry = admitted.inspect_err(|_| self.count_refused(&account, 1))?;
        let id = entry.message.id;
        let kept = self.keep(&account, vec![entry], Vec::new()).await;
        kept.map_err(|refusal| failure_of(&refusal, &account, &said))?;
        Ok(id)
    }

    /// What a checked request of this account says as a message, which is not sent before `due`.
    pub(super) fn admit_as_jasmin(
        &self,
        account: &Arc<Account>,
        said: &Arguments,
        content: Content,
        due: Option<Timestamp>,
    ) -> Result<Entry, Failure> {
        rights::check_sending(said, account, &content)?;
        let submission = translate::submission(said, account, content)?;
        let refused = |refusal| failure_of(&refusal, account, said);
        let now = self.intake.clock().wall();
        let (not_before, expires_at) = match translate::times(said, now, due.unwrap_or(now)) {
            Ok(times) => times,
            Err(failure) => {
                self.intake.leads_somewhere(account.name(), &submission).map_err(refused)?;
                return Err(failure);
            }
        };
        let submission = Submission { not_before, expires_at, ..submission };
        self.intake.admit(&Origin::Account(account.clone()), submission).map_err(refused)
    }

    pub(super) async fn rate_as_jasmin(
        &self,
        peer: SocketAddr,
        mut said: Arguments,
    ) -> Result<Value, Failure> {
        translate::complete_rate(&mut said);
        check(&said, fields::RATE)?;
        check_content(&said)?;
        let content = translate::content(&said)?;
        let account = self.jasmin_user(peer, &said).await?;
        rights::check(&account, JasminRight::HttpRate)?;
        let segments = translate::segments(&content);
        let submission = translate::submission(&said, &account, content)?;
        self.intake
            .leads_somewhere(account.name(), &submission)
            .map_err(|refusal| failure_of(&refusal, &account, &said))?;
        Ok(json!({ "submit_sm_count": segments, "unit_rate": 0.0 }))
    }

    pub(super) async fn balance_as_jasmin(
        &self,
        peer: SocketAddr,
        said: &Arguments,
    ) -> Result<Value, Failure> {
        check(said, fields::BALANCE)?;
        let account = self.jasmin_user(peer, said).await?;
        rights::check(&account, JasminRight::HttpBalance)?;
        Ok(json!({ "balance": "ND", "sms_count": "ND" }))
    }

    /// The account with these credentials.
    pub(super) async fn jasmin_user(
        &self,
        peer: SocketAddr,
        said: &Arguments,
    ) -> Result<Arc<Account>, Failure> {
        let name = said.text("username").unwrap_or_default().to_owned();
        let password = said.get("password").unwrap_or_default().to_vec();
        let shown = Shown::Password(Credentials { account: name.clone(), password });
        self.caller(peer, Some(shown), Scope::Send).await.map_err(|_| Failure::unauthorised(&name))
    }
}

/// Looks at what a request to send says before anybody asks who it is of, and reads what it wants to say.
pub(super) fn check_sending(said: &mut Arguments) -> Result<Content, Failure> {
    translate::complete(said);
    check(said, fields::SEND)?;
    check_content(said)?;
    translate::content(said)
}

fn failure_of(refusal: &crate::refusal::Refusal, account: &Account, said: &Arguments) -> Failure {
    Failure::of(refusal, account.name().as_str(), said.text("to").unwrap_or_default())
}

const PONG: &str = "Jasmin/PONG";

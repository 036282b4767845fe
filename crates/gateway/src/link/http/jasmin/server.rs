//! Customers that called Jasmin's HTTP interface so far.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use sms::MessageId;

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

/// `/send`. Answers success only when the message would survive a power cut.
pub(in super::super) async fn send(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let sent = match arguments(request).await {
        Ok(arguments) => desk.send_as_jasmin(peer, arguments, None).await,
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
    /// Sends what a request says; `account` is known already or to be found by what it says.
    pub(super) async fn send_as_jasmin(
        &self,
        peer: SocketAddr,
        mut said: Arguments,
        account: Option<Arc<Account>>,
    ) -> Result<MessageId, Failure> {
        translate::complete(&mut said);
        check(&said, fields::SEND)?;
        check_content(&said)?;
        let account = match account {
            Some(account) => account,
            None => self.jasmin_user(peer, &said).await?,
        };
        let entry = {
            let submission = translate::submission(&said, &account, self.intake.clock().wall())?;
            rights::check_sending(&said, &account, &submission)?;
            let admitted = self.intake.admit(&Origin::Account(account.clone()), submission);
            admitted.map_err(|refusal| {
                self.count_refused(&account, 1);
                failure_of(&refusal, &account, &said)
            })?
        };
        let id = entry.message.id;
        let kept = self.keep(&account, vec![entry], Vec::new()).await;
        kept.map_err(|refusal| failure_of(&refusal, &account, &said))?;
        Ok(id)
    }

    pub(super) async fn rate_as_jasmin(&self, peer: SocketAddr, said: Arguments) -> Result<Value, Failure> {
        check(&said, fields::RATE)?;
        let account = self.jasmin_user(peer, &said).await?;
        rights::check(&account, JasminRight::HttpRate)?;
        let (submission, segments) = translate::preview(&said, &account, self.intake.clock().wall())?;
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

fn failure_of(refusal: &crate::refusal::Refusal, account: &Account, said: &Arguments) -> Failure {
    Failure::of(refusal, account.name().as_str(), said.text("to").unwrap_or_default())
}

const PONG: &str = "Jasmin/PONG";

//! Customers that called Jasmin's REST interface so far: JSON, with the credentials in a header.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::super::caller::{Shown, meant, shown};
use super::super::desk::Desk;
use super::super::messages::read;
use super::answer::{self, Failure, shown as shown_octets, success};
use super::arguments::Arguments;
use super::batch::{Batch, Refused};
use super::rights;
use crate::config::JasminRight;
use crate::login::Credentials;

/// `POST /secure/send`
pub(in super::super) async fn send(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (body, credentials) = match body(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let said = match object(&body) {
        Ok(said) => said,
        Err(refused) => return precondition(&refused),
    };
    let said = match Arguments::of_object(&said) {
        Ok(said) => with_credentials(said, &credentials),
        Err(failure) => return message(failure.status, failure.quoted().trim_matches('"')),
    };
    match desk.send_as_jasmin(peer, said).await {
        // The closing quote is missing there, too.
        Ok(id) => data(Value::String(success(id).trim_matches('"').to_owned())),
        Err(failure) => message(failure.status, failure.quoted().trim_matches('"')),
    }
}

/// `POST /secure/sendbatch`. What is wrong with single messages is not told here, as in Jasmin.
pub(in super::super) async fn send_batch(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let (body, credentials) = match body(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let user = with_credentials(Arguments::default(), &credentials);
    // Jasmin asks for the balance to know who it is.
    let known = desk.jasmin_user(peer, &user).await;
    let known = known.and_then(|account| rights::check(&account, JasminRight::HttpBalance).map(|()| account));
    let Ok(account) = known else {
        let description = format!("Authentication failed for user: {}", credentials.account);
        return precondition(&Refused { title: "Authentication failed".to_owned(), description });
    };
    let said = match object(&body) {
        Ok(said) => said,
        Err(refused) => return precondition(&refused),
    };
    let taken = match Batch::of(&said, desk.intake.clock().wall()) {
        Ok(batch) => desk.take_batch(&account, batch, &user).await,
        Err(refused) => Err(refused),
    };
    match taken {
        Ok(said) => data(said),
        Err(refused) => precondition(&refused),
    }
}

/// `GET /secure/balance`
pub(in super::super) async fn balance(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
) -> Response {
    let Some(credentials) = password(&headers) else { return no_token() };
    let said = with_credentials(Arguments::default(), &credentials);
    told(desk.balance_as_jasmin(peer, &said).await)
}

/// `GET /secure/rate`, with a query as Jasmin reads it, or a body.
pub(in super::super) async fn rate(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: Request,
) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (body, credentials) = match body(request).await {
        Ok(parts) => parts,
        Err(response) => return response,
    };
    let said = if body.is_empty() {
        Ok(Arguments::of_query(&query))
    } else {
        match object(&body) {
            Ok(said) => Arguments::of_object(&said),
            Err(refused) => return precondition(&refused),
        }
    };
    match said {
        Ok(said) => told(desk.rate_as_jasmin(peer, with_credentials(said, &credentials)).await),
        Err(failure) => told(Err(failure)),
    }
}

/// The body of a request, and who sends it.
async fn body(request: Request) -> Result<(Bytes, Credentials), Response> {
    let (parts, body) = request.into_parts();
    let credentials = password(&parts.headers).ok_or_else(no_token)?;
    let body = read(body).await.map_err(|problem| {
        let failure = Failure::unread(&problem, "the body did not come whole");
        message(failure.status, &failure.text)
    })?;
    Ok((body, credentials))
}

fn object(body: &[u8]) -> Result<Map<String, Value>, Refused> {
    serde_json::from_slice(body).map_err(|_| Refused {
        title: "Cannot parse JSON data".to_owned(),
        description: format!("Got unparseable json data: {}", shown_octets(body)),
    })
}

/// Jasmin knows no keys.
fn password(headers: &HeaderMap) -> Option<Credentials> {
    match meant(shown(headers), headers)? {
        Shown::Password(credentials) => Some(credentials),
        Shown::Unmeant(_) | Shown::Key(_) | Shown::Signature(_) => None,
    }
}

fn with_credentials(mut said: Arguments, credentials: &Credentials) -> Arguments {
    said.set("username", credentials.account.as_bytes());
    said.set("password", credentials.password.as_slice());
    said
}

fn told(told: Result<Value, Failure>) -> Response {
    match told {
        Ok(value) => data(value),
        Err(failure) => message(failure.status, &failure.text),
    }
}

fn data(value: Value) -> Response {
    answer::json(StatusCode::OK, &json!({ "data": value }))
}

fn message(status: StatusCode, text: &str) -> Response {
    answer::json(status, &json!({ "message": text }))
}

fn precondition(Refused { title, description }: &Refused) -> Response {
    answer::json(StatusCode::PRECONDITION_FAILED, &json!({ "title": title, "description": description }))
}

fn no_token() -> Response {
    let said = json!({ "title": "Authentication required", "description": "Please provide a valid Basic auth token" });
    let mut response = answer::json(StatusCode::UNAUTHORIZED, &said);
    let challenge = axum::http::HeaderValue::from_static("Basic realm=\"estafet\"");
    response.headers_mut().insert(axum::http::header::WWW_AUTHENTICATE, challenge);
    response
}

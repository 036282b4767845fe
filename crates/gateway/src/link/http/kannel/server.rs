//! Customers that called Kannel's `sendsms` so far.

use std::net::SocketAddr;
use std::sync::Arc;

use arrayvec::ArrayVec;
use axum::extract::{ConnectInfo, Request as HttpRequest, State};
use axum::http::{Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use store::Entry;

use super::super::caller::Shown;
use super::super::desk::Desk;
use super::super::messages::read;
use super::answer::{Answer, with_ids};
use super::order::{Order, Written};
use super::request::{ContentType, Request};
use super::translate::{attributes, submission};
use super::{report, xml};
use crate::account::Account;
use crate::attributes::{Attributes, Events, Report};
use crate::config::{Scope, callbacks_of};
use crate::directory::Origin;
use crate::login::Credentials;
use crate::refusal::Refusal;
use crate::report::Subject;

/// `sendsms`, by GET or POST. Answers that messages are accepted only when they would survive a power cut.
///
/// By HEAD nothing is sent, which is otherwise in Kannel.
pub(in super::super) async fn sendsms(
    State(desk): State<Desk>,
    ConnectInfo(peer): ConnectInfo<SocketAddr>,
    request: HttpRequest,
) -> Response {
    let answered = match *request.method() {
        Method::GET => {
            let said = Request::of_query(request.uri().query().unwrap_or_default());
            desk.get(peer, &said).await
        }
        Method::POST => desk.post(peer, request).await,
        _ => return without_a_word(),
    };
    answered.unwrap_or_else(Answer::into_response)
}

/// Whatever else is asked for where `sendsms` is.
pub(in super::super) fn unknown(method: &Method) -> Response {
    match *method {
        Method::GET | Method::HEAD | Method::POST => Answer::UNKNOWN_REQUEST.into_response(),
        _ => without_a_word(),
    }
}

/// What is answered to methods that Kannel does not know: it has not even the usual headers.
fn without_a_word() -> Response {
    StatusCode::BAD_REQUEST.into_response()
}

impl Desk {
    async fn get(&self, peer: SocketAddr, said: &Request) -> Result<Response, Answer> {
        let account = self.kannel_user(peer, said).await?;
        check_receiver(said, "Missing receiver number, rejected")?;
        self.take(account, said).await
    }

    async fn post(&self, peer: SocketAddr, request: HttpRequest) -> Result<Response, Answer> {
        let (parts, body) = request.into_parts();
        let body = read(body).await?;
        let kind = ContentType::of(&parts.headers)?;
        let mut said = match kind {
            ContentType::Xml => xml::request(&body),
            _ => Request::of_headers(&parts.headers, &body),
        };
        let account = self.kannel_user(peer, &said).await?;
        check_receiver(&said, "Missing receiver(s) number(s), rejected")?;
        match kind {
            ContentType::Markup => return Err(Answer::UNSUPPORTED_CONTENT),
            ContentType::Octets => said.coding = said.coding.or(Some(OCTETS)),
            // A user data header makes no octets of what says that it is text.
            ContentType::Text | ContentType::Xml if said.udh.is_some() => {
                said.coding = said.coding.or(Some(TEXT));
            }
            ContentType::Text | ContentType::Xml => {}
        }
        self.take(account, &said).await
    }

    async fn kannel_user(&self, peer: SocketAddr, said: &Request) -> Result<Arc<Account>, Answer> {
        let name = said.username.clone().and_then(|name| String::from_utf8(name).ok());
        let credentials = name.zip(said.password.clone());
        let credentials = credentials.map(|(account, password)| Credentials { account, password });
        let shown = credentials.map(Shown::Password);
        self.caller(peer, shown, Scope::Send).await.map_err(|_| Answer::UNAUTHORISED)
    }

    /// Takes over what can be, for every receiver at once; the first refusal is the answer if nothing can.
    async fn take(&self, account: Arc<Account>, said: &Request) -> Result<Response, Answer> {
        let order = Order::of(said, &account, self.intake.clock().wall())?;
        let origin = Origin::Account(account.clone());
        let mut entries: Vec<Entry> = Vec::with_capacity(order.receivers.len());
        let mut refused: ArrayVec<Refusal, 1> = ArrayVec::new();
        let mut told: Vec<Entry> = Vec::new();
        for receiver in &order.receivers {
            match self.intake.admit(&origin, submission(&order, receiver, &account)) {
                Ok(entry) => entries.push(entry),
                Err(refusal) => {
                    self.count_refused(&account, 1);
                    told.extend(self.report_of_refusal(&refusal, &order, receiver, &account));
                    let _ = refused.try_push(refusal);
                }
            }
        }
        if !told.is_empty() {
            self.intake.accept(told).await?;
        }
        if let Some(refusal) = refused.pop().filter(|_| entries.is_empty()) {
            return Err(refusal.into());
        }
        let ids: Vec<_> = entries.iter().map(|entry| entry.message.id).collect();
        let segments = entries.first().map_or(0, |entry| entry.message.parts.len());
        self.keep(&account, entries, Vec::new()).await?;
        if account.config().kannel.immediate {
            return Ok(with_ids(Answer::sent(&order.denied, segments), &ids));
        }
        Ok(with_ids(Answer::ACCEPTED.into_response(), &ids))
    }
}

impl Desk {
    /// What a `dlr-url` is told of a message that there is no way for.
    fn report_of_refusal(
        &self,
        refusal: &Refusal,
        order: &Order,
        receiver: &Written,
        account: &Account,
    ) -> Option<Entry> {
        let words = match refusal {
            Refusal::NoRoute => report::NO_SMSC,
            Refusal::Expired => report::EXPIRED,
            _ => return None,
        };
        let asked = order.reports.mask;
        let rejected = Report { event: Events::REJECTED, status: 0 };
        let attributes = attributes(order, receiver, account)
            .filter(|_| asked.has_any(Events::FAILED | Events::REJECTED))
            .map(|attributes| Attributes { report: Some(rejected), ..attributes })?;
        let subject = Subject {
            owner: account.name(),
            told: callbacks_of(account.name()),
            id: None,
            source: &order.source.address,
            destination: &receiver.address,
            priority: order.priority,
        };
        let (now, chance) = (self.intake.clock().wall(), self.intake.chance());
        crate::report::of(&subject, attributes, Bytes::from_static(words.as_bytes()), now, chance)
    }
}

fn check_receiver(said: &Request, missing: &'static str) -> Result<(), Answer> {
    match said.to.as_deref() {
        None => Err(Answer::rejected(missing)),
        Some([]) => Err(Answer::rejected("Empty receiver number not allowed, rejected")),
        Some(_) => Ok(()),
    }
}

/// `coding` of octets.
const OCTETS: i32 = 1;
/// `coding` of text.
const TEXT: i32 = 0;

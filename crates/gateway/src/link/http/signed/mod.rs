//! Requests that are signed: HTTP Message Signatures (RFC 9421) with `hmac-sha256`, and Content-Digest
//! (RFC 9530) for what is in their bodies.
//!
//! ```text
//! head ─► input: which key, covers what ─► base: what was signed ─► door: is it the key's, is it new
//!                                                                        │
//! body, once its sender is known ─► digest: is it the one that was signed ─► door: not used before ─► handler
//! ```
//!
//! The octets of the body are those that came: it is verified before it is inflated.

mod base;
mod digest;
mod input;

use std::net::SocketAddr;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use tokio::time::Instant;

use self::input::SignatureInput;
use super::bodies;
use super::desk::Desk;
use super::messages::read;
use super::problem::Problem;
use crate::login::{KeyHolder, Signature, Unproven};

/// Whose signature the request has; put where `caller` finds it.
#[derive(Clone, Debug)]
pub(super) struct SignedBy(pub(super) KeyHolder);

/// The request, which says whose signature it has if that is good. Who shows something else is judged by that.
pub(super) async fn verified(desk: &Desk, peer: SocketAddr, request: Request) -> Result<Request, Problem> {
    let is_signed = request.headers().contains_key(input::SIGNATURE_INPUT);
    if !is_signed || request.headers().contains_key(AUTHORIZATION) {
        return Ok(request);
    }
    Box::pin(proven(desk, peer, request)).await
}

/// The request, which says whose signature it has.
async fn proven(desk: &Desk, peer: SocketAddr, request: Request) -> Result<Request, Problem> {
    let since = Instant::now();
    let (mut parts, body) = request.into_parts();
    let input = SignatureInput::read(&parts.headers);
    match desk.verified(peer, &parts, body, input.as_ref()).await {
        Ok((holder, body)) => {
            parts.extensions.insert(SignedBy(holder));
            Ok(Request::from_parts(parts, Body::from(body)))
        }
        Err(Fault::Unproven(reason)) => {
            let key_id = input.as_ref().map_or("", |input| &input.key_id);
            desk.door.refuse_signature(since, peer.ip(), key_id, reason).await;
            Err(reason.into())
        }
        Err(Fault::Body(problem)) => Err(problem),
    }
}

/// Why a request with a signature does not pass.
enum Fault {
    Unproven(Unproven),
    /// The body did not come, or is too large.
    Body(Problem),
}

impl From<Unproven> for Fault {
    fn from(reason: Unproven) -> Self {
        Self::Unproven(reason)
    }
}

impl Desk {
    /// Whose request it is, and its body.
    async fn verified(
        &self,
        peer: SocketAddr,
        parts: &Parts,
        body: Body,
        input: Option<&SignatureInput>,
    ) -> Result<(KeyHolder, Bytes), Fault> {
        let input = input.filter(|input| input.covers_enough()).ok_or(Unproven::Unfit)?;
        let signature = input.signature(parts).ok_or(Unproven::Unfit)?;
        let clock = self.intake.clock();
        let directory = self.directory.load_full();
        let holder = self.door.recognise(&directory, peer.ip(), &signature, clock.wall())?;
        bodies::known();
        let body = read(body).await.map_err(Fault::Body)?;
        let is_covered = input.covers(digest::CONTENT_DIGEST.as_str());
        if !is_covered && !body.is_empty() {
            return Err(Unproven::Unfit.into());
        }
        if is_covered && !digest::is_of(&parts.headers, &body) {
            return Err(Unproven::OtherBody.into());
        }
        // No more than a clock of theirs may go before ours.
        Box::pin(tokio::time::sleep(signature.early_by(clock.wall()))).await;
        self.door.use_up(&signature, clock.wall())?;
        Ok((holder, body))
    }
}

impl SignatureInput {
    /// What the door needs to know of it; `None` if something is covered that is not there.
    fn signature(&self, parts: &Parts) -> Option<Signature> {
        // TLS may end before us: the caller alone knows which scheme it called.
        let contents: Vec<_> = ["https", "http"]
            .into_iter()
            .filter_map(|scheme| base::signature_base(parts, scheme, &self.components, &self.parameters))
            .collect();
        (!contents.is_empty()).then(|| Signature {
            key_id: self.key_id.clone(),
            octets: self.octets.clone(),
            contents,
            created: self.created,
            expires: self.expires,
        })
    }
}

impl From<Unproven> for Problem {
    fn from(reason: Unproven) -> Self {
        let unauthorised = |code, detail: &'static str| Self::new(StatusCode::UNAUTHORIZED, code, detail);
        match reason {
            Unproven::Unfit => unauthorised(
                "unfit_signature",
                "one hmac-sha256 signature with created and keyid is needed, over @method, and @target-uri or \
                 @authority with @path and @query, and content-digest if there is a body",
            ),
            Unproven::UnknownKey | Unproven::WrongSignature | Unproven::WrongAddress => {
                crate::login::Refused::Wrong.into()
            }
            Unproven::Stale => {
                unauthorised("stale_signature", "it was not made within the last 5 minutes, or is over")
            }
            Unproven::Replayed => unauthorised("replayed_signature", "this signature was used: sign anew"),
            Unproven::OtherBody => {
                unauthorised("wrong_digest", "the body is not the one whose Content-Digest was signed")
            }
            Unproven::BeforeOpening => {
                let detail = "signed before this gateway was started: sign anew";
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail).retry_after(1)
            }
            Unproven::Crowded(wait) => {
                let detail = "more requests were signed with this key than can be remembered";
                Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_signatures", detail)
                    .retry_after(whole_seconds(wait))
            }
        }
    }
}

fn whole_seconds(wait: Duration) -> u32 {
    u32::try_from(wait.as_secs()).unwrap_or(u32::MAX)
}

//! How much of the bodies of all requests is in memory at a time (ABU-15).
//!
//! Each request has a share of one budget, from its first octet until it is answered. A body that says how long it is
//! takes its share at once, so that those that have begun can end; one that does not say it takes a little first, and
//! room for the longest if that is not enough. What was not needed is given back when the body has ended.

use std::error::Error;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use futures_util::future::BoxFuture;
use hyper::body::{Frame, SizeHint};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::messages::BODY_OCTETS_MAX;
use super::problem::Problem;
use crate::config::BodiesOctets;

/// The octets that there are for all bodies. Cheap to clone.
#[derive(Clone)]
pub(crate) struct Bodies {
    all: Arc<Semaphore>,
    /// What those may take of it of whom nobody knows yet who they are.
    strangers: Arc<Semaphore>,
}

impl Bodies {
    pub(crate) fn new(octets_max: usize) -> Self {
        let of = |octets: usize| Arc::new(Semaphore::new(octets.min(Semaphore::MAX_PERMITS)));
        Self { all: of(octets_max), strangers: of(octets_max / STRANGERS_PART) }
    }
}

/// Passes a request on whose body takes its share while it is read.
pub(super) async fn bound(State(bodies): State<Bodies>, request: Request, next: Next) -> Response {
    bounded(bodies, request, async |request| next.run(request).await).await
}

/// The answer to a request whose body takes its share while it is read.
pub(super) async fn bounded<T>(
    bodies: Bodies,
    request: Request,
    answer: impl AsyncFnOnce(Request) -> T,
) -> T {
    if request.body().is_end_stream() {
        return answer(request).await;
    }
    let share = Arc::new(Share { bodies, held: Mutex::default() });
    SHARE.scope(share, async move { answer(request.map(counted)).await }).await
}

/// The body with its octets taken from the share of the request that is being answered.
pub(super) fn counted(body: Body) -> Body {
    match share() {
        Some(share) => Body::new(Counted { body, share, reserved: 0, octets: 0, next: None, growing: None }),
        None => body,
    }
}

/// The share of the request that is being answered, for who works on when its caller has gone.
pub(super) fn share() -> Option<Arc<Share>> {
    SHARE.try_with(Arc::clone).ok()
}

/// It is known who sends the request that is being answered.
pub(super) fn known() {
    if let Some(share) = share() {
        let mut held = share.held();
        held.is_known = true;
        held.of_strangers = None;
    }
}

/// Why a body is not read any further: others have taken all that there is.
pub(super) fn is_no_room(error: &(dyn Error + 'static)) -> bool {
    error.is::<NoRoom>() || error.source().is_some_and(is_no_room)
}

/// That there was no room for a body.
pub(super) fn no_room() -> Problem {
    let detail = "as many octets of requests are in memory as may be";
    Problem::new(StatusCode::SERVICE_UNAVAILABLE, "too_many_bodies", detail).retry_after(RETRY_S)
}

/// What a request has of the budget.
pub(super) struct Share {
    bodies: Bodies,
    held: Mutex<Held>,
}

#[derive(Default)]
struct Held {
    is_known: bool,
    of_all: Option<OwnedSemaphorePermit>,
    of_strangers: Option<OwnedSemaphorePermit>,
}

impl Share {
    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes so many octets more if they are there; whether they were.
    fn grow_at_once(&self, octets: usize) -> bool {
        let taken = |semaphore: &Arc<Semaphore>| {
            semaphore.clone().try_acquire_many_owned(u32::try_from(octets).ok()?).ok()
        };
        let of_strangers = if self.held().is_known { None } else { Some(taken(&self.bodies.strangers)) };
        match (of_strangers, taken(&self.bodies.all)) {
            (Some(None), _) | (_, None) => false,
            (of_strangers, Some(of_all)) => {
                self.hold(of_all, of_strangers.flatten());
                true
            }
        }
    }

    /// Takes so many octets more, if they are there in time.
    async fn grow(self: Arc<Self>, octets: usize) -> Result<(), NoRoom> {
        let is_known = self.held().is_known;
        let of_strangers = if is_known { None } else { Some(taken(&self.bodies.strangers, octets).await?) };
        let of_all = taken(&self.bodies.all, octets).await?;
        self.hold(of_all, of_strangers);
        Ok(())
    }

    fn hold(&self, of_all: OwnedSemaphorePermit, of_strangers: Option<OwnedSemaphorePermit>) {
        let mut held = self.held();
        add(&mut held.of_all, of_all);
        if let Some(permit) = of_strangers.filter(|_| !held.is_known) {
            add(&mut held.of_strangers, permit);
        }
    }

    /// Gives so many octets back.
    fn shrink(&self, octets: usize) {
        let mut held = self.held();
        let Held { of_all, of_strangers, .. } = &mut *held;
        for permit in [of_all, of_strangers].into_iter().flatten() {
            drop(permit.split(octets));
        }
    }
}

async fn taken(semaphore: &Arc<Semaphore>, octets: usize) -> Result<OwnedSemaphorePermit, NoRoom> {
    let octets = u32::try_from(octets).map_err(|_| NoRoom)?;
    let permit = tokio::time::timeout(WAIT, semaphore.clone().acquire_many_owned(octets)).await;
    permit.ok().and_then(Result::ok).ok_or(NoRoom)
}

fn add(held: &mut Option<OwnedSemaphorePermit>, more: OwnedSemaphorePermit) {
    match held {
        Some(held) => held.merge(more),
        None => *held = Some(more),
    }
}

/// A body that waits for room before it passes on what has come.
struct Counted {
    body: Body,
    share: Arc<Share>,
    reserved: usize,
    octets: usize,
    /// What has come and has no room yet.
    next: Option<Frame<Bytes>>,
    growing: Option<BoxFuture<'static, Result<(), NoRoom>>>,
}

impl Counted {
    /// How much more is taken, now that so many octets have come altogether.
    fn lacking(&self, octets: usize) -> usize {
        let wanted = match self.body.size_hint().exact() {
            Some(rest) => octets.saturating_add(usize::try_from(rest).unwrap_or(usize::MAX)),
            None if octets <= LITTLE_OCTETS => LITTLE_OCTETS,
            None => BODY_OCTETS_MAX,
        };
        // Whoever reads goes no further than that.
        wanted.min(BODY_OCTETS_MAX).max(octets).saturating_sub(self.reserved)
    }

    fn end(&mut self) {
        self.share.shrink(self.reserved.saturating_sub(self.octets));
        self.reserved = self.octets;
    }
}

impl HttpBody for Counted {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        if this.next.is_none() {
            match ready!(Pin::new(&mut this.body).poll_frame(context)) {
                Some(Ok(frame)) => {
                    this.octets += frame.data_ref().map_or(0, Bytes::len);
                    this.next = Some(frame);
                    let lacking = this.lacking(this.octets);
                    if this.octets > this.reserved {
                        this.reserved += lacking;
                        if !this.share.grow_at_once(lacking) {
                            this.growing = Some(Box::pin(this.share.clone().grow(lacking)));
                        }
                    }
                }
                ended => {
                    this.end();
                    return Poll::Ready(ended);
                }
            }
        }
        if let Some(growing) = &mut this.growing {
            let grown = ready!(growing.as_mut().poll(context));
            this.growing = None;
            if let Err(no_room) = grown {
                return Poll::Ready(Some(Err(axum::Error::new(no_room))));
            }
        }
        Poll::Ready(this.next.take().map(Ok))
    }

    fn is_end_stream(&self) -> bool {
        self.next.is_none() && self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        let hint = self.body.size_hint();
        let held = self.next.as_ref().and_then(Frame::data_ref).map_or(0, |data| data.len() as u64);
        let mut whole = SizeHint::new();
        whole.set_lower(hint.lower().saturating_add(held));
        if let Some(upper) = hint.upper() {
            whole.set_upper(upper.saturating_add(held));
        }
        whole
    }
}

/// All that there is was taken for as long as is waited for it.
#[derive(Debug)]
struct NoRoom;

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no room for the body")
    }
}

impl Error for NoRoom {}

tokio::task_local! {
    /// The share of the request that the task answers.
    static SHARE: Arc<Share>;
}

/// Strangers get one of so many parts.
const STRANGERS_PART: usize = 2;
// Strangers have room for the longest body and another one.
const _: () = assert!(BodiesOctets::MIN >= 2 * STRANGERS_PART * BODY_OCTETS_MAX);
/// What a body takes first that does not say how long it is.
const LITTLE_OCTETS: usize = 64 << 10;
/// How long room is waited for.
const WAIT: Duration = Duration::from_secs(5);
const RETRY_S: u32 = 5;

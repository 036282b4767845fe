//! How much of its rate a caller has left, in the fields of draft-ietf-httpapi-ratelimit-headers-10.

use std::cell::OnceCell;
use std::sync::Arc;

use axum::http::{HeaderName, HeaderValue};
use axum::response::Response;

use crate::account::{Account, Allowance};
use crate::clock;

/// The answer with `RateLimit-Policy` and `RateLimit`, if its caller is known and has a rate.
pub(super) async fn told(answer: impl Future<Output = Response>) -> Response {
    let answered = async {
        let response = answer.await;
        (response, CALLER.with(|caller| caller.get().cloned()))
    };
    let (mut response, caller) = CALLER.scope(OnceCell::new(), answered).await;
    if let Some(allowance) = caller.and_then(|account| account.allowance(clock::now())) {
        for (name, value) in fields(&allowance) {
            if let Ok(value) = HeaderValue::try_from(value) {
                response.headers_mut().insert(name, value);
            }
        }
    }
    response
}

/// The request that is being answered is this account's, which has shown so.
pub(super) fn known(account: &Arc<Account>) {
    // Who calls by another interface is not told: there is no cell then.
    let _ = CALLER.try_with(|caller| caller.set(account.clone()));
}

fn fields(allowance: &Allowance) -> [(HeaderName, String); 2] {
    let Allowance { per_window, window, remaining, full_in } = allowance;
    let reset_s = full_in.as_millis().div_ceil(1000);
    [
        (POLICY, format!("\"messages\";q={per_window};w={}", window.as_secs())),
        (LIMIT, format!("\"messages\";r={remaining};t={reset_s}")),
    ]
}

tokio::task_local! {
    /// Whose request the task answers. Handlers learn it from what the caller shows, behind the layer that
    /// marks the answer.
    static CALLER: OnceCell<Arc<Account>>;
}

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_fields_are_lists_of_one_policy() {
        let allowance = Allowance {
            per_window: 50,
            window: Duration::from_secs(1),
            remaining: 12,
            full_in: Duration::from_millis(760),
        };
        let [policy, limit] = fields(&allowance);
        assert_eq!(policy.1, "\"messages\";q=50;w=1");
        assert_eq!(limit.1, "\"messages\";r=12;t=1");
    }
}

//! A content provider that answers as a test says.

use axum::Router;
use axum::extract::Request;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use http_body_util::BodyExt;
use tokio::sync::mpsc;

use super::SOON;

/// A call as it came.
#[derive(Clone, Debug)]
pub(crate) struct Told {
    pub(crate) method: axum::http::Method,
    pub(crate) query: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

/// A content provider on a free port.
pub(crate) struct Provider {
    pub(crate) url: String,
    calls: mpsc::UnboundedReceiver<Told>,
}

impl Provider {
    /// Starts one that answers each call with what `answer` says.
    pub(crate) async fn start<R: IntoResponse>(
        answer: impl Fn(&Told) -> R + Clone + Send + Sync + 'static,
    ) -> Self {
        let (made, calls) = mpsc::unbounded_channel();
        let handler = move |request: Request| {
            let (made, answer) = (made.clone(), answer.clone());
            async move { take(request, &made, &answer).await }
        };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/mo", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(any(handler))).await });
        Self { url, calls }
    }

    /// The next call.
    pub(crate) async fn next(&mut self) -> Told {
        tokio::time::timeout(SOON, self.calls.recv()).await.unwrap().unwrap()
    }

    /// How many calls came beside those that were looked at.
    pub(crate) fn others(&mut self) -> usize {
        std::iter::from_fn(|| self.calls.try_recv().ok()).count()
    }
}

async fn take<R: IntoResponse>(
    request: Request,
    made: &mpsc::UnboundedSender<Told>,
    answer: &impl Fn(&Told) -> R,
) -> Response {
    let (parts, body) = request.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    let query = parts.uri.query().unwrap_or_default().to_owned();
    let told = Told {
        method: parts.method,
        query,
        headers: parts.headers,
        body: String::from_utf8_lossy(&body).into_owned(),
    };
    let answer = answer(&told).into_response();
    made.send(told).unwrap();
    answer
}

impl Told {
    /// A field of the form in the body.
    pub(crate) fn field(&self, name: &str) -> Option<String> {
        field(&self.body, name)
    }

    /// A field of the query.
    pub(crate) fn query_field(&self, name: &str) -> Option<String> {
        field(&self.query, name)
    }
}

fn field(form: &str, name: &str) -> Option<String> {
    let mut fields = form_urlencoded::parse(form.as_bytes()).into_owned();
    fields.find(|(known, _)| known == name).map(|(_, value)| value)
}

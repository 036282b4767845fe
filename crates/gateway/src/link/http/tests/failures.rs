//! Requests that go wrong before a message is looked at.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::super::server::Reception;
use super::*;

// ABU-1
#[tokio::test(start_paused = true)]
async fn every_failure_of_a_login_is_the_same() {
    let desk = Desk::open();
    let mut answers = Vec::new();
    for login in ["nobody:hunter22", "bank:hunter23", "bank:", "far:hunter44"] {
        let since = Instant::now();
        let answer = desk.get("/v1/messages", Some(login)).await;
        assert_eq!(answer.problem(), problem(401, "unauthorised"), "{login}");
        assert_eq!(since.elapsed().as_secs(), 1, "{login}");
        answers.push(answer);
    }
    let path = "/v1/send?account=bank&password=wrong&to=1&text=x";
    answers.push(desk.get(path, None).await);
    let first = &answers[0];
    let challenge = "Basic realm=\"estafet\", charset=\"UTF-8\"";
    assert_eq!(first.header("www-authenticate"), Some(challenge));
    for answer in &answers {
        assert_eq!((&answer.body, &answer.headers), (&first.body, &first.headers));
    }
}

#[tokio::test]
async fn without_a_login_nothing_is_looked_at() {
    let desk = Desk::open();
    for path in
        ["/v1/messages", "/v1/messages/x", "/v1/send?to=1&text=x", "/v1/send?account=bank&to=1&text=x"]
    {
        assert_eq!(desk.get(path, None).await.problem(), problem(401, "unauthorised"), "{path}");
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not_there_are_problems_too() {
    let desk = Desk::open();
    assert_eq!(desk.get("/v2/messages", None).await.problem(), problem(404, "unknown_path"));
    let delete = Request::delete("/v1/messages").body(Body::empty()).unwrap();
    let answer = desk.ask(delete).await;
    assert_eq!(answer.problem(), problem(405, "unknown_method"));
    assert_eq!(answer.header("allow"), Some("GET,HEAD,POST"));
}

// ABU-15
#[tokio::test]
async fn a_long_batch_that_is_read_aside_is_answered_as_a_short_one_is() {
    let desk = Desk::open();
    let one = r#"{"to":"628111000111","from":"BANK","text":"text text text text text text text text text"}"#;
    let batch = |last: &str| format!("[{}{last}]", format!("{one},").repeat(999));
    let wrong = desk.post("bank:hunter22", batch(r#"{"zzz":1}"#)).await;
    assert!(wrong.body.contains("[999].zzz"), "{}", wrong.body);
    assert_eq!(wrong.problem(), problem(400, "bad_json"));
    let once = || {
        Request::post("/v1/messages")
            .header("authorization", basic("bank:hunter22"))
            .header("content-type", "application/json")
            .header("idempotency-key", "long")
            .body(Body::from(batch(one)))
            .unwrap()
    };
    let answer = desk.ask(once()).await;
    assert_eq!((answer.status, answer.json().as_array().map(Vec::len)), (StatusCode::ACCEPTED, Some(1000)));
    assert_eq!(desk.kept().iter().map(Vec::len).collect::<Vec<_>>(), [1000]);
}

// ABU-15
#[tokio::test]
async fn a_body_is_bounded_and_of_the_right_type() {
    let desk = Desk::open();
    let large = desk.post("bank:hunter22", " ".repeat((4 << 20) + 1)).await;
    assert_eq!(large.problem(), problem(413, "body_too_large"));
    for headers in [
        [("content-type", "text/plain"), ("x", "")],
        [("content-type", "application/json"), ("content-encoding", "br")],
    ] {
        let mut request = Request::post("/v1/messages").header("authorization", basic("bank:hunter22"));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let answer = desk.ask(request.body("{}".into()).unwrap()).await;
        assert_eq!(answer.problem(), problem(415, "unsupported_media_type"));
    }
}

// ABU-15
#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for() {
    let desk = Desk::open();
    let never = futures_util::stream::pending::<Result<bytes::Bytes, std::io::Error>>();
    let since = Instant::now();
    let answer = desk.post("bank:hunter22", Body::from_stream(never)).await;
    assert_eq!(answer.problem(), problem(408, "body_timeout"));
    assert_eq!(since.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn a_connection_is_served_until_the_server_stops() {
    let desk = Desk::open();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let stop = CancellationToken::new();
    let serving = {
        let reception = Reception::new(desk.router.clone(), places(), stop.clone());
        tokio::spawn(async move { reception.serve(listener, None).await })
    };
    let mut stream = TcpStream::connect(address).await.unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let mut head = vec![0; 15];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(head, b"HTTP/1.1 200 OK");
        let mut rest = [0; 1024];
        let mut answer = Vec::new();
        while !answer.ends_with(b"ok\n") {
            let read = stream.read(&mut rest).await.unwrap();
            assert!(read > 0);
            answer.extend_from_slice(&rest[..read]);
        }
    }
    stop.cancel();
    assert_eq!(stream.read(&mut [0; 1]).await.unwrap(), 0);
    serving.await.unwrap();
    assert!(TcpStream::connect(address).await.is_err());
}

//! Customers that called Kannel's smsbox so far: each test quotes what it holds to.

mod checks;
mod messages;
mod reports;
mod results;
mod transport;

use std::net::SocketAddr;

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Client, Method, Url};
use simulator::Smsc;

use crate::harness::{Listeners, SOON, TestGateway, account, centre, route, smsc};

/// A customer with its credentials.
struct Customer {
    client: Client,
    base: Url,
}

/// Status, headers and body of an answer.
#[derive(Debug)]
struct Said {
    status: u16,
    headers: HeaderMap,
    body: String,
}

impl Customer {
    fn of(gateway: &TestGateway) -> Self {
        Self::at(gateway.gateway().http_address().unwrap())
    }

    fn at(address: SocketAddr) -> Self {
        // Fails when there is one already, and that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(SOON).tls_certs_only([]).build().unwrap();
        Self { client, base: format!("http://{address}").parse().unwrap() }
    }

    /// A GET of the shop, with this behind its credentials and a receiver.
    async fn get(&self, query: &str) -> Said {
        self.ask(Method::GET, &format!("{SENDSMS}?{SHOP}&to=628111&{query}")).await
    }

    /// A GET of the shop, with this behind its credentials.
    async fn plain(&self, query: &str) -> Said {
        self.ask(Method::GET, &format!("{SENDSMS}?{query}")).await
    }

    async fn ask(&self, method: Method, target: &str) -> Said {
        self.send(self.client.request(method, self.base.join(target).unwrap())).await
    }

    /// A POST of the shop with a receiver and these headers.
    async fn post(&self, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Said {
        let usual =
            [("x-kannel-username", "shop"), ("x-kannel-password", "hunter22"), ("x-kannel-to", "628111")];
        self.post_plain(&[&usual, headers].concat(), body).await
    }

    async fn post_plain(&self, headers: &[(&str, &str)], body: impl Into<Vec<u8>>) -> Said {
        let headers = headers.iter().map(|(name, value)| {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            (name, HeaderValue::from_str(value).unwrap())
        });
        let request = self.client.post(self.base.join(SENDSMS).unwrap()).headers(headers.collect());
        self.send(request.body(body.into())).await
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Said {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Said { status, headers, body: response.text().await.unwrap() }
    }
}

impl Said {
    fn is(&self, status: u16, body: &str) {
        assert_eq!((self.status, self.body.as_str()), (status, body), "{self:?}");
    }

    fn is_accepted(&self) {
        self.is(202, "0: Accepted for delivery");
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

/// A gateway at which a shop with a default sender sends to an SMSC.
async fn shop() -> (Smsc, TestGateway, Customer) {
    shop_with("kannel = { default_sender = \"SHOP\" }").await
}

async fn shop_with(keys: &str) -> (Smsc, TestGateway, Customer) {
    let telco = centre().await;
    let listeners = Listeners { http: "kannel = true".to_owned(), ..Listeners::default() };
    let links = [smsc("telco", telco.address(), ""), account("shop", keys), route("to = [\"telco\"]")];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    (telco, gateway, customer)
}

const SENDSMS: &str = "/cgi-bin/sendsms";
const SHOP: &str = "username=shop&password=hunter22";

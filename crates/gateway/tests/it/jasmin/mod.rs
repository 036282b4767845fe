//! Customers that called Jasmin so far: each test names what it holds to.

mod odd;
mod order;
mod reports;
mod rest;
mod send;

use reqwest::{Client, RequestBuilder, Url};
use simulator::Smsc;

use crate::harness::{Listeners, PASSWORD, SOON, TestGateway, account, centre, route, smsc};

/// A customer of Jasmin.
struct Customer {
    client: Client,
    base: Url,
}

impl Customer {
    fn of(gateway: &TestGateway) -> Self {
        // Fails when there is one already, and that is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder().no_proxy().timeout(SOON).tls_certs_only([]).build().unwrap();
        let address = gateway.gateway().http_address().unwrap();
        Self { client, base: format!("http://{address}").parse().unwrap() }
    }

    /// A GET with the shop's credentials behind the query.
    async fn get(&self, path: &str, query: &str) -> (u16, String) {
        self.plain(&format!("{path}?{query}&username=shop&password={PASSWORD}")).await
    }

    async fn plain(&self, target: &str) -> (u16, String) {
        answer(self.client.get(self.base.join(target).unwrap())).await
    }

    async fn post(&self, path: &str, kind: &str, body: &str) -> (u16, String) {
        let request = self.client.post(self.base.join(path).unwrap()).header("content-type", kind);
        answer(request.body(body.to_owned())).await
    }

    /// A call of the REST interface.
    async fn rest(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let method = method.parse().unwrap();
        let request = self.client.request(method, self.base.join(path).unwrap());
        answer(request.basic_auth("shop", Some(PASSWORD)).body(body.to_owned())).await
    }
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let response = request.send().await.unwrap();
    (response.status().as_u16(), response.text().await.unwrap())
}

/// The id in `Success "…"`, without its dashes.
fn id(answer: &(u16, String)) -> String {
    assert_eq!(answer.0, 200, "{answer:?}");
    let id = answer.1.strip_prefix("Success \"").unwrap().strip_suffix('"').unwrap();
    let parts: Vec<usize> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
    id.replace('-', "")
}

/// A gateway at which a shop sends to an SMSC.
async fn shop() -> (Smsc, TestGateway, Customer) {
    shop_with("").await
}

async fn shop_with(keys: &str) -> (Smsc, TestGateway, Customer) {
    let telco = centre().await;
    let listeners = Listeners { http: "jasmin = true".to_owned(), ..Listeners::default() };
    let only = route("match = { prefix = \"62\" }\nto = [\"telco\"]");
    let links = [smsc("telco", telco.address(), ""), account("shop", keys), only];
    let gateway = TestGateway::listening(listeners, links).await;
    let customer = Customer::of(&gateway);
    (telco, gateway, customer)
}

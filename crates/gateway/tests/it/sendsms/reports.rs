//! What is told to a `dlr-url`.

use simulator::{Application, ApplicationConfig};

use super::{Customer, shop_with};
use crate::harness::SOON;

const CALLED: &str = "kannel = { default_sender = \"SHOP\", dlr = true, allow_private_address = true }";

/// Sends with this mask and a URL that asks for everything.
async fn send(customer: &Customer, receiver: &Application, mask: u8, to: &str) -> String {
    let query =
        "%3Fto=%25p%26from=%25P%26kind=%25d%26said=%25A%26id=%25I%26who=%25n%26account=%25o%26at=%25T";
    let query = format!(
        "{}&to={to}&text=x&account=club&dlr-mask={mask}&dlr-url={}{query}",
        super::SHOP,
        receiver.url()
    );
    let said = customer.plain(&query).await;
    said.is_accepted();
    said.header("x-estafet-message-id").to_owned()
}

// "DLR: `dlr-url` from request, else from user; call with the escape codes of 1.2/1.4 (`%p` = recipient, `%P` = sender …)";
// "Accept 200/202 as success."
#[tokio::test]
async fn a_delivery_is_told_to_the_url_that_the_request_names() {
    let (_telco, gateway, customer) = shop_with(CALLED).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let id = send(&customer, &receiver, 31, "628111").await;
    let call = receiver.next_call(SOON).await.unwrap();
    let field = |name: &str| call.fields[name].as_str();
    assert_eq!(
        ["to", "from", "kind", "id", "who", "account"].map(field),
        ["628111", "SHOP", "1", &id, "shop", "club"]
    );
    assert!(
        field("said").contains("stat:DELIVRD") && field("said").starts_with(&format!("id:{id} ")),
        "{call:?}"
    );
    assert!(field("at").parse::<u64>().unwrap() > 1_700_000_000);
    gateway.settled().await;
}

// "`dlr-mask` bits | 1 delivered, 2 failed …" (1.4)
#[tokio::test]
async fn only_what_the_mask_asks_for_is_told() {
    let (_telco, gateway, customer) = shop_with(CALLED).await;
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    for mask in [0, 2, 8] {
        send(&customer, &receiver, mask, "628111").await;
    }
    let wanted = send(&customer, &receiver, 1, "628222").await;
    assert_eq!(receiver.next_call(SOON).await.unwrap().fields["id"], wanted);
    gateway.settled().await;
    assert_eq!(receiver.calls().len(), 1);
}

// "`dlr-url` from request, else from user"
#[tokio::test]
async fn the_account_may_have_a_url_for_requests_without_one() {
    let receiver = Application::start(ApplicationConfig::default()).await.unwrap();
    let keys = format!(
        "kannel = {{ default_sender = \"1\", dlr = true, allow_private_address = true, dlr_url = \"{}?d=%d\" }}",
        receiver.url()
    );
    let (_telco, gateway, customer) = shop_with(&keys).await;
    customer.get("text=x&dlr-mask=3").await.is_accepted();
    assert_eq!(receiver.next_call(SOON).await.unwrap().fields["d"], "1");
    gateway.settled().await;
}

//! Of several things that are wrong Jasmin names one: which, is by its order of checks.

use serde_json::{Value, json};

use super::{Customer, id, shop, shop_with};
use crate::harness::PASSWORD;

/// A request for each step of the order, in which all that comes later is wrong as well.
// JS-38: jasmin/protocols/http/endpoints/send.py: `render_POST`, then `route_routable`
#[tokio::test]
async fn the_first_check_of_send_that_fails_is_answered() {
    let denied = "denied = [\"hex_content\", \"priority\", \"src_addr\"]";
    let filters = "filters = { dst_addr = \"^(49|62)\", content = \"a\" }";
    let (_telco, _gateway, customer) =
        shop_with(&format!("jasmin = {{ dlr = true, {denied}, {filters} }}")).await;
    let right = format!("username=shop&password={PASSWORD}");
    let wrong = "username=shop&password=x";
    let nothing = "&from=123456789012345678901&priority=1&sdt=999999999999999R&dlr-url=http://10.0.0.1/";
    for (query, status, text) in [
        (format!("x=1&{wrong}{nothing}&hex-content=0g"), 400, "Argument [x] is unknown."),
        (format!("{wrong}&y=1{nothing}&hex-content=0g"), 400, "Mandatory argument [to] is not found."),
        (
            format!("{wrong}&to=1&y=1&priority=9&hex-content=0g"),
            400,
            "Argument [priority] has an invalid value: [9].",
        ),
        (format!("{wrong}&to=1&y=1{nothing}&hex-content=0g"), 400, "Argument [y] is unknown."),
        (format!("{wrong}&to=1{nothing}"), 400, "content or hex-content not present."),
        (
            format!("{wrong}&to=1{nothing}&hex-content=0g&content=x"),
            400,
            "content and hex-content cannot be used both in same request.",
        ),
        (format!("{wrong}&to=1{nothing}&hex-content=0g"), 400, "Invalid hex-content data: 'b'0g''"),
        (format!("{wrong}&to=1{nothing}&content=%FF"), 400, "Unknown error: the content is not in UTF-8"),
        (format!("{wrong}&to=1{nothing}&content=x"), 403, "Authentication failure for username:shop"),
        (
            format!("{right}&to=1{nothing}&content=x"),
            400,
            "Authorization failed for user [shop] (Setting source address not authorized).",
        ),
        (
            format!("{right}&to=1&priority=1&sdt=999999999999999R&content=x"),
            400,
            "Authorization failed for user [shop] (Setting priority not authorized).",
        ),
        (
            format!("{right}&to=1&sdt=999999999999999R&hex-content=00"),
            400,
            "Authorization failed for user [shop] (Setting hex content not authorized).",
        ),
        (
            format!("{right}&to=1&sdt=999999999999999R&content=x"),
            400,
            "Value filter failed for user [shop] (destination_address filter mismatch).",
        ),
        (
            format!("{right}&to=49&sdt=999999999999999R&content=x"),
            400,
            "Value filter failed for user [shop] (content filter mismatch).",
        ),
        (format!("{right}&to=49&sdt=999999999999999R&content=a"), 412, "No route found"),
        (
            format!("{right}&to=62&sdt=999999999999999R&content=a"),
            400,
            "Argument [sdt] has an invalid value: [999999999999999R].",
        ),
    ] {
        let said = customer.plain(&format!("/send?{query}")).await;
        assert_eq!(said, (status, format!("Error \"{text}\"")), "{query}");
    }
}

// JS-38: what is meant by `dlr=yes` takes the right to say it
#[tokio::test]
async fn a_receipt_takes_the_rights_to_its_level_and_method() {
    for (right, what) in [("dlr_level", "Setting dlr level"), ("http_dlr_method", "Setting dlr method")] {
        let (_telco, _gateway, customer) = shop_with(&format!("jasmin = {{ denied = [\"{right}\"] }}")).await;
        let said = customer.get("/send", "to=628111&content=x&dlr=yes").await;
        let text = format!("Error \"Authorization failed for user [shop] ({what} not authorized).\"");
        assert_eq!(said, (400, text));
        id(&customer.get("/send", "to=628111&content=x&dlr=no").await);
    }
}

// JS-38: rate.py, balance.py
#[tokio::test]
async fn the_first_check_of_rate_and_balance_that_fails_is_answered() {
    let (_telco, _gateway, customer) =
        shop_with("jasmin = { denied = [\"http_rate\", \"http_balance\"] }").await;
    let right = format!("username=shop&password={PASSWORD}");
    for (target, status, text) in [
        ("/rate".to_owned(), 400, "Mandatory argument [to] is not found."),
        ("/rate?sdt=1&to=1".to_owned(), 400, "Argument [sdt] is unknown."),
        ("/rate?to=1&username=shop&password=x&content=x&hex-content=0".to_owned(), 400, BOTH),
        (
            "/rate?to=1&username=shop&password=x&hex-content=0".to_owned(),
            400,
            "Invalid hex-content data: 'b'0''",
        ),
        ("/rate?to=49&username=shop&password=x".to_owned(), 403, "Authentication failure for username:shop"),
        (format!("/rate?to=49&{right}"), 400, "Authorization failed for user [shop] (Cannot check rate)."),
        (
            "/balance".to_owned(),
            400,
            "Mandatory arguments not found, please refer to the HTTPAPI specifications.",
        ),
        ("/balance?x=1&username=shop&password=x".to_owned(), 400, "Argument [x] is unknown."),
        ("/balance?username=shop".to_owned(), 400, "Mandatory argument [password] is not found."),
        ("/balance?username=shop&password=x".to_owned(), 403, "Authentication failure for username:shop"),
        (format!("/balance?{right}"), 400, "Authorization failed for user [shop] (Cannot check balance)."),
    ] {
        assert_eq!(customer.plain(&target).await, (status, format!("\"{text}\"")), "{target}");
    }
}

const BOTH: &str = "content and hex-content cannot be used both in same request.";

// JS-35, JS-38: rest/__init__.py, rest/api.py: who calls at all, then for one message the body, for a batch who it is
#[tokio::test]
async fn the_first_check_of_rest_that_fails_is_answered() {
    let (_telco, gateway, customer) = shop().await;
    let no_token = json!({
        "title": "Authentication required", "description": "Please provide a valid Basic auth token",
    });
    let unread = |shown: &str| json!({ "title": "Cannot parse JSON data", "description": format!("Got unparseable json data: {shown}") });
    let nobody = json!({
        "title": "Authentication failed", "description": "Authentication failed for user: shop",
    });
    let failed = json!({ "message": "Error \"Authentication failure for username:shop" });
    let hex = json!({ "message": "Error \"Invalid hex-content data: 'b'0''" });
    for (path, password, body, status, said) in [
        ("/secure/send", None, "{", 401, &no_token),
        ("/secure/sendbatch", None, "{", 401, &no_token),
        ("/secure/send", Some("x"), "{", 412, &unread("b'{'")),
        ("/secure/send", Some("x"), "it's", 412, &unread("b\"it's\"")),
        ("/secure/send", Some("x"), r#"{"to": "1", "hex_content": "0"}"#, 400, &hex),
        ("/secure/send", Some("x"), r#"{"to": "1", "content": "x"}"#, 403, &failed),
        ("/secure/sendbatch", Some("x"), "{", 412, &nobody),
        ("/secure/sendbatch", Some(PASSWORD), "{", 412, &unread("b'{'")),
    ] {
        assert_eq!(called(&customer, path, password, body).await, (status, said.clone()), "{path} {body}");
    }
    assert_eq!(gateway.status().await.live_messages, 0);
    let (_telco, gateway, customer) = shop_with("jasmin = { denied = [\"http_balance\"] }").await;
    let batch = r#"{"messages": [{"to": "628111", "content": "x"}]}"#;
    assert_eq!(called(&customer, "/secure/sendbatch", Some(PASSWORD), batch).await, (412, nobody));
    assert_eq!(gateway.status().await.live_messages, 0);
}

async fn called(customer: &Customer, path: &str, password: Option<&str>, body: &str) -> (u16, Value) {
    let request = customer.client.post(customer.base.join(path).unwrap()).body(body.to_owned());
    let request = match password {
        Some(password) => request.basic_auth("shop", Some(password)),
        None => request,
    };
    let (status, said) = super::answer(request).await;
    (status, serde_json::from_str(&said).unwrap())
}

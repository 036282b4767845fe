//! Connections that bind, or never do.

use smpp::CommandStatus;

use crate::harness::{Listeners, PASSWORD, TestGateway, Wire, account};

#[tokio::test]
async fn an_address_gets_no_more_than_its_share_of_connections_until_it_binds() {
    // M-1: ABU-2
    let smpp = "unbound_per_address_max = 2".to_owned();
    let listeners = Listeners { smpp, ..Listeners::default() };
    let gateway = TestGateway::listening(listeners, [account("bank", "")]).await;
    let mut first = Wire::connect(&gateway).await;
    let _second = Wire::connect(&gateway).await;

    Wire::connect(&gateway).await.over_when().await;
    let mut elsewhere = Wire::connect_from([127, 0, 0, 2], &gateway).await;
    assert_eq!(elsewhere.status_of_bind("bank", PASSWORD).await, CommandStatus::OK);

    assert_eq!(first.status_of_bind("bank", PASSWORD).await, CommandStatus::OK);
    let mut third = Wire::connect(&gateway).await;
    assert_eq!(third.status_of_bind("bank", PASSWORD).await, CommandStatus::OK);
}

#[tokio::test]
async fn a_password_may_have_64_octets() {
    //
    for octets in [9, 16, 64] {
        let password = "p".repeat(octets);
        let bank = account("bank", "").replace(PASSWORD, &password);
        let gateway = TestGateway::with([bank]).await;
        let mut wire = Wire::connect(&gateway).await;
        assert_eq!(wire.status_of_bind("bank", &password).await, CommandStatus::OK, "{octets}");
    }
}

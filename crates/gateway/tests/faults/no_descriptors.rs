//! FLT-16: no descriptor is left.

use simulator::{Esme, EsmeConfig, Load, Smsc, SmscConfig};
use tokio::net::TcpStream;

use crate::checker::History;
use crate::harness::{PASSWORD, account, route, smsc, until};
use crate::program::Program;

// INV-1, INV-3, INV-11
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_16_accepts_resume_when_descriptors_are_free_again() {
    let telco = Smsc::start(SmscConfig { log_max: 10_000, ..SmscConfig::default() }).await.unwrap();
    let program = Program::start_with(
        "ulimit -n 64",
        "",
        [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")],
    );
    program.ready().await;
    let esme = EsmeConfig { window: 50, ..EsmeConfig::at(program.smpp_address(), "bank", PASSWORD) };
    let load = Load { messages: 3000, rate: Some(1500), body_octets: 60, ..Load::new(esme.clone()) };
    let load = load.start().unwrap();
    until("some are accepted", async || load.progress().accepted > 100).await;

    let mut idle = Vec::new();
    for _ in 0..80 {
        idle.push(TcpStream::connect(program.smpp_address()).await.unwrap());
    }
    until("none is left", async || program.log().contains("cannot take a connection")).await;
    let report = load.finish().await;
    drop(idle);

    assert_eq!((report.accepted, report.without_receipt), (3000, 0), "{report:?}\n{}", program.log());
    Esme::bind(esme).await.unwrap().unbind().await;
    assert_eq!(program.get("/healthz").await.unwrap().0, 200);
    let records = program.records_when_idle("bank").await;
    History::new(report, &telco, records).check();
}

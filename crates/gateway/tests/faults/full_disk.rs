//! FLT-3 end to end: the disk is really full. It is one in memory, in a mount namespace of the process.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::json;
use simulator::{Esme, EsmeConfig, Smsc, SmscConfig, SubmitError};
use smpp::CommandStatus;

use crate::harness::{ANI, PASSWORD, Texts, account, route, smsc, until};
use crate::program::Program;

// INV-1, INV-3, DUR-4
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn flt_3_a_full_disk_is_told_apart_from_a_broken_one() {
    if !may_mount() {
        eprintln!("not tried: this user may not mount a disk in a namespace of its own");
        return;
    }
    let telco = Smsc::start(SmscConfig { log_max: 1000, ..SmscConfig::default() }).await.unwrap();
    let program = Program::start_with(
        IN_MEMORY,
        "",
        [smsc("telco", telco.address(), ""), account("bank", ""), route("to = [\"telco\"]")],
    );
    program.ready().await;
    let bank = Esme::bind(EsmeConfig::at(program.smpp_address(), "bank", PASSWORD)).await.unwrap();
    bank.submit(ANI, "BANK", "before", true).await.unwrap();
    idle(&program).await;

    let filler = fill(&program.data_as_it_sees_it());

    let full = Err(SubmitError::Refused(CommandStatus::MSGQFUL));
    until("it is full", async || bank.submit(ANI, "BANK", "meanwhile", true).await == full).await;
    let by_http =
        program.caller("bank").post(json!({ "to": ANI, "from": "BANK", "text": "meanwhile" })).await;
    assert_eq!(by_http.status, 503, "{by_http:?}");
    assert_eq!(program.get("/healthz").await.unwrap().0, 200, "a restart would not help");
    std::fs::remove_file(filler).unwrap();
    until("there is room", async || bank.submit(ANI, "BANK", "after", true).await.is_ok()).await;
    idle(&program).await;
    let metrics = program.get("/metrics").await.unwrap().1;
    let accepted = metrics.lines().find_map(|line| line.strip_prefix("estafet_accepted_total ")).unwrap();
    let texts = telco.texts();
    assert_eq!(texts.len(), accepted.parse::<usize>().unwrap(), "each OK arrived, once: {texts:?}");
    assert!(["before", "after"].iter().all(|text| texts.iter().any(|found| found == text)));
    drop(bank);
}

/// Waits until nothing is under way.
async fn idle(program: &Program) {
    until("nothing is live", async || {
        let metrics = program.get("/metrics").await.unwrap_or_default().1;
        metrics.lines().any(|line| line == "estafet_live_messages 0")
    })
    .await;
}

/// Fills the disk to its last octet; returns what fills it.
fn fill(data: &Path) -> PathBuf {
    let path = data.join("filler");
    let mut file = File::create(&path).unwrap();
    let page = vec![0xFF; 4096];
    loop {
        match file.write(&page) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return path,
            Err(error) => panic!("{error}"),
        }
    }
}

fn may_mount() -> bool {
    let tried = Command::new("/bin/sh")
        .args(["-c", "exec unshare --user --map-root-user --mount mount -t tmpfs none /mnt"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    tried.is_ok_and(|status| status.success())
}

/// Goes on in a namespace where the data directory, beside the configuration that is the last argument, is
/// a disk of 128 MiB: twice what must be free.
const IN_MEMORY: &str = r#"
for last; do :; done
export DATA="$(dirname "$last")/data"
mkdir -p "$DATA"
exec unshare --user --map-root-user --mount /bin/sh -c 'mount -t tmpfs -o size=128m none "$DATA" && exec "$0" "$@"' "$0" "$@"
"#;

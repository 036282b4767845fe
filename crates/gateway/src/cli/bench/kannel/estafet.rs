//! `estafet serve` with an account that is told its receipts by HTTP.

use std::net::SocketAddr;
use std::path::Path;

use super::super::gateway::{ACCOUNT, PASSWORD, SMSC, start_as};
use super::super::process::Process;
use super::settings::Settings;
use super::stage::Stage;

/// Starts it, waits until it is bound, and says where it is called.
pub(super) async fn start(stage: &Stage<'_>, batch: u16) -> anyhow::Result<(Process, SocketAddr)> {
    let text = text(stage.settings, &stage.folder.join("data"), stage.smsc, stage.callback, batch);
    let (process, _, http) = start_as(stage.folder, &text, stage.settings.sessions).await?;
    Ok((process, http))
}

fn text(settings: &Settings, data_dir: &Path, smsc: SocketAddr, callback: SocketAddr, batch: u16) -> String {
    let Settings { sessions, window, .. } = settings;
    format!(
        "data_dir = {data_dir:?}\n\
         [smpp]\nlisten = \"127.0.0.1:0\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [[smsc]]\nname = \"{SMSC}\"\naddress = \"{smsc}\"\nsystem_id = \"estafet\"\npassword = \"bench\"\n\
         sessions = {sessions}\nwindow = {window}\n\
         [[account]]\nname = \"{ACCOUNT}\"\npassword = \"{PASSWORD}\"\n\
         callback_url = \"http://{callback}/\"\ncallback_batch = {batch}\nallow_private_address = true\n\
         [[route]]\nfrom = {{ link = \"{ACCOUNT}\" }}\nto = [\"{SMSC}\"]\n"
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::super::subject::Subject;
    use super::*;

    #[test]
    fn the_configuration_is_right() {
        let settings = Settings {
            messages: 1,
            kannel_messages: None,
            connections: 1,
            sessions: 2,
            window: 34,
            octets: 160,
            batch: 100,
            seconds: 1,
            runs: 1,
            only: Subject::ALL.to_vec(),
        };
        let address = ([127, 0, 0, 1], 2776).into();
        let text = text(&settings, Path::new("/tmp/a \"b\""), address, address, 7);
        let config = ::gateway::config::Config::parse(&text, Path::new("estafet.toml")).unwrap();
        let callback = config.account[0].callback.clone().unwrap();
        assert_eq!((callback.batch.get(), callback.endpoint.reach.private), (7, true));
        assert_eq!((config.smsc[0].sessions.get(), config.smsc[0].window.get()), (2, 34));
    }
}

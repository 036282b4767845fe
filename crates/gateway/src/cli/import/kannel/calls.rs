//! How smsbox calls the URLs of its services, and what it says in their place.

use gateway::config::ApplicationConfig;

use super::super::report::Report;
use super::group::Group;

/// What the groups `smsbox` and `core` say of the calls of all services.
#[derive(Debug, Default)]
pub(super) struct Calls {
    /// `http-timeout`
    pub(super) timeout_s: i64,
    /// `max-pending-requests`
    pub(super) window: Option<i64>,
    /// `http-request-retry`, where something is said afterwards.
    pub(super) attempts_max: Option<i64>,
    /// `reply-couldnotfetch`
    pub(super) fallback_text: Option<String>,
    /// `reply-couldnotrepresent`
    pub(super) unreadable_text: Option<String>,
    /// `reply-emptymessage`
    pub(super) empty_text: Option<String>,
    /// `global-sender`
    pub(super) global_sender: Option<String>,
    /// The groups `smpp-tlv`.
    pub(super) tlvs: Vec<toml::Value>,
    /// `mo-recode`
    pub(super) recodes: bool,
}

impl Calls {
    pub(super) fn of(
        core: Option<&mut Group>,
        smsbox: Option<&mut Group>,
        tlvs: Vec<toml::Value>,
        report: &mut Report,
    ) -> Self {
        let general = core.and_then(|core| core.number("http-timeout", report));
        let Some(smsbox) = smsbox else {
            return Self { timeout_s: general.unwrap_or(TIMEOUT_S), tlvs, ..Self::default() };
        };
        let timeout_s = smsbox.number("http-timeout", report).or(general).filter(|seconds| *seconds > 0);
        let fallback_text = smsbox.text("reply-couldnotfetch");
        let attempts_max = fallback_text.as_ref().map(|_| attempts(smsbox, report));
        let recodes = smsbox.take("mo-recode").filter(|entry| !is_no(&entry.value));
        if let Some(entry) = &recodes {
            let why = "texts go in UTF-8; Kannel writes ISO-8859-1 where that has all of a text";
            smsbox.remark(entry, why, report);
        }
        Self {
            timeout_s: timeout_s.unwrap_or(TIMEOUT_S),
            window: smsbox
                .number("max-pending-requests", report)
                .filter(|calls| (1..=i64::from(u16::MAX)).contains(calls)),
            attempts_max,
            // Kannel 1.4.5 looks for this text under the name of the other.
            unreadable_text: smsbox.text("reply-couldnotrepresent").or_else(|| fallback_text.clone()),
            fallback_text,
            empty_text: smsbox.text("reply-emptymessage"),
            global_sender: None,
            tlvs,
            recodes: recodes.is_some(),
        }
    }

    /// The character set of a service's calls: its own, or UTF-8 for all if texts are written anew.
    pub(super) fn charset(&self, group: &mut Group, report: &mut Report) -> Option<String> {
        let general = || self.recodes.then(|| "UTF-8".to_owned());
        let Some(entry) = group.take("alt-charset") else { return general() };
        if !ApplicationConfig::knows_charset(&entry.value) {
            group.remark(&entry, "nobody knows this character set", report);
            return general();
        }
        Some(entry.value)
    }
}

/// How often Kannel calls before it says that it could not.
fn attempts(smsbox: &mut Group, report: &mut Report) -> i64 {
    match smsbox.take("http-request-retry") {
        Some(entry) => {
            let retries: i64 = entry.value.parse().unwrap_or_default();
            smsbox.remark(&entry, "between two calls are 1, 2, 4 … seconds, not http-queue-delay", report);
            retries.clamp(0, i64::from(u16::MAX) - 1) + 1
        }
        None => {
            let why =
                "with reply-couldnotfetch Kannel calls once; here three times before the handset is told";
            smsbox.remark_whole(why, report);
            3
        }
    }
}

fn is_no(value: &str) -> bool {
    ["false", "no", "off", "0"].contains(&value.to_ascii_lowercase().as_str())
}

/// Kannel's own, in seconds.
const TIMEOUT_S: i64 = 240;

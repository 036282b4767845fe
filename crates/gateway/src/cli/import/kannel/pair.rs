//! Two groups `smsc` that are one link: one that sends, and one that receives.

use super::super::report::Report;
use super::group::Group;

/// The ways in which an older Kannel wants two groups where it needs two connections.
pub(super) fn pairs(groups: Vec<Group>) -> Vec<(Group, Option<Group>)> {
    let mut pairs: Vec<(Group, Option<Group>)> = Vec::with_capacity(groups.len());
    for group in groups {
        let place = |group: &Group| {
            let of = |key: &str| group.value(key).map(str::to_owned);
            (of("smsc-id"), of("host"), of("smsc-username").or_else(|| of("system-id")))
        };
        let receives = |group: &Group| group.value("receive-port").is_some() && group.value("port").is_none();
        let sends = |group: &Group| {
            group.value("receive-port").is_none() && group.value("transceiver-mode").is_none()
        };
        let same = |(other, half): &&mut (Group, Option<Group>)| {
            half.is_none()
                && place(other) == place(&group)
                && other.value("port").or(other.value("receive-port"))
                    == group.value("port").or(group.value("receive-port"))
                && (sends(other) && receives(&group) || receives(other) && sends(&group))
        };
        match pairs.iter_mut().find(same) {
            Some((other, half)) if receives(&group) => *half = Some(group).filter(|_| sends(other)),
            Some((other, half)) => *half = Some(std::mem::replace(other, group)),
            None => pairs.push((group, None)),
        }
    }
    pairs
}

/// Puts what the group that receives says into the one that sends, and says where both say something else.
pub(super) fn merge(group: &mut Group, mut receiver: Group, name: &str, report: &mut Report) {
    receiver.remark_whole(format!("it is one link with the one that sends, {name}"), report);
    for key in OF_EACH {
        drop(receiver.take(key));
    }
    for entry in receiver.entries() {
        match group.value(&entry.key) {
            None => group.put(entry),
            Some(same) if same == entry.value => {}
            Some(_) => {
                let why = "both groups are one link: what the one that sends says counts";
                group.remark(&entry, why, report);
            }
        }
    }
}

/// What each of two groups has of its own, was read of both, or only means something where messages are sent.
const OF_EACH: [&str; 26] = [
    "smsc-id",
    "port",
    "receive-port",
    "msg-id-type",
    "throughput",
    "max-pending-submits",
    "wait-ack",
    "wait-ack-expire",
    "allowed-smsc-id",
    "denied-smsc-id",
    "preferred-smsc-id",
    "allowed-prefix",
    "denied-prefix",
    "preferred-prefix",
    "source-addr-ton",
    "source-addr-npi",
    "source-addr-autodetect",
    "dest-addr-ton",
    "dest-addr-npi",
    "service-type",
    "validityperiod",
    "priority",
    "esm-class",
    "log-file",
    "log-level",
    "smsc-admin-id",
];

//! What a user's requests may do, and what their values must be like: the checks of Jasmin in its order.

use super::answer::Failure;
use super::arguments::Arguments;
use super::translate::segments;
use crate::account::Account;
use crate::config::JasminRight::{self, *};
use crate::submission::Content;

/// Whether a request may send what it asks for.
pub(super) fn check_sending(said: &Arguments, account: &Account, content: &Content) -> Result<(), Failure> {
    let is_long = || segments(content) > 1;
    check(account, HttpSend)?;
    if account.config().jasmin.denied.contains(&HttpLongContent) && is_long() {
        return Err(denied(account, HttpLongContent));
    }
    for (argument, right) in ARGUMENTS {
        if said.has(argument) {
            check(account, right)?;
        }
    }
    check_values(said, account)
}

/// Whether requests of an account may do this.
pub(super) fn check(account: &Account, right: JasminRight) -> Result<(), Failure> {
    if account.config().jasmin.denied.contains(&right) { Err(denied(account, right)) } else { Ok(()) }
}

fn denied(account: &Account, right: JasminRight) -> Failure {
    let what = match right {
        HttpSend => "Cannot send MT messages",
        HttpBalance => "Cannot check balance",
        HttpRate => "Cannot check rate",
        HttpLongContent => "Long content not authorized",
        DlrLevel => "Setting dlr level not authorized",
        HttpDlrMethod => "Setting dlr method not authorized",
        SrcAddr => "Setting source address not authorized",
        Priority => "Setting priority not authorized",
        ValidityPeriod => "Setting validity period not authorized",
        HexContent => "Setting hex content not authorized",
        ScheduleDeliveryTime => "Setting schedule delivery time not authorized",
    };
    Failure::argument(format!("Authorization failed for user [{}] ({what}).", account.name()))
}

fn check_values(said: &Arguments, account: &Account) -> Result<(), Failure> {
    let filters = &account.config().jasmin.filters;
    for (argument, filter, name) in [
        ("to", &filters.dst_addr, "destination_address"),
        ("from", &filters.src_addr, "source_address"),
        ("priority", &filters.priority, "priority"),
        ("validity-period", &filters.validity_period, "validity_period"),
        ("content", &filters.content, "content"),
    ] {
        let Some((filter, value)) = filter.as_ref().zip(said.get(argument)) else { continue };
        if !filter.takes(&String::from_utf8_lossy(value)) {
            return Err(Failure::filtered(account.name().as_str(), name));
        }
    }
    Ok(())
}

/// What it takes a right to say.
const ARGUMENTS: [(&str, JasminRight); 7] = [
    ("dlr-level", DlrLevel),
    ("dlr-method", HttpDlrMethod),
    ("from", SrcAddr),
    ("priority", Priority),
    ("validity-period", ValidityPeriod),
    ("hex-content", HexContent),
    ("sdt", ScheduleDeliveryTime),
];

//! What it means for a call that it has no answer.

use std::error::Error;
use std::io;

use hyper_util::client::legacy;
use rustls::AlertDescription;
use store::Cause;

use super::call::Answer;
use crate::config::OutOfReach;

/// What became of a call that ended with this.
pub(super) fn failure(error: &(dyn Error + 'static)) -> Answer {
    if is_of(error, legacy::Error::is_connect) {
        return Answer::NotAsked(Cause::Other(reason(error).into()));
    }
    match first::<hyper::Error>(error) {
        _ if is_timeout(error) => Answer::Lost(Cause::Timeout),
        Some(error) if error.is_parse_too_large() => {
            Answer::Unread(Cause::Other("the answer has more headers than are read, or longer ones".into()))
        }
        Some(error) if error.is_parse() => Answer::Lost(Cause::Other("the answer is not HTTP".into())),
        _ => Answer::Lost(tls(error).map_or(Cause::ConnectionLost, |why| Cause::Other(why.into()))),
    }
}

/// What TLS has against a connection that was made: a server of TLS 1.3 looks at our certificate only then.
fn tls(error: &(dyn Error + 'static)) -> Option<String> {
    let why = chain(error).filter_map(|error| error.downcast_ref::<io::Error>()).find_map(|error| {
        // What an io::Error was made of is not its source.
        error.get_ref()?.downcast_ref::<rustls::Error>()
    })?;
    Some(match why {
        rustls::Error::AlertReceived(AlertDescription::CertificateRequired) => {
            "TLS: the server wants a certificate of ours, and got none".to_owned()
        }
        rustls::Error::AlertReceived(alert) => format!("TLS: the server says {alert:?}"),
        why => format!("TLS: {why}"),
    })
}

/// Why there is no connection, without the URL: a text may stand in it.
fn reason(error: &(dyn Error + 'static)) -> String {
    if let Some(refusal) = first::<OutOfReach>(error) {
        return refusal.to_string();
    }
    match chain(error).last() {
        Some(innermost) if !is_timeout(error) => format!("cannot connect: {innermost}"),
        _ => "cannot connect in time".to_owned(),
    }
}

fn is_timeout(error: &(dyn Error + 'static)) -> bool {
    is_of(error, |error: &io::Error| error.kind() == io::ErrorKind::TimedOut)
        || is_of(error, hyper::Error::is_timeout)
}

/// Whether an error of this kind is so, among those that led to this one.
fn is_of<E: Error + 'static>(error: &(dyn Error + 'static), is_so: impl Fn(&E) -> bool) -> bool {
    chain(error).filter_map(|error| error.downcast_ref()).any(is_so)
}

/// The outermost error of this kind.
fn first<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// An error, and what led to it.
fn chain<'e>(error: &'e (dyn Error + 'static)) -> impl Iterator<Item = &'e (dyn Error + 'static)> {
    std::iter::successors(Some(error), |&error| error.source())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cause(error: impl Into<Box<dyn Error + Send + Sync>>) -> String {
        let error = io::Error::new(io::ErrorKind::InvalidData, error);
        match failure(&error) {
            Answer::Lost(cause) => cause.to_string(),
            answer => format!("{answer:?}"),
        }
    }

    #[test]
    fn what_tls_says_is_passed_on() {
        let alert = |alert| cause(rustls::Error::AlertReceived(alert));
        let wanted = "TLS: the server wants a certificate of ours, and got none";
        assert_eq!(alert(AlertDescription::CertificateRequired), wanted);
        assert_eq!(alert(AlertDescription::UnknownCA), "TLS: the server says UnknownCA");
        assert_eq!(cause(rustls::Error::DecryptError), "TLS: cannot decrypt peer's message");
        assert_eq!(cause("a cable"), "connection lost before the answer");
    }
}

//! Who we are for a content provider.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::header::HeaderValue;

use super::{ApplicationConfig, problem};
use crate::config::problem::Problem;

/// The Authorization header, if any is asked for.
pub(super) fn authorization(config: &ApplicationConfig) -> Result<Option<HeaderValue>, Problem> {
    let text = match (&config.username, &config.password, &config.bearer_token) {
        (None, None, None) => return Ok(None),
        (Some(username), Some(password), None) if !username.get_ref().contains(':') => {
            let pair = format!("{}:{}", username.get_ref(), password.expose());
            format!("Basic {}", BASE64_STANDARD.encode(pair))
        }
        (None, None, Some(token)) => format!("Bearer {}", token.get_ref().expose()),
        (Some(username), ..) => {
            return Err(problem(
                username,
                "a username without a colon goes with a password, and not with a bearer_token",
            ));
        }
        (None, ..) => {
            let what = "a password goes with a username".to_owned();
            return Err(Problem { at: config.name.span(), what });
        }
    };
    let at = config.bearer_token.as_ref().map_or(config.name.span(), toml::Spanned::span);
    let unfit = |_| Problem { at, what: "no value that a header can have".to_owned() };
    let mut value = HeaderValue::try_from(text).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(Some(value))
}

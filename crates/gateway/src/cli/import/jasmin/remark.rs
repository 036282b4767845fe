//! What is said of a line.

use super::super::report::{Place, Report};

/// Says something of a line.
pub(super) fn remark(report: &mut Report, place: &Place, module: &str, key: &str, why: impl Into<String>) {
    report.remark(place, format!("{module} {key}").trim(), why);
}

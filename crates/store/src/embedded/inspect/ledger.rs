//! What the ledger of a data directory says.

use std::io;
use std::path::Path;

use super::super::journal::{HEADER_OCTETS, Place};
use super::super::ledger::offline;
use super::super::options::OpenError;
use super::{Finding, LedgerFile, RecordsError, Report};
use crate::{Query, Record};

/// Puts what the ledger holds into the report, and what SQLite finds if it is to check.
pub(super) fn look(directory: &Path, is_check: bool, report: &mut Report) -> Result<(), OpenError> {
    let directory = directory.join("ledger");
    let named = || OpenError::io(directory.display().to_string());
    for path in offline::files(&directory).map_err(named())? {
        let name = name_of(&path);
        let problems = if is_check { offline::check(&path) } else { Ok(Vec::new()) };
        let problems = problems.unwrap_or_else(|error| vec![error.to_string()]);
        let mut file =
            LedgerFile { name, octets: offline::octets_of(&path).map_err(named())?, rows: 0, accepted: None };
        report.findings.extend(problems.into_iter().map(|what| damage(&file.name, what)));
        report.findings.extend(offline::check_keys(&path).filter(|_| is_check).map(|why| Finding {
            file: format!("{}.keys", file.name.trim_end_matches(".sqlite")),
            offset: None,
            what: format!("{why}; it is made again when it is needed"),
            is_damage: false,
        }));
        match offline::content(&path) {
            Ok(content) => (file.rows, file.accepted) = (content.rows, content.accepted),
            Err(error) => report.findings.push(damage(&file.name, error.to_string())),
        }
        report.ledger.push(file);
    }
    Ok(())
}

/// Holds the ledger against the files of the journal, of which `ends` are the valid ends: it has read
/// nothing that was not there, and what it has not read has not been removed.
pub(super) fn compare(directory: &Path, ends: &[Place], report: &mut Report) -> Result<(), OpenError> {
    let place = match offline::place(&directory.join("ledger")) {
        Ok(place) => place.unwrap_or_default(),
        Err(error) if error.kind() == io::ErrorKind::InvalidData => {
            report.findings.push(Finding {
                file: String::from("ledger/place"),
                offset: None,
                what: String::from("unreadable; the ledger reads the whole journal again at the next start"),
                is_damage: false,
            });
            Place::default()
        }
        Err(error) => return Err(OpenError::io("ledger/place")(error)),
    };
    report.ledger_behind_octets = behind(place, ends);
    report.findings.extend(gap(place, ends));
    Ok(())
}

/// Visits the records that match.
pub(super) fn records(
    directory: &Path,
    query: &Query,
    visit: &mut impl FnMut(Record) -> Result<(), RecordsError>,
) -> Result<(), RecordsError> {
    offline::records(&directory.join("ledger"), query, visit)
}

fn name_of(path: &Path) -> String {
    format!("ledger/{}", path.file_name().unwrap_or_default().to_string_lossy())
}

fn damage(file: &str, what: String) -> Finding {
    // SQLite may say several things in several lines.
    Finding { file: file.to_owned(), offset: None, what: what.replace('\n', "; "), is_damage: true }
}

fn behind(place: Place, ends: &[Place]) -> u64 {
    let unread = |end: &Place| match end.file.cmp(&place.file) {
        std::cmp::Ordering::Less => 0,
        std::cmp::Ordering::Equal => u64::from(end.offset.saturating_sub(place.offset)),
        std::cmp::Ordering::Greater => u64::from(end.offset).saturating_sub(HEADER_OCTETS as u64),
    };
    ends.iter().map(unread).sum()
}

fn gap(place: Place, ends: &[Place]) -> Option<Finding> {
    if place == Place::default() {
        return None;
    }
    let (file, offset, what) = match (ends.first(), ends.last()) {
        (Some(first), _) if place.file < first.file => {
            (first.file - 1, None, "the file is missing, and the ledger has not read it".to_owned())
        }
        (_, Some(last)) if place > *last && place.file == last.file => {
            let what = format!("the file was cut: the ledger has read it up to offset {}", place.offset);
            (last.file, Some(u64::from(last.offset)), what)
        }
        (_, last) if last.is_none_or(|last| place > *last) => {
            (place.file, None, "the file is missing, and the ledger has read it".to_owned())
        }
        _ => return None,
    };
    Some(Finding { file: format!("journal/{file:010}.log"), offset, what, is_damage: true })
}

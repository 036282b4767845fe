//! How numbers are written: `unified-prefix`, and their types.

use gateway::config::UnifiedPrefix;
use toml::Value;

use super::super::draft::table;
use super::super::report::Report;
use super::group::Group;

/// What a group says of how numbers start, as it is written and as it is read.
#[derive(Clone, Debug, Default)]
pub(super) struct Unified {
    pub(super) text: Option<String>,
    prefixes: UnifiedPrefix,
}

impl Unified {
    pub(super) fn of(group: Option<&mut Group>, report: &mut Report) -> Self {
        let Some(group) = group else { return Self::default() };
        let Some(entry) = group.take("unified-prefix") else { return Self::default() };
        match UnifiedPrefix::try_from(entry.value.clone()) {
            Ok(prefixes) => Self { text: Some(entry.value).filter(|text| !text.is_empty()), prefixes },
            Err(_) => {
                group.remark(&entry, "these are no prefixes: it is left out", report);
                Self::default()
            }
        }
    }

    /// The rules that numbers go by at a link: of this type if they have one.
    pub(super) fn rules(&self, ton_and_npi: Option<(u8, u8)>) -> impl Iterator<Item = Value> {
        self.prefixes.pairs().map(move |(start, instead)| {
            let usual = (if instead.starts_with('+') { 1 } else { 2 }, 1);
            let (ton, npi) = ton_and_npi.unwrap_or(usual);
            let mut rule = toml::Table::new();
            let mut put = |key: &str, value: Value| drop(rule.insert(key.to_owned(), value));
            if start.starts_with('+') {
                put("form", "international".into());
            }
            put("strip", start.trim_start_matches('+').into());
            put("add", instead.trim_start_matches('+').into());
            put("ton", i64::from(ton).into());
            put("npi", i64::from(npi).into());
            Value::Table(rule)
        })
    }
}

/// Rules for addresses that leave: those for how numbers start, and those for their types. Both of TON and NPI must be
/// there to count, in Kannel and here.
pub(super) fn rules(whose: &str, unified: &Unified, group: &mut Group, report: &mut Report) -> Option<Value> {
    let types = types(whose, group, report);
    let forms = ["international", "national", "short-code"];
    let of_forms = types.into_iter().flat_map(|(ton, npi)| {
        forms.map(|form| {
            table([("form", form.into()), ("ton", i64::from(ton).into()), ("npi", i64::from(npi).into())])
        })
    });
    let rules: Vec<Value> = unified.rules(types).chain(of_forms).collect();
    (!rules.is_empty()).then_some(Value::Array(rules))
}

fn types(whose: &str, group: &mut Group, report: &mut Report) -> Option<(u8, u8)> {
    let [ton, npi] = ["ton", "npi"].map(|part| group.take(&format!("{whose}-addr-{part}")));
    let (ton, npi) = match (ton, npi) {
        (Some(ton), Some(npi)) => (ton, npi),
        (None, None) => return None,
        (ton, npi) => {
            let why = "counts together with the other of TON and NPI only";
            ton.iter().chain(&npi).for_each(|entry| group.remark(entry, why, report));
            return None;
        }
    };
    let types = ton.value.parse().ok().zip(npi.value.parse().ok());
    if types.is_none() {
        group.remark(&ton, "TON and NPI are 0 to 255", report);
    }
    types
}

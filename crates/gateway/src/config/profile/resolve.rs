//! From names of profiles to profiles.

use std::collections::HashMap;

use serde::Deserialize;
use toml::Spanned;

use super::{
    ClassForm, DefaultAlphabet, Overrides, Profile, ProfileConfig, ProfileNames, Splitting, Version,
    WaitingForm,
};
use crate::config::problem::Problem;

/// All profiles that can be named: the presets and those of the file.
pub(crate) struct Profiles {
    known: HashMap<String, ProfileConfig>,
}

impl Profiles {
    /// The presets, and the profiles of a file. A name may stand for one profile only.
    pub(crate) fn new(of_file: &[ProfileConfig]) -> Result<Self, Problem> {
        let mut profiles = Self { known: HashMap::new() };
        for preset in presets()?.into_iter().chain(of_file.iter().cloned()) {
            let problem = |what| Problem { at: preset.name.span(), what };
            let name = preset.name.get_ref().clone();
            if name.is_empty() {
                return Err(problem("a profile has a name".to_owned()));
            }
            if profiles.known.contains_key(&name) {
                return Err(problem(format!("there is a profile with the name \"{name}\" already")));
            }
            // Only what stands before it is known yet, so that no profile starts from itself.
            let whole = profiles.of(preset.base.as_ref(), &preset)?;
            whole.check().map_err(problem)?;
            profiles.known.insert(name, preset);
        }
        Ok(profiles)
    }

    /// What the named profiles say one after the other, and then `own`.
    pub(crate) fn of(
        &self,
        names: Option<&Spanned<ProfileNames>>,
        own: &impl Overrides,
    ) -> Result<Profile, Problem> {
        let mut profile = Profile::default();
        if let Some(names) = names {
            self.apply(names, &mut profile)?;
        }
        own.apply(&mut profile);
        Ok(profile)
    }

    fn apply(&self, names: &Spanned<ProfileNames>, profile: &mut Profile) -> Result<(), Problem> {
        for name in names.get_ref().iter() {
            let Some(named) = self.known.get(name) else {
                return Err(Problem { at: names.span(), what: format!("there is no profile \"{name}\"") });
            };
            if let Some(base) = &named.base {
                self.apply(base, profile)?;
            }
            named.apply(profile);
        }
        Ok(())
    }
}

impl Profile {
    /// The version of an SMSC that states none: 3.3, unless it is said to know TLVs (V-5).
    pub(crate) fn unstated_version(&self) -> Version {
        let knows_tlvs = matches!(self.long_messages, Splitting::Sar | Splitting::Payload);
        let version = if knows_tlvs { Version::V3_4 } else { Version::V3_3 };
        self.unstated_version.unwrap_or(version)
    }

    /// Whether what it says goes together.
    pub(crate) fn check(&self) -> Result<(), String> {
        let without_tlvs = self.version == Version::V3_3;
        if without_tlvs && matches!(self.long_messages, Splitting::Sar | Splitting::Payload) {
            return Err("SMPP 3.3 has no TLVs: long messages must go by udh-8 or udh-16".to_owned());
        }
        let is_by_tlv = self.message_class == ClassForm::Subunit || self.message_waiting == WaitingForm::Tlv;
        if without_tlvs && is_by_tlv {
            return Err("SMPP 3.3 has no TLVs for message_class or message_waiting".to_owned());
        }
        if !self.national.0.is_empty() && !self.has_gsm() {
            return Err("national tables are of the GSM alphabet, which no data_coding says here".to_owned());
        }
        Ok(())
    }

    /// Whether the peer has a way to say the GSM alphabet.
    pub(crate) fn has_gsm(&self) -> bool {
        self.default_alphabet == DefaultAlphabet::Gsm || self.data_coding.gsm.is_some()
    }
}

fn presets() -> Result<Vec<ProfileConfig>, Problem> {
    #[derive(Deserialize)]
    struct Presets {
        profile: Vec<ProfileConfig>,
    }
    let presets: Result<Presets, _> = toml::from_str(PRESETS);
    // Never happens: a test reads them.
    presets
        .map(|presets| presets.profile)
        .map_err(|error| Problem { at: 0..0, what: format!("the presets: {}", error.message()) })
}

/// The presets, in the form of the file.
const PRESETS: &str = include_str!("presets.toml");

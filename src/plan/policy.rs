//! What a profile may change: parameters, targets, and gates; any gate may be raised, and only `confirm` lowered.

use crate::config::{self, Config};
use crate::diagnostic::nearest;
use crate::runbook::{Effect, Gate, Target};
use std::collections::BTreeMap;

/// The chosen profile, or none.
#[derive(Clone, Copy, Debug, Default)]
pub struct Profile<'c> {
    chosen: Option<&'c config::Profile>,
}

impl<'c> Profile<'c> {
    /// The profile called `name`; no name is no profile.
    ///
    /// # Errors
    ///
    /// If `stepgate.toml` has none of that name.
    pub fn choose(config: &'c Config, name: Option<&str>) -> Result<Self, String> {
        let Some(name) = name else { return Ok(Self::default()) };
        match config.profiles.get(name) {
            Some(profile) => Ok(Self { chosen: Some(profile) }),
            None => {
                let hint = match nearest(name, config.profiles.keys().map(String::as_str)) {
                    Some(near) => format!(", did you mean `{near}`?"),
                    None if config.path.is_none() => ": there is no stepgate.toml".to_owned(),
                    None => String::new(),
                };
                Err(format!("no profile is called `{name}`{hint}"))
            }
        }
    }

    /// Values of parameters.
    pub fn params(&self) -> BTreeMap<String, String> {
        self.chosen.map(|profile| profile.params.clone()).unwrap_or_default()
    }

    /// Commands of targets.
    pub fn targets(&self) -> impl Iterator<Item = (&'c str, &'c Target)> + use<'c> {
        self.chosen.into_iter().flat_map(|profile| profile.targets.iter().map(|(name, target)| (name.as_str(), target)))
    }

    /// The gate of a step of this effect, which has `gate` without the profile.
    ///
    /// # Errors
    ///
    /// If it would lower a gate that only its author may lower.
    pub fn gate(&self, step: &str, effect: Effect, gate: Gate) -> Result<Gate, String> {
        let wanted = self.chosen.and_then(|profile| profile.gates.get(step).copied());
        match wanted {
            None => Ok(gate),
            Some(Gate::None) if effect == Effect::Destroy && gate != Gate::None => {
                Err(format!("the profile would take the gate of `{step}` away, and a `destroy` step always has one"))
            }
            Some(wanted) if wanted >= gate || gate == Gate::Confirm => Ok(wanted),
            Some(wanted) => Err(format!(
                "the profile would lower the gate of `{step}` from `{}` to `{}`: a profile may raise any gate and \
                 lower `confirm` only",
                gate.as_str(),
                wanted.as_str()
            )),
        }
    }
}

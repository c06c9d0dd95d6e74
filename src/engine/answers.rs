//! Answers given by name on the command line, checked against the plan before anything runs.

use crate::event::{Decision, ManualAnswer};
use crate::plan::{Action, Plan, SelectionError, find};
use crate::runbook::Gate;
use std::collections::BTreeMap;

/// What `--confirm`, `--answer` and `--yes` say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answers {
    confirmed: BTreeMap<String, Option<String>>,
    manual: BTreeMap<String, (ManualAnswer, Option<String>)>,
    decided: BTreeMap<String, Decided>,
    /// `--yes`: every `confirm` gate, and nothing else.
    pub yes: bool,
}

/// What became of a step, as a person says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// The decision.
    pub decision: Decision,
    /// Why.
    pub reason: String,
}

/// An answer that does not fit the plan: a usage error, and nothing runs.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AnswerError {
    /// No such step or item.
    #[error(transparent)]
    Unknown(#[from] SelectionError),
    /// The wrong phrase.
    #[error("`--confirm {name}={given}`: the phrase of `{name}` is `{wanted}`")]
    WrongPhrase {
        /// The step.
        name: String,
        /// What was given.
        given: String,
        /// What must be typed.
        wanted: String,
    },
    /// A typed gate without its phrase.
    #[error("`{name}` wants its phrase typed: --confirm '{name}={wanted}'")]
    PhraseMissing {
        /// The step.
        name: String,
        /// What must be typed.
        wanted: String,
    },
    /// A step where an item is wanted, or the other way round, or no such answer.
    #[error("{0}")]
    Misfit(String),
}

impl Answers {
    /// Takes `--confirm STEP[=PHRASE]`.
    pub fn confirm(&mut self, text: &str, plan: &Plan) -> Result<(), AnswerError> {
        let (name, given) = match text.split_once('=') {
            Some((name, phrase)) => (name, Some(phrase.to_owned())),
            None => (text, None),
        };
        let step = &plan.steps[find(plan, name)?];
        let shell = match &step.action {
            Action::Shell(shell) => shell,
            Action::Assert { .. } => {
                return Err(AnswerError::Misfit(format!("`{name}` is an assertion and has no gate")));
            }
            Action::Manual { .. } => {
                return Err(AnswerError::Misfit(format!("`{name}` is a manual step: --answer {name}=done")));
            }
        };
        match (shell.gate, &given) {
            (Gate::Type, None) => {
                Err(AnswerError::PhraseMissing { name: name.to_owned(), wanted: shell.phrase.clone() })
            }
            (Gate::Type, Some(given)) if *given != shell.phrase => {
                let (given, wanted) = (given.clone(), shell.phrase.clone());
                Err(AnswerError::WrongPhrase { name: name.to_owned(), given, wanted })
            }
            (Gate::None | Gate::Confirm, Some(_)) => {
                Err(AnswerError::Misfit(format!("the gate of `{name}` has no phrase: --confirm {name}")))
            }
            _ => {
                self.confirmed.insert(name.to_owned(), given);
                Ok(())
            }
        }
    }

    /// Takes `--answer ITEM=done|failed|skipped[:NOTE]`.
    pub fn answer(&mut self, text: &str, plan: &Plan) -> Result<(), AnswerError> {
        let Some((name, answer)) = text.split_once('=') else {
            return Err(AnswerError::Misfit(format!("`--answer {text}`: write --answer {text}=done")));
        };
        if !matches!(plan.steps[find(plan, name)?].action, Action::Manual { .. }) {
            return Err(AnswerError::Misfit(format!("`{name}` is no manual step: --confirm {name}")));
        }
        let (word, note) = match answer.split_once(':') {
            Some((word, note)) => (word, Some(note.trim().to_owned()).filter(|note| !note.is_empty())),
            None => (answer, None),
        };
        let answer = match word {
            "done" => ManualAnswer::Done,
            "failed" => ManualAnswer::Failed,
            "skipped" if note.is_none() => {
                return Err(AnswerError::Misfit(format!("a skip needs its reason: --answer '{name}=skipped:REASON'")));
            }
            "skipped" => ManualAnswer::Skipped,
            "yes" | "no" => {
                return Err(AnswerError::Misfit(format!(
                    "`{name}` is a manual step and no decision: answer done, failed or skipped:REASON"
                )));
            }
            _ => return Err(AnswerError::Misfit(format!("`{word}` is no answer: done, failed or skipped:REASON"))),
        };
        self.manual.insert(name.to_owned(), (answer, note));
        Ok(())
    }

    /// Takes `--decide STEP=happened|not-happened|rerun|abort` with its `--reason`. `open` says whether a step of this
    /// name waits for a decision.
    pub fn decide(
        &mut self,
        text: &str,
        reason: Option<&str>,
        plan: &Plan,
        open: impl Fn(&str) -> bool,
    ) -> Result<(), AnswerError> {
        let words = || Decision::ALL.map(Decision::as_str).join(", ");
        let Some((name, word)) = text.split_once('=') else {
            return Err(AnswerError::Misfit(format!("`--decide {text}`: write --decide {text}=WHAT: {}", words())));
        };
        find(plan, name)?;
        let Some(decision) = Decision::parse(word) else {
            return Err(AnswerError::Misfit(format!("`{word}` is no decision: {}", words())));
        };
        if !open(name) {
            return Err(AnswerError::Misfit(format!(
                "`{name}` is neither in doubt nor a failed change: nothing to decide"
            )));
        }
        let reason = reason.map(str::trim).filter(|reason| !reason.is_empty());
        let reason =
            reason.ok_or_else(|| AnswerError::Misfit(format!("--decide {name}: say how you know, --reason TEXT")))?;
        if self.decided.insert(name.to_owned(), Decided { decision, reason: reason.to_owned() }).is_some() {
            return Err(AnswerError::Misfit(format!("--decide {name} is given twice")));
        }
        Ok(())
    }

    /// What became of a step, if that was said by name.
    pub fn decision(&self, name: &str) -> Option<&Decided> {
        self.decided.get(name)
    }

    /// A decision is made once.
    pub fn forget_decision(&mut self, name: &str) {
        self.decided.remove(name);
    }

    /// Whether the step was confirmed by name.
    pub fn confirms(&self, name: &str) -> bool {
        self.confirmed.contains_key(name)
    }

    /// The answer to a manual step, if one was given.
    pub fn manual(&self, name: &str) -> Option<&(ManualAnswer, Option<String>)> {
        self.manual.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Plan {
        let text = "---\nstepgate: 1\n---\n```bash {name=save}\na\n```\n```bash {name=drop effect=destroy phrase='drop it'}\na\n```\n- [ ] Look\n";
        crate::plan::plan_of(text)
    }

    #[test]
    fn unknown_steps_wrong_phrases_and_skips_without_reason_are_refused() {
        let plan = example();
        let confirm = |text: &str| Answers::default().confirm(text, &plan).map_err(|error| error.to_string());
        let answer = |text: &str| Answers::default().answer(text, &plan).map_err(|error| error.to_string());
        assert_eq!(confirm("sav"), Err("no step is called `sav`, did you mean `save`?".into()));
        assert_eq!(confirm("drop"), Err("`drop` wants its phrase typed: --confirm 'drop=drop it'".into()));
        assert_eq!(confirm("drop=x"), Err("`--confirm drop=x`: the phrase of `drop` is `drop it`".into()));
        assert!(confirm("save=x").is_err() && confirm("look").is_err() && answer("save=done").is_err());
        assert!(answer("look=skipped").is_err() && answer("look=yes").is_err() && answer("look").is_err());
        assert!(confirm("save").is_ok() && confirm("drop=drop it").is_ok() && answer("look=skipped:later").is_ok());
    }
}

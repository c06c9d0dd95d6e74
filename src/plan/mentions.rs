//! Which names a step asks for, so that a secret is had when it is needed and set where it is named, and nowhere else.

use super::model::{PlannedExpectation, PlannedStep, ShellAction};
use crate::expect;

impl ShellAction {
    /// Whether the script contains a name as a word of its own: only then is a secret of that name set for it.
    pub fn names(&self, name: &str) -> bool {
        let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let script = self.script.as_str();
        script
            .match_indices(name)
            .any(|(at, _)| !script[..at].ends_with(word) && !script[at + name.len()..].starts_with(word))
    }
}

impl ShellAction {
    /// The names that it captures.
    pub fn captures(&self) -> Vec<String> {
        let lines = self.expectations.iter().flat_map(|expectation| match expectation {
            PlannedExpectation::Output { lines, .. } => lines.as_slice(),
            PlannedExpectation::Assert(_) => &[],
        });
        let groups = lines.flat_map(|line| expect::named_groups(line)).map(|(name, _)| name);
        self.capture.iter().cloned().chain(groups).collect()
    }
}

impl PlannedStep {
    /// Whether the step needs the value of this parameter: for its script, its condition or an expectation.
    pub fn needs(&self, parameter: &str) -> bool {
        self.shell()
            .is_some_and(|shell| shell.names(parameter) || shell.expectations.iter().any(|it| it.fills(parameter)))
            || self.expressions().any(|expressions| expressions.name(parameter))
    }
}

impl PlannedExpectation {
    /// Whether a line holds `{{NAME}}`.
    fn fills(&self, name: &str) -> bool {
        match self {
            Self::Output { lines, .. } => lines.iter().any(|line| expect::references(line).contains(&name)),
            Self::Assert(_) => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::plan::plan_of;

    #[test]
    fn a_step_needs_what_its_script_its_condition_and_its_expectations_name() {
        let front = "---\nstepgate: 1\nparams: { T: { type: secret } }\n---\n";
        for (step, needed, named) in [
            ("```bash {name=a effect=read}\necho \"$T\"\n```\n", true, true),
            ("```bash {name=a effect=read}\necho \"$TOKEN $MY_T\"\n```\n", false, false),
            ("```bash {name=a effect=read}\ntrue\n```\n\n```output\n{{T}}\n```\n", true, false),
            ("```bash {name=a effect=read}\ntrue\n```\n\n```assert\nstdout == params.T\n```\n", true, false),
            ("```bash {name=a effect=read when=\"params.T == 'x'\"}\ntrue\n```\n", true, false),
        ] {
            let plan = plan_of(&format!("{front}{step}"));
            let first = &plan.steps[0];
            assert_eq!((first.needs("T"), first.shell().unwrap().names("T")), (needed, named), "{step}");
        }
    }
}

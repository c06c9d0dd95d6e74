//! Expressions, with what they say when they do not hold. Values in it are cut, split and computed with, and of a part
//! of a secret nobody can tell what it is: so nothing is said of an expression that looks at one.

use super::facts;
use super::prompter::Prompter;
use super::run::Engine;
use crate::expect::{Facts, Outcome, References, Text};
use crate::plan::{Expressions, Plan};
use crate::redact::Redactor;

const WHY: &str = "why is not shown, since it looks at a secret";

impl<'a, P: Prompter> Engine<'a, P> {
    /// What expressions may know now.
    pub(super) fn facts(&self) -> Facts {
        facts::facts(self.plan, self.recorder.state(), &self.memory, &self.values, self.recorder.clock().time())
    }

    /// What each of the expressions says of `facts`.
    pub(super) async fn judged(&mut self, expressions: &Expressions, facts: Facts) -> Vec<Outcome> {
        let secret = self.secret(expressions, &facts);
        let outcomes = self.evaluator.judge(expressions.parsed.clone(), facts).await;
        let said = outcomes.into_iter().zip(expressions.parsed.iter()).zip(secret);
        said.map(|((outcome, assertion), secret)| match secret && !outcome.holds {
            true => Outcome::failed(assertion, WHY),
            false => outcome,
        })
        .collect()
    }

    /// Whether a condition is true now.
    pub(super) async fn truth(&mut self, condition: &Expressions) -> Result<bool, String> {
        let facts = self.facts();
        let secret = self.secret(condition, &facts).contains(&true);
        let truth = self.evaluator.condition(condition.parsed.clone(), facts).await;
        truth.map_err(|why| if secret { WHY.to_owned() } else { why })
    }

    /// The texts of a list to choose from.
    pub(super) async fn texts(&mut self, values: &Expressions) -> Result<Vec<String>, String> {
        let facts = self.facts();
        let secret = self.secret(values, &facts).contains(&true);
        let list = self.evaluator.list(values.parsed.clone(), facts).await;
        list.map_err(|why| if secret { WHY.to_owned() } else { why })
    }

    /// For each of the expressions whether it looks at a secret.
    fn secret(&self, expressions: &Expressions, facts: &Facts) -> Vec<bool> {
        let redactor = &self.setting.redactor;
        let look = |references: References| looks_at_secret(&references, facts, self.plan, redactor);
        expressions.parsed.iter().map(|assertion| look(assertion.references())).collect()
    }
}

fn looks_at_secret(references: &References, facts: &Facts, plan: &Plan, redactor: &Redactor) -> bool {
    let holds = |text: &Text| redactor.occurs_in(&text.bytes);
    let named = |name: &String| plan.secrets.contains(name);
    let params = references.params.iter().any(named);
    let vars =
        references.vars.iter().any(|name| named(name) || facts.vars.get(name).is_some_and(|it| redactor.occurs_in(it)));
    let own = facts.result.as_ref().filter(|_| references.own_result());
    let own = own.is_some_and(|result| holds(&result.stdout) || holds(&result.stderr));
    let steps = references.steps.keys().any(|name| {
        let hidden = plan.step(name).is_some_and(|step| step.shell().is_some_and(|shell| shell.secret));
        let said = facts.steps.get(name);
        hidden || said.is_some_and(|said| [&said.stdout, &said.stderr].into_iter().flatten().any(|text| holds(text)))
    });
    params || vars || own || steps
}

//! A plan before it runs, for people and for programs.

use super::styles::{Styles, paint};
use crate::plan::{Action, Plan, PlannedStep, ShellAction};
use crate::runbook::{ExpectedStream, Gate, show_duration};
use crate::text::{count, escape, escape_line};
use serde::Serialize;

/// The plan as `plan FILE` prints it.
pub fn plan_text(plan: &Plan, runbook: &str, styles: &Styles) -> String {
    let mut out = format!(
        "{}\n{runbook} · {} · plan {}\n",
        paint(&escape_line(&plan.title), styles.heading),
        count(plan.steps.len(), "step"),
        plan.hash()
    );
    let (closing, ordinary): (Vec<&PlannedStep>, Vec<_>) = plan.steps.iter().partition(|step| step.always());
    for (number, step) in ordinary.iter().enumerate() {
        out.push_str(&format!("\n{:>3}. ", number + 1));
        push_step(&mut out, step, styles);
    }
    if !closing.is_empty() {
        out.push_str("\nat the close, whatever the verdict:\n");
        for step in closing {
            out.push_str("\n  +  ");
            push_step(&mut out, step, styles);
        }
    }
    if !plan.acceptance.is_empty() {
        out.push_str("\nacceptance criteria:\n");
        for criterion in &plan.acceptance {
            let by =
                plan.steps.iter().filter(|step| step.satisfies.contains(&criterion.id)).map(|step| step.name.as_str());
            let by: Vec<_> = by.collect();
            let by = if by.is_empty() { "no step names it".to_owned() } else { by.join(", ") };
            out.push_str(&format!("  {}  {} ({by})\n", criterion.id, escape_line(&criterion.text)));
        }
    }
    out
}

/// One step with its script and expectations, as a gate's `v` shows it.
pub fn step_text(step: &PlannedStep) -> String {
    let mut out = String::new();
    push_step(&mut out, step, &Styles::default());
    out
}

fn push_step(out: &mut String, step: &PlannedStep, styles: &Styles) {
    let name = paint(&step.name, styles.name);
    match &step.action {
        Action::Manual { text } => out.push_str(&format!("{name}  by hand\n     {}\n", escape_line(text))),
        Action::Shell(shell) => {
            out.push_str(&format!("{name}  {}\n", step_facts(shell)));
            push_indented(out, &shell.script, "     $ ", "       ");
            for expectation in &shell.expectations {
                let what = format!("     expects on {}:\n", stream_words(expectation.stream));
                out.push_str(&paint(&what, styles.dim));
                let lines = expectation.lines.join("\n");
                push_indented(out, if lines.is_empty() { "(nothing)" } else { &lines }, "       ", "       ");
            }
        }
    }
}

/// `on local · change · gate confirm · timeout 2m · exit 0`.
pub fn step_facts(shell: &ShellAction) -> String {
    let mut facts = vec![format!("on {}", shell.target), shell.effect.as_str().to_owned()];
    match shell.gate {
        Gate::None => {}
        Gate::Confirm => facts.push("gate confirm".to_owned()),
        Gate::Type => facts.push(format!("gate type `{}`", shell.phrase)),
    }
    facts.push(format!("timeout {}", show_duration(shell.timeout)));
    if shell.exit != crate::runbook::ExitRule::default() {
        facts.push(format!("exit {}", shell.exit));
    }
    facts.extend(shell.capture.as_ref().map(|name| format!("captures {name}")));
    facts.join(" · ")
}

/// The words for the stream that a block checks.
pub fn stream_words(stream: ExpectedStream) -> &'static str {
    match stream {
        ExpectedStream::Stdout => "standard output",
        ExpectedStream::Stderr => "standard error",
        ExpectedStream::Combined => "both streams",
    }
}

fn push_indented(out: &mut String, text: &str, first: &str, rest: &str) {
    for (number, line) in escape(text).lines().enumerate() {
        out.push_str(if number == 0 { first } else { rest });
        out.push_str(line);
        out.push('\n');
    }
}

/// The plan as `plan --format json` prints it: the canonical content, and its hash.
#[derive(Debug, Serialize)]
pub struct PlanJson<'a> {
    runbook: &'a str,
    plan: String,
    #[serde(flatten)]
    content: &'a Plan,
}

/// The plan as a record with stable keys.
pub fn plan_json<'a>(plan: &'a Plan, runbook: &'a str) -> PlanJson<'a> {
    PlanJson { runbook, plan: plan.hash().to_string(), content: plan }
}

//! A plan before it runs, for people and for programs.

use super::styles::{Styles, paint};
use crate::duration::show_duration;
use crate::plan::{Action, Expressions, Plan, PlannedExpectation, PlannedParameter, PlannedStep, ShellAction};
use crate::runbook::{ExpectedStream, Gate};
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
    push_settings(&mut out, plan);
    let (probes, steps): (Vec<&PlannedStep>, Vec<_>) = plan.steps.iter().partition(|step| step.probe());
    let (closing, ordinary): (Vec<&PlannedStep>, Vec<_>) = steps.into_iter().partition(|step| step.always());
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
    if !probes.is_empty() {
        out.push_str("\nprobes, each with the step that names it:\n");
        for step in probes {
            out.push_str("\n  ?  ");
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

/// Parameters, targets, what is set everywhere.
fn push_settings(out: &mut String, plan: &Plan) {
    if let Some(profile) = &plan.profile {
        out.push_str(&format!("profile {}\n", escape_line(profile)));
    }
    push_list(out, "parameters", plan.parameters.iter().map(parameter_words));
    let targets = plan.targets.iter().filter(|(name, target)| name.as_str() != "local" || !target.is_local());
    push_list(out, "targets", targets.map(|(name, target)| format!("{name}: {target}")));
    push_list(out, "environment", plan.env.iter().map(|(name, value)| format!("{name}={value}")));
}

fn push_list(out: &mut String, title: &str, lines: impl Iterator<Item = String>) {
    let lines: Vec<_> = lines.map(|line| format!("  {}\n", escape_line(&line))).collect();
    if !lines.is_empty() {
        out.push_str(&format!("\n{title}:\n{}", lines.concat()));
    }
}

/// `NAME = value (by whom)`.
fn parameter_words(parameter: &PlannedParameter) -> String {
    let (name, kind) = (&parameter.name, parameter.kind.as_str());
    match (&parameter.value, &parameter.late) {
        (Some(value), _) => {
            let origin = parameter.origin.map_or("", |origin| origin.as_str());
            format!("{name} = {} ({kind}, {origin})", crate::text::shorten_line(value, 200))
        }
        (None, Some(late)) => format!("{name}: {kind}, asked for behind `{}`", late.after),
        (None, None) => format!("{name}: {kind}, not shown"),
    }
}

/// One step with its script and expectations, as a gate's `v` shows it.
pub fn step_text(step: &PlannedStep) -> String {
    let mut out = String::new();
    push_step(&mut out, step, &Styles::default());
    out
}

fn push_step(out: &mut String, step: &PlannedStep, styles: &Styles) {
    let name = paint(&step.name, styles.name);
    let when = |out: &mut String| {
        for text in step.when.iter().flat_map(Expressions::texts) {
            push_indented(out, text, "     when ", "          ");
        }
    };
    match &step.action {
        Action::Assert { expressions } => {
            out.push_str(&format!("{name}  assert\n"));
            when(out);
            push_expressions(out, expressions, styles);
        }
        Action::Manual { text } => out.push_str(&format!("{name}  by hand\n     {}\n", escape_line(text))),
        Action::Shell(shell) => {
            out.push_str(&format!("{name}  {}\n", step_facts(shell)));
            when(out);
            push_indented(out, &shell.script, "     $ ", "       ");
            if let Some(data) = &shell.stdin {
                out.push_str(&paint(&format!("     standard input, `{}`:\n", data.name), styles.dim));
                push_indented(out, &data.text, "       ", "       ");
            }
            for expectation in &shell.expectations {
                push_expectation(out, expectation, styles);
            }
        }
    }
}

fn push_expectation(out: &mut String, expectation: &PlannedExpectation, styles: &Styles) {
    match expectation {
        PlannedExpectation::Assert(expressions) => push_expressions(out, expressions, styles),
        PlannedExpectation::Output { stream, lines, .. } => {
            out.push_str(&paint(&format!("     expects on {}:\n", stream_words(*stream)), styles.dim));
            let lines = lines.join("\n");
            push_indented(out, if lines.is_empty() { "(nothing)" } else { &lines }, "       ", "       ");
        }
    }
}

fn push_expressions(out: &mut String, expressions: &Expressions, styles: &Styles) {
    out.push_str(&paint("     expects:\n", styles.dim));
    for text in expressions.texts() {
        push_indented(out, text, "       ", "         ");
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
    facts.extend(shell.interpreter.as_ref().map(|interpreter| interpreter.name.clone()));
    facts.extend((shell.session != "main").then(|| format!("session {}", shell.session)));
    facts.extend(shell.unless.as_ref().map(|probe| format!("unless {probe}")));
    facts.push(format!("timeout {}", show_duration(shell.timeout)));
    facts.extend(shell.poll.map(|pause| format!("again every {}", show_duration(pause))));
    if shell.exit != crate::runbook::ExitRule::default() {
        facts.push(format!("exit {}", shell.exit));
    }
    facts.extend(shell.capture.as_ref().map(|name| format!("captures {name}")));
    facts.extend(shell.secret.then(|| "output kept secret".to_owned()));
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

//! `check --shell`: what bash says of a script that it reads and does not run.

use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic};
use crate::plan::known_targets;
use crate::runbook::{Item, LOCAL, Language, Runbook, Shell, Step};
use std::io::Write as _;
use std::process::{Command, Output, Stdio};

/// Bash reads with an empty environment and may take ten seconds and a gibibyte. What an earlier step switches on is not known
/// here, so that `!(a)` is let pass.
const READ: &str = "ulimit -t 10; ulimit -v 1048576; exec bash --norc --noprofile -O extglob -n";

/// What bash finds in the scripts that it is to run.
pub fn check(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let targets = known_targets(runbook, config);
    let is_bash = |step: &Step| {
        let on = step.on.as_ref().or(runbook.defaults.on.as_ref()).map_or(LOCAL, |named| named.name.as_str());
        let shell = targets
            .iter()
            .find(|(name, _)| name.as_str() == on)
            .and_then(|(_, target)| target.as_ref())
            .map(|target| target.shell);
        matches!(step.language, Language::Shell(_)) && shell.unwrap_or(Shell::Bash) == Shell::Bash
    };
    let steps = runbook.items.iter().filter_map(|item| match item {
        Item::Step(step) if is_bash(step) => Some(step),
        _ => None,
    });
    steps.flat_map(|step| of_step(runbook, step)).collect()
}

fn of_step(runbook: &Runbook, step: &Step) -> Option<Diagnostic> {
    let said = match read(&format!("{}\n", step.script_text())) {
        Ok(output) if output.status.success() => return None,
        Ok(output) => String::from_utf8_lossy(&output.stderr).into_owned(),
        Err(error) => format!("bash cannot be asked: {error}"),
    };
    let first = said.lines().next().unwrap_or("bash does not take it, and says nothing");
    // `bash: line 3: syntax error near …`
    let (line, words) = match first.split_once(": line ").and_then(|(_, rest)| rest.split_once(": ")) {
        Some((number, words)) => (number.parse().unwrap_or(1), words),
        None => (1, first),
    };
    let at = step.script.get(usize::min(line, step.script.len()).saturating_sub(1));
    let span = at.map_or(step.name_span, |line| line.span);
    let span = if runbook.source.slice(span).trim().is_empty() { step.name_span } else { span };
    let message = format!("bash does not take the script of `{}`: {}", step.name, crate::text::escape_line(words));
    Some(Diagnostic::error(Code::ShellSyntax, span, message).help("close what was opened: a quote, `if`, `(`, …"))
}

fn read(script: &str) -> std::io::Result<Output> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", READ]).env_clear().env("PATH", "/usr/bin:/bin").env("LC_ALL", "C");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()?;
    let mut stdin = child.stdin.take().ok_or_else(|| std::io::Error::other("it has no standard input"))?;
    match stdin.write_all(script.as_bytes()) {
        // It may have seen enough.
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(error),
        _ => drop(stdin),
    }
    child.wait_with_output()
}

//! A change that a probe could tell to be done already. Only worth knowing: the author may want it done each time.

use super::syntax::{Script, Stage};
use super::verbs::Verb;
use crate::diagnostic::{Code, Diagnostic};
use crate::runbook::{Effect, Language, Step};

/// Programs and verbs, and the command that says whether they are needed.
const PROBES: &[(&str, &[&str], &str)] = &[
    ("systemctl", &["start"], "systemctl is-active NAME"),
    ("systemctl", &["enable"], "systemctl is-enabled NAME"),
    ("systemctl", &["stop"], "! systemctl is-active NAME"),
    ("kubectl", &["create"], "kubectl get KIND NAME"),
    ("kubectl", &["cordon", "drain"], "kubectl get node NAME -o jsonpath='{.spec.unschedulable}'"),
    ("apt-get", &["install"], "dpkg -s NAME"),
    ("apt", &["install"], "dpkg -s NAME"),
    ("dnf", &["install"], "rpm -q NAME"),
    ("helm", &["install"], "helm status NAME"),
];

/// The same of programs without verbs.
const PLAIN: &[(&str, &str)] = &[
    ("useradd", "id NAME"),
    ("groupadd", "getent group NAME"),
    ("mount", "mountpoint PLACE"),
    ("mkdir", "test -d PLACE"),
];

/// A step that is one such command, and names no probe.
pub fn lint(step: &Step, script: &Script<'_>) -> Option<Diagnostic> {
    let probed = step.unless.is_some() || step.effect != Effect::Change || step.always;
    let [only] = script.list.as_slice() else { return None };
    let [Stage::Simple(command)] = only.stages.as_slice() else { return None };
    if probed || !matches!(step.language, Language::Shell(_)) {
        return None;
    }
    let verb = Verb::of(command)?;
    let by_verb = PROBES.iter().find(|(program, verbs, _)| verb.is(&[program], verbs)).map(|(_, _, probe)| *probe);
    let probe =
        by_verb.or_else(|| PLAIN.iter().find(|(program, _)| command.is(&[program])).map(|(_, probe)| *probe))?;
    let message =
        format!("`{}` may be done already, and after a crash nobody could tell: no probe is named", step.name);
    Some(
        Diagnostic::note(Code::Unprobed, step.name_span, message)
            .help(format!("a `read` step such as `{probe}`, and `unless=` with its name")),
    )
}

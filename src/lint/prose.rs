//! What a reader is told before a step.

use super::{Known, target_of};
use crate::diagnostic::{Code, Diagnostic, Span};
use crate::runbook::{Item, Runbook, Step};

/// Steps on another machine than the usual one, before which nobody says so.
pub fn lint(runbook: &Runbook, known: &Known, found: &mut Vec<Diagnostic>) {
    let usual = runbook.defaults.on.as_ref().map_or(crate::runbook::LOCAL, |named| named.name.as_str());
    let mut said: Vec<String> = Vec::new();
    let mut section = usize::MAX;
    for item in &runbook.items {
        let (at, prose, step) = parts(item);
        if at != section {
            section = at;
            said = vec![runbook.sections[at].title.to_lowercase()];
        }
        said.extend(prose.iter().map(|span| runbook.source.slice(*span).to_lowercase()));
        let Some(step) = step else { continue };
        let (target, _) = target_of(runbook, known, step);
        if target == usual || target == crate::runbook::LOCAL || names(&said, known, target) {
            continue;
        }
        let Some(on) = &step.on else { continue };
        let message = format!("nothing before this step says that it runs on `{target}`");
        found.push(
            Diagnostic::warning(Code::UnspokenTarget, on.span, message)
                .help(format!("name the machine in the text before it, such as: On {target}:")),
        );
    }
}

fn parts(item: &Item) -> (usize, &[Span], Option<&Step>) {
    match item {
        Item::Step(step) => (step.section, &step.prose, Some(step)),
        Item::Assert(assert) => (assert.section, &assert.prose, None),
        Item::Manual(manual) => (manual.section, &manual.prose, None),
    }
}

/// Whether a text names the target or its host.
fn names(said: &[String], known: &Known, target: &str) -> bool {
    let words = known.targets.get(target).map(|target| target.words.as_slice()).unwrap_or_default();
    // The first word is the command, and says nothing of the machine.
    let hosts = words.iter().skip(1).filter(|word| !word.starts_with('-')).flat_map(|word| machine_names(word));
    let hosts = hosts.filter(|word| word.len() > 2);
    let spoken = |name: &String| said.iter().any(|text| text.contains(name.as_str()));
    let plain = target.to_lowercase();
    spoken(&plain) || spoken(&plain.replace(['-', '_'], " ")) || hosts.into_iter().any(|host| spoken(&host))
}

/// How a word of a target may be spoken of: `admin@db1.example.org` is `db1`, too, and never `admin`.
fn machine_names(word: &str) -> Vec<String> {
    let host = word.rsplit('@').next().unwrap_or_default().to_lowercase();
    let pieces: Vec<String> = host.split([':', '/']).map(str::to_owned).collect();
    let short = host.split(':').next().and_then(|host| host.split_once('.')).map(|(short, _)| short.to_owned());
    let short = short.filter(|short| !short.chars().all(|c| c.is_ascii_digit()));
    pieces.into_iter().chain(short).collect()
}

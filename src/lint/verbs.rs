//! What a program of many parts is told to do: `kubectl -n a logs -f x` logs.

use super::syntax::Command;

/// Options of a program that take a word before its verb.
const VALUED: &[(&[&str], &[&str])] = &[
    (
        &["kubectl", "oc", "helm"],
        &["-n", "--namespace", "--context", "--kube-context", "--kubeconfig", "--cluster", "--user", "-s", "--server"],
    ),
    (&["docker", "podman", "nerdctl"], &["-H", "--host", "-c", "--context", "-l", "--log-level", "--config"]),
    (&["docker-compose"], COMPOSE),
    (&["git"], &["-C", "-c", "--git-dir", "--work-tree"]),
    (&["systemctl", "virsh"], &["-H", "--host", "-M", "--machine", "-c", "--connect"]),
];
const COMPOSE: &[&str] = &["-f", "--file", "-p", "--project-name", "--env-file", "--profile"];

/// A verb with what stands behind it; `docker compose up` has two words, as `docker-compose up` has.
pub struct Verb<'c> {
    pub program: &'c str,
    pub verb: &'c str,
    /// Everything behind the verb, as it is written.
    pub behind: Vec<&'c str>,
}

impl<'c> Verb<'c> {
    /// The verb of a command; empty if it has none.
    pub fn of(command: &'c Command<'_>) -> Option<Self> {
        let mut program = command.name()?;
        let mut words = command.arguments().iter().map(|word| word.text.as_str()).collect::<Vec<_>>();
        if program == "k3s" && words.first() == Some(&"kubectl") {
            program = "kubectl";
            words.remove(0);
        }
        let mut at = verb_at(&words, valued(program));
        if ["docker", "podman", "nerdctl"].contains(&program) && words.get(at) == Some(&"compose") {
            program = "docker-compose";
            words.drain(..=at);
            at = verb_at(&words, COMPOSE);
        }
        let verb = words.get(at).copied().unwrap_or_default();
        let behind = words.get(at + 1..).unwrap_or_default().to_vec();
        Some(Self { program, verb, behind })
    }

    /// Whether it is one of these programs with one of these verbs.
    pub fn is(&self, programs: &[&str], verbs: &[&str]) -> bool {
        programs.contains(&self.program) && verbs.contains(&self.verb)
    }

    /// Whether one of these options stands behind the verb and before `--`.
    pub fn has_option(&self, options: &[&str]) -> bool {
        let own = self.behind.iter().take_while(|word| **word != "--").filter(|word| !word.ends_with("=false"));
        own.into_iter().any(|word| super::syntax::is_option(word, options))
    }
}

fn valued(program: &str) -> &'static [&'static str] {
    VALUED.iter().find(|(programs, _)| programs.contains(&program)).map_or(&[], |(_, options)| *options)
}

fn verb_at(words: &[&str], valued: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-')) {
        at += if valued.contains(word) { 2 } else { 1 };
    }
    at
}

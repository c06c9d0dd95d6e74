//! Runbooks whose steps leave a line each in a file outside the store: what really ran can be counted.

use crate::harness::Sandbox;

/// A runbook, and how its questions are answered.
pub struct Shape {
    pub name: &'static str,
    body: String,
    /// Steps with the probe that they name.
    pub probes: &'static [(&'static str, &'static str)],
    /// Options that answer all of its gates and manual steps.
    pub answers: &'static [&'static str],
}

impl Shape {
    pub fn sandbox(&self) -> Sandbox {
        Sandbox::with(&self.body)
    }

    pub fn has_probe(&self, step: &str) -> bool {
        self.probes.iter().any(|(name, _)| *name == step)
    }
}

/// Steps that capture a variable which later ones need: to say that they happened would leave it unset.
pub const CAPTURING: [&str; 3] = ["first", "two", "save"];

/// A step that leaves its name, and more words behind a colon. Its time is short: a fault that hits the pipe to the shell
/// is seen only when it is over.
fn step(attributes: &str, witness: &str, more: &str) -> String {
    format!("```bash {{{attributes} timeout=6s}}\necho \"{witness}\" >> \"$HOME/witness\"\n{more}```\n\n")
}

/// A step that fails when it is run first, and passes after that.
fn flaky(attributes: &str, name: &str) -> String {
    step(
        &format!("name={name} {attributes}"),
        name,
        &format!("test -e \"$HOME/{name}\" || {{ touch \"$HOME/{name}\"; exit 1; }}\n"),
    )
}

fn probe(name: &str, of: &str) -> String {
    format!("```bash {{name={name} effect=read timeout=6s}}\ngrep -q '^{of}' \"$HOME/witness\"\n```\n\n")
}

pub fn all() -> Vec<Shape> {
    vec![effects(), failing(), long(), probes(), asking()]
}

/// The shortest that has one of each that a cut can part.
pub fn small() -> Shape {
    let body = [
        step("name=look effect=read", "look", ""),
        step("name=one gate=none", "one", ""),
        step("name=two effect=idempotent", "two", ""),
        step("name=tidy effect=idempotent always", "tidy", ""),
    ];
    Shape { name: "small", body: body.concat(), probes: &[], answers: &[] }
}

/// Steps of an eighth of a second each, which write down when they began.
pub fn timed() -> Shape {
    let timed = |attributes: &str| {
        let name = attributes.split(' ').next().and_then(|word| word.strip_prefix("name=")).unwrap_or_default();
        let (witness, more) = (format!("{name}@$EPOCHREALTIME"), format!("echo out-{name}\nsleep 0.125\n"));
        step(attributes, &witness, &more)
    };
    let body = [
        timed("name=s1 effect=read"),
        timed("name=s2 effect=idempotent"),
        timed("name=s3"),
        timed("name=s4 gate=none"),
        timed("name=s5 effect=idempotent"),
        timed("name=s6 gate=none"),
        timed("name=tidy effect=idempotent always"),
    ];
    Shape { name: "timed", body: body.concat(), probes: &[], answers: &["--yes"] }
}

fn effects() -> Shape {
    let body = [
        step("name=look effect=read capture=V", "look", "echo v1\n"),
        step("name=mark effect=idempotent", "mark", ""),
        step("name=alter gate=none", "alter:$V", ""),
        probe("present", "sure"),
        step("name=sure gate=none unless=present", "sure:$V", ""),
        step("name=drop effect=destroy phrase=x", "drop:$V", ""),
        "- [ ] Check\n\n".to_owned(),
        step("name=tidy effect=idempotent always", "tidy", ""),
    ];
    let answers = &["--confirm", "drop=x", "--answer", "check=done:seen"];
    Shape { name: "every effect", body: body.concat(), probes: &[("sure", "present")], answers }
}

fn failing() -> Shape {
    let body = [
        step("name=one gate=none", "one", ""),
        flaky("effect=idempotent", "wobbly"),
        step("name=two gate=none capture=V", "two", "echo v1\n"),
        flaky("gate=none", "risky"),
        step("name=three gate=none", "three:$V", ""),
        step("name=tidy effect=idempotent always", "tidy", ""),
        step("name=sweep effect=change gate=none always", "sweep", ""),
    ];
    Shape { name: "steps that fail first", body: body.concat(), probes: &[], answers: &[] }
}

fn long() -> Shape {
    let body = [
        step("name=list effect=read", "list", "seq 9000\n"),
        step("name=first gate=none capture=V", "first", "echo v1\n"),
        step("name=second gate=none", "second:$V", "seq 5000; seq 4000 >&2\n"),
        step("name=third effect=destroy phrase=x", "third:$V", ""),
        step("name=tidy effect=read always", "tidy", "seq 5000\n"),
    ];
    Shape { name: "long outputs", body: body.concat(), probes: &[], answers: &["--confirm", "third=x"] }
}

fn probes() -> Shape {
    let body = [
        probe("has-a", "a"),
        step("name=a gate=none unless=has-a", "a", ""),
        probe("has-b", "b"),
        step("name=b gate=none unless=has-b capture=V", "b", "echo v1\n"),
        probe("has-c", "c"),
        step("name=c gate=none unless=has-c", "c", ""),
        step("name=d gate=none", "d", ""),
        step("name=tidy gate=none always", "tidy", ""),
    ];
    let probes = &[("a", "has-a"), ("b", "has-b"), ("c", "has-c")];
    Shape { name: "probes", body: body.concat(), probes, answers: &[] }
}

fn asking() -> Shape {
    let body = [
        "- [ ] Begin\n\n".to_owned(),
        step("name=save capture=V", "save", "echo v1\n"),
        step("name=move", "move:$V", ""),
        "- [ ] Look\n\n".to_owned(),
        step("name=drop effect=destroy phrase='drop it'", "drop:$V", ""),
        step("name=tidy effect=idempotent always", "tidy", ""),
    ];
    let answers = &["--yes", "--answer", "begin=done", "--answer", "look=done:seen", "--confirm", "drop=drop it"];
    Shape { name: "gates and manual steps", body: body.concat(), probes: &[], answers }
}

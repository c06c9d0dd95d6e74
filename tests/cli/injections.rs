//! A parameter never becomes code: hostile values of every type, in every language, on every kind of target.

use crate::harness::{Sandbox, finish};
use crate::sshd::Sshd;
use std::time::Duration;

/// Words that become code wherever a value is pasted into a script, a file name or a pattern; `@` is a command.
const ATTACKS: &[&str] = &[
    "$(@)",
    "`@`",
    "; @",
    "\"; @; \"",
    "'; @; '",
    "| @",
    "|| @",
    "&& @",
    "& @ &",
    "\n@\n",
    "\r\n@",
    "${IFS}@",
    "$(@)$(@)",
    "\\$(@)",
    "\\`@\\`",
    "\"$(@)\"",
    "'$(@)'",
    "'\"$(@)\"'",
    ")@",
    "); @ #",
    "}; @; {",
    "]]; @; [[",
    "a[$(@)]",
    "x=$(@)",
    "<(@)",
    ">(@)",
    "$((`@`))",
    "${x:-$(@)}",
    "!@",
    "~; @",
    "*; @",
    "-e @",
    "--; @",
    "#\n@",
    "\\\n@",
    "\t@",
    "\u{b}@",
    "$'\\n@'",
    "$\"$(@)\"",
    "%s@",
    "%n",
    "{a,$(@)}",
    "\u{1b}]0;@\u{7}",
    "\u{202e}@",
    "__import__('os').system('@')",
    "'''\n__import__('os').system('@')\n'''",
    "\"\"\"\nimport os\n",
    "EOF\n@\nEOF",
    "__SG_END\n@\n__SG_END",
    "'\"$__sg_nl\"'@",
    "__sg_s='@'",
    "@go x y\n@",
    "@clean x y",
    "\u{1e}x\u{1e}@",
    "00000005@",
];

/// 200 of them: each by itself, behind, before and inside other text.
fn injections() -> Vec<String> {
    let alone = ATTACKS.iter().map(|text| text.replace('@', "touch CANARY"));
    let inside = alone.clone().flat_map(|text| [format!("a{text}"), format!("{text}z"), format!("'\"\\ {text} \\\"'")]);
    let all: Vec<String> = alone.chain(inside).take(200).collect();
    assert_eq!(all.len(), 200);
    all
}

/// Whether a parameter of this type may have this value: nobody could see what a path or a choice holds otherwise.
fn allowed(kind: &str, value: &str) -> bool {
    match kind {
        "string" | "secret" => true,
        "enum" | "path" => !value.chars().any(|c| c.is_control() || c == '\u{202e}'),
        _ => false,
    }
}

fn declared(kind: &str, at: usize, value: &str) -> String {
    let values =
        if kind == "enum" { format!(", values: [{}]", serde_json::to_string(value).unwrap()) } else { String::new() };
    format!("  P{at}: {{ type: {kind}{values} }}\n")
}

/// A script that writes every parameter into a file of its own.
fn script(language: &str, count: usize) -> String {
    let line = |at| match language {
        "python" => format!("open('got/{at}', 'wb').write(os.environb[b'P{at}'])\n"),
        _ => format!("printf %s \"$P{at}\" >got/{at}\n"),
    };
    let lines: String = (0..count).map(line).collect();
    if language == "python" { format!("import os\n{lines}") } else { lines }
}

/// All values of a type in one run; says how many arrived.
fn arrive(kind: &str, target: &str, language: &str) -> usize {
    let values: Vec<_> = injections().into_iter().filter(|value| allowed(kind, value)).collect();
    let mut sandbox = Sandbox::new();
    let folder = sandbox.path(".").canonicalize().unwrap().display().to_string();
    let front: String = values.iter().enumerate().map(|(at, value)| declared(kind, at, value)).collect();
    let body = format!(
        "```sh {{name=go effect=read}}\ncd '{folder}'\n```\n```{language} {{name=write effect=read}}\n{}```\n",
        script(language, values.len())
    );
    sandbox.write(
        "r.md",
        format!(
            "---\nstepgate: 1\ntargets: {{ there: {target} }}\ndefaults: {{ on: there }}\nparams:\n{front}---\n{body}"
        ),
    );
    sandbox.write("got/.keep", "");
    let mut arguments = vec!["run".to_owned(), "r.md".to_owned()];
    for (at, value) in values.iter().enumerate() {
        match kind {
            "secret" => sandbox.set(&format!("STEPGATE_PARAM_P{at}"), value),
            _ => arguments.extend(["--param".to_owned(), format!("P{at}={value}")]),
        }
    }
    let done = crate::harness::done(finish(&mut sandbox.command(&arguments), Duration::from_secs(120)));
    assert_eq!(done.code, 0, "{kind} {target} {language}: {}", &done.stderr[done.stderr.len().saturating_sub(2000)..]);
    for (at, value) in values.iter().enumerate() {
        let got = std::fs::read(sandbox.path(&format!("got/{at}"))).unwrap();
        assert_eq!(got, value.as_bytes(), "{kind} {target} {language}: {value:?}");
    }
    assert!(!sandbox.path("CANARY").exists(), "{kind} {target} {language}: a value was run");
    values.len()
}

#[test]
fn two_hundred_hostile_values_of_each_type_arrive_byte_for_byte_in_every_language_on_every_kind_of_target() {
    let sshd = Sshd::start();
    let dash = |command: &str| format!("{{ run: {command}, shell: sh }}");
    let places = ["local".to_owned(), "env".to_owned(), sshd.target()];
    for place in places.iter().cloned().chain(places.iter().map(|place| dash(place))) {
        for language in ["bash", "python"] {
            assert_eq!(arrive("string", &place, language), 200);
            assert_eq!(arrive("secret", &place, language), 200);
            assert!(arrive("enum", &place, language) >= 120);
            assert!(arrive("path", &place, language) >= 120);
        }
    }
}

#[test]
fn hostile_values_that_a_type_does_not_have_are_refused_and_nothing_runs() {
    for kind in ["int", "bool", "duration", "quantity", "path", "enum"] {
        let sandbox = Sandbox::new();
        let declared = declared(kind, 0, "x");
        sandbox.write(
            "r.md",
            format!(
                "---\nstepgate: 1\nparams:\n{declared}---\n```bash {{name=a gate=none}}\neval \"$P0\" >CANARY\n```\n"
            ),
        );
        for value in injections().iter().filter(|value| kind == "enum" || !allowed(kind, value)) {
            let done = sandbox.run(["run".to_owned(), "r.md".to_owned(), "--param".to_owned(), format!("P0={value}")]);
            assert_eq!(done.code, 2, "{kind} {value:?}: {done:?}");
        }
        assert!(!sandbox.path("CANARY").exists() && !sandbox.store().exists(), "{kind}");
    }
    let sandbox = Sandbox::new();
    sandbox.write(
        "r.md",
        "---\nstepgate: 1\nparams: { P: { type: path } }\n---\n```bash {name=a effect=read}\nls \"$P\"\n```\n",
    );
    let refused = |value: &str| sandbox.run(["plan", "r.md", "--param", &format!("P={value}")]).code == 2;
    assert!(refused("a\nb") && refused("") && refused("a\u{1b}b") && !refused("/a $(b)"));
}

#[test]
fn what_a_shell_on_the_far_side_could_read_as_code_is_refused_in_a_targets_word() {
    let sshd = Sshd::start();
    let sandbox = Sandbox::new();
    let own = String::from_utf8(std::process::Command::new("nice").output().unwrap().stdout).unwrap();
    let front = format!("params: {{ WHO: {{ default: '5' }} }}\ntargets: {{ there: {} nice -n $WHO }}", sshd.target());
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}\ndefaults: {{ on: there }}\n---\n```bash {{name=a effect=read}}\necho $(($(nice) - {}))\n```\n\n```output\n{{{{WHO}}}}\n```\n", own.trim()));
    assert_eq!(sandbox.run(["run", "r.md"]).code, 0);
    let canary = sandbox.path("CANARY").display().to_string();
    let harmful = |value: &String| value.contains(|c: char| !c.is_alphanumeric() && c != '%');
    let mut refused = 0;
    for value in injections()
        .into_iter()
        .filter(harmful)
        .chain([format!("5;touch${{IFS}}{canary};nice"), format!("$(touch${{IFS}}{canary})5")])
    {
        let done = sandbox.run(["run".to_owned(), "r.md".to_owned(), "--param".to_owned(), format!("WHO={value}")]);
        assert!(done.code == 2 && done.stderr.contains("the target `there`: `WHO`"), "{value:?}: {done:?}");
        refused += 1;
    }
    assert!(refused >= 195 && !sandbox.path("CANARY").exists());
}

//! What helps to begin, and what stepgate says of itself: `new`, `schema`, `completions`, `man`.

use crate::ci::accepted;
use crate::harness::{Sandbox, repository};
use std::process::Command;

#[test]
fn a_new_runbook_checks_without_a_warning_runs_and_can_be_recorded() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("books")).unwrap();
    let done = sandbox.stepgate("new books/back-up_2");
    assert!(done.code == 0 && done.stderr.contains("stepgate run books/back-up_2.md"), "{done:?}");
    let text = sandbox.read("books/back-up_2.md");
    assert!(text.contains("title: \"Back up 2\"") && text.contains("# Back up 2\n"), "{text}");
    let done = sandbox.stepgate("check books --deny warnings --shell");
    assert!(done.code == 0 && done.stderr.contains("0 warnings") && !done.stderr.contains("note"), "{done:?}");
    for (id, words) in [("one", "write"), ("two", "already satisfied")] {
        let answer = "--yes --answer the-file-looks-right-to-you=done";
        let done = sandbox.stepgate(&format!("run books/back-up_2.md --run-id {id} {answer}"));
        assert!(done.code == 0 && done.stdout.contains(words), "{done:?}");
    }
    assert_eq!(sandbox.stepgate("record one").code, 0);
    assert_eq!(sandbox.stepgate("verify books --strength=70 --deny warnings").code, 0);
}

#[test]
fn a_new_runbook_takes_the_place_of_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("there.md", "mine\n");
    for (words, code, told) in [
        ("new there.md", 2, "is there already"),
        ("new there", 2, "is there already"),
        ("new nowhere/x", 1, "cannot be written"),
        ("new ..", 2, "name a file"),
    ] {
        let done = sandbox.stepgate(words);
        assert!(done.code == code && done.stderr.contains(told), "{done:?}");
    }
    assert_eq!(sandbox.read("there.md"), "mine\n");
    let done = sandbox.run(["new", "a\": [\n---\u{1b}x"]);
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.stepgate("check .").code, 0, "whatever a file is called, its title is text");
}

/// YAML between the fences of a file, or TOML, as JSON.
fn as_json(sandbox: &Sandbox, text: &str, kind: &str) -> std::path::PathBuf {
    let program = match kind {
        // YAML 1.2, as stepgate reads it: `on` is no truth value.
        "yaml" => {
            "import sys, yaml, json\n\
            class Loader(yaml.SafeLoader): pass\n\
            plain = lambda first, tag: tag != 'tag:yaml.org,2002:bool' or first in 'tTfF'\n\
            rules = yaml.SafeLoader.yaml_implicit_resolvers.items()\n\
            Loader.yaml_implicit_resolvers = {c: [(t, r) for t, r in rs if plain(c, t)] for c, rs in rules}\n\
            print(json.dumps(yaml.load(sys.stdin, Loader), default=str))"
        }
        _ => "import sys, tomllib, json; print(json.dumps(tomllib.load(sys.stdin.buffer)))",
    };
    let input = sandbox.write("input", text);
    let done = Command::new("/usr/bin/python3")
        .args(["-c", program])
        .stdin(std::fs::File::open(input).unwrap())
        .output()
        .unwrap();
    assert!(done.status.success(), "{text}: {}", String::from_utf8_lossy(&done.stderr));
    sandbox.write("document.json", done.stdout)
}

#[test]
fn the_schemas_accept_what_stepgate_reads_and_refuse_what_it_does_not() {
    let sandbox = Sandbox::new();
    let front = sandbox.write("front.json", sandbox.stepgate("schema runbook").stdout);
    let config = sandbox.write("config.json", sandbox.stepgate("schema config").stdout);
    let mut read = 0;
    for entry in std::fs::read_dir(repository().join("runbooks")).unwrap() {
        let path = entry.unwrap().path();
        let text = std::fs::read_to_string(&path).unwrap();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("md") => {
                let yaml = text.split("\n---\n").next().unwrap();
                accepted(&front, &as_json(&sandbox, yaml, "yaml")).unwrap();
            }
            Some("toml") => accepted(&config, &as_json(&sandbox, &text, "toml")).unwrap(),
            _ => continue,
        }
        read += 1;
    }
    assert!(read >= 5, "{read}");
    // One after the other, by both.
    let fronts = [
        "owner: ops",
        "max-age: 30d",
        "max-age: '10'",
        "ownr: ops",
        "params: { A: { type: int, default: 1 }, B: }",
        "params: { A: { typ: int } }",
        "params: { A-B: {} }",
        "targets: { nas: { run: ssh nas, shell: sh } }",
        "targets: { nas: { run: ssh nas, shell: fish } }",
        "tools: { jq: , yq: '>=4', etcdctl: { version: '>=3.5', ask: etcdctl version } }",
        "tools: { jq: { at: x } }",
        "defaults: { timeout: 5m }",
        "defaults: { time: 5m }",
        "acceptance: { AC1: it works }",
        "secrets: []",
        "secrets: TOKEN",
    ];
    for text in fronts {
        let text = format!("stepgate: 1\n{text}\n");
        let body = "# X\n\n```bash {name=a effect=read satisfies=AC1}\ntest -e x\n```\n";
        let body = if text.contains("AC1") { body.to_owned() } else { body.replace(" satisfies=AC1", "") };
        sandbox.write("x.md", format!("---\n{text}---\n{body}"));
        let by_stepgate = sandbox.stepgate("check x.md").code == 0;
        assert_eq!(accepted(&front, &as_json(&sandbox, &text, "yaml")).is_ok(), by_stepgate, "{text}");
    }
    let configs = [
        "[targets]\nnas = 'ssh nas'",
        "[targets]\nnas = { run = 'ssh nas', sh = 'x' }",
        "[interpreter.node]\nrun = 'node'",
        "[interpreter.node]\nrunn = 'node'",
        "[secrets]\nA = { env = 'B' }",
        "[secrets]\nA = { env = 'B', file = 'c' }",
        "[secrets]\nA = { prompt = true }",
        "[limits]\ngrace = '5s'\noutput = '64MiB'",
        "[limits]\noutput = '64'",
        "[lint]\nSG064 = 'off'\nSG079 = 'warn'",
        "[lint]\nSG030 = 'off'",
        "[lint]\nSG081 = 'off'",
        "[sign]\nkey = 'k'",
        "[profile.lab]\nparams = { A = 'x' }\ngates = { save = 'none' }",
        "[profile.lab]\ngates = { save = 'maybe' }",
        "[other]\nx = 1",
    ];
    sandbox.runbook("y.md", "# Y\n\n```bash {name=a effect=read}\ntest -e x\n```\n");
    for text in configs {
        sandbox.write("stepgate.toml", text);
        let by_stepgate = sandbox.stepgate("check y.md").code == 0;
        assert_eq!(accepted(&config, &as_json(&sandbox, text, "toml")).is_ok(), by_stepgate, "{text}");
    }
}

#[test]
fn shells_read_their_completions_and_every_command_has_a_page() {
    let sandbox = Sandbox::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let done = sandbox.stepgate(&format!("completions {shell}"));
        assert!(done.code == 0 && done.stdout.contains("audit") && done.stdout.contains("--strength"), "{shell}");
    }
    let script = sandbox.write("completion.bash", sandbox.stepgate("completions bash").stdout);
    let program = format!(
        "source {}; COMP_WORDS=(stepgate ver); COMP_CWORD=1; _stepgate stepgate ver stepgate; echo \"${{COMPREPLY[*]}}\"",
        script.display()
    );
    let done = Command::new("bash").args(["-c", &program]).output().unwrap();
    assert_eq!(String::from_utf8_lossy(&done.stdout).trim(), "verify", "{done:?}");
    for words in ["", "run", "verify", "audit", "audit verify"] {
        let page = sandbox.stepgate(&format!("man {words}")).stdout;
        assert!(page.contains(".TH stepgate") && page.contains(".SH SYNOPSIS"), "{words}: {page}");
    }
    assert_eq!(sandbox.stepgate("man nothing").code, 2);
}

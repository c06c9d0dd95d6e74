//! What CI reads: exit codes, SARIF, GitHub's annotations, JUnit.

use crate::harness::{Sandbox, repository};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// A runbook with one error and one warning, both with names that would like to be something else.
const WRONG: &str = "# W\n\n```bash {name=a effect=read tiemout=5s}\nls | head -1\n```\n";
const WARNED: &str = "# W\n\n```bash {name=a effect=read}\nls | head -1\n```\n\n```output\nx\n```\n";

/// The folder of a crate that is only downloaded.
fn downloaded(name: &str) -> PathBuf {
    let manifest = repository().join("tests/schemas/Cargo.toml");
    let words = ["metadata", "--format-version=1", "--locked", "--manifest-path"];
    let done = Command::new(env!("CARGO")).args(words).arg(manifest).stderr(Stdio::inherit()).output().unwrap();
    let all: Value = serde_json::from_slice(&done.stdout).expect("cargo metadata");
    let packages = all["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == name).unwrap();
    PathBuf::from(package["manifest_path"].as_str().unwrap()).parent().unwrap().to_owned()
}

/// Whether a schema accepts a document, by Python's reference validator.
pub fn accepted(schema: &Path, document: &Path) -> Result<(), String> {
    let words = ["-W", "ignore", "-m", "jsonschema", "-i"];
    let done = Command::new("/usr/bin/python3").args(words).arg(document).arg(schema).output().unwrap();
    match done.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&[done.stdout, done.stderr].concat()).into_owned()),
    }
}

#[test]
fn findings_are_sarif_that_its_schema_accepts() {
    let schema = downloaded("serde-sarif").join("src/schema.json");
    let sandbox = Sandbox::new();
    sandbox.runbook("sub/w, ä:%.md", WRONG);
    sandbox.runbook("warned.md", WARNED);
    sandbox.runbook("good.md", "# G\n\n```bash {name=a effect=read}\nls\n```\n\n```output\n...\nx\n```\n");
    for (words, code, results) in [
        ("check . --format sarif", 1, 2),
        ("check warned.md --format sarif", 0, 1),
        ("check good.md --format sarif", 0, 0),
        ("verify . --format sarif", 1, 3),
    ] {
        let done = sandbox.stepgate(words);
        assert_eq!(done.code, code, "{done:?}");
        accepted(&schema, &sandbox.write("found.sarif", &done.stdout)).unwrap();
        let log: Value = serde_json::from_str(&done.stdout).unwrap();
        let found = log["runs"][0]["results"].as_array().unwrap();
        assert_eq!(found.len(), results, "{words}: {log:#}");
        if words.starts_with("check .") {
            let place = &found[0]["locations"][0]["physicalLocation"];
            assert_eq!(place["artifactLocation"]["uri"], "sub/w%2C%20%C3%A4%3A%25.md");
            assert_eq!(place["region"]["startLine"], 6);
            assert_eq!((found[0]["ruleId"].as_str(), found[0]["level"].as_str()), (Some("SG023"), Some("error")));
        }
    }
    // The validator does find what is wrong.
    let broken = sandbox.write("found.sarif", "{\"version\": \"2.1.0\", \"runs\": [{\"tool\": {}}]}");
    assert!(accepted(&schema, &broken).is_err());
}

#[test]
fn findings_are_annotations_one_line_each() {
    let sandbox = Sandbox::new();
    sandbox.runbook("w,x.md", WRONG);
    let done = sandbox.stepgate("check w,x.md --format github");
    let lines: Vec<_> = done.stdout.lines().collect();
    assert!(done.code == 1 && lines.len() == 1, "{done:?}");
    assert!(
        lines[0].starts_with("::error file=w%2Cx.md,line=6,endLine=6,col=29,endColumn=36,title=SG023::"),
        "{lines:?}"
    );
}

#[test]
fn warnings_can_be_denied() {
    let sandbox = Sandbox::new();
    sandbox.runbook("w.md", WARNED);
    for (words, code) in [
        ("check w.md", 0),
        ("check w.md --deny warnings", 1),
        ("verify w.md", 0),
        ("verify w.md --deny warnings", 1),
        ("check w.md --deny everything", 2),
    ] {
        assert_eq!(sandbox.stepgate(words).code, code, "{words}");
    }
    sandbox.write("stepgate.toml", "[lint]\nSG064 = \"off\"\n");
    assert_eq!(sandbox.stepgate("check w.md --deny warnings").code, 0);
}

/// `name:status` of each case, as `junitparser` reads it.
fn cases(sandbox: &Sandbox, file: &str) -> String {
    let program = "import sys, junitparser\n\
        xml = junitparser.JUnitXml.fromfile(sys.argv[1])\n\
        print(xml.tests, xml.failures, xml.errors, xml.skipped)\n\
        for suite in xml:\n    for case in suite:\n\
        \x20       kinds = [type(result).__name__ for result in case.result] or ['Passed']\n\
        \x20       print(f'{suite.name} {case.name} {kinds[0]}', [result.message for result in case.result])\n";
    let done = Command::new("/usr/bin/python3").args(["-c", program]).arg(sandbox.path(file)).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

const STEPS: &str = "# R\n\n```bash {name=good effect=read}\necho 'a]]>&<b>'; printf '\\001\\033[31mx'\n```\n\n```output\n...\n```\n\n\
    ```bash {name=bad effect=read}\necho x\n```\n\n```output\n<y>\n```\n\n```bash {name=never effect=read}\ntrue\n```\n";

#[test]
fn a_run_is_junit_that_a_reader_of_others_understands() {
    let sandbox = Sandbox::with(STEPS);
    let done = sandbox.stepgate("run r.md --report junit=report.xml --ephemeral");
    assert_eq!(done.code, 1, "{done:?}");
    let cases = cases(&sandbox, "report.xml");
    assert!(cases.starts_with("3 1 0 1\n"), "{cases}");
    for wanted in ["r.md good Passed", "r.md bad Failure", "r.md never Skipped"] {
        assert!(cases.contains(wanted), "{wanted}: {cases}");
    }
    let text = sandbox.read("report.xml");
    assert!(text.contains("- &lt;y&gt;") && !text.contains(['\u{1}', '\u{1b}']), "{text}");
    for (words, code) in [("junit=nowhere/x.xml", 2), ("pdf=x", 2), ("junit=", 2)] {
        assert_eq!(sandbox.stepgate(&format!("run r.md --ephemeral --report {words}")).code, code, "{words}");
    }
}

#[test]
fn a_replay_is_junit_too() {
    let sandbox = Sandbox::with(
        "# R\n\n```bash {name=a effect=read}\necho x\n```\n\n```output\nx\n```\n\n```bash {name=b effect=read}\necho y\n```\n\n```output\ny\n```\n",
    );
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let text = sandbox.read("r.md").replace("```output\nx", "```output\nz").replace("echo y", "echo  y");
    sandbox.write("r.md", text);
    sandbox.runbook("other.md", "# O\n\n```bash {name=a effect=read}\ntrue\n```\n");
    let done = sandbox.stepgate("verify . --report junit=report.xml");
    assert_eq!(done.code, 1, "{done:?}");
    let cases = cases(&sandbox, "report.xml");
    assert!(cases.starts_with("4 2 0 1\n"), "{cases}");
    for wanted in
        ["./r.md a Failure", "./r.md b Failure", "./r.md (recording) Passed", "./other.md (recording) Skipped"]
    {
        assert!(cases.contains(wanted), "{wanted}: {cases}");
    }
}

const MENDABLE: &str = "---\nstepgate: 1\nownr: ops\n---\n# M\r\n\n- [] Look  \n\n```bash {name=a effect=read tiemout=5s}\nexport X=$(date)\n```\n\n- [] Too\n\n\
    ```bash {name=b effect=read}\n$ ls  | cat\n```\n\n```bash {name=c effect=read}\n$ ls\nmy-file\n```\n\n\
    ```output\nx (RE)\n```\n\ttail";

#[test]
fn what_can_be_meant_in_one_way_only_is_mended_and_every_other_byte_stays() {
    let sandbox = Sandbox::new();
    let path = sandbox.write("m.md", MENDABLE);
    std::fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let done = sandbox.stepgate("check m.md --fix");
    assert!(done.code == 1 && done.stderr.contains("6 findings mended"), "{done:?}");
    let wanted = MENDABLE
        .replace("ownr", "owner")
        .replace("- [] ", "- [ ] ")
        .replace("tiemout", "timeout")
        .replace("$ ls  |", "ls  |")
        .replace("export X=$(date)", "X=$(date); export X");
    assert_eq!(
        sandbox.read("m.md"),
        wanted,
        "what `(RE)` was to be, and whether `my-file` is a command, nobody knows for certain"
    );
    assert_eq!(
        std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions()) & 0o777,
        0o640
    );
    let again = sandbox.stepgate("check m.md --fix");
    assert!(again.code == 1 && !again.stderr.contains("mended") && again.stderr.contains("SG043"), "{again:?}");
    // A link is not written through, and what it leads to stays.
    let linked = sandbox.write("real.md", MENDABLE);
    std::os::unix::fs::symlink(&linked, sandbox.path("link.md")).unwrap();
    let done = sandbox.stepgate("check link.md --fix");
    assert!(done.code == 1 && done.stderr.contains("is not mended: it is no regular file"), "{done:?}");
    assert_eq!(sandbox.read("real.md"), MENDABLE);
}

#[test]
fn bash_reads_scripts_and_runs_none_of_them() {
    let sandbox = Sandbox::new();
    sandbox.runbook(
        "s.md",
        "# S\n\n```bash {name=a gate=none}\ntouch ran\nif true; then\n  echo 'x\n```\n\n```bash {name=b gate=none}\ntouch ran; : ${X:=$(touch ran)}\n```\n\n\
         ```python {name=c gate=none}\nif\n```\n",
    );
    let done = sandbox.stepgate("check s.md");
    assert!(done.code == 0 || !done.stderr.contains("SG037"), "{done:?}");
    let done = sandbox.stepgate("check s.md --shell");
    assert!(done.code == 1 && done.stderr.matches("SG037").count() == 1, "{done:?}");
    assert!(done.stderr.contains("`a`") && !sandbox.path("ran").exists(), "{done:?}");
}

#[test]
fn a_hook_may_name_files_that_are_no_runbooks() {
    let sandbox = Sandbox::new();
    sandbox.write("README.md", "# Not one\n");
    sandbox.runbook("w.md", WARNED);
    assert_eq!(sandbox.stepgate("check README.md").code, 1);
    assert_eq!(sandbox.stepgate("check --runbooks-only README.md").code, 0);
    assert_eq!(sandbox.stepgate("verify --runbooks-only README.md").code, 0);
    let done = sandbox.stepgate("check --runbooks-only README.md w.md --deny warnings");
    assert!(done.code == 1 && done.stderr.contains("1 runbook checked"), "{done:?}");
}

/// The scripts of a composite action's steps, with what each gets as variables: Python reads the YAML.
fn action_steps() -> Vec<Value> {
    let program = "import yaml, json, sys; print(json.dumps(yaml.safe_load(open(sys.argv[1]))))";
    let done =
        Command::new("/usr/bin/python3").args(["-c", program]).arg(repository().join("action.yml")).output().unwrap();
    let action: Value = serde_json::from_slice(&done.stdout).unwrap();
    action["runs"]["steps"].as_array().unwrap().clone()
}

#[test]
fn the_action_does_what_its_inputs_say_and_none_of_them_is_code() {
    let sandbox = Sandbox::new();
    let books =
        |expected: &str| format!("# R\n\n```bash {{name=a effect=read}}\necho x\n```\n\n```output\n{expected}\n```\n");
    sandbox.runbook("my books/r.md", &books("x"));
    assert_eq!(sandbox.run(["run", "my books/r.md", "--run-id", "one"]).code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let bin = Path::new(env!("CARGO_BIN_EXE_stepgate")).parent().unwrap();
    let act = |inputs: &[(&str, &str)]| {
        let mut said = (true, String::new());
        for step in action_steps() {
            let mut command = Command::new("bash");
            command.args(["--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"].as_str().unwrap()]);
            command.current_dir(sandbox.path(".")).env("PATH", format!("{}:/usr/bin:/bin", bin.display()));
            for (name, value) in step["env"].as_object().into_iter().flatten() {
                let input = value.as_str().unwrap().trim_start_matches("${{ inputs.").trim_end_matches(" }}");
                let given = inputs.iter().find(|(name, _)| *name == input).map_or("", |(_, value)| value);
                command.env(name, given);
            }
            let done = command.output().unwrap();
            said.1 += &format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
            if !done.status.success() {
                said.0 = false;
                break;
            }
        }
        said
    };
    let all =
        [("paths", "my books\n\n"), ("deny", "warnings"), ("shell", "true"), ("strength", "80"), ("junit", "out.xml")];
    let (passes, said) = act(&all);
    assert!(passes && sandbox.path("out.xml").exists(), "{said}");
    let (passes, said) = act(&[("paths", "my books; touch pwned\n$(touch pwned)\n--format=json")]);
    assert!(!passes && !sandbox.path("pwned").exists(), "{said}");
    sandbox.runbook("my books/r.md", &books("y"));
    let (passes, said) = act(&all);
    assert!(!passes && said.contains("::error file=my books/r.md,line=11,"), "{said}");
}

#[test]
fn a_fix_neither_contradicts_the_page_nor_changes_what_a_script_does() {
    let sandbox = Sandbox::new();
    let twice = "---\nstepgate: 1\ntitle: a\ntittle: b\n---\n# T\n\n```bash {name=a effect=read efect=change tiemout=1s timout=2s}\ntest -e x\n```\n";
    sandbox.write("twice.md", twice);
    let done = sandbox.stepgate("check twice.md --fix");
    let text = sandbox.read("twice.md");
    assert!(text.contains("tittle: b") && text.contains("efect=change") && done.code == 1, "{text}{done:?}");
    assert!(text.matches("timeout=").count() <= 1, "{text}");
    for line in [
        "test -f x && export A=$(date)",
        "export A=$(false) || echo failed",
        "! export A=$(false)",
        "export A=$(date) &",
        "export A=$(date) | cat",
        "true &&\n  export A=$(date)",
        "if\n  export A=$(date)\nthen :; fi",
    ] {
        let path = sandbox.runbook("x.md", &format!("# X\n\n```bash {{name=a gate=none}}\n{line}\n```\n"));
        let before = std::fs::read_to_string(&path).unwrap();
        sandbox.stepgate("check x.md --fix");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), before, "{line}");
    }
}

#[test]
fn a_path_that_is_not_there_is_an_error_whatever_is_passed_over() {
    let sandbox = Sandbox::with(WARNED);
    for words in ["check nosuch.md", "check no/such", "verify nosuch.md", "check r.md nosuch.md"] {
        assert_eq!(sandbox.stepgate(&format!("{words} --runbooks-only")).code, 1, "{words}");
    }
}

#[test]
fn junit_fails_where_the_command_does() {
    let sandbox = Sandbox::with("# R\n\n```bash {name=a effect=read}\necho x\n```\n\n```output\n...\nx\n...\n```\n");
    let report = |words: &str| {
        let code = sandbox.stepgate(&format!("verify r.md --report junit=report.xml {words}")).code;
        (code, cases(&sandbox, "report.xml"))
    };
    let (code, text) = report("");
    assert!(code == 0 && text.contains("r.md (recording) Skipped"), "{text}");
    let (code, text) = report("--deny warnings");
    assert!(code == 1 && text.contains("r.md (recording) Failure"), "{text}");
    assert_eq!(sandbox.stepgate("run r.md --run-id one").code, 0);
    assert_eq!(sandbox.stepgate("record one").code, 0);
    let (code, text) = report("--strength=99");
    assert!(code == 1 && text.contains("r.md a Failure") && text.contains("r.md (recording) Passed"), "{text}");
}

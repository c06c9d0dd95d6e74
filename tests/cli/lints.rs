//! Lints: what `check` says of a page that could be run.

use crate::harness::{Sandbox, repository};

const MANY: &str = r#"---
stepgate: 1
params: { P: { default: x } }
targets: { nas: ssh backup-box }
---
# Many

See [below](#belwo).

```bash {name=one effect=read}
$ kubectl get nodes | head -1
export X=$(date)
serve &
tail -f log
sudo ls $P
vi YOUR_FILE
```

```output
...
```

```bash {name=two effect=read on=nas}
df -h
```

```bash {name=three effect=read}
df -h
```

```assert
lines.all(l, l != "")
```

```bash {name=four effect=read}
df -h | grep -v Mounted
```

## Below
"#;

#[test]
fn a_page_with_everything_wrong_gets_every_warning_at_its_line_and_still_passes() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", MANY);
    let done = sandbox.stepgate("check r.md --format json");
    assert_eq!(done.code, 0, "{done:?}");
    let found: serde_json::Value = serde_json::from_str(&done.stdout).unwrap();
    let mut got: Vec<String> = found
        .as_array()
        .unwrap()
        .iter()
        .map(|found| {
            format!("{} {} {}", found["line"], found["code"].as_str().unwrap(), found["severity"].as_str().unwrap())
        })
        .collect();
    got.sort();
    let mut wanted: Vec<String> = [
        "8 SG072", "11 SG063", "11 SG064", "12 SG065", "13 SG066", "14 SG068", "15 SG069", "15 SG071", "16 SG070",
        "16 SG074", "19 SG061", "23 SG060", "23 SG073", "32 SG062", "36 SG067",
    ]
    .map(|text| format!("{text} warning"))
    .to_vec();
    wanted.sort();
    assert_eq!(got, wanted);
    let text = sandbox.stepgate("check r.md").stderr;
    assert!(text.contains("warning[SG064]") && text.contains("1 runbook checked, 0 errors, 15 warnings"), "{text}");
    assert!(!sandbox.stepgate("plan r.md").stderr.contains("warning"), "an operator is not bothered");
}

#[test]
fn stepgate_toml_makes_a_lint_an_error_or_switches_it_off() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", MANY);
    sandbox.write("stepgate.toml", "[lint]\nSG064 = \"error\"\nSG063 = \"off\"\n");
    let done = sandbox.stepgate("check r.md");
    assert!(done.code == 1 && done.stderr.contains("error[SG064]") && !done.stderr.contains("SG063"), "{done:?}");
    assert_eq!(sandbox.stepgate("run r.md").code, 2);
}

#[test]
fn the_projects_own_runbooks_have_no_warning() {
    let sandbox = Sandbox::new();
    let done = sandbox.run(["check".into(), repository().join("runbooks").display().to_string()]);
    assert!(done.code == 0 && done.stderr.contains("0 errors, 0 warnings"), "{done:?}");
}

#[test]
fn check_starts_no_process_and_connects_to_nothing() {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", MANY);
    let output = sandbox
        .wrapped(&["strace", "-f", "-e", "trace=execve,connect", "-o", "trace"], &["check", "r.md"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    let trace = sandbox.read("trace");
    let calls: Vec<_> = trace.lines().filter(|line| line.contains("execve(") || line.contains("connect(")).collect();
    assert_eq!(calls.len(), 1, "{calls:#?}");
}

#[test]
fn a_criterion_that_nothing_proves_is_found_where_it_is_listed() {
    let sandbox = Sandbox::new();
    let step = "```bash {name=a gate=none satisfies=AC1}\ntrue\n```\n\n- [ ] Look (AC2)\n";
    let front = "acceptance:\n  AC1: one\n  AC2: two\n  AC3: three\n";
    sandbox.write("r.md", format!("---\nstepgate: 1\n{front}---\n{step}"));
    let told = sandbox.stepgate("check r.md");
    assert!(told.code == 0 && told.stderr.contains("1 warning\n"), "{told:?}");
    assert!(told.stderr.contains("warning[SG076]") && told.stderr.contains("r.md:6:3"), "{told:?}");
    sandbox.write("stepgate.toml", "[lint]\nSG076 = \"error\"\n");
    assert_eq!(sandbox.stepgate("check r.md").code, 1);
    sandbox.write("stepgate.toml", "[lint]\nSG076 = \"off\"\n");
    assert!(!sandbox.stepgate("check r.md").stderr.contains("SG076"));
}

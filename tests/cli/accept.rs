//! `accept`: what a run printed becomes what is expected, and nothing else is touched.

use crate::harness::Sandbox;
use rexpect::session::spawn_command;

const FRONT: &str = "---\nstepgate: 1\nparams:\n  WORD: { default: hi }\n  TOKEN: { type: secret }\n---\n# Accept\n\n";
const BODY: &str = r#"```bash {name=one effect=read}
printf 'head\nversion 12\nnew line\nlast (re)\n'; echo err >&2
```

```output
head
version \d+ (re)
old line
...
end
```

```output {stderr}
```

```bash {name=two effect=read}
echo "$WORD"
```

```output
{{WORD}} there
```
"#;

/// A runbook with front matter and a body, run once; `code` is what the run ended with.
fn ran(body: &str, code: i32) -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.write("r.md", format!("{FRONT}{body}"));
    let mut command = sandbox.command(["run", "r.md", "--run-id", "one", "--non-interactive"]);
    let done = command.env("STEPGATE_PARAM_TOKEN", "tok-en-4711-very-long").output().unwrap();
    assert_eq!(done.status.code(), Some(code), "{}", String::from_utf8_lossy(&done.stderr));
    sandbox
}

fn again(sandbox: &Sandbox, id: &str) -> i32 {
    let mut command = sandbox.command(["run", "r.md", "--run-id", id, "--non-interactive"]);
    command.env("STEPGATE_PARAM_TOKEN", "tok-en-4711-very-long").output().unwrap().status.code().unwrap()
}

#[test]
fn the_fewest_lines_change_until_the_run_would_pass() {
    let sandbox = ran(BODY, 1);
    let before = sandbox.read("r.md");
    let done = sandbox.stepgate("accept one");
    assert!(done.code == 1 && done.stderr.contains("nothing was changed; `--all` accepts"), "{done:?}");
    assert!(done.stderr.contains("- old line") && done.stderr.contains("+ new line"), "{done:?}");
    assert_eq!(sandbox.read("r.md"), before);
    let done = sandbox.stepgate("accept one --all");
    assert!(done.code == 0 && done.stderr.contains("2 blocks changed"), "{done:?}");
    let wanted = before
        .replace("old line\n", "new line\n")
        .replace("\nend\n", "\nlast \\(re)\n")
        .replace("{stderr}\n", "{stderr}\nerr\n");
    assert_eq!(sandbox.read("r.md"), wanted, "`...` and the pattern stay, and so does what the run did not reach");
    assert_eq!(again(&sandbox, "two"), 1);
    assert_eq!(sandbox.stepgate("accept two --all").code, 0);
    assert_eq!(sandbox.read("r.md"), wanted.replace("{{WORD}} there", "{{WORD}}"));
    assert_eq!(again(&sandbox, "three"), 0);
    let done = sandbox.stepgate("accept three");
    assert!(done.code == 0 && done.stderr.contains("no `output` block is to be changed"), "{done:?}");
}

#[test]
fn what_no_expected_line_can_mend_is_left_to_a_person() {
    let step = |script: &str, expected: &str| format!("```bash {{name=a effect=read}}\n{script}\n```\n\n{expected}\n");
    for (body, told) in [
        (step("echo x", "```assert\nstdout == \"y\"\n```\n"), "is false: `stdout` = \"x\\n\""),
        (step("exit 3", ""), "it ended as failed: exit 3, and no expected line mends that"),
        (step("echo \"$TOKEN\"", "```output\nx\n```\n"), "holds a secret: expect it as `{{NAME}}`"),
    ] {
        let sandbox = ran(&body, 1);
        let before = sandbox.read("r.md");
        let done = sandbox.stepgate("accept one --all");
        assert!(done.code == 1 && done.stderr.contains("for you to change") && done.stderr.contains(told), "{done:?}");
        assert!(sandbox.read("r.md") == before && !done.stderr.contains("4711"));
    }
    let sandbox = ran(BODY, 1);
    sandbox.write("r.md", sandbox.read("r.md").replace("new line", "newer line"));
    let done = sandbox.stepgate("accept one --all");
    assert!(
        done.code == 1 && done.stderr.contains("was changed since that run, or looks at what was: run it again"),
        "{done:?}"
    );
}

#[test]
fn each_change_is_agreed_to_at_a_terminal() {
    let sandbox = ran(BODY, 1);
    let before = sandbox.read("r.md");
    let ask = |answers: &[&str]| {
        let mut command = sandbox.command(["accept", "one"]);
        command.stdin(std::process::Stdio::inherit()).env("TERM", "xterm");
        let mut session = spawn_command(command, Some(20_000)).unwrap();
        for answer in answers {
            session.exp_string("[a]ll [q]uit").unwrap();
            session.send_line(answer).unwrap();
        }
        session.exp_eof().unwrap();
    };
    ask(&["q"]);
    assert_eq!(sandbox.read("r.md"), before);
    ask(&["n", "y"]);
    assert_eq!(sandbox.read("r.md"), before.replace("{stderr}\n", "{stderr}\nerr\n"));
    sandbox.write("r.md", &before);
    ask(&["a"]);
    assert!(sandbox.read("r.md").contains("new line") && sandbox.read("r.md").contains("\nerr\n"));
}

#[test]
fn a_link_is_not_written_through() {
    let sandbox = ran(BODY, 1);
    std::fs::rename(sandbox.path("r.md"), sandbox.path("real.md")).unwrap();
    std::os::unix::fs::symlink("real.md", sandbox.path("r.md")).unwrap();
    let before = sandbox.read("real.md");
    let done = sandbox.stepgate("accept one --all");
    assert!(done.code == 1 && done.stderr.contains("it is no regular file"), "{done:?}");
    assert_eq!(sandbox.read("real.md"), before);
}

#[test]
fn what_a_step_printed_before_it_failed_otherwise_is_not_accepted() {
    let step = |attributes: &str, script: &str| {
        format!("```bash {{name=a effect=read {attributes}}}\n{script}\n```\n\n```output\ncomplete\nfull\n```\n")
    };
    for (attributes, script, told) in
        [("timeout=300ms", "echo partial; sleep 5; echo full", "timeout"), ("", "echo yes; exit 3", "exit 3")]
    {
        let sandbox = ran(&step(attributes, script), 1);
        let before = sandbox.read("r.md");
        let done = sandbox.stepgate("accept one --all");
        assert!(done.code == 1 && done.stderr.contains("for you to change") && done.stderr.contains(told), "{done:?}");
        assert_eq!(sandbox.read("r.md"), before);
    }
    // A probe's block, a secret step's, and a step that is called otherwise now.
    let probe = "```bash {name=p effect=read}\ntest -e fl && echo yes\n```\n\n```output\nno\n```\n\n```bash {name=a gate=none unless=p}\ntouch fl\n```\n";
    let secret = "```bash {name=a effect=read secret}\necho x\n```\n\n```output\ny\n```\n";
    for body in [probe, secret] {
        let sandbox = ran(body, 1);
        let done = sandbox.stepgate("accept one --all");
        assert!(
            done.code == 1 && done.stderr.contains("`a`, line") && done.stderr.contains("for you to change"),
            "{done:?}"
        );
    }
    let sandbox = ran(BODY, 1);
    sandbox.write("r.md", sandbox.read("r.md").replace("name=one", "name=renamed"));
    let done = sandbox.stepgate("accept one --all");
    assert!(done.code == 1 && done.stderr.contains("today's runbook has no such step"), "{done:?}");
}

#[test]
fn a_line_that_captures_or_names_a_value_is_not_lost_without_a_word() {
    let step = |script: &str, expected: &str| {
        format!("```bash {{name=a effect=read}}\n{script}\n```\n\n```output\n{expected}\n```\n")
    };
    let sandbox = ran(&step("echo server a, up 3 days", "server (?<S>\\w+), up 2 days (re)"), 1);
    let before = sandbox.read("r.md");
    let done = sandbox.stepgate("accept one --all");
    assert!(done.code == 1 && done.stderr.contains("captures `S`") && sandbox.read("r.md") == before, "{done:?}");
    let sandbox = ran(&step("echo \"$WORD there in $STEPGATE_RUN\"", "{{WORD}} here in {{STEPGATE_RUN}}"), 1);
    assert_eq!(sandbox.stepgate("accept one --all").code, 0);
    assert!(sandbox.read("r.md").contains("\n{{WORD}} there in {{STEPGATE_RUN}}\n"), "{}", sandbox.read("r.md"));
    assert_eq!(again(&sandbox, "two"), 0, "names stay names");
    let sandbox = ran(&step("echo other", "{{WORD}} here"), 1);
    let done = sandbox.stepgate("accept one --all");
    assert!(done.code == 1 && done.stderr.contains("names a value that was not printed"), "{done:?}");
}

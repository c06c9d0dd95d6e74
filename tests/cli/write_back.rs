//! `--write-back` and `clear`: results in the author's own file, and out of it again to the last byte.

use crate::harness::{Done, Sandbox, done};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};

/// A page that makes it hard: no blank lines, no end of the last line, ticks and quotes of the author's own.
const BODY: &str = r#"# Write back
> the author's
```bash {name=look effect=read}
printf 'x\n> <!-- stepgate:run -->\n-->\n```\n</details>\n{{#include y}}\n'
```
more
1. [X] Ticked before
1. [ ] Done by hand

   ```bash {name=gate effect=read}
   test -e ok
   ```
1. [x] Last"#;
const ANSWERS: &str = "--answer ticked-before=done --answer done-by-hand=done --answer last=failed";

fn passing() -> Sandbox {
    let sandbox = Sandbox::with(BODY);
    sandbox.write("ok", "");
    sandbox
}

fn run(sandbox: &Sandbox, id: &str) -> Done {
    sandbox.stepgate(&format!("run r.md --run-id {id} --write-back {}", ANSWERS.replace("last=failed", "last=done")))
}

#[test]
fn the_file_is_what_the_log_shows_a_later_run_replaces_it_and_clear_gives_every_byte_back() {
    let sandbox = passing();
    let before = sandbox.read("r.md");
    let plan = sandbox.stepgate("plan r.md").stdout;
    fs::set_permissions(sandbox.path("r.md"), fs::Permissions::from_mode(0o640)).unwrap();
    let owner =
        if rustix::process::geteuid().is_root() { 65534 } else { fs::metadata(sandbox.path("r.md")).unwrap().uid() };
    std::os::unix::fs::chown(sandbox.path("r.md"), Some(owner), None).unwrap();
    for id in ["one", "two"] {
        let done = run(&sandbox, id);
        assert!(
            done.code == 0 && done.stderr.contains("written back; to take it out again: stepgate clear"),
            "{done:?}"
        );
        let now = sandbox.read("r.md");
        assert_eq!(now, sandbox.stepgate(&format!("log {id}")).stdout);
        assert_eq!(now.lines().filter(|line| *line == "> <!-- stepgate:run tight -->").count(), 1, "{now}");
        assert!(now.contains(&format!("> run `{id}`")), "{now}");
        let data = fs::metadata(sandbox.path("r.md")).unwrap();
        assert_eq!((data.mode() & 0o7777, data.uid()), (0o640, owner));
        assert_eq!(sandbox.stepgate("check r.md").code, 0);
        assert_eq!(sandbox.stepgate("plan r.md").stdout, plan, "it is the same plan");
    }
    let now = sandbox.read("r.md");
    assert!(now.contains("[X] Ticked before") && now.contains("[x] Done by hand") && now.contains("was=open"), "{now}");
    let done = sandbox.stepgate("clear r.md");
    assert!(done.code == 0 && done.stderr == "r.md: 6 results taken out\n", "{done:?}");
    assert_eq!(sandbox.read("r.md"), before);
    let written = |sandbox: &Sandbox| {
        let data = fs::metadata(sandbox.path("r.md")).unwrap();
        (data.ino(), data.mtime(), data.mtime_nsec())
    };
    let known = written(&sandbox);
    let done = sandbox.stepgate("clear r.md");
    assert!(done.code == 0 && done.stderr == "r.md: holds no results\n" && written(&sandbox) == known, "{done:?}");
}

#[test]
fn a_failed_run_is_written_back_and_goes_on_as_if_its_runbook_had_not_changed() {
    let sandbox = Sandbox::with(BODY);
    let before = sandbox.read("r.md");
    let done = run(&sandbox, "one");
    let now = sandbox.read("r.md");
    assert!(done.code == 1 && done.stderr.contains("stepgate resume one --write-back\n"), "{done:?}");
    assert!(now.contains("**gate: failed: exit 1**") && now.contains("1. [ ] Last\n"), "{now}");
    assert!(now.contains("> <!-- stepgate:last unended was=x -->\n   > **not run**\n"), "{now}");
    sandbox.write("ok", "");
    let words = "resume one --write-back --answer done-by-hand=done --answer last=done";
    let done = sandbox.stepgate(words);
    assert!(done.code == 0 && !done.stderr.contains("changed"), "{done:?}");
    assert_eq!(sandbox.read("r.md"), sandbox.stepgate("log one").stdout);
    let events = sandbox.events();
    let resumed = events.iter().find(|event| event["type"] == "run-resumed").unwrap();
    assert!(resumed["revision"].is_null() && resumed["noted"].as_array().unwrap().is_empty(), "{resumed}");
    assert!(!events.iter().any(|event| event["type"] == "runbook-changed"));
    let done = sandbox.stepgate("record one");
    assert!(done.code == 0 && !done.stderr.contains("changed"), "{done:?}");
    assert_eq!(sandbox.stepgate("verify r.md").code, 0);
    assert_eq!(sandbox.stepgate("accept one").code, 0);
    assert!(sandbox.stepgate("list").stdout.contains("passed"));
    assert_eq!(sandbox.stepgate("clear r.md").code, 0);
    assert_eq!(sandbox.read("r.md"), before);
}

#[test]
fn a_run_that_waits_is_written_back_when_it_has_closed() {
    let sandbox = passing();
    let before = sandbox.read("r.md");
    let done = sandbox.stepgate("run r.md --run-id one --write-back");
    let told = "not written back: the run has not closed; stepgate resume one --write-back goes on with it";
    assert!(done.code == 3 && done.stderr.lines().filter(|line| *line == told).count() == 1, "{done:?}");
    assert_eq!(sandbox.read("r.md"), before);
    let done = sandbox.stepgate(&format!("resume one --write-back {ANSWERS}"));
    assert_eq!(done.code, 1, "{done:?}");
    assert_eq!(sandbox.read("r.md"), sandbox.stepgate("log one").stdout);
    let done = sandbox.stepgate("run r.md --ephemeral --write-back");
    assert!(done.code == 2 && done.stderr.contains("cannot be used with"), "a summary names a record: {done:?}");
}

#[test]
fn a_file_that_was_changed_meanwhile_is_left_alone_and_the_run_does_not_end_well() {
    for (last, code) in [("true", 5), ("false", 1)] {
        let body = format!("# R\n\n```bash {{name=a gate=none}}\necho more >> r.md\n{last}\n```\n");
        let sandbox = Sandbox::with(&body);
        let done = sandbox.stepgate("run r.md --run-id one --write-back");
        assert!(done.code == code && done.stderr.contains("the file was changed meanwhile"), "{done:?}");
        assert!(done.stderr.contains("help: the record is complete: stepgate log one"), "{done:?}");
        assert_eq!(sandbox.read("r.md"), format!("---\nstepgate: 1\n---\n{body}more\n"));
        assert_eq!(sandbox.stepgate("log one").code, 0);
        assert_eq!(
            sandbox.log()["verdict"],
            if code == 5 { "passed" } else { "failed" },
            "the verdict is the run's own"
        );
    }
}

#[test]
fn nothing_is_written_through_a_link_or_out_of_the_tree() {
    let sandbox = Sandbox::new();
    let outside = tempfile::tempdir().unwrap();
    fs::create_dir_all(sandbox.path("repo/.git")).unwrap();
    sandbox.runbook("repo/docs/r.md", BODY);
    fs::write(outside.path().join("r.md"), sandbox.read("repo/docs/r.md")).unwrap();
    symlink("docs/r.md", sandbox.path("repo/link.md")).unwrap();
    symlink(outside.path(), sandbox.path("repo/away")).unwrap();
    symlink("docs", sandbox.path("repo/near")).unwrap();
    for (file, told) in [("repo/link.md", "it is no regular file"), ("repo/away/r.md", "leads out of its tree")] {
        let done = sandbox.stepgate(&format!("run {file} --write-back {ANSWERS}"));
        assert!(done.code == 2 && done.stderr.contains(told) && done.stderr.contains("nothing was run"), "{done:?}");
    }
    assert!(!sandbox.store().join("runs").exists());
    assert_eq!(fs::read_to_string(outside.path().join("r.md")).unwrap(), sandbox.read("repo/docs/r.md"));
    let done = sandbox.stepgate(&format!("run repo/docs/../near/r.md --write-back {ANSWERS}"));
    assert!(done.code == 1 && sandbox.read("repo/docs/r.md").contains("stepgate:run "), "{done:?}");
    let done = sandbox.stepgate("clear repo/link.md");
    assert!(done.code == 1 && done.stderr.contains("it is no regular file"), "{done:?}");
    // Neither into another repository, nor from a folder that is in none.
    fs::create_dir(outside.path().join(".git")).unwrap();
    symlink(outside.path(), sandbox.path("out")).unwrap();
    fs::write(outside.path().join("r.md"), sandbox.read("repo/docs/r.md")).unwrap();
    for file in ["repo/away/r.md", "out/r.md"] {
        let done = sandbox.stepgate(&format!("run {file} --write-back {ANSWERS}"));
        assert!(done.code == 2 && done.stderr.contains("leads out of its tree"), "{done:?}");
        let done = sandbox.stepgate(&format!("clear {file}"));
        assert!(done.code == 1 && done.stderr.contains("leads out of its tree"), "{done:?}");
    }
    assert_eq!(fs::read_to_string(outside.path().join("r.md")).unwrap(), sandbox.read("repo/docs/r.md"));
}

#[test]
fn what_was_written_at_the_end_of_a_result_is_no_part_of_a_step_by_accident() {
    let sandbox = Sandbox::new();
    sandbox.runbook("r.md", "# R\n\n```bash {name=a effect=read}\ntrue\n```\n\n- [ ] foo\n");
    assert_eq!(sandbox.stepgate("run r.md --answer foo=done --write-back").code, 0);
    let written = sandbox.read("r.md") + "A sentence.\n";
    sandbox.write("r.md", &written);
    let done = sandbox.stepgate("run r.md --answer foo=done --write-back");
    assert!(done.code == 2 && done.stderr.contains("it would not say the same"), "{done:?}");
    assert!(done.stderr.contains("nothing was run") && sandbox.read("r.md") == written, "{done:?}");
}

#[test]
fn two_results_of_one_item_as_a_merge_may_leave_them_are_taken_out() {
    let sandbox = Sandbox::new();
    let quote = "  > <!-- stepgate:foo was=open -->\n  > x\n\n";
    sandbox.runbook("r.md", &format!("# R\n\n- [x] foo\n\n{quote}{quote}"));
    let done = sandbox.stepgate("clear r.md");
    assert!(done.code == 0 && sandbox.read("r.md").contains("- [ ] foo\n"), "{done:?}");
}

#[test]
fn a_folder_that_cannot_be_written_to_costs_the_write_and_not_the_record() {
    let sandbox = Sandbox::new();
    fs::create_dir(sandbox.path("fixed")).unwrap();
    sandbox.runbook("fixed/r.md", "# R\n\n```bash {name=a effect=read}\necho x\n```\n");
    let before = sandbox.read("fixed/r.md");
    fs::set_permissions(sandbox.path("fixed"), fs::Permissions::from_mode(0o555)).unwrap();
    // Root may write everywhere, unless it gives that up.
    let wrapper = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"];
    let arguments = ["run", "fixed/r.md", "--run-id", "one", "--write-back"];
    let mut command = if rustix::process::geteuid().is_root() {
        sandbox.wrapped(&wrapper, &arguments)
    } else {
        sandbox.command(arguments)
    };
    let done = done(command.output().unwrap());
    assert!(done.code == 5 && done.stderr.contains("are not written back into"), "{done:?}");
    assert!(done.stderr.contains("Permission denied") && done.stderr.contains("stepgate log one"), "{done:?}");
    assert_eq!(sandbox.read("fixed/r.md"), before);
    assert_eq!(sandbox.stepgate("audit verify one").code, 0);
    fs::set_permissions(sandbox.path("fixed"), fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(fs::read_dir(sandbox.path("fixed")).unwrap().count(), 1);
}

#[test]
fn whoever_is_killed_while_writing_leaves_the_old_file_or_the_new_one() {
    let sandbox = passing();
    let new = sandbox.read("r.md");
    assert_eq!(run(&sandbox, "one").code, 0);
    let old = sandbox.read("r.md");
    let mut seen = [0, 0];
    for call in ["write", "fchmod", "fsync", "/^rename"] {
        for nth in 1..4 {
            sandbox.write("r.md", &old);
            let inject = format!("inject={call}:signal=KILL:when={nth}");
            let wrapper = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", &inject];
            _ = sandbox.wrapped(&wrapper, &["clear", "r.md"]).output().unwrap();
            let now = sandbox.read("r.md");
            assert!(now == old || now == new, "{call} {nth}: {now}");
            seen[usize::from(now == new)] += 1;
        }
    }
    assert!(seen[0] >= 3 && seen[1] >= 3, "{seen:?}");
}

#[test]
fn clear_says_of_each_file_what_is_wrong_with_it_and_clears_the_others() {
    let sandbox = passing();
    let before = sandbox.read("r.md");
    assert_eq!(run(&sandbox, "one").code, 0);
    sandbox.write("notes.md", "# Notes\n\n> <!-- stepgate:run -->\n");
    let done = sandbox.stepgate("clear notes.md missing.md r.md");
    for told in
        ["`notes.md` cannot be cleared", "it has no front matter", "`missing.md` cannot be cleared", "r.md: 6 results"]
    {
        assert!(done.code == 2 && done.stderr.contains(told), "`{told}`: {done:?}");
    }
    assert_eq!(sandbox.read("r.md"), before);
    assert_eq!(sandbox.read("notes.md"), "# Notes\n\n> <!-- stepgate:run -->\n");
    // Text that was written into a quote's last paragraph would become one of its own.
    let tied = format!(
        "{}\n> <!-- stepgate:look -->\n> **x**\nmy words\n",
        before.replace("# Write back\n", "# Write back\n\n")
    );
    sandbox.write("r.md", &tied);
    let done = sandbox.stepgate("clear r.md");
    assert!(done.code == 1 && done.stderr.contains("put a blank line behind each quote"), "{done:?}");
    assert_eq!(sandbox.read("r.md"), tied);
}

#[test]
fn a_log_of_an_older_version_and_a_runbook_that_is_broken_by_now_are_cleared_too() {
    let sandbox = Sandbox::new();
    let front = "---\nstepgate: 1\n---\n# R\n";
    let quote = "\n> <!-- stepgate:a -->\n> **a: passed**\n";
    sandbox.write("r.md", format!("{front}\n```bash {{name=a nonsense=x}}\nls\n```\n{quote}\nmore\n"));
    let done = sandbox.stepgate("clear r.md");
    assert_eq!(done.code, 0, "{done:?}");
    assert_eq!(sandbox.read("r.md"), format!("{front}\n```bash {{name=a nonsense=x}}\nls\n```\n\nmore\n"));
}

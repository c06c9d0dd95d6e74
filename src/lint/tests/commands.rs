use super::{codes, tells_apart};

#[test]
fn a_prompt_before_a_command_is_found() {
    tells_apart(
        "SG063",
        &["$ ls", "% ls", "user@host:~$ ls", "root@h:~# ls"],
        &["echo '$ ls'", "echo $?", "# $ ls", "scp a user@host:b", "echo a@b:~$"],
    );
}

#[test]
fn a_pipe_into_what_stops_reading_is_found() {
    tells_apart(
        "SG064",
        &[
            "a | head -1",
            "a | b | grep -q x",
            "x=$(a | head -n 5)",
            "a | grep -m1 x",
            "a | grep --max-count=1 x",
            "a | (head -1)",
            "a | { head -1; }",
            "a | sed 1q",
            "a | sed -n '1p;1q'",
            "a | awk '{print; exit}'",
            "a | grep -l x",
            "a | rg -q x",
            "if a | grep -q x; then b; fi",
            "set +o pipefail; set -o pipefail; a | head -1",
            "(set +o pipefail; b); a | head -1",
        ],
        &[
            "head -1 file",
            "a | grep x",
            "grep -q x file",
            "a | head -1 || true",
            "a | tail -1",
            "# a | head",
            "set +o pipefail\na | head -1",
            "(set +o pipefail; a | head -1)",
            "x=$(set +o pipefail; a | head -1)",
            "{ a | head; } || true",
            "a | head -n -1",
            "a | head -c-5",
            "printf '%s' x | grep -q x",
            "echo x | grep -q x",
            "a | sed '$q'",
            "a | sed s/q/x/",
            "a | awk 'END { exit n }'",
            "a | xargs grep -q x",
            "a | head -1 && b || c",
        ],
    );
}

#[test]
fn in_a_condition_the_message_says_what_a_pipe_that_breaks_does() {
    let message = |text: &str| {
        let source =
            super::Source::new("t.md", format!("---\nstepgate: 1\n---\n```bash {{name=a gate=none}}\n{text}\n```\n"));
        let (runbook, _) = super::runbook::read(source).unwrap();
        super::lint(&runbook, &super::Known::default()).remove(0).message
    };
    for keyword in ["if", "while", "until"] {
        let ends = if keyword == "if" { "then b; fi" } else { "do b; done" };
        assert!(
            message(&format!("{keyword} a | grep -q x; {ends}")).contains("the condition turns false"),
            "{keyword}"
        );
    }
    assert!(message("if ! a | grep -q x; then b; fi").contains("the condition turns true"));
    assert!(message("a | grep -q x").contains("the step fails"));
}

#[test]
fn an_exit_code_that_export_hides_is_found() {
    tells_apart(
        "SG065",
        &["export X=$(a)", "declare X=\"$(a)\"", "export X=`a`", "export X=\"${Y:-$(a)}\""],
        &["X=$(a); export X", "export X=1", "export X=\"$HOME\"", "echo export X=$(a)", "export X=\"${Y:-b}\""],
    );
}

#[test]
fn a_background_process_that_keeps_the_output_is_found() {
    tells_apart(
        "SG066",
        &[
            "serve &",
            "serve >log &",
            "(a; b) &",
            "{ a; b; } &",
            "a 2>&1 >f &",
            "a >&2 &",
            "a | b >f 2>&1 &",
            "{ a >f 2>&1; b; } &",
        ],
        &[
            "serve >log 2>&1 &",
            "serve &>log &",
            "a & b & wait",
            "a && b",
            "a >&2",
            "serve </dev/null >a 2>b &",
            "exec >f 2>&1\na &",
            "(exec >f 2>&1; a) &",
            "(a; b) >f 2>&1 &",
            "{ a >f 2>&1; b >g 2>&1; } &",
            "{ a & } >f 2>&1",
            "a 2>e | b >f 2>&1 &",
            "a |& b >f 2>&1 &",
        ],
    );
}

#[test]
fn what_never_ends_is_found() {
    tells_apart(
        "SG068",
        &[
            "tail -f x",
            "journalctl -u a -f",
            "watch ls",
            "kubectl get pods -w",
            "ping host",
            "sleep infinity",
            "while true; do sleep 1; done",
            "sudo -n tail -F x",
            "kubectl -n a logs -f x",
            "get=1; kubectl get -n a pods -w",
            "kubectl -n a port-forward x 80",
            "docker compose logs -f",
            "docker compose up",
            "docker compose -f x.yml up",
            "docker events",
            "docker stats",
            "vmstat 1",
            "tcpdump -i eth0",
            "htop",
            "top",
            "top -b",
            "python3 -m http.server",
            "ssh -N h",
            "ssh h tail -f x",
            "tail -5f x",
            "until false; do a; done",
            "for ((;;)); do a; done",
            "while :; do a; done",
            "while sleep 5; do a; done",
            "while (( 1 )); do a; done",
            "(tail -f x)",
        ],
        &[
            "tail -n 5 x",
            "journalctl -u a",
            "ping -c 3 host",
            "ping -c3 host",
            "sleep 5",
            "timeout 5 tail -f x",
            "kubectl get pods",
            "tail -f x >log 2>&1 &",
            "echo watch",
            "while read -r l; do :; done <x",
            "top -bn1",
            "top -b -n 1",
            "while true; do a && break; sleep 1; done",
            "while true; do if a; then exit 0; fi; done",
            "f() { while true; do a && return; done; }",
            "f() { tail -f x; }",
            "{ tail -f x; } >f 2>&1 &",
            "while true; do a; done >f 2>&1 &",
            "while [ $i -lt 5 ]; do a; done",
            "for ((i=0; i<5; i++)); do a; done",
            "for i in a b; do c; done",
            "docker compose up -d",
            "docker stats --no-stream",
            "docker logs x",
            "docker compose logs",
            "vmstat 1 5",
            "vmstat",
            "tcpdump -c 5",
            "tcpdump -nc5",
            "ssh -fN -L 1:a:2 h",
            "ssh h uptime",
            "yes | apt-get install x",
            "tail -f x | head -1",
            "tail -f x | grep -q y",
            "dmesg -f kern",
            "watch -g ls",
            "until a; do sleep 1; done",
            "timeout 5 ssh h tail -f x",
            "kubectl rollout status x",
        ],
    );
}

#[test]
fn a_trap_that_makes_a_pass_of_a_failure_is_found() {
    tells_apart(
        "SG077",
        &[
            "trap 'exit 0' EXIT",
            "trap 'rm -f x; exit 0' EXIT",
            "trap \"rm -f x && exit 0\" EXIT INT",
            "trap 'exit 0' 0",
            "c() { rm -f x; exit 0; }\ntrap c EXIT",
        ],
        &[
            "trap 'rm -f x' EXIT",
            "trap 'exit 0' TERM",
            "trap 'exit 01' EXIT",
            "trap 'exit $?' EXIT",
            "trap - EXIT",
            "echo trap 'exit 0' EXIT",
            "c() { rm -f x; }\ntrap c EXIT",
            "trap 'xexit 0' EXIT",
        ],
    );
}

#[test]
fn a_word_that_reads_like_a_placeholder_is_found() {
    tells_apart(
        "SG074",
        &["ls /b/YOUR_HOST", "echo \"YOUR_KEY\"", "cmd xxx"],
        &["echo YOURS", "ls xxx.txt", "echo aYOUR"],
    );
}

#[test]
fn scripts_that_are_odd_are_read_to_their_end() {
    let deep = format!("{}tail -f x{}", "( ".repeat(3000), " )".repeat(3000));
    let open = "if a; then ".repeat(3000);
    for text in [
        deep.as_str(),
        &open,
        "}",
        "done; fi; esac",
        ") (",
        "case x in",
        "case x in a) b",
        "for",
        "while",
        "f()",
        "| |",
        "a |",
        "&& b",
        "function",
        "[[ a",
        "x=(",
        "((",
        "if then fi",
        "{",
    ] {
        _ = codes("", &format!("```bash {{name=a gate=none}}\n{text}\n```\n"));
    }
    tells_apart(
        "SG068",
        &[
            "}; tail -f x",
            "fi\ntail -f x",
            "case x in a) tail -f x;; esac",
            "a |\n tail -f x",
            "if a; then\n  tail -f x\nfi",
            "f() { a; }; tail -f x",
            "cat <<E\na (\nE\ntail -f x",
            "x=(a b); tail -f x",
            "[[ a && ( b || c ) ]] && tail -f x",
            "echo \"$(tail -f x)\"",
        ],
        &["case tail in a) b;; esac"],
    );
}

#[test]
fn long_scripts_take_no_square_of_their_length() {
    let again = |text: &str| text.repeat(20_000);
    for text in [
        again("a && "),
        again("a | "),
        again("tail -f x | "),
        again("trap x EXIT\n"),
        again("x() { a; }\n"),
        again("a <<E\nE\n"),
        again("rm $FOUND\n"),
        again("while true; do "),
        again("$(a | "),
    ] {
        // With a square of it this would go on for hours.
        _ = codes("", &format!("```bash {{name=a gate=none}}\n{text}\n```\n"));
    }
}

#[test]
fn a_step_that_only_looks_and_changes_something_is_found() {
    let found = |script: &str| {
        let body = format!("```bash {{name=a effect=read}}\n{script}\n```\n\n```output\nx\n```\n");
        super::codes("", &body).contains(&"SG078")
    };
    for bad in [
        "systemctl restart nginx",
        "sudo -n systemctl --now enable x",
        "kubectl -n a delete pod x",
        "rm -rf /var/cache/x",
        "echo x > /etc/motd",
        "echo x >>notes",
        "cat a | tee /etc/b",
        "sed -i s/a/b/ /etc/c",
        "ssh h systemctl stop x",
        "if true; then mkdir -p /srv/x; fi",
        "reboot",
        "git push origin main",
    ] {
        assert!(found(bad), "{bad}");
    }
    for good in [
        "systemctl is-active nginx",
        "systemctl status restart",
        "kubectl get pods",
        "kubectl apply --dry-run=server -f x",
        "ls > /dev/null 2>&1",
        "out=$(mktemp); ls > \"$out\"; rm -f \"$out\"",
        "ls > /tmp/x; rm /tmp/x",
        "cat <<E > \"$f\"\nx\nE",
        "grep -c x file 2>&1",
        "echo rm -rf x",
        "git status",
        "apt-get -s install x",
        "cat a | tee /dev/stderr",
    ] {
        assert!(!found(good), "{good}");
    }
}

#[test]
fn a_change_that_a_probe_could_answer_is_worth_a_note() {
    let found = |attributes: &str, script: &str| {
        let probe = "```bash {name=p effect=read}\ntest -e x\n```\n\n";
        super::codes("", &format!("{probe}```bash {{name=a {attributes}}}\n{script}\n```\n")).contains(&"SG079")
    };
    for script in [
        "systemctl enable nginx",
        "useradd backup",
        "sudo -n mkdir /srv/x",
        "kubectl create ns a",
        "apt-get -y install x",
    ] {
        assert!(found("", script), "{script}");
        assert!(!found("unless=p", script) && !found("effect=idempotent", script), "{script}");
    }
    for script in
        ["systemctl restart nginx", "mkdir a && touch a/b", "useradd a; useradd b", "echo useradd x", "./deploy"]
    {
        assert!(!found("", script), "{script}");
    }
}

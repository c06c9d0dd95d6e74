use super::{Known, lint};
use crate::diagnostic::Source;
use crate::runbook::{self, Shell, Target};
use std::collections::BTreeSet;

fn codes(front: &str, body: &str) -> Vec<&'static str> {
    let source = Source::new("t.md", format!("---\nstepgate: 1\n{front}---\n{body}"));
    let (runbook, _) = runbook::read(source).unwrap_or_else(|refused| panic!("{body}: {:?}", refused.found));
    let mut known = Known { captures: BTreeSet::from(["FOUND".to_owned()]), ..Known::default() };
    known.targets.insert("nas".into(), Target::parse("ssh backup-box", Shell::Bash).unwrap());
    known.targets.insert("posix".into(), Target::parse("local", Shell::Sh).unwrap());
    let mut found: Vec<_> = lint(&runbook, &known).iter().map(|found| found.code.as_str()).collect();
    found.sort_unstable();
    found
}

/// The codes for a script of a step that asserts something.
fn script(text: &str) -> Vec<&'static str> {
    codes(
        "params: { P: { default: x }, N: { type: int, default: 1 }, S: { default: a, pattern: '[a-z]+' } }\n",
        &format!("```bash {{name=a gate=none}}\n{text}\n```\n"),
    )
}

#[test]
fn each_rule_on_commands_finds_what_it_is_for_and_nothing_like_it() {
    let table: &[(&str, &[&str], &[&str])] = &[
        ("SG063", &["$ ls"], &["echo '$ ls'", "echo $?", "# $ ls"]),
        (
            "SG064",
            &["a | head -1", "a | b | grep -q x", "x=$(a | head -n 5)"],
            &["head -1 file", "a | grep x", "grep -q x file", "a | head -1 || true", "a | tail -1", "# a | head"],
        ),
        (
            "SG065",
            &["export X=$(a)", "declare X=\"$(a)\"", "export X=`a`"],
            &["X=$(a); export X", "export X=1", "export X=\"$HOME\"", "echo export X=$(a)"],
        ),
        (
            "SG066",
            &["serve &", "serve >log &"],
            &["serve >log 2>&1 &", "serve &>log &", "a & b & wait", "a && b", "a >&2", "serve </dev/null >a 2>b &"],
        ),
        (
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
            ],
            &[
                "tail -n 5 x",
                "journalctl -u a",
                "ping -c 3 host",
                "sleep 5",
                "timeout 5 tail -f x",
                "kubectl get pods",
                "tail -f x >log 2>&1 &",
                "echo watch",
                "while read -r l; do :; done <x",
            ],
        ),
        (
            "SG069",
            &["sudo ls", "sudo -u postgres psql", "apt-get install jq", "read -r answer", "dnf install x"],
            &[
                "sudo -n ls",
                "sudo -nu postgres psql",
                "apt-get install -y jq",
                "apt-get -qy install jq",
                "apt-get update",
                "echo x | while read -r l; do :; done",
                "read -r x <file",
                "rm -f x",
                "echo sudo ls",
            ],
        ),
        (
            "SG070",
            &["vi x", "kubectl edit node a", "git commit", "crontab -e", "a | less"],
            &["crontab -l", "git commit -m x", "git commit -am x", "kubectl get x", "echo vi", "sed -i s/a/b/ x"],
        ),
        (
            "SG071",
            &[
                "rm $P",
                "echo a$P",
                "eval \"echo $P\"",
                "sh -c \"echo $P\"",
                "ssh h \"ls $P\"",
                "awk \"/$P/\" x",
                "cat <$P",
                "python3 -c \"print('$P')\"",
                "echo $FOUND",
            ],
            &[
                "rm \"$P\"",
                "X=$P",
                "[[ $P == x ]]",
                "case $P in x) ;; esac",
                "echo '$P'",
                "sleep $N",
                "echo $S",
                "for x in $P; do :; done",
                "ssh h ls",
                "awk -v v=\"$P\" '{print v}' x",
                "echo $OTHER",
                "cat <<E\n$P\nE",
            ],
        ),
        ("SG074", &["ls /b/YOUR_HOST", "echo \"YOUR_KEY\"", "cmd xxx"], &["echo YOURS", "ls xxx.txt", "echo aYOUR"]),
    ];
    for (code, bad, good) in table {
        for text in *bad {
            assert!(script(text).contains(code), "{code} is not found in: {text}");
        }
        for text in *good {
            assert!(!script(text).contains(code), "{code} is found in: {text}");
        }
    }
}

#[test]
fn a_timeout_of_the_step_and_the_flag_literal_switch_their_rules_off() {
    assert!(codes("", "```bash {name=a gate=none timeout=5s}\ntail -f x\n```\n").is_empty());
    assert!(codes("", "```bash {name=a gate=none literal}\necho YOUR_HOST\n```\n").is_empty());
}

#[test]
fn a_read_step_that_lets_nobody_know_is_found() {
    let one = |attributes: &str, text: &str, behind: &str| {
        codes("", &format!("```bash {{name=a effect=read {attributes}}}\n{text}\n```\n{behind}"))
    };
    assert_eq!(one("", "kubectl get nodes", ""), ["SG060"]);
    for (attributes, text, behind) in [
        ("", "kubectl get nodes", "\n```output\nx\n```\n"),
        ("capture=X", "hostname", ""),
        ("exit=0,3", "systemctl status x", ""),
        ("", "test -e x", ""),
        ("", "systemctl is-active x", ""),
        ("", "openssl x509 -checkend 5 -in x", ""),
        ("", "a | grep x", ""),
        ("", "a || exit 1", ""),
        ("", "kubectl get nodes", "\n```assert {name=b}\nsteps.a.lines.size() > 1\n```\n"),
    ] {
        assert!(one(attributes, text, behind).is_empty(), "{attributes} {text}");
    }
}

#[test]
fn blocks_that_accept_everything_and_all_without_a_size_are_found() {
    let one = |block: &str| codes("", &format!("```bash {{name=a effect=read}}\nls\n```\n\n{block}"));
    assert_eq!(one("```output\n...\n```\n"), ["SG061"]);
    assert_eq!(one("```output\n.* (re*)\n```\n"), ["SG061"]);
    assert_eq!(one("```assert\n1 == 1\n```\n"), ["SG061"]);
    assert_eq!(one("```assert\nlines.all(l, l == \"x\")\n```\n"), ["SG062"]);
    for good in [
        "```output\n...\nx\n```\n",
        "```output\n```\n",
        "```assert\nlines.size() > 0\nlines.all(l, l == \"x\")\n```\n",
        "```assert\nlines.exists(l, l == \"x\") && lines.all(l, l != \"y\")\n```\n",
    ] {
        assert!(one(good).is_empty(), "{good}");
    }
    let grep = |text: &str| codes("", &format!("```bash {{name=a effect=read}}\n{text}\n```\n"));
    assert_eq!(grep("a | grep -v bad"), ["SG067"]);
    assert!(!grep("! grep bad x").contains(&"SG067") && !grep("a | grep -v x | wc -l").contains(&"SG067"));
}

#[test]
fn links_machines_and_functions_are_looked_at() {
    let step = "```bash {name=a gate=none}\ntrue\n```\n";
    assert_eq!(codes("", &format!("# A b\n[x](#a-b) [y](#a-c)\n\n{step}")), ["SG072"]);
    assert!(codes("", &format!("# A\n# A\n[x](#a-1) [y](other.md#z) <a id=\"q\"></a> [z](#q)\n\n{step}")).is_empty());
    let on = |text: &str| codes("", &format!("# Check\n{text}\n\n```bash {{name=a gate=none on=nas}}\ntrue\n```\n"));
    assert_eq!(on("Look at it:"), ["SG073"]);
    assert!(on("On the NAS:").is_empty() && on("On backup-box:").is_empty());
    let two = |second: &str| {
        codes(
            "",
            &format!(
                "On posix:\n\n```sh {{name=a gate=none on=posix}}\nf() {{ echo x; }}\nf\n```\n```sh {{name=b gate=none on=posix}}\n{second}\n```\n"
            ),
        )
    };
    assert_eq!(two("f"), ["SG075"]);
    assert!(two("g").is_empty());
}

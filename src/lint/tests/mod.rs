use super::{Known, lint};
use crate::diagnostic::Source;
use crate::runbook::{self, Shell, Target};
use std::collections::BTreeSet;

mod commands;
mod parameters;
mod terminals;
mod verdicts;

fn codes(front: &str, body: &str) -> Vec<&'static str> {
    let source = Source::new("t.md", format!("---\nstepgate: 1\n{front}---\n{body}"));
    let (runbook, _) = runbook::read(source).unwrap_or_else(|refused| panic!("{body}: {:?}", refused.found));
    let mut known = Known { captures: BTreeSet::from(["FOUND".to_owned()]), ..Known::default() };
    known.targets.insert("nas".into(), Target::parse("ssh backup-box", Shell::Bash).unwrap());
    known.targets.insert("posix".into(), Target::parse("local", Shell::Sh).unwrap());
    for named in &runbook.targets {
        known.targets.insert(named.name.clone(), named.target.clone());
    }
    let mut found: Vec<_> = lint(&runbook, &known).iter().map(|found| found.code.as_str()).collect();
    found.sort_unstable();
    found
}

/// The codes for a script of a step that asserts something.
fn script(text: &str) -> Vec<&'static str> {
    codes(
        "params: { P: { default: x }, N: { type: int, default: 1 }, S: { default: a, pattern: '[a-z]+' }, \
         M: { type: enum, values: [a, b-c], default: a }, W: { type: enum, values: ['a b', c], default: c } }\n",
        &format!("```bash {{name=a gate=none}}\n{text}\n```\n"),
    )
}

/// Sees that a code is found in each of the first scripts and in none of the others.
fn tells_apart(code: &str, bad: &[&str], good: &[&str]) {
    let found = |text: &&&str| script(text).contains(&code);
    let missed: Vec<_> = bad.iter().filter(|text| !found(text)).collect();
    let wrong: Vec<_> = good.iter().filter(found).collect();
    assert!(missed.is_empty() && wrong.is_empty(), "{code} is not found in {missed:#?}, and is found in {wrong:#?}");
}

#[test]
fn a_timeout_of_the_step_and_the_flag_literal_switch_their_rules_off() {
    assert!(codes("", "```bash {name=a gate=none timeout=5s}\ntail -f x\n```\n").is_empty());
    assert!(codes("", "```bash {name=a gate=none literal}\necho YOUR_HOST\n```\n").is_empty());
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
}

#[test]
fn links_machines_and_functions_are_looked_at() {
    let step = "```bash {name=a gate=none}\ntrue\n```\n";
    assert_eq!(codes("", &format!("# A b\n[x](#a-b) [y](#a-c)\n\n{step}")), ["SG072"]);
    assert!(codes("", &format!("# A\n# A\n[x](#a-1) [y](other.md#z) <a id=\"q\"></a> [z](#q)\n\n{step}")).is_empty());
    assert!(codes("", &format!("# A\n# Über\n[x](#top) [y](#%C3%BCber) [z](#)\n\n{step}")).is_empty());
    let on = |text: &str| codes("", &format!("# Check\n{text}\n\n```bash {{name=a gate=none on=nas}}\ntrue\n```\n"));
    assert_eq!(on("Look at it:"), ["SG073"]);
    assert!(on("On the NAS:").is_empty() && on("On backup-box:").is_empty());
    let as_ = |text: &str, host: &str| {
        let front = format!("targets: {{ far: ssh {host} }}\n");
        codes(&front, &format!("# Check\n{text}\n\n```bash {{name=a gate=none on=far}}\ntrue\n```\n"))
    };
    assert!(as_("On db1:", "admin@db1.example.org").is_empty());
    assert!(as_("On db1.example.org:", "admin@db1.example.org").is_empty());
    assert_eq!(as_("As **root**:", "root@backup-nas"), ["SG073"]);
    assert_eq!(as_("As admin:", "admin@db1.example.org"), ["SG073"]);
    assert_eq!(as_("At 10 o'clock:", "10.0.0.1"), ["SG073"]);
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

//! `targets`, `env` and `secrets` of the front matter (docs/format.md §3, §5).

use super::attributes::not_supported;
use super::model::{Named, NamedTarget};
use super::parameters::check_name;
use super::target::{LOCAL, Shell, Target};
use super::yaml::{Key, Node, Value, unknown_key};
use crate::diagnostic::{Code, Diagnostic, Span};
use std::collections::HashSet;

/// The names of variables whose values are shown nowhere.
pub fn secrets(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<Named>, Diagnostic> {
    let mut names: Vec<Named> = Vec::new();
    let mut seen = HashSet::new();
    for item in node.list("secrets")? {
        match secret(item) {
            Ok(named) if seen.insert(named.name.clone()) => names.push(named),
            Ok(named) => {
                found.push(item.wrong(format!("the secret `{}` stands twice", named.name)).help("keep one of them"));
            }
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(names)
}

fn secret(item: &Node) -> Result<Named, Diagnostic> {
    let key = Key { text: item.text("secrets")?, span: item.span };
    check_name(&key)?;
    Ok(Named { name: key.text, span: item.span })
}

/// What is set on every target, each with the place of its name.
pub fn env(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<(Named, String)>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("env")? {
        match check_name(key).and_then(|()| value.exact(&key.text)) {
            Ok(value) => all.push((Named { name: key.text.clone(), span: key.span }, value)),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

/// How machines are reached.
pub fn targets(node: &Node, found: &mut Vec<Diagnostic>) -> Result<Vec<NamedTarget>, Diagnostic> {
    let mut all = Vec::new();
    for (key, value) in node.map("targets")? {
        match target(key, value) {
            Ok(target) => all.push(NamedTarget { name: key.text.clone(), span: key.span, target }),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok(all)
}

fn target(key: &Key, node: &Node) -> Result<Target, Diagnostic> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if key.text.is_empty() || !key.text.chars().all(plain) || key.text.starts_with('-') {
        return Err(wrong(key.span, format!("`{}` cannot be a target's name", key.text))
            .help("a name holds letters, digits, `-`, `_` and `.`"));
    }
    if key.text == LOCAL {
        return Err(wrong(key.span, "`local` is this machine and cannot be declared").help("choose another name"));
    }
    let (run, shell, span) = match &node.value {
        Value::Map(entries) => long_form(key, node, entries)?,
        _ => (node.text(&key.text)?, Shell::Bash, node.span),
    };
    Target::parse(&run, shell).map_err(|why| {
        wrong(span, format!("the target `{}` has no command: {why}", key.text))
            .help("write the words behind which the shell is put, such as `ssh nas` or `docker exec -i web`")
    })
}

fn long_form(key: &Key, node: &Node, entries: &[(Key, Node)]) -> Result<(String, Shell, Span), Diagnostic> {
    let (mut run, mut shell) = (None, Shell::Bash);
    for (inner, value) in entries {
        match inner.text.as_str() {
            "run" => run = Some((value.text("run")?, value.span)),
            "shell" => {
                let word = value.text("shell")?;
                shell = Shell::parse(&word).ok_or_else(|| {
                    value.wrong(format!("`{word}` is no shell of a target")).help("it is `bash` or `sh`")
                })?;
            }
            "each" | "max-parallel" => return Err(not_supported(inner.span, "groups of targets")),
            _ => return Err(unknown_key(inner, &["run", "shell"])),
        }
    }
    let (run, span) = run.ok_or_else(|| {
        node.wrong(format!("the target `{}` has no `run`", key.text)).help("write { run: ssh nas, shell: sh }")
    })?;
    Ok((run, shell, span))
}

fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Target, span, message)
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{front_findings, with_front};
    use super::*;

    #[test]
    fn a_target_is_a_text_or_a_map_of_run_and_shell() {
        let targets = with_front("targets: { m: ssh -p 22 m, nas: { run: ssh nas, shell: sh }, l: local }").targets;
        assert_eq!(targets[0].target.words, ["ssh", "-p", "22", "m"]);
        assert_eq!((targets[1].target.shell, targets[1].name.as_str()), (Shell::Sh, "nas"));
        assert!(targets[2].target.is_local());
    }

    #[test]
    fn what_is_wrong_with_a_target_is_told_at_its_place() {
        for (targets, wanted) in [
            ("{ local: ssh x }", "SG015 local"),
            ("{ 'a b': ssh x }", "SG015 'a b'"),
            ("{ m: \"ssh 'x\" }", "SG015 \"ssh 'x\""),
            ("{ m: '' }", "SG015 ''"),
            ("{ m: ssh x | tee y }", "SG015 ssh x | tee y"),
            ("{ m: $HOST x }", "SG015 $HOST x"),
            ("{ m: 3 }", "SG012 3"),
            ("{ m: { run: ssh m, shell: zsh } }", "SG012 zsh"),
            ("{ m: { rnu: ssh m } }", "SG011 rnu"),
            ("{ m: { each: { a: ssh a } } }", "SG009 each"),
            ("{ m: { run: -x } }", "SG015 -x"),
        ] {
            assert_eq!(front_findings(&format!("targets: {targets}")), [wanted], "{targets}");
        }
        assert!(front_findings("targets: { m: { shell: sh } }")[0].starts_with("SG012"));
    }

    #[test]
    fn the_environment_is_text_under_names_that_are_free() {
        let env = with_front("env: { A: 'x ', LANG: C.UTF-8, T: \"a\\tb\" }").env;
        let of = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        assert_eq!(env, [of("A", "x "), of("LANG", "C.UTF-8"), of("T", "a\tb")]);
        for (env, wanted) in [
            ("{ PATH: /bin }", "SG035 PATH"),
            ("{ STEPGATE_X: x }", "SG035 STEPGATE_X"),
            ("{ a-b: x }", "SG035 a-b"),
            ("{ A: 1 }", "SG012 1"),
            ("{ A: true }", "SG012 true"),
        ] {
            assert_eq!(front_findings(&format!("env: {env}")), [wanted], "{env}");
        }
        assert_eq!(front_findings("env: { A: x }\nparams: { A: {} }"), ["SG035 A"]);
    }

    #[test]
    fn secrets_are_names_of_variables_that_somebody_captures() {
        let front = "stepgate: 1\nsecrets: [TOKEN, KEY]";
        let body = "```bash {name=a gate=none capture=TOKEN}\na\n```\n```output\n(?<KEY>.*) (re)\n```\n";
        let text = format!("---\n{front}\n---\n{body}");
        let names = super::super::fixture::read(&text).unwrap().0.secrets;
        assert_eq!(names.iter().map(|named| named.name.as_str()).collect::<Vec<_>>(), ["TOKEN", "KEY"]);
        for (secrets, wanted) in [
            ("[TOKN]", "SG027 TOKN"),
            ("[PATH]", "SG035 PATH"),
            ("[1]", "SG012 1"),
            ("TOKEN", "SG012 TOKEN"),
            ("[TOKEN, TOKEN]", "SG012 TOKEN"),
        ] {
            let text = format!("---\nstepgate: 1\nsecrets: {secrets}\n---\n{body}");
            assert_eq!(super::super::fixture::findings(&text), [wanted], "{secrets}");
        }
        let plain = "---\nstepgate: 1\nparams: { TOKEN: {} }\nsecrets: [TOKEN]\n---\n- [ ] look\n";
        assert_eq!(super::super::fixture::findings(plain), ["SG014 TOKEN"]);
    }
}

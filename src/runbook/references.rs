//! Names that lead from one block to another: `unless`, `stdin`, `after`, `secrets`; and names that look alike.

use super::front_matter::FrontMatter;
use super::model::{DataBlock, Effect, Gate, Item, Named, Step};
use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use std::collections::HashMap;

/// Findings on names that lead nowhere, or to what does not fit.
pub fn check(items: &[Item], data: &[DataBlock], front: &FrontMatter) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for step in items.iter().filter_map(step) {
        if let Some(probe) = &step.unless {
            found.extend(check_probe(step, probe, items));
        }
        if let Some(stdin) = &step.stdin {
            found.extend(check_stdin(stdin, data));
        }
    }
    for after in front.params.iter().filter_map(|parameter| parameter.after.as_ref()) {
        found.extend(check_after(after, items));
    }
    let used = |block: &DataBlock| {
        items.iter().filter_map(step).any(|step| step.stdin.as_ref().is_some_and(|stdin| stdin.name == block.name))
    };
    found.extend(data.iter().filter(|block| !used(block)).map(|block| {
        let message = format!("no step uses the data block `{}`", block.name);
        Diagnostic::note(Code::UnknownReference, block.name_span, message).help("a step uses it by stdin=…")
    }));
    found
}

fn step(item: &Item) -> Option<&Step> {
    match item {
        Item::Step(step) => Some(step),
        Item::Assert(_) | Item::Manual(_) => None,
    }
}

fn check_probe(owner: &Step, probe: &Named, items: &[Item]) -> Option<Diagnostic> {
    let wrong = |message: String, help: &str| {
        Some(Diagnostic::error(Code::UnknownReference, probe.span, message).help(help.to_owned()))
    };
    if probe.name == owner.name {
        return wrong(
            format!("`{}` cannot be its own probe", owner.name),
            "name a `read` step that looks whether it is needed",
        );
    }
    let target = items.iter().find(|item| item.name() == probe.name);
    let Some(target) = target else {
        let names = items.iter().filter_map(step).map(|step| step.name.as_str());
        let help = nearest(&probe.name, names)
            .map_or("name a `read` step".to_owned(), |near| format!("did you mean `{near}`?"));
        return wrong(format!("no step is called `{}`", probe.name), &help);
    };
    let Some(target) = step(target) else {
        return wrong(
            format!("`{}` runs nothing, so it cannot be a probe", probe.name),
            "name a `read` step with a script",
        );
    };
    match () {
        () if target.unless.is_some() => wrong(
            format!("the probe `{}` has a probe of its own", probe.name),
            "a probe looks only, whatever else is true",
        ),
        () if target.effect != Effect::Read => {
            let message = format!("the probe `{}` is a `{}` step", probe.name, target.effect.as_str());
            wrong(message, "a probe looks only: write effect=read at it")
        }
        () if target.always || target.when.is_some() || target.gate.is_some_and(|gate| gate != Gate::None) => wrong(
            format!("the probe `{}` has a condition, a gate or `always`", probe.name),
            "a probe runs with the step that names it, and has none of these",
        ),
        () if !target.satisfies.is_empty() => wrong(
            format!("the probe `{}` cannot satisfy a criterion: it has no result of its own", probe.name),
            "write `satisfies` at the step that names the probe",
        ),
        () => None,
    }
}

fn check_stdin(stdin: &Named, data: &[DataBlock]) -> Option<Diagnostic> {
    if data.iter().any(|block| block.name == stdin.name) {
        return None;
    }
    let help = match nearest(&stdin.name, data.iter().map(|block| block.name.as_str())) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("write a block ```text {{data name={}}} with its bytes", stdin.name),
    };
    Some(
        Diagnostic::error(Code::UnknownReference, stdin.span, format!("no data block is called `{}`", stdin.name))
            .help(help),
    )
}

fn check_after(after: &Named, items: &[Item]) -> Option<Diagnostic> {
    let wrong =
        |message: String, help: String| Some(Diagnostic::error(Code::UnknownReference, after.span, message).help(help));
    let Some(item) = items.iter().find(|item| item.name() == after.name) else {
        let help = match nearest(&after.name, items.iter().map(Item::name)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name the step behind which it is asked for".to_owned(),
        };
        return wrong(format!("no step is called `{}`", after.name), help);
    };
    let is_probe =
        items.iter().filter_map(step).any(|step| step.unless.as_ref().is_some_and(|probe| probe.name == after.name));
    match is_probe {
        true => wrong(
            format!("`{}` is a probe and has no result of its own", item.name()),
            "name an ordinary step".to_owned(),
        ),
        false => None,
    }
}

/// Two names that a reader cannot tell apart.
pub fn look_alikes(names: &[(String, Span)]) -> Vec<Diagnostic> {
    let mut first: HashMap<String, &(String, Span)> = HashMap::new();
    let mut found = Vec::new();
    for entry in names {
        let (name, span) = entry;
        match first.get(&skeleton(name)) {
            Some((before, place)) if before != name => found.push(
                Diagnostic::error(Code::DoubledName, *span, format!("`{name}` and `{before}` look alike"))
                    .related(*place, "the other one")
                    .help(
                        "give one of them another name: a reader, and whoever types one, would take it for the other",
                    ),
            ),
            Some(_) => {}
            None => _ = first.insert(skeleton(name), entry),
        }
    }
    found
}

/// A name with every letter replaced by the plainest that looks like it.
fn skeleton(name: &str) -> String {
    name.chars().map(plain_letter).collect::<String>().to_lowercase()
}

fn plain_letter(c: char) -> char {
    match c {
        '1' | 'I' | 'l' | '|' | 'І' | 'і' | 'ӏ' | 'Ι' | 'ι' => 'l',
        '0' | 'O' | 'o' | 'О' | 'о' | 'Ο' | 'ο' => 'o',
        '-' | '_' => '-',
        'а' | 'А' | 'Α' | 'α' => 'a',
        'е' | 'Е' | 'Ε' => 'e',
        'р' | 'Р' | 'Ρ' | 'ρ' => 'p',
        'с' | 'С' => 'c',
        'у' | 'У' | 'Υ' => 'y',
        'х' | 'Х' | 'Χ' => 'x',
        'В' | 'Β' => 'b',
        'К' | 'к' | 'Κ' => 'k',
        'М' | 'Μ' => 'm',
        'Н' | 'Η' => 'h',
        'Т' | 'Τ' => 't',
        'ѕ' | 'Ѕ' => 's',
        'ј' | 'Ј' => 'j',
        'Ν' => 'n',
        c => c,
    }
}

#[cfg(test)]
mod tests {
    use super::look_alikes;
    use crate::diagnostic::Span;

    #[test]
    fn names_that_a_reader_cannot_tell_apart_are_refused() {
        let count = |names: &[&str]| {
            let names: Vec<_> = names.iter().map(|name| ((*name).to_owned(), Span::default())).collect();
            look_alikes(&names).len()
        };
        for pair in [["node1", "nodel"], ["save", "Save"], ["a-b", "a_b"], ["log0", "logO"], ["save", "sаve"]] {
            assert_eq!(count(&pair), 1, "{pair:?}");
        }
        assert_eq!(count(&["node1", "node2", "nodes", "save", "saved"]), 0);
    }
}

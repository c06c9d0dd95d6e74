//! Names that lead from one block to another: `unless`, `stdin`, `after`, `secrets`, `satisfies`.

use super::front_matter::FrontMatter;
use super::model::{Check, DataBlock, Effect, Gate, Item, Named, Step};
use super::suggest::Suggestions;
use crate::diagnostic::{Code, Diagnostic, Span};
use std::collections::{HashMap, HashSet};

/// Blocks of which a finding speaks already: what leads to them is passed over.
#[derive(Default)]
pub struct Unread {
    /// There is one whose name nobody knows: a name that leads nowhere may be its.
    pub nameless: bool,
    /// Steps with an attribute that could not be read.
    pub named: HashSet<String>,
}

/// Findings on names that lead nowhere, or to what does not fit.
pub fn check(items: &[Item], data: &[DataBlock], front: &FrontMatter, unread: &Unread) -> Vec<Diagnostic> {
    let mut found = References::new(items, data, front, unread).check();
    found.retain(|(kind, _)| !(unread.nameless && *kind == Kind::Nowhere));
    found.into_iter().map(|(_, diagnostic)| diagnostic).collect()
}

/// What is wrong with a name.
#[derive(PartialEq, Eq)]
enum Kind {
    /// Nothing is called so.
    Nowhere,
    /// What is called so does not fit.
    Unfit,
}

type Finding = (Kind, Diagnostic);

struct References<'r> {
    items: &'r [Item],
    data: &'r [DataBlock],
    front: &'r FrontMatter,
    unread: &'r Unread,
    by_name: HashMap<&'r str, &'r Item>,
    blocks: HashSet<&'r str>,
    step_names: Suggestions<'r>,
    item_names: Suggestions<'r>,
    block_names: Suggestions<'r>,
}

impl<'r> References<'r> {
    fn new(items: &'r [Item], data: &'r [DataBlock], front: &'r FrontMatter, unread: &'r Unread) -> Self {
        let names = || data.iter().map(|block| block.name.as_str());
        Self {
            items,
            data,
            front,
            unread,
            by_name: items.iter().map(|item| (item.name(), item)).collect(),
            blocks: names().collect(),
            step_names: Suggestions::new(steps(items).map(|step| step.name.as_str())),
            item_names: Suggestions::new(items.iter().map(Item::name)),
            block_names: Suggestions::new(names()),
        }
    }

    fn check(&mut self) -> Vec<Finding> {
        let (items, front) = (self.items, self.front);
        let mut found = Vec::new();
        for step in steps(items) {
            found.extend(step.unless.as_ref().and_then(|probe| self.probe(step, probe)));
            found.extend(step.stdin.as_ref().and_then(|stdin| self.stdin(stdin)));
        }
        let probes: HashSet<&str> = probes(items).collect();
        let after = front.params.iter().filter_map(|parameter| parameter.after.as_ref());
        found.extend(after.filter_map(|after| self.after(after, &probes)));
        found.extend(self.secrets());
        found.extend(self.unused());
        found
    }

    fn probe(&mut self, owner: &Step, probe: &Named) -> Option<Finding> {
        if probe.name == owner.name {
            let message = format!("`{}` cannot be its own probe", owner.name);
            return Some(unfit(probe.span, message, "name a `read` step that looks whether it is needed"));
        }
        let Some(item) = self.by_name.get(probe.name.as_str()) else {
            let help = self.step_names.did_you_mean(&probe.name, "name a `read` step");
            return Some(nowhere(probe, "step", help));
        };
        let Some(step) = step(item) else {
            let message = format!("`{}` runs nothing, so it cannot be a probe", probe.name);
            return Some(unfit(probe.span, message, "name a `read` step with a script"));
        };
        if self.unread.named.contains(&step.name) {
            return None;
        }
        let (why, help) = why_no_probe(step)?;
        Some(unfit(probe.span, format!("the probe `{}` {why}", probe.name), help))
    }

    fn stdin(&mut self, stdin: &Named) -> Option<Finding> {
        if self.blocks.contains(stdin.name.as_str()) {
            return None;
        }
        if self.by_name.contains_key(stdin.name.as_str()) {
            let message = format!("`{}` is a step and no data block", stdin.name);
            return Some(unfit(stdin.span, message, "name a block with the flag `data`"));
        }
        let help = self.block_names.did_you_mean(&stdin.name, "write a block ```text {data name=…} with its bytes");
        Some(nowhere(stdin, "data block", help))
    }

    fn after(&mut self, after: &Named, probes: &HashSet<&str>) -> Option<Finding> {
        let Some(item) = self.by_name.get(after.name.as_str()) else {
            let help = self.item_names.did_you_mean(&after.name, "name the step behind which it is asked for");
            return Some(nowhere(after, "step", help));
        };
        if probes.contains(item.name()) {
            let message = format!("`{}` is a probe and has no result of its own", item.name());
            return Some(unfit(after.span, message, "name an ordinary step"));
        }
        if step(item).is_some_and(|step| step.always) {
            let message = format!("`{}` runs when the run closes, and nothing comes behind it", item.name());
            return Some(unfit(after.span, message, "name a step without `always`"));
        }
        None
    }

    /// Variables under `secrets:` that nobody sets.
    fn secrets(&self) -> Vec<Finding> {
        let captured = captured(self.items);
        let set = |name: &str| {
            captured.contains(name)
                || self.front.params.iter().any(|parameter| parameter.name == name)
                || self.front.env.iter().any(|(named, _)| named.name == name)
        };
        let mut names = Suggestions::new(captured.iter().copied());
        let unset = self.front.secrets.iter().filter(|secret| !set(&secret.name));
        let found = unset.map(|secret| {
            let message = format!("no step captures `{}`, so nothing of it can be kept secret", secret.name);
            let help = names.did_you_mean(&secret.name, "write capture=NAME at the step that finds it, or drop it");
            (Kind::Nowhere, Diagnostic::error(Code::UnknownReference, secret.span, message).help(help))
        });
        found.collect()
    }

    fn unused(&self) -> Vec<Finding> {
        let used: HashSet<&str> = steps(self.items).filter_map(|step| step.stdin.as_ref()).map(name).collect();
        let unused = self.data.iter().filter(|block| !used.contains(block.name.as_str()));
        let found = unused.map(|block| {
            let message = format!("no step uses the data block `{}`", block.name);
            let note = Diagnostic::note(Code::UnknownReference, block.name_span, message);
            (Kind::Nowhere, note.help("a step uses it by stdin=…"))
        });
        found.collect()
    }
}

/// Why a step cannot be a probe, and what to do about it.
fn why_no_probe(step: &Step) -> Option<(String, &'static str)> {
    let alone = "a probe runs with the step that names it, and has no condition, gate, probe or `always` of its own";
    match () {
        () if step.effect != Effect::Read => {
            Some((format!("is a `{}` step", step.effect.as_str()), "a probe looks only: write effect=read at it"))
        }
        () if step.unless.is_some() => Some(("has a probe of its own".to_owned(), alone)),
        () if step.always => Some(("has `always`".to_owned(), alone)),
        () if step.when.is_some() => Some(("has a condition".to_owned(), alone)),
        () if step.gate.is_some_and(|gate| gate != Gate::None) => Some(("has a gate".to_owned(), alone)),
        () if !step.satisfies.is_empty() => Some((
            "cannot satisfy a criterion: it has no result of its own".to_owned(),
            "write `satisfies` at the step that names the probe",
        )),
        () => None,
    }
}

/// Findings on criteria that `acceptance` does not list.
pub struct Criteria<'c> {
    ids: HashSet<&'c str>,
    suggestions: Suggestions<'c>,
}

impl<'c> Criteria<'c> {
    /// The ids that `acceptance` lists.
    pub fn new(ids: impl Iterator<Item = &'c str> + Clone) -> Self {
        Self { ids: ids.clone().collect(), suggestions: Suggestions::new(ids) }
    }

    /// Whether there is one of this id.
    pub fn has(&self, id: &str) -> bool {
        self.ids.contains(id)
    }

    /// Findings on the ids of a block.
    pub fn check(&mut self, ids: &[(String, Span)]) -> Vec<Diagnostic> {
        let mut found = Vec::new();
        for (id, span) in ids.iter().filter(|(id, _)| !self.ids.contains(id.as_str())) {
            let help = self.suggestions.did_you_mean(id, "list it under `acceptance:` in the front matter");
            let message = format!("unknown criterion `{}`", crate::text::shorten(id, 100));
            found.push(Diagnostic::error(Code::UnknownCriterion, *span, message).help(help));
        }
        found
    }
}

fn steps(items: &[Item]) -> impl Iterator<Item = &Step> {
    items.iter().filter_map(step)
}

fn step(item: &Item) -> Option<&Step> {
    match item {
        Item::Step(step) => Some(step),
        Item::Assert(_) | Item::Manual(_) => None,
    }
}

fn probes(items: &[Item]) -> impl Iterator<Item = &str> {
    steps(items).filter_map(|step| step.unless.as_ref()).map(name)
}

fn name(named: &Named) -> &str {
    &named.name
}

/// The names that `capture=` and the named groups of `output` blocks give. Whether such a line is a valid regex the plan
/// will say.
fn captured(items: &[Item]) -> HashSet<&str> {
    let mut names: HashSet<&str> = HashSet::new();
    for step in steps(items) {
        names.extend(step.capture.iter().map(|(name, _)| name.as_str()));
        let outputs = step.expectations.iter().filter(|expectation| expectation.check != Check::Assert);
        for line in outputs.flat_map(|expectation| &expectation.lines) {
            let groups = line.text.split("(?").skip(1);
            let names_of = groups.filter_map(|group| group.trim_start_matches('P').strip_prefix('<')?.split_once('>'));
            names.extend(names_of.map(|(name, _)| name));
        }
    }
    names
}

fn nowhere(named: &Named, what: &str, help: String) -> Finding {
    let message = format!("no {what} is called `{}`", crate::text::shorten(&named.name, 100));
    (Kind::Nowhere, Diagnostic::error(Code::UnknownReference, named.span, message).help(help))
}

fn unfit(span: Span, message: String, help: &str) -> Finding {
    (Kind::Unfit, Diagnostic::error(Code::UnknownReference, span, message).help(help))
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, file, findings, read};

    /// A step with a probe `p`, which is this block.
    fn probed(probe: &str) -> Vec<String> {
        body_findings(&format!("```bash {{name=a gate=none unless=p}}\na\n```\n{probe}"))
    }

    #[test]
    fn a_probe_is_a_read_step_that_only_looks() {
        let probe = |attributes: &str| probed(&format!("~~~bash {{name=p {attributes}}}\np\n~~~\n"));
        assert_eq!(probe("effect=read poll=1s timeout=5s capture=X session=none gate=none"), [""; 0]);
        for bad in [
            "gate=none",
            "effect=idempotent",
            "effect=read gate=confirm",
            "effect=read always",
            "effect=read when='true'",
            "effect=read unless=q",
            "effect=read unless=a",
        ] {
            let more = "~~~bash {name=q effect=read}\nq\n~~~\n";
            let found = probed(&format!("~~~bash {{name=p {bad}}}\np\n~~~\n{more}"));
            // `p` and `a` name each other: both are told.
            let wanted: &[&str] = if bad.ends_with("=a") { &["SG027 p", "SG027 a"] } else { &["SG027 p"] };
            assert_eq!(found, wanted, "{bad}");
        }
        assert_eq!(probed("- [ ] p\n"), ["SG027 p"]);
        assert_eq!(probed("```assert {name=p}\ntrue\n```\n"), ["SG027 p"]);
        assert_eq!(probed("```bash {name=pq effect=read}\nq\n```\n"), ["SG027 p"]);
        assert_eq!(body_findings("```bash {name=a effect=read unless=a}\na\n```\n"), ["SG027 a"]);
        let proves = "acceptance: { AC1: x }";
        let body = "```bash {name=a gate=none unless=p}\na\n```\n```bash {name=p effect=read satisfies=AC1}\na\n```\n";
        assert_eq!(findings(&file(proves, body)), ["SG027 p"]);
    }

    #[test]
    fn one_probe_may_serve_several_steps_and_a_near_name_is_suggested() {
        let step = |name: &str, probe: &str| format!("```bash {{name={name} gate=none unless={probe}}}\na\n```\n");
        let probe = "```bash {name=is_there effect=read}\np\n```\n";
        assert_eq!(body_findings(&(step("a", "is_there") + &step("b", "is_there") + probe)), [""; 0]);
        let found = read(&file("", &(step("a", "is_tehre") + probe))).unwrap_err();
        assert_eq!(found[0].help.as_deref(), Some("did you mean `is_there`?"));
    }

    #[test]
    fn standard_input_comes_from_a_data_block() {
        let step = "```bash {name=a gate=none stdin=d}\na\n```\n";
        assert_eq!(body_findings(&format!("{step}```text {{data name=d}}\n```\n")), [""; 0]);
        assert_eq!(body_findings(step), ["SG027 d"]);
        assert_eq!(body_findings(&format!("{step}```bash {{name=d effect=read}}\nx\n```\n")), ["SG027 d"]);
        let unused = body_findings("```text {data name=d}\n```\n```bash {name=a gate=none}\na\n```\n");
        assert_eq!(unused, ["SG027? d"]);
    }

    #[test]
    fn a_parameter_is_asked_for_behind_a_step_that_has_a_result() {
        let after = |step: &str| {
            findings(&file(
                &format!("params: {{ P: {{ after: {step} }} }}"),
                "```bash {name=a gate=none unless=p}\na\n```\n```bash {name=p effect=read}\np\n```\n```bash {name=z always}\nz\n```\n- [ ] look\n",
            ))
        };
        assert_eq!((after("a"), after("look")), (vec![], vec![]));
        for bad in ["p", "b", "z"] {
            assert_eq!(after(bad), [format!("SG027 {bad}")]);
        }
    }

    #[test]
    fn a_block_that_cannot_be_read_makes_no_name_unknown() {
        let body =
            "```bash {name=a gate=none unless=p}\na\n```\n```bash {name=p effect=read\np\n```\n```output\nx\n```\n";
        assert_eq!(body_findings(body), ["SG022 {"]);
        let body = "```bash {name=a gate=none unless=p}\na\n```\n```bash {name=p efect=read}\np\n```\n";
        assert_eq!(body_findings(body), ["SG023 efect"]);
    }

    #[test]
    fn an_unknown_criterion_is_an_error_with_the_nearest() {
        let body = "```bash {name=a gate=none satisfies='AC1,AC3'}\na\n```\n";
        let found = read(&file("acceptance: { AC1: x, AC2: y }", body)).unwrap_err();
        assert_eq!((found.len(), found[0].code.as_str()), (1, "SG034"));
        assert!(found[0].help.as_ref().unwrap().contains("AC"));
    }
}

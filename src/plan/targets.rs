//! Which command reaches a target: `--target`, else the profile, else the runbook, else `stepgate.toml`.

use super::parameters::{Inputs, PlannedParameter};
use super::policy::Profile;
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, nearest};
use crate::runbook::{
    Item, LOCAL, Named, Parameter, ParameterKind, Runbook, Shell, Step, Target, fill_word, word_references,
};
use std::collections::{BTreeMap, BTreeSet};

/// The target of a step as its author means it.
pub fn name_of<'r>(runbook: &'r Runbook, on: Option<&'r Named>) -> &'r str {
    on.or(runbook.defaults.on.as_ref()).map_or(LOCAL, |named| named.name.as_str())
}

/// Every target that a step could name, those of profiles included, whose command may be unknown without them.
pub fn known(runbook: &Runbook, config: &Config) -> BTreeMap<String, Option<Target>> {
    let mut known: BTreeMap<String, Option<Target>> =
        config.profiles.values().flat_map(|profile| profile.targets.keys()).map(|name| (name.clone(), None)).collect();
    known.extend(config.targets.iter().map(|(name, target)| (name.clone(), Some(target.clone()))));
    known.extend(runbook.targets.iter().map(|named| (named.name.clone(), Some(named.target.clone()))));
    known.insert(LOCAL.to_owned(), Some(Target::local()));
    known
}

/// Findings on names of targets, and on the parameters in their words.
pub fn check(runbook: &Runbook, config: &Config) -> Vec<Diagnostic> {
    let known = known(runbook, config);
    let used = runbook.defaults.on.iter().chain(runbook.tools.iter().filter_map(|tool| tool.on.as_ref()));
    let used = used.chain(steps(runbook).filter_map(|step| step.on.as_ref()));
    let unknown = used.filter(|named| !known.contains_key(&named.name)).map(|named| unknown(named, &known));
    let words = runbook.targets.iter().flat_map(|named| {
        let names = named.target.words.iter().flat_map(|word| word_references(word));
        names.filter_map(|name| wrong_word(runbook, name)).map(|why| {
            Diagnostic::error(Code::Target, named.span, format!("the target `{}`: {why}", named.name))
                .help("a word may hold $NAME of a parameter that is given before the run and is not secret")
        })
    });
    unknown.chain(words).chain(unusable_defaults(runbook, &known)).collect()
}

/// Defaults with which a target that is used, or declared here, could not be reached.
fn unusable_defaults(runbook: &Runbook, known: &BTreeMap<String, Option<Target>>) -> Vec<Diagnostic> {
    let declared = runbook.targets.iter().map(|named| named.name.as_str());
    let names: BTreeSet<&str> = declared.chain(used(runbook)).collect();
    let targets = names.into_iter().filter_map(|name| Some((name, known.get(name)?.as_ref()?)));
    let mut found = Vec::new();
    for (target, parameter) in targets.flat_map(|(name, target)| in_words(runbook, target).map(move |it| (name, it))) {
        let Some((value, span)) = &parameter.default else { continue };
        let Err(why) = fill_word(&format!("${}", parameter.name), |_| Some(value.clone())) else { continue };
        let message = format!("the target `{target}`: the default of {why}");
        found.push(Diagnostic::error(Code::Target, *span, message).help("give a default that can stand in a command"));
    }
    found
}

/// The parameters in the words of a target that may stand there.
fn in_words<'r>(runbook: &'r Runbook, target: &Target) -> impl Iterator<Item = &'r Parameter> {
    let names: BTreeSet<String> =
        target.words.iter().flat_map(|word| word_references(word)).map(str::to_owned).collect();
    let fits = |parameter: &&Parameter| wrong_word(runbook, &parameter.name).is_none();
    runbook.params.iter().filter(move |parameter| names.contains(&parameter.name)).filter(fits)
}

fn steps(runbook: &Runbook) -> impl Iterator<Item = &Step> {
    runbook.items.iter().filter_map(|item| match item {
        Item::Step(step) => Some(step.as_ref()),
        Item::Assert(_) | Item::Manual(_) => None,
    })
}

fn unknown(named: &Named, known: &BTreeMap<String, Option<Target>>) -> Diagnostic {
    let names = || known.keys().map(String::as_str);
    let help = match nearest(&named.name, names()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("known are {}; declare others under `targets:`", names().collect::<Vec<_>>().join(", ")),
    };
    Diagnostic::error(Code::UnknownTarget, named.span, format!("unknown target `{}`", named.name)).help(help)
}

/// Why a parameter cannot stand in a target's word.
fn wrong_word(runbook: &Runbook, name: &str) -> Option<String> {
    match runbook.params.iter().find(|parameter| parameter.name == name) {
        None => Some(format!("`${name}` is no parameter of the runbook")),
        Some(parameter) if parameter.kind == ParameterKind::Secret => Some(format!("`{name}` is secret")),
        Some(parameter) if parameter.after.is_some() => Some(format!("`{name}` is asked for behind a step")),
        Some(_) => None,
    }
}

/// The command of every target that a step uses.
///
/// # Errors
///
/// One sentence for each that is unknown or cannot be filled in.
pub fn resolve(
    runbook: &Runbook,
    config: &Config,
    profile: &Profile<'_>,
    inputs: &Inputs,
    parameters: &[PlannedParameter],
) -> Result<BTreeMap<String, Target>, Vec<String>> {
    let mut known = known(runbook, config);
    known.extend(profile.targets().map(|(name, target)| (name.to_owned(), Some(target.clone()))));
    let mut errors = override_targets(&mut known, inputs);
    let value = |name: &str| {
        parameters.iter().find(|parameter| parameter.name == name).and_then(|parameter| parameter.value.clone())
    };
    let mut resolved = BTreeMap::new();
    for name in used(runbook) {
        match known.get(name) {
            Some(Some(target)) => match fill(target, value) {
                Ok(target) => _ = resolved.insert(name.to_owned(), target),
                Err(why) => errors.push(format!("the target `{name}`: {why}")),
            },
            Some(None) => {
                errors.push(format!("the target `{name}` has a command in profiles only: choose one with --profile"));
            }
            None => errors.push(format!("unknown target `{name}`")),
        }
    }
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

/// The names of all targets that a step or a tool needs.
pub fn used(runbook: &Runbook) -> BTreeSet<&str> {
    let steps = steps(runbook).map(|step| name_of(runbook, step.on.as_ref()));
    steps.chain(runbook.tools.iter().map(|tool| name_of(runbook, tool.on.as_ref()))).collect()
}

/// `--target NAME=COMMAND` for a target that is known; its shell stays.
fn override_targets(known: &mut BTreeMap<String, Option<Target>>, inputs: &Inputs) -> Vec<String> {
    let mut errors = Vec::new();
    let mut given = BTreeSet::new();
    for (name, command) in &inputs.targets {
        let shell = known.get(name).and_then(|target| target.as_ref()).map_or(Shell::Bash, |target| target.shell);
        if name == LOCAL || !known.contains_key(name) {
            let near = nearest(name, known.keys().map(String::as_str).filter(|name| *name != LOCAL));
            let hint = near.map_or_else(String::new, |near| format!(", did you mean `{near}`?"));
            errors.push(format!("--target {name}: there is no target to replace called so{hint}"));
        } else if !given.insert(name) {
            errors.push(format!("--target {name} is given twice"));
        } else {
            match Target::parse(command, shell) {
                Ok(target) => _ = known.insert(name.clone(), Some(target)),
                Err(why) => errors.push(format!("--target {name}: {why}")),
            }
        }
    }
    errors
}

fn fill(target: &Target, value: impl Fn(&str) -> Option<String>) -> Result<Target, String> {
    let words: Result<Vec<_>, _> = target.words.iter().map(|word| fill_word(word, &value)).collect();
    Ok(Target { words: words?, shell: target.shell })
}

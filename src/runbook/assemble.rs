//! Blocks to the model: names, sections, and every expectation bound to its step.

use super::attributes::StepAttributes;
use super::bind::{self, Binding};
use super::fences::{Fence as Kind, classify};
use super::front_matter::FrontMatter;
use super::model::{AssertStep, Check, DataBlock, Effect, Item, Language, ManualStep, Named, Runbook, Section, Step};
use super::references::{Criteria, Unread};
use super::scan::{Block, Fence, scan};
use super::{check_names, front_matter, info, lint, names, references, step_checks, task_items, unclosed, visible};
use crate::diagnostic::{Code, Diagnostic, Refused, Severity, Source, Span};
use std::collections::HashMap;

/// More steps than this is no procedure that a person could follow.
const MAX_ITEMS: usize = 10_000;
/// Behind so many findings the file is not looked at any further.
const MAX_FOUND: usize = 10_000;
/// A name made of a heading keeps at most so many characters of it: it becomes part of a file's name.
const MAX_MADE_NAME: usize = 50;

/// Reads a runbook. Returns it with notes and warnings, or at least one error.
///
/// # Errors
///
/// Everything that is wrong with the file, by place; what only follows from another mistake is left out.
pub fn read(source: Source) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
    let mut found = Vec::new();
    let (front, body) = match front_matter::read(&source, &mut found) {
        Ok(front) => front,
        Err(fatal) => {
            found.push(fatal);
            return Err(Refused::new(source, found));
        }
    };
    let blocks = scan(&source, body);
    found.extend(unclosed::unclosed_fences(&source, &blocks));
    found.extend(lint::lint(&source, body, &blocks));
    found.extend(task_items::near_misses(&source, body, &blocks));
    let mut assembler = Assembler::new(&source, &front, found);
    for block in blocks {
        if assembler.found.len() > MAX_FOUND {
            assembler.give_up(block.span());
            break;
        }
        assembler.block(block);
    }
    let (parts, mut found) = assembler.finish(body);
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    if found.iter().any(is_error) {
        return Err(Refused::new(source, found));
    }
    Ok((runbook(source, front, parts, body), found))
}

fn runbook(source: Source, front: FrontMatter, parts: Parts, body_start: usize) -> Runbook {
    let title = front.title.unwrap_or_else(|| default_title(&source, &parts.sections));
    Runbook {
        title,
        description: front.description,
        owner: front.owner,
        params: front.params,
        secrets: front.secrets,
        targets: front.targets,
        env: front.env.into_iter().map(|(named, value)| (named.name, value)).collect(),
        tools: front.tools,
        max_age: front.max_age,
        defaults: front.defaults,
        acceptance: front.acceptance,
        sections: parts.sections,
        items: parts.items,
        data: parts.data,
        body_start,
        source,
    }
}

fn default_title(source: &Source, sections: &[Section]) -> String {
    let heading = sections.iter().find(|section| section.level > 0);
    let heading = heading.map(|section| crate::text::shorten(&section.title, 200));
    heading.unwrap_or_else(|| {
        let stem = std::path::Path::new(&source.name).file_stem();
        stem.map_or_else(|| source.name.clone(), |stem| stem.to_string_lossy().into_owned())
    })
}

fn is_error(diagnostic: &Diagnostic) -> bool {
    diagnostic.severity == Severity::Error
}

/// What the blocks of a file add up to.
#[derive(Default)]
struct Parts {
    sections: Vec<Section>,
    items: Vec<Item>,
    data: Vec<DataBlock>,
}

struct Assembler<'a> {
    source: &'a Source,
    front: &'a FrontMatter,
    criteria: Criteria<'a>,
    found: Vec<Diagnostic>,
    parts: Parts,
    prose: Vec<Span>,
    /// Steps counted directly under the present heading, for names of unnamed ones.
    ordinal: usize,
    /// What an expectation here would belong to.
    binding: Binding,
    unread: Unread,
    slugs: HashMap<String, usize>,
}

impl<'a> Assembler<'a> {
    fn new(source: &'a Source, front: &'a FrontMatter, found: Vec<Diagnostic>) -> Self {
        let top = Section { title: String::new(), level: 0, span: Span::default() };
        Self {
            source,
            front,
            criteria: Criteria::new(front.acceptance.iter().map(|criterion| criterion.id.as_str())),
            found,
            parts: Parts { sections: vec![top], ..Parts::default() },
            prose: Vec::new(),
            ordinal: 0,
            binding: Binding::Nothing,
            unread: Unread::default(),
            slugs: HashMap::new(),
        }
    }

    /// Refuses the file without looking at its rest.
    fn give_up(&mut self, rest: Span) {
        let at = Span::new(rest.start, rest.start);
        let message = format!("the runbook has more than {MAX_FOUND} findings, and was looked at up to here only");
        self.found.push(Diagnostic::error(Code::File, at, message).help("mend those before it first"));
        self.unread.nameless = true;
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::Heading { level, text, span } => {
                self.found.extend(visible::in_text(&text, span, "heading"));
                self.parts.sections.push(Section { title: text, level, span });
                (self.ordinal, self.binding) = (0, Binding::Nothing);
                self.prose.clear();
            }
            Block::Fence(fence) => self.fence(fence),
            Block::TaskItem { text, checkbox, span } => self.manual(text, checkbox, span),
            Block::Prose(span) => self.prose.push(span),
            Block::InnerHeading(span) => {
                self.binding = Binding::Nothing;
                self.prose.push(span);
            }
            Block::Elsewhere { .. } | Block::Inert { .. } => {}
        }
    }

    fn fence(&mut self, fence: Fence) {
        let info = match info::parse(self.source.slice(fence.info), fence.info.start) {
            Ok(info) => info,
            Err(diagnostic) => {
                self.found.push(diagnostic);
                return self.refused();
            }
        };
        let behind_step = matches!(self.binding, Binding::Step(..));
        match classify(&info, behind_step, &mut self.found) {
            Kind::Step(language, attributes) => self.step(fence, language, *attributes, info.span),
            Kind::Output(stream) => self.expectation(fence, Check::Output(stream)),
            Kind::Assert => self.expectation(fence, Check::Assert),
            Kind::AssertStep(name, attributes) => self.assert_step(fence, name, *attributes),
            Kind::Data(name) => self.data_block(fence, name, info.language),
            Kind::Refused => self.refused(),
            Kind::Prose => {
                self.binding = Binding::Nothing;
                self.prose.push(fence.span);
            }
        }
    }

    fn refused(&mut self) {
        self.binding = Binding::Unknown;
        self.unread.nameless = true;
    }

    fn step(&mut self, fence: Fence, language: Language, attributes: StepAttributes, block: Span) {
        self.ordinal += 1;
        self.found.extend(step_checks::check(&fence, &language, &attributes, block, &self.front.defaults));
        self.found.extend(self.criteria.check(&attributes.satisfies));
        let made = || Named { name: made_name(&self.parts.sections, self.ordinal), span: block };
        self.unread.nameless |= attributes.broken && attributes.name.is_none();
        let name = attributes.name.unwrap_or_else(made);
        if attributes.broken {
            self.unread.named.insert(name.name.clone());
        }
        let step = Step {
            name: name.name,
            name_span: name.span,
            span: fence.span,
            section: self.parts.sections.len() - 1,
            language,
            language_span: info::language_span(self.source, fence.info),
            effect: attributes.effect.unwrap_or(Effect::Change),
            on: attributes.on,
            session: attributes.session,
            poll: attributes.poll.map(|(poll, _)| poll),
            when: attributes.when,
            unless: attributes.unless,
            stdin: attributes.stdin,
            secret: attributes.secret,
            literal: attributes.literal,
            gate: attributes.gate.map(|(gate, _)| gate),
            phrase: attributes.phrase,
            timeout: attributes.timeout,
            exit: attributes.exit.unwrap_or_default(),
            always: attributes.always,
            capture: attributes.capture,
            satisfies: ids(attributes.satisfies),
            script: fence.lines,
            expectations: Vec::new(),
            prose: std::mem::take(&mut self.prose),
        };
        self.binding = Binding::Step(self.parts.items.len(), Vec::new());
        self.parts.items.push(Item::Step(Box::new(step)));
    }

    fn assert_step(&mut self, fence: Fence, name: Named, attributes: StepAttributes) {
        self.ordinal += 1;
        self.binding = Binding::behind(&attributes);
        self.found.extend(bind::expressions(&fence));
        self.found.extend(self.criteria.check(&attributes.satisfies));
        self.parts.items.push(Item::Assert(Box::new(AssertStep {
            name: name.name,
            name_span: name.span,
            span: fence.span,
            section: self.parts.sections.len() - 1,
            when: attributes.when,
            satisfies: ids(attributes.satisfies),
            lines: fence.lines,
            prose: std::mem::take(&mut self.prose),
        })));
    }

    fn data_block(&mut self, fence: Fence, Named { name, span: name_span }: Named, language: String) {
        self.binding = Binding::Nothing;
        self.prose.push(fence.span);
        self.parts.data.push(DataBlock { name, name_span, language, lines: fence.lines, span: fence.span });
    }

    fn expectation(&mut self, fence: Fence, check: Check) {
        self.found.extend(bind::check(&fence, check));
        match &mut self.binding {
            Binding::Nothing => self.found.push(bind::detached(&fence)),
            Binding::Unknown => {}
            Binding::Step(at, outputs) => {
                let Some(Item::Step(step)) = self.parts.items.get_mut(*at) else { return };
                match bind::bind(step, outputs, fence, check) {
                    // What stands between a step and its expectation is read before the step runs, too.
                    Ok(()) => step.prose.append(&mut self.prose),
                    Err(doubled) => self.found.push(doubled),
                }
            }
        }
    }

    fn manual(&mut self, text: String, checkbox: Span, span: Span) {
        self.found.extend(visible::in_text(&text, span, "item"));
        let (words, satisfies) = closing_criteria(&text, &self.criteria);
        let slug = names::slug(words);
        let slug = if slug.is_empty() { "item".to_owned() } else { slug };
        let seen = self.slugs.entry(slug.clone()).or_default();
        *seen += 1;
        let name = if *seen == 1 { slug } else { format!("{slug}-{seen}") };
        self.parts.items.push(Item::Manual(ManualStep {
            name,
            text,
            span,
            checkbox,
            section: self.parts.sections.len() - 1,
            satisfies,
            prose: std::mem::take(&mut self.prose),
        }));
    }

    /// The parts and every finding. Of a file with far too many steps only that is said, not what each of them names.
    fn finish(mut self, body: usize) -> (Parts, Vec<Diagnostic>) {
        let Parts { items, data, .. } = &self.parts;
        let body = body.min(self.source.text.len());
        let at = Span::new(body, body);
        if items.len().max(data.len()) > MAX_ITEMS {
            let (count, what) =
                if items.len() > MAX_ITEMS { (items.len(), "steps") } else { (data.len(), "data blocks") };
            let message = format!("the runbook has {count} {what}, more than {MAX_ITEMS}");
            self.found.push(Diagnostic::error(Code::File, at, message).help("split it into several runbooks"));
            return (self.parts, self.found);
        }
        self.found.extend(check_names::check(self.source, items, data));
        self.found.extend(references::check(items, data, self.front, &self.unread));
        if items.is_empty() && !self.found.iter().any(is_error) {
            let found = Diagnostic::error(Code::NoSteps, at, "the runbook holds nothing to run");
            self.found.push(found.help("mark a block as a step: ```bash {name=x}, or write a task item: - [ ] text"));
        }
        (self.parts, self.found)
    }
}

/// The name of a step without one: the slug of its heading and its number below it.
fn made_name(sections: &[Section], ordinal: usize) -> String {
    let slug = sections.last().map(|section| names::slug(&section.title)).unwrap_or_default();
    let slug: String = slug.chars().take(MAX_MADE_NAME).collect();
    let slug = if slug.is_empty() { "step" } else { &slug };
    format!("{slug}-{ordinal}")
}

fn ids(satisfies: Vec<(String, Span)>) -> Vec<String> {
    satisfies.into_iter().map(|(id, _)| id).collect()
}

/// Splits the ids of criteria in parentheses from the end of an item's text.
fn closing_criteria<'t>(text: &'t str, known: &Criteria<'_>) -> (&'t str, Vec<String>) {
    let inside = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let Some((words, ids)) = inside else { return (text, Vec::new()) };
    let ids: Vec<_> = ids.split([',', ' ']).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || !ids.iter().all(|id| known.has(id)) {
        return (text, Vec::new());
    }
    (words.trim_end(), ids.into_iter().map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, file, read, step, with_body};
    use super::*;

    fn names(runbook: &Runbook) -> Vec<&str> {
        runbook.items.iter().map(Item::name).collect()
    }

    #[test]
    fn steps_get_names_from_their_heading_and_keep_document_order() {
        let body = "# Take it\n```bash {effect=read}\na\n```\n- [ ] Look at `it` (AC1, AC2)\n\n```bash {name=b}\nb\n```\n\n\
            ```assert {name=c}\ntrue\n```\n```bash {effect=read}\nc\n```\n# !\n```sh {effect=read}\nd\n```\n";
        let (got, _) = read(&file("acceptance: { AC1: one, AC2: two }", body)).unwrap();
        assert_eq!(names(&got), ["take-it-1", "look-at-it", "b", "c", "take-it-4", "step-1"]);
        let Item::Manual(manual) = &got.items[1] else { panic!() };
        assert_eq!(manual.satisfies, ["AC1", "AC2"]);
        assert_eq!(got.source.slice(manual.checkbox), "[ ]");
        assert_eq!(got.title, "Take it");
    }

    #[test]
    fn steps_inside_a_task_item_run_before_it() {
        let got = with_body(
            "- [ ] Check [the list](#x)\n\n  ```bash {name=a effect=read}\n  ls\n    -l\n  ```\n\n  ```output\n  x\n  ```\n- [x] Check the list\n",
        );
        assert_eq!(names(&got), ["a", "check-the-list", "check-the-list-2"]);
        let step = step(&got, "a");
        assert_eq!(step.script_text(), "ls\n  -l");
        assert_eq!(step.expectations[0].lines[0].text, "x");
    }

    #[test]
    fn a_closing_parenthesis_names_criteria_only_if_all_of_it_are_known() {
        let ids = ["AC1", "AC2"];
        let known = Criteria::new(ids.into_iter());
        assert_eq!(closing_criteria("a (AC1, AC2)", &known), ("a", vec!["AC1".into(), "AC2".into()]));
        for text in ["a (AC1, x)", "a ()", "a (AC1) b", "a"] {
            assert_eq!(closing_criteria(text, &known), (text, vec![]));
        }
    }

    #[test]
    fn too_many_blocks_are_one_error() {
        let many = |block: &str| body_findings(&block.repeat(MAX_ITEMS + 1));
        assert_eq!(many("- [ ] x\n"), ["SG001 "]);
        assert_eq!(many("```sh {effect=read unless=x}\n:\n```\n"), ["SG001 "]);
        assert_eq!(many("```text {data name=x}\n```\n"), ["SG001 "]);
        let found = body_findings(&"```output\n```\n".repeat(3 * MAX_FOUND));
        assert_eq!((found.len(), found.last().unwrap().as_str()), (MAX_FOUND + 2, "SG001 "));
    }
}

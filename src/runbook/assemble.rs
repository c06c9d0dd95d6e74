//! Blocks to the model: names, sections, and every expectation bound to its step.

use super::attributes::{Fence as Kind, StepAttributes, classify};
use super::model::{
    AssertStep, Check, DataBlock, Effect, ExitRule, Expectation, ExpectedStream, Gate, Item, Language, ManualStep,
    Named, Runbook, Section, Step,
};
use super::scan::{Block, Fence, scan};
use super::target::Shell;
use super::{front_matter, info, lint, names, placeholders, references, unclosed};
use crate::diagnostic::{Code, Diagnostic, Refused, Severity, Source, Span, nearest};
use std::collections::HashMap;

/// More steps than this is no procedure that a person could follow.
const MAX_ITEMS: usize = 10_000;

/// Reads a runbook. Returns it with notes and warnings, or at least one error.
pub fn read(source: Source) -> Result<(Runbook, Vec<Diagnostic>), Box<Refused>> {
    let mut found = Vec::new();
    let (front, body) = match front_matter::read(&source, &mut found) {
        Ok(front) => front,
        Err(fatal) => {
            found.push(fatal);
            return Err(Refused::new(source, found));
        }
    };
    found.extend(unclosed::unclosed_fences(&source, body));
    let blocks = scan(&source, body);
    found.extend(lint::lint(&source, body, &blocks));
    let criteria: Vec<&str> = front.acceptance.iter().map(|criterion| criterion.id.as_str()).collect();
    let mut assembler = Assembler::new(&source, &criteria, found);
    for block in blocks {
        assembler.block(block);
    }
    let Assembled { sections, items, data, mut found } = assembler.finish(body);
    found.extend(references::check(&items, &data, &front));
    found.sort_by_key(|diagnostic| (diagnostic.span.start, diagnostic.code));
    if found.iter().any(|diagnostic| diagnostic.severity == Severity::Error) {
        return Err(Refused::new(source, found));
    }
    let title = front.title.clone().unwrap_or_else(|| default_title(&source, &sections));
    let runbook = Runbook {
        title,
        description: front.description,
        owner: front.owner,
        params: front.params,
        secrets: front.secrets,
        targets: front.targets,
        env: front.env,
        tools: front.tools,
        max_age: front.max_age,
        data,
        defaults: front.defaults,
        acceptance: front.acceptance,
        sections,
        items,
        body_start: body,
        source,
    };
    Ok((runbook, found))
}

fn default_title(source: &Source, sections: &[Section]) -> String {
    let heading = sections.iter().find(|section| section.level > 0);
    let heading = heading.map(|section| crate::text::shorten(&section.title, 200));
    heading.unwrap_or_else(|| {
        let stem = std::path::Path::new(&source.name).file_stem();
        stem.map_or_else(|| source.name.clone(), |stem| stem.to_string_lossy().into_owned())
    })
}

/// A name made of a heading keeps at most so many characters of it: it becomes part of a file's name.
const MAX_MADE_NAME: usize = 50;

struct Assembler<'a> {
    source: &'a Source,
    /// The ids that `acceptance` lists.
    criteria: &'a [&'a str],
    found: Vec<Diagnostic>,
    sections: Vec<Section>,
    items: Vec<Item>,
    data: Vec<DataBlock>,
    prose: Vec<Span>,
    /// Steps counted directly under the present heading, for names of unnamed ones.
    ordinal: usize,
    /// The step that an expectation here would belong to: an index into `items`.
    bindable: Option<usize>,
    slugs: HashMap<String, usize>,
}

impl<'a> Assembler<'a> {
    fn new(source: &'a Source, criteria: &'a [&'a str], found: Vec<Diagnostic>) -> Self {
        let top = Section { title: String::new(), level: 0, span: Span::default() };
        Self {
            source,
            criteria,
            found,
            sections: vec![top],
            items: Vec::new(),
            data: Vec::new(),
            prose: Vec::new(),
            ordinal: 0,
            bindable: None,
            slugs: HashMap::new(),
        }
    }

    fn block(&mut self, block: Block) {
        match block {
            Block::Heading { level, text, span } => {
                self.check_visible(&text, span, "heading");
                self.sections.push(Section { title: text, level, span });
                (self.ordinal, self.bindable) = (0, None);
                self.prose.clear();
            }
            Block::Fence(fence) => self.fence(fence),
            Block::TaskItem { text, checkbox, span } => self.manual(text, checkbox, span),
            Block::Prose(span) => self.prose.push(span),
            Block::Elsewhere { .. } | Block::Inert { .. } => {}
        }
    }

    fn fence(&mut self, fence: Fence) {
        let kind = match info::parse(self.source.slice(fence.info), fence.info.start) {
            Ok(info) => match classify(&info, &mut self.found) {
                Kind::Step(attributes) => return self.step(fence, *attributes, info.span),
                kind => kind,
            },
            Err(diagnostic) => {
                self.found.push(diagnostic);
                Kind::Prose
            }
        };
        match kind {
            Kind::Output(stream) => self.expectation(fence, Check::Output(stream)),
            Kind::Assert => self.expectation(fence, Check::Assert),
            Kind::AssertStep(attributes) => self.assert_step(fence, *attributes),
            Kind::Data(name) => self.data_block(fence, name),
            _ => {
                self.bindable = None;
                self.prose.push(fence.span);
            }
        }
    }

    fn step(&mut self, fence: Fence, attributes: StepAttributes, block: Span) {
        self.ordinal += 1;
        let effect = attributes.effect.unwrap_or(Effect::Change);
        if attributes.name.is_none() && !effect.may_repeat() {
            let message = format!("a `{}` step needs a name", effect.as_str());
            self.found.push(Diagnostic::error(Code::MissingName, block, message).help(
                "write name=…: a number made by position would shift when steps are added; or write effect=read",
            ));
        }
        let (name, name_span) = attributes.name.clone().unwrap_or_else(|| (self.made_name(), block));
        self.check_gate(effect, &attributes);
        self.check_repeats(effect, &attributes);
        self.check_criteria(&attributes.satisfies);
        self.check_script(&fence);
        let language = attributes.language.unwrap_or(Language::Shell(Shell::Bash));
        if matches!(language, Language::Shell(_)) && !attributes.literal {
            self.found.extend(placeholders::placeholders(&fence.lines));
        }
        let step = Step {
            name,
            name_span,
            span: fence.span,
            section: self.sections.len() - 1,
            language,
            language_span: Span::new(fence.info.start, block.start),
            effect,
            on: attributes.on,
            session: attributes.session,
            poll: attributes.poll.map(|(poll, _)| poll),
            when: attributes.when,
            unless: attributes.unless,
            stdin: attributes.stdin,
            secret: attributes.secret,
            literal: attributes.literal,
            gate: attributes.gate.map(|(gate, _)| gate),
            phrase: attributes.phrase.map(|(phrase, _)| phrase),
            timeout: attributes.timeout,
            exit: attributes.exit.map(|(exit, _)| exit).unwrap_or_default(),
            always: attributes.always,
            capture: attributes.capture,
            satisfies: attributes.satisfies.iter().map(|(id, _)| id.clone()).collect(),
            script: fence.lines,
            expectations: Vec::new(),
            prose: std::mem::take(&mut self.prose),
        };
        self.bindable = Some(self.items.len());
        self.items.push(Item::Step(Box::new(step)));
    }

    fn assert_step(&mut self, fence: Fence, attributes: StepAttributes) {
        self.check_lines(&fence, "expression", "write it as an escape inside a string, such as \"\\u00a0\"");
        self.check_criteria(&attributes.satisfies);
        self.ordinal += 1;
        self.bindable = None;
        let Some((name, name_span)) = attributes.name else { return };
        self.items.push(Item::Assert(Box::new(AssertStep {
            name,
            name_span,
            span: fence.span,
            section: self.sections.len() - 1,
            when: attributes.when,
            satisfies: attributes.satisfies.into_iter().map(|(id, _)| id).collect(),
            lines: fence.lines,
            prose: std::mem::take(&mut self.prose),
        })));
    }

    fn data_block(&mut self, fence: Fence, Named { name, span: name_span }: Named) {
        self.bindable = None;
        self.prose.push(fence.span);
        let language = self.source.slice(fence.info).split([' ', '\t']).next().unwrap_or_default().to_owned();
        self.data.push(DataBlock { name, name_span, language, lines: fence.lines, span: fence.span });
    }

    /// What may be done again: `poll` repeats, and a connection that went away was no attempt that could be judged.
    fn check_repeats(&mut self, effect: Effect, attributes: &StepAttributes) {
        if let Some((_, span)) = attributes.poll
            && !effect.may_repeat()
        {
            let message = format!("`poll` repeats the step, and a `{}` step may not be repeated", effect.as_str());
            self.found.push(
                Diagnostic::error(Code::Contradiction, span, message)
                    .help("poll a `read` step behind it instead, or write effect=idempotent if that is true"),
            );
        }
        if let (Some((_, span)), Some((ExitRule::Disconnect, _))) = (attributes.poll, &attributes.exit) {
            let message = "a step that ends with its connection cannot be polled";
            self.found
                .push(Diagnostic::error(Code::Contradiction, span, message).help("drop `poll`, or `exit=disconnect`"));
        }
    }

    fn made_name(&self) -> String {
        let slug = names::slug(&self.sections.last().expect("never empty").title);
        let slug: String = slug.chars().take(MAX_MADE_NAME).collect();
        let slug = if slug.is_empty() { "step" } else { &slug };
        format!("{slug}-{}", self.ordinal)
    }

    fn check_gate(&mut self, effect: Effect, attributes: &StepAttributes) {
        let unwritten = if attributes.always { Gate::None } else { effect.default_gate() };
        let gate = attributes.gate.map_or(unwritten, |(gate, _)| gate);
        if let (Effect::Destroy, Some((Gate::None, span))) = (effect, attributes.gate) {
            self.found.push(
                Diagnostic::error(Code::Contradiction, span, "a `destroy` step always has a gate")
                    .help("drop gate=none, or write gate=confirm"),
            );
        }
        let phrase = attributes.phrase.as_ref().or(attributes.name.as_ref());
        if let (Gate::Type, Some((phrase, span))) = (gate, phrase)
            && names::is_answer(phrase)
        {
            let message = format!("the phrase `{phrase}` is an answer at every gate, so it could be typed by mistake");
            let help = "write phrase='…' with words that nobody types for another reason";
            self.found.push(Diagnostic::error(Code::Contradiction, *span, message).help(help));
        }
        if let Some((_, span)) = &attributes.phrase
            && attributes.gate.is_none()
            && gate != Gate::Type
            && !attributes.always
        {
            let message = format!(
                "`phrase` is typed at `gate=type` only, and a `{}` step has {}",
                effect.as_str(),
                gate.as_str()
            );
            self.found.push(
                Diagnostic::error(Code::Contradiction, *span, message).help("write gate=type, or drop the phrase"),
            );
        }
    }

    fn check_script(&mut self, fence: &Fence) {
        if fence.lines.iter().all(|line| line.text.trim().is_empty()) {
            let found = Diagnostic::error(Code::Script, fence.info, "the step has no command");
            self.found.push(found.help("write its commands between the fences, or drop the braces"));
        }
        self.check_lines(fence, "script", "remove it, or write it as an escape such as $'\\x1b'");
    }

    fn check_lines(&mut self, fence: &Fence, what: &str, help: &str) {
        for line in &fence.lines {
            let bad = |c: char| c != '\t' && crate::text::is_dangerous(c);
            if let Some((at, c)) = line.text.char_indices().find(|(_, c)| bad(*c)) {
                let span = line.part(at..at + c.len_utf8());
                let message = format!("the {what} holds {}, which a reader cannot see", describe(c));
                self.found.push(Diagnostic::error(Code::Script, span, message).help(help));
            }
        }
    }

    fn check_visible(&mut self, text: &str, span: Span, what: &str) {
        if let Some(c) = text.chars().find(|&c| crate::text::is_dangerous(c)) {
            let message = format!("the {what} holds {}, which a reader cannot see", describe(c));
            self.found.push(Diagnostic::error(Code::Script, span, message).help("remove it"));
        }
    }

    fn expectation(&mut self, fence: Fence, check: Check) {
        let help = match check {
            Check::Output(_) => "write it as an escape in a line that ends in (re), such as \\x{feff}",
            Check::Assert => "write it as an escape inside a string, such as \"\\u00a0\"",
        };
        self.check_lines(&fence, "expectation", help);
        let Some(Item::Step(step)) = self.bindable.and_then(|at| self.items.get_mut(at)) else {
            self.found.push(
                Diagnostic::error(Code::DetachedExpectation, fence.info, "this expectation belongs to no step")
                    .help("the nearest fenced block before it, under the same heading, must be a step; an illustration is ```text"),
            );
            return;
        };
        if let Some(first) = step.expectations.iter().find(|first| clash(first.check, check)) {
            let message = format!("step `{}` has two expectations for one stream", step.name);
            self.found.push(
                Diagnostic::error(Code::DoubledExpectation, fence.info, message)
                    .related(first.span, "first here")
                    .help("join them with a line `...` between"),
            );
            return;
        }
        // What stands between a step and its expectation is read before the step runs, too.
        step.prose.append(&mut self.prose);
        step.expectations.push(Expectation { check, lines: fence.lines, span: fence.span });
    }

    fn manual(&mut self, text: String, checkbox: Span, span: Span) {
        self.check_visible(&text, span, "item");
        let (words, satisfies) = closing_criteria(&text, self.criteria);
        let slug = names::slug(words);
        let slug = if slug.is_empty() { "item".to_owned() } else { slug };
        let seen = self.slugs.entry(slug.clone()).or_default();
        *seen += 1;
        let name = if *seen == 1 { slug } else { format!("{slug}-{seen}") };
        self.items.push(Item::Manual(ManualStep {
            name,
            text,
            span,
            checkbox,
            section: self.sections.len() - 1,
            satisfies,
            prose: std::mem::take(&mut self.prose),
        }));
    }

    fn check_criteria(&mut self, ids: &[(String, Span)]) {
        for (id, span) in ids.iter().filter(|(id, _)| !self.criteria.contains(&id.as_str())) {
            let help = match nearest(id, self.criteria.iter().copied()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "list it under `acceptance:` in the front matter".to_owned(),
            };
            let message = format!("unknown criterion `{id}`");
            self.found.push(Diagnostic::error(Code::UnknownCriterion, *span, message).help(help));
        }
    }

    fn finish(mut self, body: usize) -> Assembled {
        self.check_names();
        self.check_count(body);
        Assembled { sections: self.sections, items: self.items, data: self.data, found: self.found }
    }

    fn check_names(&mut self) {
        let places = self.items.iter().map(|item| (item.name().to_owned(), name_place(item)));
        let blocks = self.data.iter().map(|block| (block.name.clone(), block.name_span));
        let places: Vec<_> = places.chain(blocks).collect();
        self.found.extend(references::look_alikes(&places));
        let mut first: HashMap<&str, Span> = HashMap::new();
        for block in &self.data {
            let clash = self.items.iter().find(|item| item.name() == block.name).map(name_place);
            if let Some(before) = first.insert(&block.name, block.name_span).or(clash) {
                let message = format!("two blocks are called `{}`", block.name);
                self.found.push(
                    Diagnostic::error(Code::DoubledName, block.name_span, message)
                        .related(before, "the other one")
                        .help("names are unique, those of data blocks, too"),
                );
            }
        }
        let mut first: HashMap<&str, Span> = HashMap::new();
        for item in &self.items {
            let (name, span, made) = match item {
                Item::Step(step) => (&step.name, step.name_span, self.source.slice(step.name_span) != step.name),
                Item::Assert(assert) => (&assert.name, assert.name_span, false),
                Item::Manual(manual) => (&manual.name, manual.checkbox, true),
            };
            if let Some(before) = first.insert(name, span) {
                let help = if made {
                    "this name was made from the text; give one of the two a name of its own"
                } else {
                    "names are unique"
                };
                self.found.push(
                    Diagnostic::error(Code::DoubledName, span, format!("two steps are called `{name}`"))
                        .related(before, "first here")
                        .help(help),
                );
            }
        }
    }

    fn check_count(&mut self, body: usize) {
        let at = Span::new(body.min(self.source.text.len()), body.min(self.source.text.len()));
        let refused = self.found.iter().any(|diagnostic| diagnostic.severity == Severity::Error);
        if self.items.is_empty() && !refused {
            let found = Diagnostic::error(Code::NoSteps, at, "the runbook holds nothing to run");
            self.found.push(found.help("mark a block as a step: ```bash {name=x}, or write a task item: - [ ] text"));
        }
        if self.items.len() > MAX_ITEMS {
            let message = format!("the runbook has {} steps, more than {MAX_ITEMS}", self.items.len());
            self.found.push(Diagnostic::error(Code::File, at, message).help("split it into several runbooks"));
        }
    }
}

/// What the blocks of a file add up to.
struct Assembled {
    sections: Vec<Section>,
    items: Vec<Item>,
    data: Vec<DataBlock>,
    found: Vec<Diagnostic>,
}

/// Where an item's name is written, or what it was made of.
fn name_place(item: &Item) -> Span {
    match item {
        Item::Step(step) => step.name_span,
        Item::Assert(assert) => assert.name_span,
        Item::Manual(manual) => manual.checkbox,
    }
}

/// Whether two expectations check the same stream; `{combined}` checks both.
fn clash(a: Check, b: Check) -> bool {
    match (a, b) {
        (Check::Output(a), Check::Output(b)) => {
            a == b || a == ExpectedStream::Combined || b == ExpectedStream::Combined
        }
        (Check::Assert, _) | (_, Check::Assert) => false,
    }
}

/// Splits the ids of criteria in parentheses from the end of an item's text.
fn closing_criteria<'t>(text: &'t str, known: &[&str]) -> (&'t str, Vec<String>) {
    let inside = text.strip_suffix(')').and_then(|rest| rest.rsplit_once('('));
    let Some((words, ids)) = inside else { return (text, Vec::new()) };
    let ids: Vec<_> = ids.split([',', ' ']).filter(|id| !id.is_empty()).collect();
    if ids.is_empty() || !ids.iter().all(|id| known.contains(id)) {
        return (text, Vec::new());
    }
    (words.trim_end(), ids.into_iter().map(str::to_owned).collect())
}

fn describe(c: char) -> String {
    match c {
        '\r' => "a carriage return without a newline (U+000D)".to_owned(),
        c => format!("the character U+{:04X}", c as u32),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn runbook(body: &str) -> Runbook {
        let text = format!("---\nstepgate: 1\nacceptance:\n  AC1: one\n  AC2: two\n---\n{body}");
        read(Source::new("t.md", text)).unwrap().0
    }

    fn codes(body: &str) -> Vec<&'static str> {
        match read(Source::new("t.md", format!("---\nstepgate: 1\n---\n{body}"))) {
            Ok((_, found)) => found.iter().map(|d| d.code.as_str()).collect(),
            Err(refused) => refused.found.iter().map(|d| d.code.as_str()).collect(),
        }
    }

    fn names(runbook: &Runbook) -> Vec<&str> {
        runbook.items.iter().map(Item::name).collect()
    }

    #[test]
    fn steps_get_names_from_their_heading_and_keep_document_order() {
        let got = runbook(
            "# Take it\n```bash {effect=read}\na\n```\n- [ ] Look at `it` (AC1, AC2)\n\n```bash {name=b}\nb\n```\n\n```bash {effect=read}\nc\n```\n",
        );
        assert_eq!(names(&got), ["take-it-1", "look-at-it", "b", "take-it-3"]);
        let Item::Manual(manual) = &got.items[1] else { panic!() };
        assert_eq!(manual.satisfies, ["AC1", "AC2"]);
        assert_eq!(got.source.slice(manual.checkbox), "[ ]");
    }

    #[test]
    fn steps_inside_a_task_item_run_before_it() {
        let got = runbook(
            "- [ ] Check [the list](#x)\n\n  ```bash {name=a effect=read}\n  ls\n    -l\n  ```\n\n  ```output\n  x\n  ```\n- [x] Check the list\n",
        );
        assert_eq!(names(&got), ["a", "check-the-list", "check-the-list-2"]);
        let Item::Step(step) = &got.items[0] else { panic!() };
        assert_eq!(step.script_text(), "ls\n  -l");
        assert_eq!(step.expectations[0].lines[0].text, "x");
    }

    #[test]
    fn an_expectation_needs_a_step_right_before_it() {
        assert_eq!(codes("```bash {name=a}\na\n```\n```text\nb\n```\n```output\nx\n```\n"), ["SG040"]);
        assert_eq!(codes("```bash {name=a}\na\n```\n# Next\n```output\nx\n```\n"), ["SG040"]);
        assert_eq!(codes("```bash {name=a}\na\n```\n```output\nx\n```\n```output {combined}\ny\n```\n"), ["SG041"]);
    }

    #[test]
    fn a_backtick_in_the_braces_is_an_error_and_not_silently_prose() {
        assert_eq!(codes("```bash {name=a phrase=`x`}\na\n```\n")[0], "SG021");
        assert_eq!(codes("- ```bash {name=a phrase=`x`}\n  a\n")[0], "SG021");
        assert_eq!(codes("~~~bash {name=a gate=type phrase=`x`}\na\n~~~\n"), [""; 0]);
    }

    #[test]
    fn marked_blocks_where_nothing_runs_are_noted() {
        let quoted = "> ```bash {name=q}\n> a\n> ```\n\n<!--\n```bash {name=c}\n```\n-->\n\n````text\n```bash {name=f}\n```\n````\n\n```bash {name=a}\na\n```\n";
        assert_eq!(codes(quoted), ["SG050", "SG050", "SG050"]);
        assert_eq!(codes("    ```bash {name=i}\n    a\n\n```bash {name=a}\na\n```\n"), ["SG050"]);
    }

    #[test]
    fn unclosed_fences_are_errors_at_their_opening() {
        let Refused { source, found } =
            *read(Source::new("t.md", "---\nstepgate: 1\n---\n# x\n\n```bash {name=a}\nls\n")).unwrap_err();
        assert_eq!((found[0].code, source.position(found[0].span.start).line), (Code::UnclosedFence, 6));
    }

    #[test]
    fn unnamed_changes_same_names_and_ungated_destruction_are_errors() {
        assert_eq!(codes("```bash {gate=none}\na\n```\n"), ["SG031"]);
        assert_eq!(codes("```bash {name=a}\na\n```\n```bash {name=a}\na\n```\n"), ["SG030"]);
        assert_eq!(codes("```bash {name=a effect=destroy gate=none}\na\n```\n"), ["SG032"]);
        assert_eq!(codes("prose\n"), ["SG004"]);
    }

    #[test]
    fn a_phrase_that_means_something_else_at_a_gate_is_an_error() {
        for attributes in [
            "name=n effect=destroy",
            "name=q effect=destroy",
            "name=a gate=type phrase='s it'",
            "name=a gate=type phrase='No: x'",
        ] {
            assert_eq!(codes(&format!("~~~bash {{{attributes}}}\na\n~~~\n")), ["SG032"], "{attributes}");
        }
        assert_eq!(codes("~~~bash {name=a gate=type phrase='drop it'}\na\n~~~\n"), [""; 0]);
    }

    #[test]
    fn a_lone_carriage_return_in_a_script_is_an_error_and_crlf_is_not() {
        assert_eq!(codes("```bash {name=a}\nls\rrm\n```\n"), ["SG033"]);
        let got = runbook("```bash {name=a}\r\nls\r\nid\r\n```\r\n");
        let Item::Step(step) = &got.items[0] else { panic!() };
        assert_eq!(step.script_text(), "ls\nid");
    }
}

//! What a fence is: a step, an expectation, a data block, or prose.

use super::attributes::{StepAttributes, duplicates, flag, step_attributes, step_name, unknown};
use super::info::{Attribute, Info};
use super::languages::{language, misspelt};
use super::model::{ExpectedStream, Language, Named};
use super::target::Shell;
use crate::diagnostic::{Code, Diagnostic, Span};

/// What kind of fence an info string makes.
#[derive(Debug)]
pub enum Fence {
    /// Prose: nothing is run, nothing is checked.
    Prose,
    /// It was to be something, and a finding says why it is not.
    Refused,
    /// A step.
    Step(Language, Box<StepAttributes>),
    /// An `output` block.
    Output(ExpectedStream),
    /// An `assert` block behind a step.
    Assert,
    /// An `assert` block that is a step by itself.
    AssertStep(Named, Box<StepAttributes>),
    /// A data block.
    Data(Named),
}

/// Decides what a fence is, where `behind_step` says that an expectation would belong to a step; every finding goes to `found`. What has a name is made nevertheless, so that one mistake
/// does not look like many: names that lead to it still do.
pub fn classify(info: &Info, behind_step: bool, found: &mut Vec<Diagnostic>) -> Fence {
    if let Some(diagnostic) = misspelt(info, behind_step) {
        found.push(diagnostic);
        return Fence::Refused;
    }
    match (info.language.as_str(), info.attributes.as_deref()) {
        ("output", attributes) => output(attributes.unwrap_or_default(), found),
        ("assert", None) => Fence::Assert,
        ("assert", Some(attributes)) => assert_step(attributes, info.span, found),
        (_, None) => Fence::Prose,
        (_, Some(attributes)) if attributes.iter().any(|attribute| attribute.key == "data") => {
            data_block(attributes, info.span, found)
        }
        (_, Some(attributes)) => {
            let mut step = step_attributes(attributes, found);
            let language = language(info).unwrap_or_else(|diagnostic| {
                found.push(diagnostic);
                step.broken = true;
                Language::Shell(Shell::Bash)
            });
            Fence::Step(language, Box::new(step))
        }
    }
}

/// `{data name=…}`: bytes for a step's standard input.
fn data_block(attributes: &[Attribute], span: Span, found: &mut Vec<Diagnostic>) -> Fence {
    let before = found.len();
    found.extend(duplicates(attributes));
    let mut name = None;
    for attribute in attributes {
        let read = match attribute.key.as_str() {
            "data" => flag(attribute).map(|_| ()),
            "name" => step_name(attribute).map(|given| name = Some(given)),
            _ => Err(unknown(attribute, "a data block, which is no step", &["data", "name"])),
        };
        found.extend(read.err());
    }
    match name {
        Some(name) => return Fence::Data(name),
        None if found.len() == before => found.push(
            Diagnostic::error(Code::MissingName, span, "a data block needs a name")
                .help("write {data name=…}; a step uses it by stdin=…"),
        ),
        None => {}
    }
    Fence::Refused
}

/// ```` ```assert {name=…} ````: a step that runs nothing.
fn assert_step(attributes: &[Attribute], span: Span, found: &mut Vec<Diagnostic>) -> Fence {
    const KNOWN: &[&str] = &["name", "when", "satisfies"];
    let before = found.len();
    let (ours, others): (Vec<_>, Vec<_>) =
        attributes.iter().cloned().partition(|attribute| KNOWN.contains(&attribute.key.as_str()));
    let of = "a named `assert` block, which runs nothing";
    found.extend(others.iter().map(|attribute| unknown(attribute, of, KNOWN)));
    let mut step = step_attributes(&ours, found);
    match step.name.take() {
        Some(name) => return Fence::AssertStep(name, Box::new(step)),
        None if found.len() == before => found.push(
            Diagnostic::error(
                Code::MissingName,
                span,
                "an `assert` block with attributes is a step by itself and needs a name",
            )
            .help("write ```assert {name=…}, or drop the braces if it belongs to the step before it"),
        ),
        None => {}
    }
    Fence::Refused
}

fn output(attributes: &[Attribute], found: &mut Vec<Diagnostic>) -> Fence {
    let before = found.len();
    found.extend(duplicates(attributes));
    let mut stream = ExpectedStream::Stdout;
    for attribute in attributes {
        match output_stream(attribute) {
            Ok(given) if stream == ExpectedStream::Stdout || stream == given => stream = given,
            Ok(_) => {
                let message = "`stderr` and `combined` exclude each other";
                found.push(
                    Diagnostic::error(Code::Contradiction, attribute.span, message)
                        .help("`combined` holds both streams; without either it is standard output"),
                );
            }
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    if found.len() > before { Fence::Refused } else { Fence::Output(stream) }
}

fn output_stream(attribute: &Attribute) -> Result<ExpectedStream, Diagnostic> {
    match attribute.key.as_str() {
        "stderr" => flag(attribute).map(|_| ExpectedStream::Stderr),
        "combined" => flag(attribute).map(|_| ExpectedStream::Combined),
        _ => Err(unknown(attribute, "an `output` block", &["stderr", "combined"])),
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{body_findings, with_body};
    use super::super::model::Item;

    const STEP: &str = "```bash {name=a gate=none}\na\n```\n";

    #[test]
    fn a_data_block_has_any_language_a_name_and_nothing_else() {
        let body =
            format!("```yaml {{data name=conf}}\nk: {{{{X}}}}\n\n```\n{}", STEP.replace("name=a", "name=a stdin=conf"));
        let runbook = with_body(&body);
        let block = &runbook.data[0];
        assert_eq!(
            (block.name.as_str(), block.language.as_str(), block.text()),
            ("conf", "yaml", "k: {{X}}\n\n".into())
        );
        assert_eq!(runbook.source.slice(block.name_span), "conf");
        for (info, wanted) in [
            ("text {data}", "SG031 {data}"),
            ("text {data name=x effect=read}", "SG023 effect"),
            ("text {data=yes name=x}", "SG012 data"),
            ("text {data name=x data}", "SG024 data"),
            ("bash {data name=1}", "SG012 1"),
        ] {
            let found = body_findings(&format!("{STEP}```{info}\nx\n```\n"));
            let found: Vec<_> = found.into_iter().filter(|found| !found.contains('?')).collect();
            assert_eq!(found, [wanted], "{info}");
        }
    }

    #[test]
    fn a_named_assert_block_is_a_step_of_its_own() {
        let runbook = with_body("# T\nwhy\n\n```assert {name=window when='true'}\nnow == now\n```\n");
        let Item::Assert(assert) = &runbook.items[0] else { panic!() };
        assert_eq!((assert.name.as_str(), assert.lines[0].text.as_str()), ("window", "now == now"));
        assert_eq!((assert.when.as_ref().unwrap().text.as_str(), assert.prose.len()), ("true", 1));
        for (info, wanted) in [
            ("assert {when='true'}", "SG031 {when='true'}"),
            ("assert {name=x effect=read}", "SG023 effect"),
            ("assert {name=x gate=confirm}", "SG023 gate"),
            ("assert {stderr}", "SG023 stderr"),
            ("assert {name=x when=''}", "SG012 when"),
            ("assert {name=x satisfies=AC9}", "SG034 AC9"),
        ] {
            assert_eq!(body_findings(&format!("{STEP}```{info}\ntrue\n```\n")), [wanted], "{info}");
        }
    }

    #[test]
    fn an_output_block_says_which_stream_it_checks() {
        for (info, wanted) in [
            ("output {stdrr}", "SG023 stdrr"),
            ("output {stderr combined}", "SG032 combined"),
            ("output {stderr stderr}", "SG024 stderr"),
            ("output {stderr=yes}", "SG012 stderr"),
            ("output {name=x}", "SG023 name"),
        ] {
            // What is refused takes nothing from what follows.
            let body = format!("{STEP}```{info}\nx\n```\n```output\ny\n```\n```assert\ntrue\n```\n");
            assert_eq!(body_findings(&body), [wanted], "{info}");
        }
    }
}

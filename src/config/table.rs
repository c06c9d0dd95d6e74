//! A TOML value with its place, and the findings that are made of it.

use crate::diagnostic::{Code, Diagnostic, Span, nearest};
use crate::runbook::{is_reserved_variable, is_variable_name};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A key with its bytes, and its value.
pub struct Entry<'t> {
    pub name: String,
    pub span: Span,
    pub value: Node<'t>,
}

/// A value with its bytes.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub value: &'t DeValue<'t>,
    pub span: Span,
}

/// The entries of a table.
pub fn entries<'t>(table: &'t DeTable<'t>) -> impl Iterator<Item = Entry<'t>> {
    table.iter().map(|(key, value)| Entry {
        name: key.get_ref().to_string(),
        span: key.span().into(),
        value: Node::new(value),
    })
}

impl<'t> Node<'t> {
    fn new(value: &'t Spanned<DeValue<'t>>) -> Self {
        Self { value: value.get_ref(), span: value.span().into() }
    }

    /// The entries, if it is a table.
    pub fn table(&self, what: &str) -> Result<Vec<Entry<'t>>, Diagnostic> {
        match self.value {
            DeValue::Table(table) => Ok(entries(table).collect()),
            _ => Err(self.wrong(format!("`{what}` must be a table"))),
        }
    }

    /// The text, if it is one.
    pub fn text(&self, what: &str) -> Result<&'t str, Diagnostic> {
        match self.value {
            DeValue::String(text) => match text.chars().find(|&c| crate::text::is_dangerous(c)) {
                Some(c) => Err(self.wrong(format!("`{what}` holds the invisible character U+{:04X}", c as u32))),
                None => Ok(text),
            },
            _ => Err(self.wrong(format!("`{what}` must be text: put it in quotes"))),
        }
    }

    /// A value as its author typed it: text, a number or a truth value.
    pub fn typed(&self, what: &str, source: &str) -> Result<String, Diagnostic> {
        match self.value {
            DeValue::String(text) => Ok(text.to_string()),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                Ok(source[self.span.start..self.span.end].to_owned())
            }
            _ => Err(self.wrong(format!("`{what}` must be text, a number or a truth value"))),
        }
    }

    /// A finding at the value.
    pub fn wrong(&self, message: String) -> Diagnostic {
        wrong(self.span, message)
    }
}

/// A finding.
pub fn wrong(span: Span, message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(Code::Configuration, span, message).help("docs/format.md §9 lists what may stand here")
}

impl Entry<'_> {
    /// A name of the author's is shown in many places.
    pub fn check_name(&self) -> Result<(), Diagnostic> {
        match () {
            () if self.name.trim().is_empty() => Err(wrong(self.span, "the name is empty").help("give it a name")),
            () if self.name.chars().any(crate::text::is_dangerous) => {
                let name = crate::text::escape_line(&self.name);
                Err(wrong(self.span, format!("the name `{name}` holds an invisible character"))
                    .help("write it without"))
            }
            () => Ok(()),
        }
    }

    /// Parameters and secrets are variables of a shell.
    pub fn check_variable(&self, what: &str) -> Result<(), Diagnostic> {
        match is_variable_name(&self.name) && !is_reserved_variable(&self.name) {
            true => Ok(()),
            false => Err(wrong(self.span, format!("`{}` cannot be the name of a {what}", self.name))
                .help("it is a variable's name: letters, digits and `_`, and none that the shell or stepgate uses")),
        }
    }

    /// A finding at a key that nobody knows.
    pub fn unknown(&self, known: &[&str]) -> Diagnostic {
        let help = match nearest(&self.name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("known here are {}", known.join(", ")),
        };
        let message = format!("unknown key `{}`", crate::text::escape_line(&self.name));
        Diagnostic::error(Code::Configuration, self.span, message).help(help)
    }

    /// A finding at a key that the format knows and that is not built yet.
    pub fn not_supported(&self, what: &str) -> Diagnostic {
        Diagnostic::error(Code::NotSupported, self.span, format!("not supported yet: {what}"))
            .help("the format knows it, this version of stepgate does not do it yet; nothing is run")
    }
}

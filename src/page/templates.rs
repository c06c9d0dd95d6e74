//! The templates, and what they are filled with.

use super::escape::html;
use handlebars::Handlebars;
use serde::Serialize;
use std::sync::OnceLock;

/// A page that could not be made: a template asks for what it was not given.
#[derive(Debug, thiserror::Error)]
#[error("the page cannot be made: {0}")]
pub struct PageError(#[from] handlebars::RenderError);

/// The templates by name. What stands in two braces is escaped by [`html`], and nothing stands in three. No helper takes HTML
/// either: a page of several templates, and of prose that is HTML already, is put together outside, in one place each
/// (`book/chapter.rs`, `report/html/page.rs`).
#[derive(Debug)]
pub struct Templates(Handlebars<'static>);

/// Each template and each part of one: its name, its text.
const ALL: &[(&str, &str)] = &[
    ("style", include_str!("style.css")),
    ("book_style", include_str!("book.css")),
    ("report_style", include_str!("report.css")),
    ("script", include_str!("script.js")),
    ("about", include_str!("templates/about.hbs")),
    ("step", include_str!("templates/step.hbs")),
    ("step_inside", include_str!("templates/step_inside.hbs")),
    ("assert", include_str!("templates/assert.hbs")),
    ("assert_inside", include_str!("templates/assert_inside.hbs")),
    ("data", include_str!("templates/data.hbs")),
    ("expectation", include_str!("templates/expectation.hbs")),
    ("chips", include_str!("templates/chips.hbs")),
    ("unreadable", include_str!("templates/unreadable.hbs")),
    ("index", include_str!("templates/index.hbs")),
    ("report_head", include_str!("templates/report/head.hbs")),
    ("report_top", include_str!("templates/report/top.hbs")),
    ("report_end", include_str!("templates/report/end.hbs")),
    ("timeline", include_str!("templates/report/timeline.hbs")),
    ("words", include_str!("templates/report/words.hbs")),
    ("outcome", include_str!("templates/report/outcome.hbs")),
    ("account", include_str!("templates/report/account.hbs")),
    ("result", include_str!("templates/report/result.hbs")),
    ("done_step", include_str!("templates/report/done_step.hbs")),
    ("done_assert", include_str!("templates/report/done_assert.hbs")),
    ("done_alone", include_str!("templates/report/done_alone.hbs")),
];

impl Templates {
    /// All of them, read once.
    pub fn get() -> &'static Self {
        static TEMPLATES: OnceLock<Templates> = OnceLock::new();
        TEMPLATES.get_or_init(|| {
            let mut registry = Handlebars::new();
            registry.set_strict_mode(true);
            registry.register_escape_fn(html);
            for (name, text) in ALL {
                registry.register_template_string(name, text).expect("a test reads every template");
            }
            Templates(registry)
        })
    }

    /// A template, filled.
    ///
    /// # Errors
    ///
    /// If it asks for what `data` does not have.
    pub fn render(&self, template: &str, data: &impl Serialize) -> Result<String, PageError> {
        Ok(self.0.render(template, data)?)
    }

    /// The same on one line, for a Markdown file: an HTML block ends at the first empty line.
    ///
    /// # Errors
    ///
    /// If it asks for what `data` does not have.
    pub fn render_line(&self, template: &str, data: &impl Serialize) -> Result<String, PageError> {
        let page = self.render(template, data)?;
        let lines: Vec<_> = page.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
        Ok(lines.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_can_be_read_and_none_takes_html() {
        let _ = Templates::get();
        for (name, text) in ALL {
            assert!(!text.contains("{{{") && !text.contains("{{&"), "{name} takes HTML from somebody");
        }
    }
}

//! A block quote of stepgate's own. Its first line says whose it is, and what it takes to give the author's bytes back.

use std::fmt;

/// What stands in the first line of a quote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Marker {
    /// The name of the step, or `run`.
    pub name: String,
    /// No blank line stood behind: one was added.
    pub tight: bool,
    /// The file ended without the end of a line: one was added.
    pub unended: bool,
    /// What stood in the box of the task item, if something else stands in it now.
    pub was: Option<Checkbox>,
}

/// The box of a task item, as its author left it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Checkbox {
    /// `[ ]`
    Open,
    /// The same with a tab in it.
    Tab,
    /// `[x]`
    Small,
    /// `[X]`
    Large,
}

/// Each box with its word in a marker and its text.
const CHECKBOXES: [(Checkbox, &str, &str); 4] = [
    (Checkbox::Open, "was=open", "[ ]"),
    (Checkbox::Tab, "was=tab", "[\t]"),
    (Checkbox::Small, "was=x", "[x]"),
    (Checkbox::Large, "was=X", "[X]"),
];

impl Checkbox {
    /// The box that is written so.
    pub fn of(text: &str) -> Option<Self> {
        CHECKBOXES.iter().find(|(_, _, written)| *written == text).map(|(found, ..)| *found)
    }

    /// As it is written.
    pub fn text(self) -> &'static str {
        CHECKBOXES.iter().find(|(found, ..)| *found == self).map_or("[ ]", |(_, _, text)| text)
    }

    /// Whether there is a tick in it.
    pub fn is_ticked(self) -> bool {
        matches!(self, Checkbox::Small | Checkbox::Large)
    }

    fn word(self) -> &'static str {
        CHECKBOXES.iter().find(|(found, ..)| *found == self).map_or("", |(_, word, _)| word)
    }
}

impl Marker {
    /// That of a quote about `name`, so far.
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into(), ..Self::default() }
    }

    /// Reads the first line of a quote, without its end. A word that is not known makes it somebody else's: whatever it
    /// stands for would be lost.
    pub fn read(line: &str) -> Option<Self> {
        let inside = line.strip_prefix(crate::OWN_QUOTE)?.strip_suffix(" -->")?;
        let mut words = inside.split(' ');
        let mut marker = Self::new(words.next().filter(|name| !name.is_empty())?);
        for word in words {
            match word {
                "tight" if !marker.tight => marker.tight = true,
                "unended" if !marker.unended => marker.unended = true,
                _ if marker.was.is_some() => return None,
                _ => marker.was = Some(CHECKBOXES.iter().find(|(_, known, _)| *known == word)?.0),
            }
        }
        Some(marker)
    }
}

impl fmt::Display for Marker {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", crate::OWN_QUOTE, self.name)?;
        let words = [self.tight.then_some("tight"), self.unended.then_some("unended"), self.was.map(Checkbox::word)];
        words.into_iter().flatten().try_for_each(|word| write!(f, " {word}"))?;
        f.write_str(" -->")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_marker_is_read_as_it_is_written_and_nothing_else_is_one() {
        for line in [
            "> <!-- stepgate:run -->",
            "> <!-- stepgate:save tight -->",
            "> <!-- stepgate:é-x tight unended was=X -->",
            "> <!-- stepgate:a was=tab -->",
        ] {
            assert_eq!(Marker::read(line).unwrap().to_string(), line);
        }
        for line in [
            "> <!-- stepgate: -->",
            "> <!-- stepgate: run -->",
            "> <!-- stepgate:run  tight -->",
            "> <!-- stepgate:run tight tight -->",
            "> <!-- stepgate:run was=x was=X -->",
            "> <!-- stepgate:run newer -->",
            "> <!-- stepgate:run --> more",
            "><!-- stepgate:run -->",
        ] {
            assert_eq!(Marker::read(line), None, "{line}");
        }
    }
}

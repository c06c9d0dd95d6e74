//! The lines of a stream that a report may show: those around the place where matching got stuck.
//!
//! Where that will be is known only at the end, so the lines around the furthest place by now are kept, and beside them
//! the last ones.

use std::collections::VecDeque;

/// Lines kept on either side of the place.
pub const WINDOW: usize = 60;
/// How much of one line is kept, in bytes.
const LONGEST: usize = 4096;

/// A line of the stream, normalized.
#[derive(Debug, Default)]
pub struct KeptLine {
    /// The line, or its beginning with an ellipsis.
    pub text: String,
    /// For a line that was cut: the pattern lines that are known to have taken it.
    pub taken_by: Option<Vec<usize>>,
}

/// The lines around one place of a stream.
pub struct Kept<'p> {
    around: VecDeque<KeptLine>,
    first: usize,
    /// The last lines, if they do not stand in `around`.
    recent: VecDeque<KeptLine>,
    /// To be written over, so that a line costs no memory.
    spare: Option<KeptLine>,
    hide: Hide<'p>,
}

/// Takes out of a text what may not be shown.
pub type Hide<'p> = Box<dyn Fn(&str) -> String + 'p>;

impl<'p> Kept<'p> {
    /// Keeps nothing yet.
    pub fn new(hide: Hide<'p>) -> Self {
        Self { around: VecDeque::new(), first: 0, recent: VecDeque::new(), spare: None, hide }
    }

    /// The text, a whole one, without what may not be shown.
    pub fn hidden(&self, text: &str) -> String {
        (self.hide)(text)
    }

    /// Takes line `index`: its text, or `None` for one too long to be looked at; the pattern lines that took it; and the
    /// line that `furthest` is now. Lines are given in order, without gaps before `is_full`.
    pub fn push(&mut self, index: usize, text: Option<&str>, taken_by: &[usize], furthest: usize) {
        let line = self.copy(text, taken_by);
        let joined = self.recent.is_empty() && index < self.end() + 1;
        if furthest > index {
            self.move_on(index);
            self.around.push_back(line);
            while self.first + WINDOW < furthest {
                self.spare = self.around.pop_front();
                self.first += 1;
            }
        } else if joined && index < furthest + WINDOW {
            self.around.push_back(line);
        } else {
            // The next line may be the last of the `WINDOW` before the place.
            if self.recent.len() + 1 == WINDOW {
                self.spare = self.recent.pop_front();
            }
            self.recent.push_back(line);
        }
    }

    /// Whether everything around `furthest` is there, if that stays.
    pub fn is_full(&self, furthest: usize) -> bool {
        self.end() >= furthest + WINDOW
    }

    /// The number, from 0, of the first line around the place.
    pub fn first(&self) -> usize {
        self.first
    }

    /// The number behind the last line around the place.
    pub fn end(&self) -> usize {
        self.first + self.around.len()
    }

    /// Line `index`, which is one around the place.
    pub fn line(&self, index: usize) -> &KeptLine {
        &self.around[index - self.first]
    }

    /// The place has moved to line `index`: what came last stands around it.
    fn move_on(&mut self, index: usize) {
        if index - self.recent.len() > self.end() {
            self.around.clear();
            self.first = index - self.recent.len();
        }
        self.around.extend(self.recent.drain(..));
    }

    fn copy(&mut self, text: Option<&str>, taken_by: &[usize]) -> KeptLine {
        let mut line = self.spare.take().unwrap_or_default();
        line.text.clear();
        let whole = text.is_some_and(|text| text.len() <= LONGEST);
        match text {
            Some(text) if whole => line.text.push_str(text),
            // What is cut can no longer be recognized.
            Some(text) => {
                let hidden = self.hidden(text);
                line.text.push_str(&hidden[..hidden.floor_char_boundary(LONGEST)]);
                line.text.push('…');
            }
            None => line.text.push_str("(a line of more than 1 MiB)"),
        }
        line.taken_by = (!whole).then(|| taken_by.to_vec());
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_hidden() -> Kept<'static> {
        Kept::new(Box::new(str::to_owned))
    }

    fn lines(kept: &Kept<'_>) -> Vec<String> {
        (kept.first()..kept.end()).map(|index| kept.line(index).text.clone()).collect()
    }

    fn fill(range: std::ops::Range<usize>, kept: &mut Kept<'_>, furthest: impl Fn(usize) -> usize) {
        for index in range {
            kept.push(index, Some(&index.to_string()), &[], furthest(index));
        }
    }

    fn numbers(range: std::ops::Range<usize>) -> Vec<String> {
        range.map(|number| number.to_string()).collect()
    }

    #[test]
    fn the_lines_on_either_side_of_the_place_are_kept() {
        let mut kept = nothing_hidden();
        fill(0..1000, &mut kept, |index| index + 1);
        assert_eq!(lines(&kept), numbers(940..1000));
        fill(1000..1059, &mut kept, |_| 1000);
        assert!(!kept.is_full(1000));
        fill(1059..2000, &mut kept, |_| 1000);
        assert!(kept.is_full(1000));
        assert_eq!(lines(&kept), numbers(940..1060));
    }

    #[test]
    fn when_the_place_moves_on_after_long_the_last_lines_are_there() {
        for jump in [1, 59, 60, 61, 100, 119, 120, 121, 500] {
            let mut kept = nothing_hidden();
            fill(0..jump, &mut kept, |_| 0);
            fill(jump..jump + 1, &mut kept, |index| index + 1);
            fill(jump + 1..jump + 300, &mut kept, |_| jump + 1);
            assert_eq!(lines(&kept), numbers((jump + 1).saturating_sub(WINDOW)..jump + 1 + WINDOW), "{jump}");
        }
    }

    #[test]
    fn of_a_long_line_the_beginning_is_kept_and_who_took_it() {
        let mut kept = nothing_hidden();
        kept.push(0, Some(&"é".repeat(5000)), &[7], 1);
        kept.push(1, None, &[], 1);
        assert_eq!((kept.line(0).text.len(), kept.line(0).taken_by.as_deref()), (LONGEST + "…".len(), Some(&[7][..])));
        assert_eq!(kept.line(1).taken_by.as_deref(), Some(&[][..]));
    }
}

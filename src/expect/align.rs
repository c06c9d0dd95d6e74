//! Which line of the output belongs to which line of a block that does not hold: the alignment with the fewest lines
//! without a partner.

use super::kept::{KeptLine, WINDOW};
use super::lines::{BlockLine, BlockPattern, LinePattern};
use super::marks::Repeat;
use std::ops::Range;

/// One step of an alignment; lines of the block and of the output are counted from 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The pattern line took the line.
    Took { pattern: usize, line: usize },
    /// The pattern line may take no line, and took none.
    Passed { pattern: usize },
    /// The pattern line had no partner.
    Missing { pattern: usize },
    /// The line had no partner.
    Extra { line: usize },
}

/// Aligns the lines on either side of the place where matching got stuck. `line` gives a line of `lines`, the part of the
/// `total` lines that is looked at.
pub fn align<'k>(
    block: &BlockPattern,
    (state, stuck): (usize, usize),
    lines: Range<usize>,
    total: usize,
    line: impl Fn(usize) -> &'k KeptLine,
) -> Vec<Step> {
    let end = block.lines.len();
    let (from, to) = (state.saturating_sub(WINDOW), (state + WINDOW).min(end));
    let accepts = |pattern: usize, index: usize| accepts(&block.lines[pattern], pattern, line(index));
    let before = Part {
        items: items(&block.lines, from..state),
        lines: lines.start..stuck,
        cut_start: (from > 0, lines.start > 0),
        cut_end: (false, false),
    };
    let after = Part {
        items: items(&block.lines, state..to),
        lines: stuck..lines.end,
        cut_start: (false, false),
        cut_end: (to < end, lines.end < total),
    };
    [before.steps(&accepts), after.steps(&accepts)].concat()
}

/// Aligns a whole block with all of `total` lines; `accepts` says whether a pattern line takes a line.
pub fn align_all(block: &BlockPattern, total: usize, accepts: &dyn Fn(usize, usize) -> bool) -> Vec<Step> {
    let (cut_start, cut_end) = ((false, false), (false, false));
    Part { items: items(&block.lines, 0..block.lines.len()), lines: 0..total, cut_start, cut_end }.steps(accepts)
}

fn accepts(expected: &BlockLine, pattern: usize, line: &KeptLine) -> bool {
    match &line.taken_by {
        Some(known) => known.contains(&pattern),
        None => expected.pattern.accepts(&line.text),
    }
}

/// What takes lines in an alignment: a pattern line, or for `+` the first line of it and the rest.
#[derive(Clone, Copy)]
struct Item {
    pattern: usize,
    dots: bool,
    required: bool,
    open: bool,
    /// The rest of a `+`.
    rest: bool,
}

fn items(block: &[BlockLine], range: Range<usize>) -> Vec<Item> {
    let mut out = Vec::new();
    for pattern in range {
        let line = &block[pattern];
        let dots = matches!(line.pattern, LinePattern::Any);
        let required = !dots && !line.repeat.is_optional();
        let open = dots || line.repeat == Repeat::Any;
        out.push(Item { pattern, dots, required, open, rest: false });
        if line.repeat == Repeat::Some {
            out.push(Item { pattern, dots, required: false, open: true, rest: true });
        }
    }
    out
}

/// One side of the place. Each flag says of patterns and of lines whether there are more beyond that edge.
struct Part {
    items: Vec<Item>,
    lines: Range<usize>,
    cut_start: (bool, bool),
    cut_end: (bool, bool),
}

type Accepts<'a> = &'a dyn Fn(usize, usize) -> bool;

/// `at(item, line)`: the fewest lines without a partner from there on; and whether the item takes the line.
struct Table {
    width: usize,
    cost: Vec<u32>,
    takes: Vec<bool>,
}

impl Table {
    fn at(&self, item: usize, line: usize) -> u32 {
        self.cost[item * self.width + line]
    }

    fn takes(&self, item: usize, line: usize) -> bool {
        self.takes[item * self.width + line]
    }
}

impl Part {
    fn table(&self, accepts: Accepts<'_>) -> Table {
        let (height, width) = (self.items.len() + 1, self.lines.len() + 1);
        let mut table = Table { width, cost: vec![0; height * width], takes: vec![false; height * width] };
        for item in (0..height).rev() {
            for line in (0..width).rev() {
                let takes = item + 1 < height
                    && line + 1 < width
                    && (self.items[item].dots || accepts(self.items[item].pattern, self.lines.start + line));
                table.takes[item * width + line] = takes;
                table.cost[item * width + line] = self.cost(&table, item, line);
            }
        }
        table
    }

    fn cost(&self, table: &Table, item: usize, line: usize) -> u32 {
        let last_line = line == self.lines.len();
        let Some(this) = self.items.get(item) else {
            return (self.lines.len() - line) as u32;
        };
        // Beyond the edge the rest may have partners; the first one is known to have none.
        if last_line && self.cut_end.1 && item > 0 {
            return 0;
        }
        let mut best = u32::from(this.required) + table.at(item + 1, line);
        if !last_line {
            best = best.min(1 + table.at(item, line + 1));
        }
        if table.takes(item, line) {
            best = best.min(table.at(if this.open { item } else { item + 1 }, line + 1));
        }
        best
    }

    fn steps(&self, accepts: Accepts<'_>) -> Vec<Step> {
        let table = self.table(accepts);
        let (mut item, mut line) = self.start(&table);
        let mut steps: Vec<Step> = (0..line).map(|line| self.before(line)).collect();
        let mut taken = false;
        while let Some(this) = self.items.get(item) {
            if line == self.lines.len() && self.cut_end.1 && item > 0 {
                return steps;
            }
            let (cost, pattern) = (table.at(item, line), this.pattern);
            let here = self.lines.start + line;
            let take = table.takes(item, line) && cost == table.at(if this.open { item } else { item + 1 }, line + 1);
            let pass = cost == u32::from(this.required) + table.at(item + 1, line);
            match (take, pass) {
                (true, passes) if !(this.dots && passes) => {
                    steps.push(Step::Took { pattern, line: here });
                    (item, line, taken) = (if this.open { item } else { item + 1 }, line + 1, this.open);
                }
                (_, true) => {
                    if this.required {
                        steps.push(Step::Missing { pattern });
                    } else if !taken && !this.rest {
                        steps.push(Step::Passed { pattern });
                    }
                    (item, taken) = (item + 1, false);
                }
                _ => {
                    steps.push(Step::Extra { line: here });
                    line += 1;
                }
            }
        }
        if !self.cut_end.0 {
            steps.extend((line..self.lines.len()).map(|line| Step::Extra { line: self.lines.start + line }));
        }
        steps
    }

    /// Where the alignment comes in: at the beginning, or wherever it is best over an edge that was cut.
    fn start(&self, table: &Table) -> (usize, usize) {
        let over_lines = (0..=self.items.len()).filter(|_| self.cut_start.1).map(|item| (item, 0));
        let over_items = (0..=self.lines.len()).filter(|_| self.cut_start.0).map(|line| (0, line));
        let all = over_lines.chain(over_items).chain([(0, 0)]);
        all.min_by_key(|(item, line)| (table.at(*item, *line), item + line)).unwrap_or((0, 0))
    }

    /// A line before the alignment came in: a pattern line beyond the edge took it.
    fn before(&self, line: usize) -> Step {
        let pattern = self.items.first().map_or(0, |item| item.pattern).saturating_sub(1);
        Step::Took { pattern, line: self.lines.start + line }
    }
}

#[cfg(test)]
mod tests {
    use super::super::lines::compile;
    use super::super::matcher::Matcher;
    use super::*;
    use crate::diagnostic::Span;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn steps(pattern: &[&str], output: &[&str]) -> Vec<Step> {
        let spans = pattern.iter().map(|line| (*line, Span::new(0, line.len())));
        let block = compile(spans, &BTreeMap::new()).unwrap();
        let mut matcher = Matcher::new(&block);
        output.iter().for_each(|line| matcher.feed(Some(line)));
        let (state, stuck) = matcher.finish().stuck.unwrap_or((block.lines.len(), output.len()));
        let kept: Vec<KeptLine> =
            output.iter().map(|line| KeptLine { text: (*line).to_owned(), taken_by: None }).collect();
        let lines = stuck.saturating_sub(WINDOW)..(stuck + WINDOW).min(output.len());
        align(&block, (state, stuck), lines, output.len(), |line| &kept[line])
    }

    /// `1=0`: pattern line 1 took line 0. `-1`: missing. `+0`: extra. `~1`: passed.
    fn words(pattern: &[&str], output: &[&str]) -> String {
        let word = |step| match step {
            Step::Took { pattern, line } => format!("{pattern}={line}"),
            Step::Passed { pattern } => format!("~{pattern}"),
            Step::Missing { pattern } => format!("-{pattern}"),
            Step::Extra { line } => format!("+{line}"),
        };
        steps(pattern, output).into_iter().map(word).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn lines_without_a_partner_are_as_few_as_can_be() {
        assert_eq!(words(&["a", "b", "c"], &["a", "x", "c"]), "0=0 -1 +1 2=2");
        assert_eq!(words(&["a", "b", "c"], &["a", "c"]), "0=0 -1 2=1");
        assert_eq!(words(&["a", "c"], &["a", "b", "c"]), "0=0 +1 1=2");
        assert_eq!(words(&["a"], &["a", "b"]), "0=0 +1");
        assert_eq!(words(&[], &["b"]), "+0");
    }

    #[test]
    fn repeated_lines_take_what_they_can() {
        assert_eq!(words(&["a (+)", "b (*)", "c"], &["a", "a", "b", "d"]), "0=0 0=1 1=2 -2 +3");
        assert_eq!(words(&["a (?)", "b (*)", "c (+)"], &["d"]), "~0 ~1 -2 +0");
        assert_eq!(words(&["a", "...", "b (+)", "c"], &["a", "x", "b", "b", "d"]), "0=0 1=1 2=2 2=3 -3 +4");
        assert_eq!(words(&["...", "b", "..."], &["x", "y"]), "0=0 0=1 -1 ~2");
    }

    #[test]
    fn far_from_either_end_only_the_place_is_at_fault() {
        let numbers: Vec<String> = (0..400).map(|number| number.to_string()).collect();
        let all: Vec<&str> = numbers.iter().map(String::as_str).collect();
        let faults = |pattern: &[&str], output: &[&str]| {
            let faulty = |step: &Step| matches!(step, Step::Missing { .. } | Step::Extra { .. });
            steps(pattern, output).into_iter().filter(faulty).collect::<Vec<_>>()
        };
        let without = [&all[..200], &all[201..]].concat();
        assert_eq!(faults(&all, &without), [Step::Missing { pattern: 200 }]);
        assert_eq!(faults(&without, &all), [Step::Extra { line: 200 }]);
        let dots = [&["..."], &all[300..]].concat();
        assert_eq!(faults(&dots, &[&all[..350], &all[351..]].concat()), [Step::Missing { pattern: 51 }]);
        let extra = faults(&["0", "1", "2"], &[&["0"][..], &["x"].repeat(1000)].concat());
        assert_eq!((extra[0], extra.len()), (Step::Missing { pattern: 1 }, 61));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn every_line_stands_in_it_once_and_nothing_before_the_place_is_at_fault(
            pattern in prop::collection::vec(prop::sample::select(
                vec!["a", "b", "...", "[ab] (re*)", "a (?)", "b (+)", "? (glob)", "c"]), 0..8),
            output in prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "dd"]), 0..10),
        ) {
            let steps = steps(&pattern, &output);
            let lines: Vec<usize> = steps.iter().filter_map(|step| match step {
                Step::Took { line, .. } | Step::Extra { line } => Some(*line),
                _ => None,
            }).collect();
            prop_assert_eq!(&lines, &(0..output.len()).collect::<Vec<_>>());
            let spans = pattern.iter().map(|line| (*line, Span::new(0, line.len())));
            let block = compile(spans, &BTreeMap::new()).unwrap();
            let mut matcher = Matcher::new(&block);
            output.iter().for_each(|line| matcher.feed(Some(line)));
            let stuck = matcher.finish().stuck;
            let fault = steps.iter().position(|step| matches!(step, Step::Missing { .. } | Step::Extra { .. }));
            prop_assert_eq!(fault.is_some(), stuck.is_some());
            if let (Some(fault), Some((_, line))) = (fault, stuck) {
                let taken = steps[..fault].iter().filter(|step| matches!(step, Step::Took { .. })).count();
                prop_assert!(taken >= line);
            }
        }
    }
}

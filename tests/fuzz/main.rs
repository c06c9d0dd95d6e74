//! A seeded loop of hostile texts through everything that reads: runbooks, info strings, front matter, stepgate.toml,
//! lines and their matcher, expressions. Nothing may panic, hang, or point outside its file. It says how many it tried;
//! `STEPGATE_FUZZ_CASES` sets the number of each kind.

mod recordings;
mod records;

use std::collections::BTreeMap;
use std::io::Write as _;
use stepgate::config::{self, Config};
use stepgate::diagnostic::{Diagnostic, Source, Span};
use stepgate::expect::{self, StreamMatcher};
use stepgate::plan::{self, Inputs};

/// Splitmix64: the same texts for everybody.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.next() % bound as u64).unwrap()
    }

    /// Up to `most` pieces of `words`, some of them damaged.
    fn text(&mut self, words: &[&str], most: usize) -> String {
        let mut text = String::new();
        for _ in 0..self.below(most + 1) {
            let word = words[self.below(words.len())];
            match self.below(12) {
                0 => text.extend(word.chars().rev()),
                1 => text.push(char::from_u32(self.below(0x3000) as u32).unwrap_or('\u{fffd}')),
                2 => text.extend(word.chars().take(self.below(word.chars().count() + 1))),
                _ => text.push_str(word),
            }
        }
        text
    }
}

const FRONT: &[&str] = &[
    "params:\n",
    "  P: { type: int, default: 3 }\n",
    "  Q: { pattern: '[a-z', values: [a, b] }\n",
    "  S: { type: secret }\n",
    "  L: { after: a, values: 'steps.a.lines' }\n",
    "secrets: [X]\n",
    "targets:\n",
    "  t: ssh $P\n",
    "  u: { run: local, shell: sh }\n",
    "env: { A: b }\n",
    "defaults: { on: t, timeout: 5s, poll: 1s }\n",
    "tools: { jq: '>=1.6' }\n",
    "max-age: 7d\n",
    "acceptance: { AC1: x }\n",
    "title: 'x\n",
    "&a ",
    "*a ",
    "{",
    "[",
    "- ",
    ": ",
    "\n",
    "\t",
    "? ",
    "!!str ",
    "|\n",
    "~",
    "\u{feff}",
    "0x1f",
    "no",
    "010",
];
const BODY: &[&str] = &[
    "# H\n",
    "```bash {name=a effect=read}\n",
    "```sh {name=b gate=none unless=a on=t}\n",
    "```python {name=c when=\"true\" stdin=d}\n",
    "```yaml {data name=d}\n",
    "```output\n",
    "```output {stderr}\n",
    "```assert\n",
    "```assert {name=w}\n",
    "```\n",
    "````\n",
    "~~~\n",
    "- [ ] do (AC1)\n",
    "> quote\n",
    "<!-- c\n",
    "-->\n",
    "  indented\n",
    "echo \"$P\" | head -1\n",
    "cat <<E\n",
    "<host>\n",
    "...\n",
    "x (re)\n",
    "(?<V>a+) (re*)\n",
    "{{P}} (glob?)\n",
    "\\x41 (esc)\n",
    "exit_code == 0\n",
    "steps.a.lines.all(l, l != '')\n",
    "vars.V == params.P # m\n",
    "\r\n",
    "\t",
    "`",
    "$(",
    "\"",
    "'",
    "&& b &\n",
    "\n\n",
];
const INFO: &[&str] = &[
    "bash ",
    "{",
    "}",
    "name=",
    "a",
    "=",
    "\"",
    "'",
    "\\\"",
    " ",
    "effect=read",
    "when=\"a == 'b'\"",
    "exit=1,3",
    "\t",
    "é",
    "{{",
    "poll=5s",
];
const TOML: &[&str] = &[
    "[targets]\n",
    "[profile.x]\n",
    "a = ",
    "\"ssh x\"",
    "{ run = \"y\" }",
    "\n",
    "[",
    "]",
    "[secrets]\n",
    "K = { env = \"V\" }\n",
    "[lint]\n",
    "SG064 = \"off\"\n",
    "'''",
    "1e9",
    "= ",
    ".",
    "#",
];
const LINE: &[&str] = &[
    "a",
    "b",
    " ",
    "...",
    "(re)",
    "(glob)",
    "(esc)",
    "(re*)",
    "(?)",
    "(+)",
    "\\",
    "*",
    "?",
    "[",
    "(?<X>",
    ")",
    "{{V}}",
    "\\{{",
    "\\x4",
    "\\u{1f}",
    "+",
    "|",
    "^",
    "$",
    "\u{1b}[1m",
    "\t",
];
const CEL: &[&str] = &[
    "stdout",
    "json",
    ".a",
    "[0]",
    "(",
    ")",
    "==",
    " && ",
    " || ",
    "!",
    "1",
    "-",
    "'x'",
    "\"",
    "vars.V",
    "steps.a.lines",
    ".all(l, l == 'x')",
    ".exists(i, ",
    "size(",
    "duration('1h 30m')",
    "quantity('5Mi')",
    "semver('1.2.3')",
    ".map(x, x + x)",
    "? ",
    ": ",
    "{",
    "}",
    ",",
    "has(",
    "rows(stdout)",
    "[",
    "]",
    "9223372036854775807",
    "0.1",
    " in ",
    "matches('a+')",
    "\n  ",
    "#",
];

fn cases() -> usize {
    std::env::var("STEPGATE_FUZZ_CASES").ok().and_then(|text| text.parse().ok()).unwrap_or(4000)
}

fn sound(found: &[Diagnostic], length: usize) {
    for diagnostic in found {
        let places = std::iter::once(diagnostic.span).chain(diagnostic.related.iter().map(|(span, _)| *span));
        for span in places {
            assert!(span.start <= span.end && span.end <= length, "{diagnostic:?}");
        }
    }
}

/// Reads, examines and plans; whatever comes of it is sound and never an empty plan.
fn runbook(text: String) -> bool {
    let length = text.len();
    match plan::examine(Source::new("f.md", text), &Config::default()) {
        Ok((runbook, found)) => {
            sound(&found, length);
            assert!(!runbook.items.is_empty(), "an empty plan would pass");
            _ = plan::plan(&runbook, &Config::default(), &Inputs::default());
            true
        }
        Err(refused) => {
            assert!(!refused.found.is_empty());
            sound(&refused.found, length);
            false
        }
    }
}

#[test]
fn nothing_that_reads_panics_hangs_or_points_outside_its_file() {
    let mut random = Random(20_261_124);
    let (count, mut planned) = (cases(), 0);
    for _ in 0..count {
        planned +=
            usize::from(runbook(format!("---\nstepgate: 1\n{}---\n{}", random.text(FRONT, 8), random.text(BODY, 30))));
        planned += usize::from(runbook(format!("---\nstepgate: 1\n---\n{}", random.text(BODY, 12))));
        runbook(format!("---\nstepgate: 1\n---\n```{}\ntrue\n```\n", random.text(INFO, 10)));
        runbook(format!("---\n{}---\n```bash {{name=a gate=none}}\ntrue\n```\n", random.text(FRONT, 12)));
        let toml = random.text(TOML, 14);
        if let Err(refused) = config::read(Source::new("stepgate.toml", toml.clone())) {
            sound(&refused.found, toml.len());
        }
        let lines: Vec<String> = (0..random.below(6)).map(|_| random.text(LINE, 8)).collect();
        let variables = BTreeMap::from([("V".to_owned(), random.text(LINE, 3))]);
        let places = lines.iter().map(|line| (line.as_str(), Span::new(0, line.len())));
        if let Ok(block) = expect::compile(places, &variables) {
            let mut matcher = StreamMatcher::new(&block);
            for _ in 0..random.below(8) {
                matcher.feed(format!("{}\n", random.text(LINE, 4)).as_bytes());
            }
            _ = matcher.finish(1);
        }
        let expression = random.text(CEL, 12);
        let lines = expression.split('\n').map(|line| (line, Span::new(0, line.len())));
        if let Ok(block) = expect::parse_block(lines) {
            _ = expect::block_warnings(&block);
        }
    }
    // Not `println!`, which is swallowed where a test passes.
    let tried = format!(
        "{count} cases of each of 7 kinds: {} texts, {planned} of them runbooks that can be planned",
        count * 7
    );
    writeln!(std::io::stdout(), "{tried}").expect("standard output");
    assert!(planned > count / 50, "the texts are too hostile to reach what lies behind the parser: {planned}");
}

#[test]
fn no_journal_of_whatever_events_or_damage_makes_a_reader_or_a_view_panic() {
    let mut random = Random(20_261_125);
    let count = cases() / 2;
    let sound = records::journals(&mut random, count);
    writeln!(std::io::stdout(), "{count} journals, {sound} sound records in them").expect("standard output");
    assert!(sound > count, "the journals are too damaged to reach the fold: {sound}");
}

#[test]
fn no_damaged_recording_makes_a_replay_panic() {
    let mut random = Random(20_261_126);
    let count = cases() / 2;
    let (read, held) = recordings::recordings(&mut random, count);
    writeln!(std::io::stdout(), "{count} recordings, {read} of them read, {held} scripts that held")
        .expect("standard output");
    assert!(read > count / 4 && held > count / 4, "the recordings are too damaged: {read}, {held}");
}

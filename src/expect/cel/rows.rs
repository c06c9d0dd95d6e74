//! Tables as programs print them: `kubectl get`, `df -h`, `lsblk`, `systemctl list-units`, `ss`.
//!
//! The first line is the header, and the table ends at the first empty line: what stands behind it is a legend, or an
//! error if it is another table. What the columns are is decided once for
//! the whole table, by the first of these that fits every row:
//!
//! 1. **By position**, if the header's names stand two and more blanks apart: each cell begins below its name. Names
//!    and cells may hold single blanks, and a cell may be empty (`kubectl`).
//! 2. **By wide gaps**: header and rows, cut at runs of two and more blanks or a tab, have equally many cells.
//! 3. **By position of single words**, as 1.
//! 4. **By words**: each blank cuts. Of a row with too many words the last column takes the rest. One with too few is
//!    read by what stands below which name (`df`, `lsblk`). A word that stands below another name than its own (a blank
//!    in a device's name), and whatever else is not clear, is an error, never a guess.
//!
//! A sign of one character in front of a row, where the header is indented, belongs to no column (`systemctl`).

use cel::objects::{Key, Map};
use cel::{ExecutionError, Value};
use std::collections::{BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// A word or a phrase of a line: its place in characters, and its text.
type Piece = (Range<usize>, String);

/// A header line and rows as a list of maps, every value a text.
///
/// # Errors
///
/// If two columns have one name, or a row cannot be told apart.
pub fn rows(text: &str) -> Result<Value, String> {
    let empty = |line: &&str| line.trim().is_empty();
    let mut lines = text.lines().skip_while(empty);
    let Some(header) = lines.next() else { return Ok(Value::List(Arc::default())) };
    let body: Vec<String> =
        lines.by_ref().take_while(|line| !empty(line)).map(|line| without_sign(header, line)).collect();
    let first = |line: &str| line.split_whitespace().next().map(str::to_owned);
    if let Some(again) = lines.find(|line| first(line) == first(header)) {
        let again = crate::text::shorten(again.trim(), 60);
        return Err(format!("a second table begins behind an empty line, with `{again}`: take the text apart first"));
    }
    let names = refined(pieces(header, 2), &body);
    let by_gaps = names.len() > 1;
    let cells: Option<Vec<_>> = body.iter().map(|line| by_position(&names, line)).collect();
    if let Some(cells) = cells.filter(|_| by_gaps) {
        return table(&texts(names), cells);
    }
    let cells: Vec<_> = body.iter().map(|line| texts(pieces(line, 2))).collect();
    if by_gaps && cells.iter().all(|cells| cells.len() == names.len()) {
        return table(&texts(names), cells);
    }
    let names = pieces(header, 1);
    if let Some(cells) = body.iter().map(|line| by_position(&names, line)).collect::<Option<Vec<_>>>() {
        return table(&texts(names), cells);
    }
    let cells: Result<Vec<_>, _> = body.iter().map(|line| by_words(&names, line)).collect();
    table(&texts(names), cells?)
}

/// The cells of one line, cut at runs of blanks.
pub fn columns(line: &str) -> Result<Value, ExecutionError> {
    Ok(Value::List(Arc::new(line.split_whitespace().map(Value::from).collect())))
}

fn table(names: &[String], cells: Vec<Vec<String>>) -> Result<Value, String> {
    let mut seen = BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(*name)) {
        return Err(format!("two columns are called `{twice}`"));
    }
    let keys: Vec<Key> = names.iter().map(|name| Key::String(Arc::new(name.clone()))).collect();
    let row = |cells: Vec<String>| {
        let map: HashMap<Key, Value> =
            keys.iter().cloned().zip(cells.iter().map(|cell| Value::from(cell.as_str()))).collect();
        Value::Map(Map { map: Arc::new(map) })
    };
    Ok(Value::List(Arc::new(cells.into_iter().map(row).collect())))
}

/// The parts of a line between runs of at least `gap` blanks, or a tab.
fn pieces(line: &str, gap: usize) -> Vec<Piece> {
    let mut found: Vec<Piece> = Vec::new();
    let mut blanks = gap;
    for (at, c) in line.trim_end().chars().enumerate() {
        if c == '\t' {
            blanks = gap;
        } else if c.is_whitespace() {
            blanks += 1;
        } else {
            match found.last_mut() {
                Some((range, text)) if blanks < gap => {
                    text.extend(std::iter::repeat_n(' ', blanks).chain([c]));
                    range.end = at + 1;
                }
                _ => found.push((at..at + 1, c.to_string())),
            }
            blanks = 0;
        }
    }
    found
}

/// Two names that stand one blank apart are two columns if in every row something begins below the second one, as below
/// `ACTIVE SUB`; `NOMINATED NODE` is one.
fn refined(names: Vec<Piece>, body: &[String]) -> Vec<Piece> {
    let body: Vec<Vec<char>> = body.iter().map(|line| line.chars().collect()).collect();
    let begins = |at: usize| {
        let begins = |line: &Vec<char>| line.get(at).is_some_and(|c| *c != ' ') && line.get(at - 1) == Some(&' ');
        !body.is_empty() && body.iter().all(begins)
    };
    let mut refined: Vec<Piece> = Vec::new();
    for (range, text) in names {
        let mut at = range.start;
        for (place, word) in text.split(' ').enumerate() {
            let end = at + word.chars().count();
            match refined.last_mut() {
                Some((range, text)) if place > 0 && !begins(at) => {
                    text.extend([" ", word]);
                    range.end = end;
                }
                _ => refined.push((at..end, word.to_owned())),
            }
            at = end + 1;
        }
    }
    refined
}

fn texts(pieces: Vec<Piece>) -> Vec<String> {
    pieces.into_iter().map(|(_, text)| text).collect()
}

/// The line with a blank for a sign that stands where the header has none: `● ssh.service`.
fn without_sign(header: &str, line: &str) -> String {
    let indent = header.chars().take_while(|c| *c == ' ').count();
    let mut first = line.chars();
    let sign = first.next().filter(|c| !c.is_alphanumeric() && !c.is_whitespace());
    match (sign, first.next()) {
        (Some(sign), Some(' ')) if indent >= 2 => format!(" {}", &line[sign.len_utf8()..]),
        _ => line.to_owned(),
    }
}

/// The cells below the names; `None` if one stands across two of them, or two stand below one.
fn by_position(names: &[Piece], line: &str) -> Option<Vec<String>> {
    let line: Vec<char> = line.trim_end().chars().collect();
    let starts: Vec<usize> = names.iter().map(|(range, _)| range.start).collect();
    let blank = |at: usize| line.get(at).is_none_or(|c| *c == ' ');
    let first = starts.first()?;
    if line.contains(&'\t') || !(0..*first).all(blank) || !starts.iter().skip(1).all(|start| blank(start - 1)) {
        return None;
    }
    let last = starts.len() - 1;
    let ends = starts.iter().skip(1).copied().chain([line.len()]);
    let cells = starts.iter().zip(ends).enumerate().map(|(at, (start, end))| {
        let cell: String = line.get(*start..end.min(line.len())).unwrap_or_default().iter().collect();
        // A cell that begins further right is a number aligned to the right, or belongs to another column.
        let fits = !cell.starts_with(' ') || cell.trim().is_empty();
        let cell = cell.trim_end();
        // A message in the last column may hold anything.
        (fits && (at == last || !cell.contains("  "))).then(|| cell.trim().to_owned())
    });
    cells.collect()
}

fn by_words(names: &[Piece], line: &str) -> Result<Vec<String>, String> {
    let words = pieces(line, 1);
    let below = |word: &Range<usize>, name: &Range<usize>| name.start < word.end && word.start < name.end;
    if words.len() >= names.len() {
        for ((range, word), (at, (own, _))) in words.iter().zip(names.iter().enumerate().take(names.len() - 1)) {
            let other = names.iter().enumerate().find(|(other, (name, _))| *other != at && below(range, name));
            if let Some((_, (_, name))) = other.filter(|_| !below(range, own)) {
                let line = crate::text::shorten(line.trim(), 60);
                return Err(format!("`{line}` has a blank in a cell: by its words `{word}` is not below `{name}`"));
            }
        }
        let mut words = texts(words);
        let rest = words.split_off(names.len().saturating_sub(1)).join(" ");
        words.push(rest);
        return Ok(words);
    }
    let mut cells = vec![String::new(); names.len()];
    for (range, word) in words {
        let mut found = names.iter().enumerate().filter(|(_, (name, _))| below(&range, name));
        match (found.next(), found.next()) {
            (Some((at, _)), None) if cells[at].is_empty() => cells[at] = word,
            _ => {
                let line = crate::text::shorten(line.trim(), 60);
                return Err(format!(
                    "`{line}` has fewer words than the header, and which column `{word}` is in is not clear"
                ));
            }
        }
    }
    Ok(cells)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        super::super::show::value(&rows(text).unwrap())
    }

    #[test]
    fn kubectl_may_have_blanks_in_cells_and_empty_ones() {
        let pods = "NAME   READY   STATUS    RESTARTS       AGE\na      1/1     Running   1 (5d2h ago)   9d\n";
        assert_eq!(
            shown(pods),
            r#"[{AGE: "9d", NAME: "a", READY: "1/1", RESTARTS: "1 (5d2h ago)", STATUS: "Running"}]"#
        );
        let both = "NAME   CLASS   RESTARTS       AGE\na              1 (5d2h ago)   9d\n";
        assert_eq!(shown(both), r#"[{AGE: "9d", CLASS: "", NAME: "a", RESTARTS: "1 (5d2h ago)"}]"#);
        let wide = "NAME   NOMINATED NODE   READINESS GATES\na      <none>           <none>\n";
        assert_eq!(shown(wide), r#"[{NAME: "a", NOMINATED NODE: "<none>", READINESS GATES: "<none>"}]"#);
        let ingress = "NAME   CLASS    HOSTS   ADDRESS   PORTS\nweb    <none>   a.b               80\n";
        assert_eq!(shown(ingress), r#"[{ADDRESS: "", CLASS: "<none>", HOSTS: "a.b", NAME: "web", PORTS: "80"}]"#);
    }

    #[test]
    fn df_and_lsblk_align_to_the_right_and_leave_cells_out() {
        let df = "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        10G  1.0G  9.0G  10% /\ntmpfs           100M     0  100M   0% /run\n";
        assert!(shown(df).contains(r#"Mounted: "/", Size: "10G", Use%: "10%", Used: "1.0G""#), "{}", shown(df));
        assert!(shown(df).contains(r#"Avail: "100M", Filesystem: "tmpfs""#), "{}", shown(df));
        let lsblk = "NAME   MAJ:MIN RM  SIZE RO TYPE MOUNTPOINTS\nsda      8:0    0   10G  0 disk \n└─sda1   8:1    0   10G  0 part /\n";
        assert!(
            shown(lsblk).contains(r#"MOUNTPOINTS: "", NAME: "sda", RM: "0", RO: "0", SIZE: "10G""#),
            "{}",
            shown(lsblk)
        );
        let narrow = "NAME FSTYPE LABEL UUID\nsda\nsdb  ext4         1 2\n";
        assert!(
            shown(narrow).ends_with(r#"{FSTYPE: "ext4", LABEL: "", NAME: "sdb", UUID: "1 2"}]"#),
            "{}",
            shown(narrow)
        );
        let fields = "NAME FSTYPE LABEL UUID\nsda\nsdb  ext4         1234\n";
        assert!(
            shown(fields).ends_with(r#"{FSTYPE: "ext4", LABEL: "", NAME: "sdb", UUID: "1234"}]"#),
            "{}",
            shown(fields)
        );
    }

    #[test]
    fn systemctl_has_signs_in_front_and_words_below() {
        let units = "  UNIT         LOAD      ACTIVE SUB     DESCRIPTION\n  cron.service loaded    active running Regular background jobs\n● x.service    not-found failed failed  x.service\n\nLOAD   = Reflects whether\n2 loaded units listed.\n";
        let all = shown(units);
        assert!(all.contains(r#"ACTIVE: "active", DESCRIPTION: "Regular background jobs", LOAD: "loaded""#), "{all}");
        assert!(rows(units).is_ok_and(|rows| matches!(rows, Value::List(rows) if rows.len() == 2)), "{all}");
        let failed = units.lines().enumerate().filter(|(at, _)| *at != 1).map(|(_, line)| line).collect::<Vec<_>>();
        let failed = shown(&failed.join("\n"));
        assert!(failed.contains(r#"LOAD: "not-found""#) && failed.contains(r#"UNIT: "x.service""#), "{failed}");
    }

    #[test]
    fn what_is_not_clear_is_an_error_and_never_a_guess() {
        assert_eq!(shown("A B\n1 2 3\n"), r#"[{A: "1", B: "2 3"}]"#);
        assert_eq!(shown("A\tB C\n1\t22 3\n"), r#"[{A: "1", B C: "22 3"}]"#);
        let events = "LAST SEEN   TYPE      OBJECT   MESSAGE\n5m          Warning   pod/x    Back-off  restarting\n2m          Normal    pod/y    ok\n";
        assert!(shown(events).starts_with(r#"[{LAST SEEN: "5m", MESSAGE: "Back-off  restarting", OBJECT: "pod/x""#));
        let df = "Filesystem      Size  Used Avail Use% Mounted on\ntank/my data    1.0T  1.0T     0 100% /tank\ntank/x          1.0T  0.1T  0.9T  10% /tank/x\n";
        assert!(rows(df).unwrap_err().contains("has a blank in a cell"), "{:?}", rows(df));
        let two = "NAME      READY\nd/a       1/1\n\nNAME     READY\ns/db     0/1\n";
        assert!(rows(two).unwrap_err().contains("a second table begins"));
        assert_eq!(shown("A B C\nlonglonglong x y\n"), r#"[{A: "longlonglong", B: "x", C: "y"}]"#);
        assert_eq!(shown(""), "[]");
        assert_eq!(shown("\n\nA B\n"), "[]");
        assert!(rows("A A\n1 2\n").unwrap_err().contains("two columns"));
        assert!(rows("AB CD EF\n    xxxx\n").unwrap_err().contains("which column `xxxx` is in"));
        assert!(rows("A B C\n1\n    zzzzzzzzz\n").is_ok());
        assert!(rows("A B C\n1\n      z\n").is_err());
    }
}

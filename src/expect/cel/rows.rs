//! Tables as programs print them.
//!
//! If header and rows can be cut at runs of two and more blanks into the same number of cells, they are (`kubectl`,
//! whose cells may hold single blanks). Otherwise each blank cuts, and the last column takes the rest of its line
//! (`df`, whose header `Mounted on` is then two columns).

use cel::objects::{Key, Map};
use cel::{ExecutionError, Value};
use std::collections::HashMap;
use std::sync::Arc;

/// A header line and rows as a list of maps.
pub fn rows(text: &str) -> Result<Value, ExecutionError> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    let Some((header, body)) = lines.split_first() else { return Ok(Value::List(Arc::default())) };
    let wide: Vec<Vec<&str>> = lines.iter().map(|line| wide_cells(line)).collect();
    let even = wide[0].len() > 1 && wide.iter().all(|cells| cells.len() == wide[0].len());
    let names: Vec<&str> = if even { wide[0].clone() } else { header.split_whitespace().collect() };
    let mut seen = std::collections::BTreeSet::new();
    if let Some(twice) = names.iter().find(|name| !seen.insert(**name)) {
        return Err(ExecutionError::function_error("rows", format!("two columns are called `{twice}`")));
    }
    let cells = |line: &&'_ str| if even { own(&wide_cells(line)) } else { narrow_cells(line, names.len()) };
    let rows = body.iter().map(|line| row(&names, cells(line))).collect();
    Ok(Value::List(Arc::new(rows)))
}

/// The cells of one line, cut at runs of blanks.
pub fn columns(line: &str) -> Result<Value, ExecutionError> {
    let cells = line.split_whitespace().map(Value::from).collect();
    Ok(Value::List(Arc::new(cells)))
}

fn row(names: &[&str], cells: Vec<String>) -> Value {
    let cell = |at: usize| cells.get(at).cloned().unwrap_or_default();
    let map: HashMap<Key, Value> = names
        .iter()
        .enumerate()
        .map(|(at, name)| (Key::String(Arc::new((*name).to_owned())), Value::from(cell(at).as_str())))
        .collect();
    Value::Map(Map { map: Arc::new(map) })
}

fn wide_cells(line: &str) -> Vec<&str> {
    line.split("  ").flat_map(|piece| piece.split('\t')).map(str::trim).filter(|cell| !cell.is_empty()).collect()
}

fn narrow_cells(line: &str, columns: usize) -> Vec<String> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.len() > columns && columns > 0 {
        false => own(&words),
        true => {
            let (first, rest) = words.split_at(columns - 1);
            own(first).into_iter().chain([rest.join(" ")]).collect()
        }
    }
}

fn own(cells: &[&str]) -> Vec<String> {
    cells.iter().map(|cell| (*cell).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        super::super::show::value(&rows(text).unwrap())
    }

    #[test]
    fn kubectl_and_df_are_read() {
        let kubectl = "NAME   STATUS     AGE\na      Ready      5 d\nb      NotReady   1 d\n";
        assert_eq!(
            shown(kubectl),
            r#"[{AGE: "5 d", NAME: "a", STATUS: "Ready"}, {AGE: "1 d", NAME: "b", STATUS: "NotReady"}]"#
        );
        let df = "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        10G  1.0G  9.0G  10% /\n";
        assert!(shown(df).contains(r#"Mounted: "/""#), "{}", shown(df));
        assert_eq!(shown("A B\n1 2 3\n\n4\n"), r#"[{A: "1", B: "2 3"}, {A: "4", B: ""}]"#);
        assert_eq!(shown(""), "[]");
        assert!(rows("A A\n1 2\n").is_err());
    }
}

//! Sizes as people write them.

/// Units, the longer of two that end alike first.
const UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// Reads a size in bytes such as `64MiB`.
///
/// # Errors
///
/// Says in plain words what is wanted.
pub fn parse_size(text: &str) -> Result<u64, String> {
    let wanted = "write a whole number and a unit: B, kB, MB, GB, KiB, MiB, GiB";
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let factor = UNITS.iter().find(|(name, _)| *name == unit.trim()).map(|(_, factor)| *factor);
    let bytes = number.parse::<u64>().ok().zip(factor).and_then(|(number, factor)| number.checked_mul(factor));
    match bytes {
        Some(0) => Err(format!("`{text}` is no size: it must be more than zero")),
        Some(bytes) => Ok(bytes),
        None => Err(format!("`{text}` is no size: {wanted}")),
    }
}

#[cfg(test)]
mod tests {
    use super::parse_size;

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!((parse_size("64MiB"), parse_size("1 kB"), parse_size("7B")), (Ok(64 << 20), Ok(1000), Ok(7)));
        for bad in
            ["", "64", "MiB", "-1MiB", "1.5MiB", "0B", "99999999999999999999B", "18446744073709551615GiB", "1mib"]
        {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }
}

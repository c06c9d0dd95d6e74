//! Quantities as Kubernetes writes them.

use super::facts;
use cel::Value;

/// What Kubernetes puts behind a number, each with its power of ten, or of two.
const SUFFIXES: &[(&str, Scale)] = &[
    ("Ki", Scale::Two(10)),
    ("Mi", Scale::Two(20)),
    ("Gi", Scale::Two(30)),
    ("Ti", Scale::Two(40)),
    ("Pi", Scale::Two(50)),
    ("Ei", Scale::Two(60)),
    ("n", Scale::Ten(-9)),
    ("u", Scale::Ten(-6)),
    ("m", Scale::Ten(-3)),
    ("k", Scale::Ten(3)),
    ("M", Scale::Ten(6)),
    ("G", Scale::Ten(9)),
    ("T", Scale::Ten(12)),
    ("P", Scale::Ten(15)),
    ("E", Scale::Ten(18)),
];

#[derive(Clone, Copy)]
enum Scale {
    Two(u32),
    Ten(i32),
}

/// Reads a quantity such as `50Mi`: the number of base units.
///
/// # Errors
///
/// Says what is wanted.
pub fn parse_quantity(text: &str) -> Result<facts::Value, String> {
    let wrong = || format!("`{}` is no quantity such as 50Mi, 1.5G or 200m", crate::text::shorten(text, 60));
    let (number, scale) = match SUFFIXES.iter().find(|(suffix, _)| text.ends_with(suffix)) {
        Some((suffix, scale)) => (&text[..text.len() - suffix.len()], *scale),
        None => match text.split_once(['e', 'E']) {
            Some((number, exponent)) => (number, Scale::Ten(exponent.parse().map_err(|_| wrong())?)),
            None => (text, Scale::Ten(0)),
        },
    };
    let digits = number.strip_prefix(['-', '+']).unwrap_or(number);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if !plain(whole) || !plain(fraction) || (whole.is_empty() && fraction.is_empty()) || digits.len() > 30 {
        return Err(wrong());
    }
    exact(number, whole, fraction, scale).or_else(|| rounded(number, scale)).ok_or_else(wrong)
}

/// As a whole number, if it is one.
fn exact(number: &str, whole: &str, fraction: &str, scale: Scale) -> Option<facts::Value> {
    let mut value: i128 = format!("{whole}{fraction}").parse().ok()?;
    let mut tens = -i32::try_from(fraction.len()).ok()?;
    match scale {
        Scale::Two(bits) => value = value.checked_mul(1 << bits)?,
        Scale::Ten(power) => tens = tens.checked_add(power)?,
    }
    let factor = 10i128.checked_pow(tens.unsigned_abs())?;
    value = match tens >= 0 {
        true => value.checked_mul(factor)?,
        false if value % factor == 0 => value / factor,
        false => return None,
    };
    let value = if number.starts_with('-') { -value } else { value };
    i64::try_from(value).ok().map(facts::Value::Int)
}

fn rounded(number: &str, scale: Scale) -> Option<facts::Value> {
    let value = match scale {
        // A power of two changes no digit.
        Scale::Two(bits) => number.parse::<f64>().ok()? * 2f64.powi(bits.try_into().ok()?),
        // Read in one piece, so that it is the nearest double.
        Scale::Ten(power) => format!("{number}e{power}").parse::<f64>().ok()?,
    };
    Some(value).filter(|value| value.is_finite()).map(facts::Value::Double)
}

/// [`parse_quantity`] as CEL sees it.
///
/// # Errors
///
/// Says what is wanted.
pub fn value(text: &str) -> Result<Value, String> {
    Ok(match parse_quantity(text.trim())? {
        facts::Value::Int(number) => Value::Int(number),
        facts::Value::Double(number) => Value::Float(number),
        facts::Value::Text(_) | facts::Value::Bool(_) | facts::Value::Duration(_) => unreachable!("it is a number"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_base_units() {
        use facts::Value::{Double, Int};
        for (text, value) in [
            ("50Mi", Int(50 << 20)),
            ("0", Int(0)),
            ("1Ki", Int(1 << 10)),
            ("1Gi", Int(1 << 30)),
            ("1Ti", Int(1 << 40)),
            ("1Pi", Int(1 << 50)),
            ("1Ei", Int(1 << 60)),
            ("1.5Gi", Int(3 << 29)),
            ("0.1Ki", Double(102.4)),
            ("100k", Int(100_000)),
            ("1M", Int(1_000_000)),
            ("1G", Int(1_000_000_000)),
            ("1T", Int(1_000_000_000_000)),
            ("1P", Int(1_000_000_000_000_000)),
            ("1E", Int(1_000_000_000_000_000_000)),
            ("200m", Double(0.2)),
            ("300m", Double(0.3)),
            ("1100m", Double(1.1)),
            ("2000m", Int(2)),
            ("1u", Double(1e-6)),
            ("5n", Double(5e-9)),
            ("1e3", Int(1000)),
            ("1E3", Int(1000)),
            ("12e-1", Double(1.2)),
            ("-1Ki", Int(-1024)),
            ("+5", Int(5)),
            ("1.5", Double(1.5)),
            (".5", Double(0.5)),
            ("9223372036854775807", Int(i64::MAX)),
            ("16Ei", Double(18_446_744_073_709_551_616.0)),
        ] {
            assert_eq!(parse_quantity(text), Ok(value), "{text}");
        }
        for bad in [
            "",
            "Mi",
            "1MB",
            "x",
            "1 Mi",
            "--1",
            "1e",
            "NaN",
            "inf",
            "1e400",
            "0x10",
            "1_000",
            "1K",
            "1mi",
            ".",
            "1e99999999999",
        ] {
            assert!(parse_quantity(bad).is_err(), "{bad}");
        }
    }
}

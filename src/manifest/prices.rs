//! What models cost, as the manifest says it: whole millionths of a dollar, so that sums are exact.

/// Millionths of a US dollar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct MicroDollars(pub(crate) u64);

impl MicroDollars {
    /// A plain decimal number of dollars, such as `0.15`; `None` for anything that is not exact to the millionth.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        const PLACES: usize = 6;
        let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        if !digits(whole) || !digits(part) {
            return None;
        }
        let part = part.trim_end_matches('0');
        if part.len() > PLACES {
            return None;
        }
        let micros: u64 = format!("{part:0<PLACES$}").parse().ok()?;
        whole.parse::<u64>().ok()?.checked_mul(1_000_000)?.checked_add(micros).map(Self)
    }
}

/// For a million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Price {
    pub(crate) input: MicroDollars,
    pub(crate) output: MicroDollars,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_exact_or_nothing() {
        for (text, micros) in [("0.10", 100_000), ("3", 3_000_000), ("0.000001", 1), ("15.750000000", 15_750_000), ("0", 0)] {
            assert_eq!(MicroDollars::parse(text), Some(MicroDollars(micros)), "{text}");
        }
        for text in ["", "-1", "1e3", ".5", "1.", "0.0000001", "1_000", "0x1", "99999999999999999999"] {
            assert_eq!(MicroDollars::parse(text), None, "{text}");
        }
    }
}

//! Points in time as AWS's wire formats write them.

/// `2026-09-01T12:00:00Z`.
pub(super) fn iso(seconds: f64) -> String {
    let c = civil(seconds);
    format!("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", c.year, c.month, c.day, c.hour, c.minute, c.second)
}

/// `2026-09-01T12:00:00.000Z`, as S3 writes it in XML.
pub(super) fn iso_millis(seconds: f64) -> String {
    format!("{}.000Z", iso(seconds).trim_end_matches('Z'))
}

/// `Tue, 01 Sep 2026 12:00:00 GMT`.
pub(super) fn http(seconds: f64) -> String {
    const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
    const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
    let c = civil(seconds);
    let weekday = DAYS.iter().cycle().nth(c.weekday).unwrap_or(&"Thu");
    let month = MONTHS.iter().cycle().nth(c.month.saturating_sub(1)).unwrap_or(&"Jan");
    format!("{weekday}, {:02} {month} {:04} {:02}:{:02}:{:02} GMT", c.day, c.year, c.hour, c.minute, c.second)
}

struct Civil {
    year: i64,
    month: usize,
    day: i64,
    hour: i64,
    minute: i64,
    second: i64,
    /// Days since a Thursday, below 7.
    weekday: usize,
}

/// The Gregorian calendar, counted in years that begin in March so that the leap day comes last.
#[expect(clippy::cast_possible_truncation, reason = "a clock's seconds fit")]
fn civil(seconds: f64) -> Civil {
    let seconds = seconds.max(0.0) as i64;
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    Civil {
        year: year_of_era + era * 400 + i64::from(month <= 2),
        month: usize::try_from(month).unwrap_or(1),
        day: day_of_year - (153 * month_from_march + 2) / 5 + 1,
        hour: rest / 3_600,
        minute: rest % 3_600 / 60,
        second: rest % 60,
        weekday: usize::try_from(days % 7).unwrap_or(0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_leap_day_and_the_day_after_are_told_apart() {
        assert_eq!(iso(1_709_164_800.0), "2024-02-29T00:00:00Z");
        assert_eq!(http(1_709_251_199.9), "Thu, 29 Feb 2024 23:59:59 GMT");
        assert_eq!(iso(1_709_251_200.0), "2024-03-01T00:00:00Z");
    }
}

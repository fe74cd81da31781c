//! Documents as they are told: words that a push of them and the table of what is there share.

use crate::address::Owner;
use crate::diagnostic::plain;

mod progress;
mod push;
mod stock;

pub(crate) use progress::Progress;
pub(crate) use push::{Ingestion, Pushed, ingested, ingested_json, planned, push_json, pushed};
pub(crate) use stock::{TierStock, status, status_json};

/// More names than this are counted.
const NAMED: usize = 10;

/// `512 B`, `3.4 MB`, in powers of 1,024.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["KB", "MB", "GB", "TB"];
    let (mut tenths, mut unit) = (bytes.saturating_mul(10), "B");
    for next in units {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1024, next);
    }
    if unit == "B" { format!("{bytes} B") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

/// `2026-09-01T12:00:00Z`.
pub(super) fn time(seconds: i64) -> String {
    aws_smithy_types::DateTime::from_secs(seconds).fmt(aws_smithy_types::date_time::Format::DateTime).unwrap_or_default()
}

/// `tier basic`, `tenant clinic-a`.
pub(crate) fn reader(owner: &Owner) -> String {
    match owner {
        Owner::Platform => "the platform".into(),
        Owner::Tier(tier) => format!("tier {tier}"),
        Owner::Tenant(tenant) => format!("tenant {tenant}"),
    }
}

fn some<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let all: Vec<String> = names.map(plain).collect();
    let more = all.len().saturating_sub(NAMED);
    let listed = all.get(..NAMED).unwrap_or(&all).join(", ");
    if more == 0 { listed } else { format!("{listed} and {more} more") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_the_unit_that_people_read() {
        for (bytes, text) in [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KB"), (1536, "1.5 KB"), (50 * 1024 * 1024, "50.0 MB")] {
            assert_eq!(size(bytes), text);
        }
    }
}

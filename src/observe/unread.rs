//! Reads that failed for good: all of them at once, since what is left is no picture of what is live.

use std::collections::BTreeMap;
use std::fmt;

use crate::aws::{AwsError, Class};

/// The kinds that could not be read.
#[derive(Debug)]
pub(crate) struct Unread {
    pub(super) failed: BTreeMap<&'static str, anyhow::Error>,
    /// Not asked for: they stand below one that failed.
    pub(super) below: Vec<&'static str>,
    pub(super) read: usize,
}

impl Unread {
    /// Whether nothing at all could be read.
    pub(crate) fn is_all(&self) -> bool {
        self.read == 0
    }

    /// What a way out is given for: a permission that is missing stays missing, however often one tries.
    pub(crate) fn class(&self) -> Option<Class> {
        let classes = || self.failed.values().filter_map(|error| AwsError::of(error).map(|e| e.class));
        classes().find(|class| matches!(class, Class::Denied | Class::Credentials)).or_else(|| classes().next())
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (failed, of) = (self.failed.len(), self.failed.len() + self.below.len() + self.read);
        write!(f, "{failed} of {of} kinds of resources could not be read, so that nothing can be said of what differs")?;
        for (kind, error) in &self.failed {
            write!(f, "\n  {}: {}", word(kind), why(error))?;
        }
        if !self.below.is_empty() {
            let below: Vec<String> = self.below.iter().map(|kind| word(kind)).collect();
            write!(f, "\n  not asked for, because they stand below these: {}", below.join(", "))?;
        }
        Ok(())
    }
}

impl std::error::Error for Unread {}

/// Without the first words, which name the kind once more.
fn why(error: &anyhow::Error) -> String {
    let told = error.chain().map(ToString::to_string).enumerate();
    let told = told.filter(|(at, words)| *at > 0 || !words.starts_with("reading what is live of kind"));
    told.map(|(_, words)| words).collect::<Vec<_>>().join(": ")
}

fn word(kind: &str) -> String {
    kind.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::exit::{Exit, of};

    fn refusal(code: &str) -> anyhow::Error {
        anyhow::Error::new(AwsError::answered(code, "", 400, None)).context("listing")
    }

    fn unread(codes: &[(&'static str, &str)], read: usize) -> anyhow::Error {
        let failed = codes.iter().map(|(kind, code)| (*kind, refusal(code))).collect();
        anyhow::Error::new(Unread { failed, below: vec!["gateway_target"], read })
    }

    #[test]
    fn a_part_is_incomplete_and_the_whole_is_what_refused_it() {
        assert_eq!(of(&unread(&[("role", "AccessDenied")], 3)), Exit::Incomplete);
        assert_eq!(of(&unread(&[("role", "AccessDenied"), ("bucket", "SlowDown")], 0)), Exit::Denied);
        assert_eq!(of(&unread(&[("bucket", "SlowDown")], 0)), Exit::TryAgain);
        let words = unread(&[("log_group", "AccessDenied"), ("role", "AccessDenied")], 3).to_string();
        assert!(words.starts_with("2 of 6 kinds") && words.contains("log group: listing: AccessDenied"), "{words}");
        assert!(words.ends_with("gateway target"), "{words}");
    }
}

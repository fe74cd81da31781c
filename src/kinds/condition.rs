//! What a live resource's status says beyond its document. Nobody declares any of it, so whatever is there is planned away.

use serde::{Deserialize, Serialize};

use crate::aws::settle::Status;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Condition {
    /// Why it has to be made anew.
    failed: Option<String>,
    /// What apply waits for, or tries again.
    unfinished: Option<String>,
}

/// For `REPLACE_ON` of every kind that has a condition.
pub(super) const FAILED: (&str, &str) = ("failed", "AWS gave up on it, or is deleting it");

impl From<Status> for Condition {
    fn from(status: Status) -> Self {
        let because = |what: &str, why: String| match why.is_empty() {
            true => format!("AWS gave up on {what} it and gives no reason"),
            false => format!("AWS gave up on {what} it: {why}"),
        };
        let failed = |why| Self { failed: Some(why), unfinished: None };
        let unfinished = |what: String| Self { failed: None, unfinished: Some(what) };
        match status {
            Status::Ready => Self::default(),
            Status::Pending(status) => unfinished(match status.as_str() {
                "CREATING" => "AWS is still creating it".into(),
                "UPDATING" => "AWS is still changing it".into(),
                other => format!("AWS is still at work on it: {other}"),
            }),
            Status::UpdateFailed(why) => unfinished(because("changing", why)),
            Status::Failed(why) => failed(because("creating", why)),
            Status::Leaving => failed("AWS is deleting it".into()),
            Status::Stuck(why) => failed(because("deleting", why)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_stands_in_the_field_that_the_plan_shows() {
        let failed = Condition::from(Status::Failed("the role is missing".into())).failed;
        assert_eq!(failed.as_deref(), Some("AWS gave up on creating it: the role is missing"));
        assert_eq!(Condition::from(Status::Stuck(String::new())).failed.as_deref(), Some("AWS gave up on deleting it and gives no reason"));
        assert_eq!(Condition::from(Status::Pending("CREATING".into())).unfinished.as_deref(), Some("AWS is still creating it"));
        assert_eq!(Condition::from(Status::Ready), Condition::default());
    }
}

//! Attacks on what is live, by whoever operates the platform: what they make for that is removed again, and no wall is opened.

use std::collections::BTreeMap;

use anyhow::Result;

use crate::aws::{Aws, AwsError, Class};
use crate::isolation::model::Model;
use crate::isolation::probes::PROBES;
use crate::isolation::report::{Method, Row};

mod canary;
mod data;
mod stranger;

pub(crate) use canary::{Canary, canaries};

/// What needs a user's token, and why there is none.
const OF_USERS: [&str; 5] = ["P02", "P04", "P05", "P08", "P09"];
const NO_TOKENS: &str =
    "needs a user's token, and the platform's clients give tokens through the hosted pages alone; sign in as a test user and try by hand";

/// Everything that is tried. What was made is still there afterwards: see `clean`.
pub(crate) async fn attack(aws: &Aws, model: &Model, canaries: &[Canary]) -> Result<Vec<Row>> {
    let mut rows = vec![stranger::sign_up(aws, model).await?, stranger::take_on(aws, model, canaries).await?];
    for probe in OF_USERS {
        rows.extend(row(probe).map(|mut row| {
            row.skipped(NO_TOKENS);
            row
        }));
    }
    rows.extend(data::attack(aws, model, canaries).await?);
    Ok(rows)
}

/// Removes everything that this attack, or one that was cut off, has made.
pub(crate) async fn clean(aws: &Aws, model: &Model, canaries: &[Canary]) -> Result<()> {
    stranger::remove(aws, model).await?;
    data::remove(aws, model, canaries).await
}

/// What will be made, for whoever is asked.
pub(crate) fn words(canaries: &[Canary]) -> String {
    let ids: Vec<&str> = canaries.iter().map(|canary| canary.tenant.as_str()).collect();
    format!(
        "`verify --live` attacks what is live. It tries to sign up users of {}, tries to take on the tenants' roles, and, where it can \
         have a tenant's session, puts an object, a row and an event of each of the made-up tenants {} beside those of real ones. \
         Whatever it made is removed again; the next run removes what one that was cut off has left.",
        stranger::DOMAIN,
        ids.join(", ")
    )
}

fn row(probe: &str) -> Option<Row> {
    PROBES.iter().find(|known| known.id == probe).map(|known| Row::new(known.id, known.layer, known.attack, Method::Live))
}

/// A row of a probe that is numbered; there is one of each.
fn the(probe: &'static str) -> Row {
    row(probe).unwrap_or_else(|| Row::new(probe, "", "", Method::Live))
}

/// How a call ended that was tried.
enum Tried {
    Through,
    Refused,
    /// Neither, and why.
    Otherwise(String),
}

fn tried<T>(result: Result<T>) -> Tried {
    match result {
        Ok(_) => Tried::Through,
        Err(error) if AwsError::of(&error).is_some_and(|refusal| refusal.class == Class::Denied) => Tried::Refused,
        Err(error) => Tried::Otherwise(format!("{error:#}")),
    }
}

/// No tags.
fn untagged() -> BTreeMap<&'static str, &'static str> {
    BTreeMap::new()
}

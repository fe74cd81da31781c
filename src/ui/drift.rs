//! What somebody changed in AWS behind the tool's back: for people and for machines.

use serde_json::{Value, json};

use super::difference::{self, Line, secret};
use super::sheet::Sheet;
use super::style::{BOLD, CAREFUL, DIM, count, counts};
use crate::address::Address;
use crate::diagnostic::plain;
use crate::exit::Exit;
use crate::plan::{Change, Target};

const DRIFT: &str = "tenantry-drift/1.0";

/// How many fields and lines of one resource are shown.
const SHOWN: usize = 20;

/// What differs, and from what.
#[derive(Debug)]
pub(crate) struct Drift<'a> {
    pub(crate) target: &'a Target,
    /// Live otherwise than it was applied, although the manifest still says the same.
    pub(crate) changed: Vec<&'a Change>,
    /// Declared and not live, although an apply has made them: with the time of it, if that is known.
    pub(crate) deleted: Vec<(&'a Address, Option<String>)>,
    /// An apply that was killed, or still runs.
    pub(crate) interrupted: Option<Interrupted<'a>>,
}

/// Whose apply holds the lock, and what it has left half done.
#[derive(Debug)]
pub(crate) struct Interrupted<'a> {
    pub(crate) who: String,
    pub(crate) since: String,
    /// Whether it is the caller's own.
    pub(crate) is_ours: bool,
    pub(crate) left: Vec<&'a Address>,
}

impl Interrupted<'_> {
    fn write(&self, sheet: &mut Sheet) {
        let whose = if self.is_ours { "yours".to_owned() } else { format!("`{}`", plain(&self.who)) };
        sheet.say(&format!(
            "{CAREFUL}An apply of {whose} was interrupted, or still runs:{CAREFUL:#} it holds the lock since {}.",
            plain(&self.since)
        ));
        sheet.say("If it was killed, `tenantry unlock` and then `tenantry apply` again do what is left.");
        for address in &self.left {
            sheet.line(2, 4, &format!("{CAREFUL}~{CAREFUL:#} {address} {DIM}not finished by it{DIM:#}"));
        }
    }
}

impl Drift<'_> {
    pub(crate) fn is_empty(&self) -> bool {
        self.changed.is_empty() && self.deleted.is_empty()
    }

    pub(crate) fn exit(&self) -> Exit {
        if self.is_empty() { Exit::Done } else { Exit::Changes }
    }
}

/// Nothing at all where nothing has drifted.
pub(crate) fn text(drift: &Drift<'_>, width: usize) -> String {
    let mut sheet = Sheet::new(width);
    if let Some(interrupted) = &drift.interrupted {
        interrupted.write(&mut sheet);
    }
    if drift.is_empty() {
        return sheet.end();
    }
    if drift.interrupted.is_some() {
        sheet.blank();
    }
    let target = drift.target;
    let (changed, deleted) = (drift.changed.len(), drift.deleted.len());
    sheet.say(&format!(
        "{BOLD}Drift:{BOLD:#} {}, platform {}, account {}, {}: {} outside tenantry",
        count(changed + deleted, "resource"),
        target.platform,
        target.account,
        target.region,
        counts(&[(changed, "changed"), (deleted, "deleted")])
    ));
    sheet.blank();
    for change in &drift.changed {
        sheet.line(2, 4, &format!("{CAREFUL}~{CAREFUL:#} {} {DIM}changed{DIM:#}", change.address));
        for field in change.fields.iter().take(SHOWN) {
            match (field.before.as_str(), field.after.as_str()) {
                (Some(before), Some(after)) if before.contains('\n') || after.contains('\n') => {
                    lines(&mut sheet, &field.path, (before, after));
                }
                _ => {
                    let told = match secret(field) {
                        Some(said) => said.to_owned(),
                        None => format!("is {}, was applied as {}", value(&field.before), value(&field.after)),
                    };
                    sheet.line(6, 8, &format!("{}  {told}", plain(&field.path)));
                }
            }
        }
        if let Some(more) = change.fields.len().checked_sub(SHOWN).filter(|more| *more > 0) {
            sheet.line(6, 8, &format!("… and {more} more, which --output json lists"));
        }
    }
    for (address, since) in &drift.deleted {
        let made = since.as_ref().map(|since| format!("; it was there after the apply of {since}")).unwrap_or_default();
        sheet.line(2, 4, &format!("{CAREFUL}-{CAREFUL:#} {address} {DIM}deleted{made}{DIM:#}"));
    }
    sheet.blank();
    sheet.say("`tenantry apply` puts it back; to keep it, write it into the manifest.");
    sheet.end()
}

/// Two texts of several lines, as what has to change for the live one to be as it was.
fn lines(sheet: &mut Sheet, path: &str, (before, after): (&str, &str)) {
    sheet.line(6, 8, &format!("{}:", plain(path)));
    let changed = difference::lines(before, after).into_iter().filter_map(|line| match line {
        Line::Gone(text) => Some(("is", text)),
        Line::Came(text) => Some(("was", text)),
        Line::Same(_) | Line::Skipped => None,
    });
    for (word, text) in changed.take(SHOWN) {
        sheet.line(8, 12, &format!("{word:<4}{}", plain(&text)));
    }
}

fn value(value: &Value) -> String {
    match value {
        Value::Null => "nothing".into(),
        other => plain(&other.to_string()),
    }
}

pub(crate) fn document(drift: &Drift<'_>) -> Value {
    let changed = drift.changed.iter().map(|change| {
        let address = &change.address;
        json!({ "address": address, "kind": address.kind(), "owner": address.owner(), "how": "changed", "fields": change.fields })
    });
    let deleted = drift.deleted.iter().map(
        |(address, since)| json!({ "address": address, "kind": address.kind(), "owner": address.owner(), "how": "deleted", "applied": since }),
    );
    json!({
        "format": DRIFT,
        "exit": drift.exit().document(),
        "target": drift.target,
        "interrupted": drift.interrupted.as_ref().map(|i| json!({ "who": i.who, "since": i.since, "left": i.left })),
        "summary": { "changed": drift.changed.len(), "deleted": drift.deleted.len() },
        "drift": changed.chain(deleted).collect::<Vec<_>>(),
    })
}

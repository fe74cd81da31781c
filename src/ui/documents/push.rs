//! What came of a push of documents, or would come of it, and how an ingestion ended.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{NAMED, reader, size, some};
use crate::address::Owner;
use crate::diagnostic::plain;
use crate::documents::ingestion::Job;
use crate::documents::store::Sent;
use crate::documents::{Difference, Whose};
use crate::ui::style::{BAD, CAREFUL, GOOD, count, counts};

const PUSH: &str = "tenantry-push/1.0";
const INGESTION: &str = "tenantry-ingestion/1.0";

/// What becomes of the ingestion.
#[derive(Debug)]
pub(crate) enum Ingestion {
    NotDue,
    /// Due, and to be started.
    Due,
    /// Due, and left to the next push.
    LeftOut,
    NoKnowledgeBase,
    Ended(Job, Duration),
}

/// One push, as far as it came.
pub(crate) struct Pushed<'a> {
    pub(crate) dir: &'a Path,
    pub(crate) whose: &'a Whose,
    /// Whose knowledge base reads the documents.
    pub(crate) reader: &'a Owner,
    pub(crate) bucket: &'a str,
    pub(crate) difference: &'a Difference,
    pub(crate) hidden: &'a [String],
    /// To be sent.
    pub(crate) bytes: u64,
    pub(crate) sent: Sent,
    pub(crate) deletes: bool,
    pub(crate) ingestion: Ingestion,
}

impl Pushed<'_> {
    fn place(&self) -> String {
        format!("s3://{}/{}", self.bucket, self.whose.prefix())
    }

    fn short<'k>(&self, key: &'k str) -> &'k str {
        key.strip_prefix(&self.whose.prefix()).unwrap_or(key)
    }

    fn reader(&self) -> String {
        reader(self.reader)
    }

    fn hidden(&self, out: &mut String) {
        if !self.hidden.is_empty() {
            let names = some(self.hidden.iter().map(String::as_str));
            let _ =
                writeln!(out, "Left out, since {} with a dot: {names}.", if self.hidden.len() == 1 { "it starts" } else { "they start" });
        }
    }

    fn extra(&self, out: &mut String, deleted: &str) {
        let extra: Vec<&str> = self.difference.extra_documents().map(|key| self.short(key)).collect();
        if self.difference.extra.is_empty() {
            return;
        }
        let what = if extra.is_empty() { count(self.difference.extra.len(), "sidecar") } else { count(extra.len(), "document") };
        let names = if extra.is_empty() { some(self.difference.extra.iter().map(|key| self.short(key))) } else { some(extra.into_iter()) };
        let _ = match self.deletes {
            true => writeln!(out, "{deleted} {what} that `{}` doesn't have: {names}.", self.dir.display()),
            false => writeln!(
                out,
                "{CAREFUL}In S3 and not in `{}`:{CAREFUL:#} {what}: {names}. --delete deletes what the folder doesn't have.",
                self.dir.display()
            ),
        };
    }
}

/// What a dry run says.
pub(crate) fn planned(pushed: &Pushed<'_>) -> String {
    let mut out = String::new();
    let difference = pushed.difference;
    for (key, upload) in difference.upload.iter().take(NAMED) {
        let (style, sign) = if upload.new { (GOOD, '+') } else { (CAREFUL, '~') };
        let _ = writeln!(out, "  {style}{sign}{style:#} {}", plain(pushed.short(key)));
    }
    if let Some(more) = difference.upload.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "  … and {more} more (--output json has them all)");
    }
    let _ = match difference.upload.len() {
        0 => writeln!(out, "Would upload nothing to {}{}.", pushed.place(), unchanged(difference)),
        n => {
            writeln!(out, "Would upload {} ({}) to {}{}.", count(n, "document"), size(pushed.bytes), pushed.place(), unchanged(difference))
        }
    };
    pushed.extra(&mut out, "Would delete");
    pushed.hidden(&mut out);
    let _ = match &pushed.ingestion {
        Ingestion::Due => writeln!(out, "Would start an ingestion of {}.", pushed.reader()),
        Ingestion::LeftOut => writeln!(out, "An ingestion of {} would be left to the next push.", pushed.reader()),
        Ingestion::NotDue => writeln!(out, "No ingestion is due."),
        _ => writeln!(out, "Tier {} has no knowledge base: there is nothing to ingest.", pushed.whose.tier),
    };
    out
}

/// What was done.
pub(crate) fn pushed(pushed: &Pushed<'_>) -> String {
    let mut out = String::new();
    let (sent, difference) = (pushed.sent, pushed.difference);
    let _ = match sent.done {
        0 if difference.unchanged == 0 => writeln!(out, "{GOOD}Nothing to upload{GOOD:#} to {}.", pushed.place()),
        0 => writeln!(
            out,
            "{GOOD}Nothing to upload:{GOOD:#} {} in {} as they are here.",
            count(difference.unchanged, "document"),
            pushed.place()
        ),
        _ => writeln!(out, "{GOOD}Uploaded {}{GOOD:#} ({}) to {}{}.", what(sent), size(sent.bytes), pushed.place(), unchanged(difference)),
    };
    pushed.extra(&mut out, "Deleted");
    pushed.hidden(&mut out);
    let (tier, reader) = (&pushed.whose.tier, pushed.reader());
    let _ = match &pushed.ingestion {
        Ingestion::NotDue => Ok(()),
        Ingestion::Due => writeln!(out, "{CAREFUL}The ingestion of {reader} was not followed to its end.{CAREFUL:#}"),
        Ingestion::LeftOut => writeln!(out, "An ingestion of {reader} is due: the next push without --no-ingest starts it."),
        Ingestion::NoKnowledgeBase => writeln!(out, "Tier {tier} has no knowledge base: there is nothing to ingest."),
        Ingestion::Ended(job, took) => ended(&mut out, pushed, job, *took),
    };
    out
}

fn ended(out: &mut String, pushed: &Pushed<'_>, job: &Job, took: Duration) -> std::fmt::Result {
    out.push_str(&ingested(pushed.reader, job, took));
    if job.failed > 0 && !job.failed_below(&pushed.whose.prefix()) {
        writeln!(out, "None of the reasons is about a document of {}.", pushed.whose.tenant)?;
    } else if !job.is_complete() || job.failed > 0 {
        writeln!(out, "Correct what failed, then push again: the ingestion is still due.")?;
    }
    Ok(())
}

/// How an ingestion ended, and what it could not read.
pub(crate) fn ingested(owner: &Owner, job: &Job, took: Duration) -> String {
    let mut out = String::new();
    let style = if !job.is_complete() {
        BAD
    } else if job.failed > 0 {
        CAREFUL
    } else {
        GOOD
    };
    let _ = writeln!(
        out,
        "{style}Ingestion {} of {}: {}{style:#} in {:.1} s; {}.",
        job.id,
        reader(owner),
        job.status,
        took.as_secs_f64(),
        found(job)
    );
    for reason in job.reasons.iter().take(NAMED) {
        let _ = writeln!(out, "  {BAD}✗{BAD:#} {}", plain(reason));
    }
    if let Some(more) = job.reasons.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "  … and {more} more reasons (--output json has them all)");
    }
    out
}

/// `12 scanned, 2 new`
fn found(job: &Job) -> String {
    let number = |n: i64| usize::try_from(n).unwrap_or_default();
    let all = [(job.scanned, "scanned"), (job.new, "new"), (job.modified, "changed"), (job.deleted, "deleted"), (job.failed, "failed")];
    let told = counts(&all.map(|(n, what)| (number(n), what)));
    if told.is_empty() { "nothing to read".into() } else { told }
}

/// `2 documents and 2 sidecars`
fn what(sent: Sent) -> String {
    let all = [(sent.documents, "document"), (sent.sidecars, "sidecar")];
    all.iter().filter(|(n, _)| *n > 0).map(|(n, one)| count(*n, one)).collect::<Vec<_>>().join(" and ")
}

/// `; 3 unchanged`
fn unchanged(difference: &Difference) -> String {
    if difference.unchanged == 0 { String::new() } else { format!("; {} unchanged", difference.unchanged) }
}

pub(crate) fn ingested_json(owner: &Owner, job: &Job) -> Value {
    json!({ "format": INGESTION, "owner": owner, "job": job })
}

pub(crate) fn push_json(pushed: &Pushed<'_>, what: &str) -> Value {
    let difference = pushed.difference;
    let upload: Vec<Value> = difference.upload.iter().map(|(key, upload)| json!({ "key": key, "new": upload.new })).collect();
    let (state, job) = match &pushed.ingestion {
        Ingestion::NotDue => ("not_due", None),
        Ingestion::Due => ("due", None),
        Ingestion::LeftOut => ("left_out", None),
        Ingestion::NoKnowledgeBase => ("no_knowledge_base", None),
        Ingestion::Ended(job, _) => ("ended", Some(job)),
    };
    json!({
        "format": PUSH,
        "state": what,
        "tenant": pushed.whose.tenant,
        "tier": pushed.whose.tier,
        "bucket": pushed.bucket,
        "prefix": pushed.whose.prefix(),
        "upload": upload,
        "sent": { "documents": pushed.sent.documents, "sidecars": pushed.sent.sidecars, "bytes": pushed.sent.bytes },
        "unchanged": difference.unchanged,
        "not_in_folder": difference.extra,
        "deletes": pushed.deletes,
        "left_out": pushed.hidden,
        "ingestion": { "state": state, "job": job },
    })
}

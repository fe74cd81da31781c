//! What a push of documents does while it runs and what came of it, and the table of what is there.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::{Value, json};

use super::Ui;
use super::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count};
use crate::address::Owner;
use crate::diagnostic::plain;
use crate::documents::ingestion::{self, Job};
use crate::documents::stock::Stock;
use crate::documents::store::Sent;
use crate::documents::{Difference, Whose};
use crate::names::TierName;

const PUSH: &str = "tenantry-push/1.0";
const INGESTION: &str = "tenantry-ingestion/1.0";
const STOCK: &str = "tenantry-documents/1.0";

/// Without a terminal there is a line this often.
const BEAT: Duration = Duration::from_secs(5);
/// More names than this are counted.
const NAMED: usize = 10;

/// Bars on a terminal, plain lines elsewhere.
pub(crate) struct Progress<'a> {
    ui: &'a Ui,
    documents: usize,
    bytes: u64,
    state: Mutex<State>,
}

struct State {
    bar: Option<ProgressBar>,
    said: Instant,
    status: String,
}

impl<'a> Progress<'a> {
    pub(crate) fn new(ui: &'a Ui, documents: usize, bytes: u64) -> Self {
        Self { ui, documents, bytes, state: Mutex::new(State { bar: None, said: Instant::now(), status: String::new() }) }
    }

    pub(crate) fn sent(&self, sent: Sent) {
        let words = format!("{} of {}", size(sent.bytes), size(self.bytes));
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ui.draws() {
            let bar = state.bar.get_or_insert_with(|| bar("  uploading [{pos}/{len}] {bar:30} {msg} {elapsed}", self.documents));
            bar.set_position(sent.done as u64);
            bar.set_message(words);
        } else if state.said.elapsed() >= BEAT {
            state.said = Instant::now();
            self.ui.say(&format!("  … {} of {}, {words}", sent.done, count(self.documents, "document")));
        }
    }

    pub(crate) fn ingestion(&self, now: &ingestion::Progress) {
        let words = match now {
            ingestion::Progress::Other(other) => format!("waiting for {other} to end"),
            ingestion::Progress::Own(job) => format!("ingestion {} is {}", job.id, job.status),
        };
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if self.ui.draws() {
            state.bar.get_or_insert_with(|| bar("  {spinner} {msg} {elapsed}", 0)).set_message(words);
        } else if state.status != words || state.said.elapsed() >= BEAT * 6 {
            state.said = Instant::now();
            self.ui.say(&format!("  … {words}"));
            state.status = words;
        }
    }

    /// Takes the bar away.
    pub(crate) fn end(&self) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bar) = state.bar.take() {
            bar.finish_and_clear();
        }
    }
}

/// The templates are ours and constant; one that indicatif refuses would show its own default.
fn bar(template: &str, length: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(length as u64), ProgressDrawTarget::stderr());
    bar.set_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()));
    bar.enable_steady_tick(Duration::from_millis(120));
    bar
}

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
    let _ = writeln!(
        out,
        "Would upload {} ({}) to {}; {} unchanged.",
        count(difference.upload.len(), "document"),
        size(pushed.bytes),
        pushed.place(),
        difference.unchanged
    );
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
        0 => writeln!(
            out,
            "{GOOD}Nothing to upload:{GOOD:#} {} in {} as they are here.",
            count(difference.unchanged, "document"),
            pushed.place()
        ),
        _ => writeln!(
            out,
            "{GOOD}Uploaded {} and {}{GOOD:#} ({}) to {}; {} unchanged.",
            count(sent.documents, "document"),
            count(sent.sidecars, "sidecar"),
            size(sent.bytes),
            pushed.place(),
            difference.unchanged
        ),
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
        "{style}Ingestion {} of {}: {}{style:#} in {:.1} s; {} scanned, {} new, {} changed, {} deleted, {} failed.",
        job.id,
        reader(owner),
        job.status,
        took.as_secs_f64(),
        job.scanned,
        job.new,
        job.modified,
        job.deleted,
        job.failed
    );
    for reason in job.reasons.iter().take(NAMED) {
        let _ = writeln!(out, "  {BAD}✗{BAD:#} {}", plain(reason));
    }
    if let Some(more) = job.reasons.len().checked_sub(NAMED).filter(|more| *more > 0) {
        let _ = writeln!(out, "  … and {more} more reasons (--output json has them all)");
    }
    out
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

/// What one tier's bucket holds.
#[derive(Debug)]
pub(crate) struct TierStock<'a> {
    pub(crate) tier: TierName,
    pub(crate) bucket: String,
    pub(crate) provisioned: bool,
    /// The manifest's tenants that were asked for.
    pub(crate) declared: Vec<&'a str>,
    pub(crate) stocks: BTreeMap<String, Stock>,
    pub(crate) last: Option<Job>,
    /// The last ingestion of each tenant that has a knowledge base of their own.
    pub(crate) own: BTreeMap<String, Job>,
}

impl TierStock<'_> {
    fn tenants(&self) -> BTreeMap<&str, Stock> {
        let mut all: BTreeMap<&str, Stock> = self.declared.iter().map(|id| (*id, Stock::default())).collect();
        all.extend(self.stocks.iter().map(|(id, stock)| (id.as_str(), *stock)));
        all
    }

    /// The ingestion that a tenant's documents were to be read by.
    fn job(&self, tenant: &str) -> Option<&Job> {
        self.own.get(tenant).or(self.last.as_ref())
    }

    /// Whether documents of a tenant failed, as far as the reasons tell.
    fn failed(&self, tenant: &str) -> bool {
        self.job(tenant).is_some_and(|job| job.reasons.iter().any(|reason| reason.contains(&format!("/{}-tier/{tenant}/", self.tier))))
    }

    /// Whether the last ingestion began after the newest object was written, and read everything.
    fn is_read(&self, tenant: &str, stock: &Stock) -> bool {
        match (self.job(tenant), stock.newest) {
            (_, None) => true,
            (Some(job), Some(newest)) => job.is_complete() && job.started >= newest,
            (None, Some(_)) => false,
        }
    }
}

pub(crate) fn status(tiers: &[TierStock<'_>]) -> String {
    let mut out = String::new();
    for tier in tiers {
        let tenants = tier.tenants();
        let last = match &tier.last {
            _ if !tier.provisioned => format!("{CAREFUL}not provisioned yet: run `tenantry apply`{CAREFUL:#}"),
            None if !tier.own.is_empty() => format!("{DIM}each tenant has a knowledge base of their own{DIM:#}"),
            None => format!("{DIM}no ingestion yet{DIM:#}"),
            Some(job) => {
                let style = if job.is_over() && !job.is_complete() {
                    BAD
                } else if job.failed > 0 {
                    CAREFUL
                } else {
                    GOOD
                };
                let at = time(job.updated);
                format!("{style}ingestion {}{style:#} {DIM}{at}, {} scanned, {} failed{DIM:#}", job.status, job.scanned, job.failed)
            }
        };
        let _ = writeln!(out, "{BOLD}tier {}{BOLD:#}  {last}", tier.tier);
        for reason in tier.last.iter().chain(tier.own.values()).flat_map(|job| job.reasons.iter().take(NAMED)) {
            let _ = writeln!(out, "  {BAD}✗{BAD:#} {}", plain(reason));
        }
        if tenants.is_empty() {
            let _ = writeln!(out, "  {DIM}no tenants{DIM:#}");
        }
        for (id, stock) in &tenants {
            let (style, word) = match stock {
                Stock { documents: 0, .. } => (DIM, "no documents"),
                _ if tier.failed(id) => (BAD, "some failed in the last ingestion"),
                stock if tier.is_read(id, stock) => (GOOD, "ingested"),
                _ => (CAREFUL, "waiting for an ingestion"),
            };
            let known = if tier.declared.contains(id) { "" } else { "; not in the manifest" };
            let newest = stock.newest.map_or_else(|| "-".into(), time);
            // Whoever writes to the bucket names these.
            let id = plain(id);
            let documents = count(usize::try_from(stock.documents).unwrap_or(usize::MAX), "document");
            let _ = writeln!(out, "  {id:<27} {documents:>16} {:>10}  {newest:<20}  {style}{word}{known}{style:#}", size(stock.bytes));
        }
    }
    out
}

/// A job with its times as people read them.
fn dated(job: &Job) -> Value {
    let mut document = json!(job);
    for (name, at) in [("started", job.started), ("updated", job.updated)] {
        if let Some(place) = document.get_mut(name) {
            *place = json!(time(at));
        }
    }
    document
}

pub(crate) fn status_json(tiers: &[TierStock<'_>]) -> Value {
    let tier = |tier: &TierStock<'_>| {
        let tenants: Vec<Value> = tier
            .tenants()
            .iter()
            .map(|(id, stock)| {
                json!({
                    "id": id,
                    "declared": tier.declared.contains(id),
                    "documents": stock.documents,
                    "bytes": stock.bytes,
                    "newest": stock.newest.map(time),
                    "ingested": tier.is_read(id, stock),
                    "failed": tier.failed(id),
                })
            })
            .collect();
        let own: BTreeMap<&String, Value> = tier.own.iter().map(|(tenant, job)| (tenant, dated(job))).collect();
        let mut document = json!({ "tier": tier.tier, "bucket": tier.bucket, "provisioned": tier.provisioned, "tenants": tenants, "last_ingestion": tier.last.as_ref().map(dated) });
        if let (false, Some(document)) = (own.is_empty(), document.as_object_mut()) {
            document.insert("last_ingestions".into(), json!(own));
        }
        document
    };
    json!({ "format": STOCK, "tiers": tiers.iter().map(tier).collect::<Vec<_>>() })
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

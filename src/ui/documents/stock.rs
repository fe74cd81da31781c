//! What the tiers' buckets hold of each tenant, and whether it was read.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{NAMED, size, time};
use crate::diagnostic::plain;
use crate::documents::ingestion::Job;
use crate::documents::stock::Stock;
use crate::names::TierName;
use crate::ui::sheet::Sheet;
use crate::ui::style::{BAD, BOLD, CAREFUL, DIM, GOOD, count, counts};
use crate::ui::table::{Column, Table};

const STOCK: &str = "tenantry-documents/1.0";

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

pub(crate) fn status(tiers: &[TierStock<'_>], width: usize) -> String {
    let mut sheet = Sheet::new(width);
    for tier in tiers {
        sheet.line(0, 4, &format!("{BOLD}tier {}{BOLD:#}  {}", tier.tier, last(tier)));
        for reason in tier.last.iter().chain(tier.own.values()).flat_map(|job| job.reasons.iter().take(NAMED)) {
            sheet.line(2, 4, &format!("{BAD}✗{BAD:#} {}", plain(reason)));
        }
        let tenants = tier.tenants();
        if tenants.is_empty() {
            sheet.line(2, 4, &format!("{DIM}no tenants{DIM:#}"));
        }
        let mut table = Table::new([Column::plain(), Column::right(""), Column::right(""), Column::plain(), Column::plain()]);
        tenants.iter().for_each(|(id, stock)| table.row(row(tier, id, stock)));
        sheet.table(2, &table);
    }
    sheet.end()
}

/// How the tier's last ingestion went.
fn last(tier: &TierStock<'_>) -> String {
    match &tier.last {
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
            let number = |n: i64| usize::try_from(n).unwrap_or_default();
            let told = counts(&[(number(job.scanned), "scanned"), (number(job.failed), "failed")]);
            let told = if told.is_empty() { told } else { format!(", {told}") };
            format!("{style}ingestion {}{style:#} {DIM}{}{told}{DIM:#}", job.status, time(job.updated))
        }
    }
}

fn row(tier: &TierStock<'_>, id: &str, stock: &Stock) -> [String; 5] {
    let (style, word) = match stock {
        Stock { documents: 0, .. } => (DIM, "no documents"),
        _ if tier.failed(id) => (BAD, "some failed in the last ingestion"),
        stock if tier.is_read(id, stock) => (GOOD, "ingested"),
        _ => (CAREFUL, "waiting for an ingestion"),
    };
    let known = if tier.declared.contains(&id) { "" } else { "; not in the manifest" };
    let newest = stock.newest.map(time).unwrap_or_default();
    let (documents, bytes) = match usize::try_from(stock.documents).unwrap_or(usize::MAX) {
        0 => (String::new(), String::new()),
        n => (count(n, "document"), size(stock.bytes)),
    };
    // Whoever writes to the bucket names these.
    [plain(id), documents, bytes, newest, format!("{style}{word}{known}{style:#}")]
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

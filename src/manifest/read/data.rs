//! The platform's tables, and the names that tenants' rows leave to settings.

use std::collections::{BTreeMap, BTreeSet};

use super::super::data::{Data, DataTable};
use super::super::section::{Findings, Section, entries};
use super::super::shape::{Shape, may, must};
use super::super::yaml::Node;
use super::super::{Tenant, forms, rules};
use crate::diagnostic::quoted;
use crate::names::{CLINIC_CONFIG, PATIENT_METADATA, ROW_ATTRIBUTES, ROW_STATUS, TenantId};

const MOST_INDEXES: usize = 20;

pub(super) fn read(top: &Section, findings: &mut Findings) -> Option<Data> {
    let section = top.section("data", "the data", &["tables"], findings)?;
    let mut tables = BTreeMap::new();
    if let Some(node) = section.get("tables") {
        for (name, (span, body)) in entries(node, section.span("tables"), "`tables` of the data", findings) {
            if let Err(why) = rules::table_name(name) {
                findings.error(span, format!("{} can't be a table's name", quoted(name)), "", why);
            }
            if [PATIENT_METADATA, CLINIC_CONFIG].contains(&name) {
                let help = "remove it, or give yours another name: `data: {}` alone provisions this one";
                findings.error(span, format!("the table {} is the platform's own", quoted(name)), "", help);
            }
            let table = Section::open(body, span, format!("table {}", quoted(name)), &["key", "sort_key", "indexes"], findings);
            tables.extend(self::table(&table, findings).map(|table| (name.to_owned(), table)));
        }
    }
    Some(Data { tables })
}

fn table(table: &Section, findings: &mut Findings) -> Option<DataTable> {
    table.required("key", "write the attribute that items are told apart by, such as `key: visit_id`", findings);
    let key = table.ruled("key", rules::attribute_name, findings);
    let sort_key = table.ruled("sort_key", rules::attribute_name, findings);
    if key.is_some() && key == sort_key {
        let help = "name two attributes, or leave `sort_key` out";
        findings.error(table.span("sort_key"), format!("the sort key of {} is its key", table.what()), "", help);
    }
    let indexes = table.map("indexes", (rules::index_name, rules::attribute_name), findings);
    if indexes.len() > MOST_INDEXES {
        let summary = format!("{} has {} indexes", table.what(), indexes.len());
        findings.error(table.span("indexes"), summary, "", format!("keep {MOST_INDEXES}: DynamoDB takes no more in one table"));
    }
    Some(DataTable { key: key?, sort_key, indexes })
}

pub(super) fn shape() -> Shape {
    let indexes = Shape::entries(
        "Global secondary indexes: name to the attribute that they are keyed by.",
        forms::index_name(),
        Shape::text("The attribute.", forms::attribute_name()),
    );
    let table = Shape::section(
        "A table whose items belong to tenants; the tenant claim is its partition key.",
        [
            must("key", Shape::text("The attribute that a tenant's items are told apart by.", forms::attribute_name())),
            may("sort_key", Shape::text("A second attribute to tell them apart by.", forms::attribute_name())),
            may("indexes", indexes.at_most(MOST_INDEXES)),
        ],
    );
    let says = format!("Tables beside {PATIENT_METADATA} and {CLINIC_CONFIG}, which `data: {{}}` alone provisions.");
    Shape::section(
        "A KMS key, DynamoDB tables, and a row for each tenant.",
        [may("tables", Shape::entries(&says, forms::table_name(), table))],
    )
}

/// A setting stands in the tenant's row under its own name, beside what the row says by itself.
pub(super) fn check(tenant_claim: Option<&str>, tenants: &BTreeMap<TenantId, Tenant>, root: &Node, findings: &mut Findings) {
    let Some(claim) = tenant_claim else { return };
    let taken: BTreeSet<&str> = ROW_ATTRIBUTES.into_iter().chain([ROW_STATUS, claim]).collect();
    let listed = taken.iter().copied().collect::<Vec<_>>().join(", ");
    if ROW_ATTRIBUTES.contains(&claim) || claim == ROW_STATUS {
        let summary = format!("the claim {} has the name of an attribute of tenants' rows", quoted(claim));
        let help = format!("take another name than {}, {ROW_STATUS}", ROW_ATTRIBUTES.join(", "));
        findings.error(root.place(&["identity", "claims", "tenant"]), summary, "", help);
    }
    for (id, tenant) in tenants {
        for setting in tenant.settings.keys().filter(|setting| taken.contains(setting.as_str())) {
            let settings = root.get("tenants").and_then(|t| t.get(id.as_str())).and_then(|t| t.get("settings"));
            let place = settings.and_then(|s| s.entry(setting)).map(|(key, _)| key.span);
            let place = place.unwrap_or_else(|| root.place(&["tenants", id.as_str(), "settings"]));
            let summary = format!("the setting {} of tenant `{id}` has the name of an attribute of the tenant's row", quoted(setting));
            findings.error(place, summary, "", format!("take another name: the row has {listed} already"));
        }
    }
}

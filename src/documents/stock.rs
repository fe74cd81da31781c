//! What S3 holds of each tenant, counted from listings.

use std::collections::BTreeMap;

use anyhow::Result;

use super::store::listed;
use super::{Objects, SIDECAR};
use crate::aws::Aws;
use crate::names::{Names, TenantId, TierName, tenant_prefix, tier_prefix};

/// One tenant's documents, without the sidecars beside them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Stock {
    pub(crate) documents: u64,
    pub(crate) bytes: u64,
    /// When the newest object was written, sidecars included; seconds since 1970.
    pub(crate) newest: Option<i64>,
}

/// By the tenants' names as the keys have them. The whole tier in one listing, or one for each tenant that was asked for.
pub(crate) async fn stocks(
    aws: &Aws,
    names: &Names,
    (tier, bucket): (&TierName, &str),
    asked: Option<&[&TenantId]>,
) -> Result<BTreeMap<String, Stock>> {
    let root = tier_prefix(tier);
    let Some(tenants) = asked else { return Ok(counted(&root, &listed(aws, names, bucket, &root).await?)) };
    let lists =
        crate::observe::each(
            tenants.iter().copied(),
            |tenant| async move { listed(aws, names, bucket, &tenant_prefix(tier, tenant)).await },
        );
    Ok(lists.await?.iter().flat_map(|objects| counted(&root, objects)).collect())
}

fn counted(root: &str, objects: &Objects) -> BTreeMap<String, Stock> {
    let mut found: BTreeMap<String, Stock> = BTreeMap::new();
    for (key, object) in objects {
        let Some((tenant, _)) = key.strip_prefix(root).and_then(|rest| rest.split_once('/')) else { continue };
        let stock = found.entry(tenant.to_owned()).or_default();
        if !key.ends_with(SIDECAR) {
            stock.documents += 1;
            stock.bytes += object.size;
        }
        stock.newest = stock.newest.max(Some(object.modified));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::super::Object;
    use super::*;

    #[test]
    fn sidecars_are_no_documents_but_their_time_counts() {
        let object = |size, modified| Object { etag: String::new(), size, modified };
        let objects = Objects::from([
            ("basic-tier/clinic-a/guides/a.txt".into(), object(5, 10)),
            ("basic-tier/clinic-a/guides/a.txt.metadata.json".into(), object(90, 12)),
            ("basic-tier/clinic-b/x.txt".into(), object(7, 3)),
            ("basic-tier/stray.txt".into(), object(1, 1)),
        ]);
        let counted = counted("basic-tier/", &objects);
        assert_eq!(counted["clinic-a"], Stock { documents: 1, bytes: 5, newest: Some(12) });
        assert_eq!((counted.len(), counted["clinic-b"].bytes), (2, 7));
    }
}

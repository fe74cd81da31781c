//! A tenant's documents: what a folder holds against what S3 holds, and what is to be done about the difference.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use bytes::Bytes;

use crate::names::{TenantId, TierName, tenant_prefix};

pub(crate) mod folder;
pub(crate) mod ingestion;
pub(crate) mod seals;
mod sidecar;
pub(crate) mod stock;
pub(crate) mod store;

pub(crate) use folder::Folder;
pub(crate) use sidecar::SIDECAR;

use seals::seal;

/// Whose documents, and the words that sidecars name tenant and tier by.
#[derive(Debug, Clone)]
pub(crate) struct Whose {
    /// The attribute that retrieval filters on: the tenant claim's name.
    pub(crate) claim: String,
    pub(crate) tenant: TenantId,
    pub(crate) tier: TierName,
}

impl Whose {
    /// Where the tenant's documents stand: `{tier}-tier/{tenant}/`.
    pub(crate) fn prefix(&self) -> String {
        tenant_prefix(&self.tier, &self.tenant)
    }
}

/// A document of the folder, read once: its content is compared by its digest.
#[derive(Debug, Clone)]
pub(crate) struct Document {
    pub(crate) path: PathBuf,
    pub(crate) size: u64,
    /// SHA-256.
    pub(crate) digest: String,
    /// As it is uploaded: what was checked, completed, in one canonical form.
    pub(crate) sidecar: Bytes,
}

/// An object as a listing shows it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) etag: String,
    pub(crate) size: u64,
    /// Seconds since 1970.
    pub(crate) modified: i64,
}

/// Objects by key.
pub(crate) type Objects = BTreeMap<String, Object>;

/// What of a document S3 lacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lacks {
    Both,
    Document,
    Sidecar,
}

/// A document to be uploaded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Upload {
    pub(crate) lacks: Lacks,
    /// Whether S3 has nothing of this key yet.
    pub(crate) new: bool,
}

/// The way from what S3 holds to what the folder holds.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Difference {
    /// By key.
    pub(crate) upload: BTreeMap<String, Upload>,
    /// Seals of what is there already.
    pub(crate) sealed: BTreeSet<String>,
    pub(crate) unchanged: usize,
    /// Keys under the tenant's prefix that no file of the folder has.
    pub(crate) extra: Vec<String>,
}

impl Difference {
    /// What is there is recognised by its seal: a listing's ETag alone says nothing of the content.
    pub(crate) fn between(folder: &Folder, there: &Objects, seals: &BTreeSet<String>) -> Self {
        let mut difference = Self::default();
        for (key, document) in &folder.documents {
            let sidecar = sidecar_key(key);
            let known = |key: &str, digest: &str| there.get(key).map(|o| seal(key, &o.etag, digest)).filter(|s| seals.contains(s));
            let (own, beside) = (known(key, &document.digest), known(&sidecar, &crate::secret::digest(&document.sidecar)));
            let lacks = match (&own, &beside) {
                (None, None) => Some(Lacks::Both),
                (None, Some(_)) => Some(Lacks::Document),
                (Some(_), None) => Some(Lacks::Sidecar),
                (Some(_), Some(_)) => None,
            };
            difference.sealed.extend(own.into_iter().chain(beside));
            match lacks {
                Some(lacks) => drop(difference.upload.insert(key.clone(), Upload { lacks, new: !there.contains_key(key) })),
                None => difference.unchanged += 1,
            }
        }
        let wanted = |key: &str| folder.documents.contains_key(key.strip_suffix(SIDECAR).unwrap_or(key));
        difference.extra = there.keys().filter(|key| !wanted(key)).cloned().collect();
        difference
    }

    /// Documents, without the sidecars beside them, that only S3 has.
    pub(crate) fn extra_documents(&self) -> impl Iterator<Item = &str> {
        self.extra.iter().map(String::as_str).filter(|key| !key.ends_with(SIDECAR))
    }

    /// What is to be sent, in bytes.
    pub(crate) fn bytes(&self, folder: &Folder) -> u64 {
        let size = |(key, upload): (&String, &Upload)| folder.documents.get(key).map_or(0, |document| upload.bytes(document));
        self.upload.iter().map(size).sum()
    }
}

impl Upload {
    pub(crate) fn bytes(self, document: &Document) -> u64 {
        let (own, beside) = (document.size, document.sidecar.len() as u64);
        match self.lacks {
            Lacks::Both => own + beside,
            Lacks::Document => own,
            Lacks::Sidecar => beside,
        }
    }
}

/// The key of the sidecar beside a document.
pub(crate) fn sidecar_key(key: &str) -> String {
    format!("{key}{SIDECAR}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(names: &[(&str, &str)]) -> Folder {
        let document = |digest: &str| Document { path: PathBuf::new(), size: 3, digest: digest.into(), sidecar: Bytes::from_static(b"{}") };
        Folder { documents: names.iter().map(|(key, digest)| ((*key).to_owned(), document(digest))).collect(), ..Folder::default() }
    }

    fn there(keys: &[(&str, &str)]) -> Objects {
        keys.iter().map(|(key, etag)| ((*key).to_owned(), Object { etag: (*etag).into(), size: 3, modified: 0 })).collect()
    }

    #[test]
    fn only_what_is_sealed_is_taken_for_unchanged() {
        let folder = folder(&[("p/a", "one"), ("p/b", "two"), ("p/c", "three")]);
        let beside = crate::secret::digest(b"{}");
        let objects = there(&[
            ("p/a", "1"),
            ("p/a.metadata.json", "2"),
            ("p/b", "3"),
            ("p/b.metadata.json", "4"),
            ("p/old", "5"),
            ("p/old.metadata.json", "6"),
        ]);
        let seals: BTreeSet<String> = [
            seal("p/a", "1", "one"),
            seal("p/a.metadata.json", "2", &beside),
            // Somebody else wrote over it since: the ETag is another.
            seal("p/b", "was another", "two"),
            seal("p/b.metadata.json", "4", &beside),
            seal("p/c", "7", "three"),
        ]
        .into();
        let difference = Difference::between(&folder, &objects, &seals);
        assert_eq!(difference.unchanged, 1);
        assert_eq!(difference.upload["p/b"], Upload { lacks: Lacks::Document, new: false });
        assert_eq!(difference.upload["p/c"], Upload { lacks: Lacks::Both, new: true });
        assert_eq!(difference.extra, ["p/old", "p/old.metadata.json"]);
        assert_eq!(difference.extra_documents().collect::<Vec<_>>(), ["p/old"]);
        assert_eq!(difference.bytes(&folder), 3 + 3 + 2);
        assert_eq!(difference.sealed.len(), 3);
    }
}

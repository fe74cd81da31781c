//! Pages of a listing: a token names the last key that was shown, so deletions between two pages skip nothing.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine};
use serde_json::Value;

/// How many items come when the caller does not say: few, so that whoever reads one page only is found out.
pub(crate) const DEFAULT_SIZE: usize = 10;

/// One page of items in the order of their keys, and the token of the next; `None` for a token that is not ours.
pub(crate) fn page<K: AsRef<str>, T>(
    items: impl IntoIterator<Item = (K, T)>,
    size: Option<usize>,
    token: Option<&str>,
) -> Option<(Vec<T>, Option<String>)> {
    let after = match token {
        Some(token) => Some(String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(token).ok()?).ok()?),
        None => None,
    };
    let size = size.filter(|size| *size > 0).unwrap_or(DEFAULT_SIZE);
    let mut rest = items.into_iter().filter(|(key, _)| after.as_deref().is_none_or(|after| key.as_ref() > after)).peekable();
    let mut shown = Vec::new();
    let mut last = None;
    while shown.len() < size
        && let Some((key, item)) = rest.next()
    {
        last = Some(BASE64_URL_SAFE_NO_PAD.encode(key.as_ref()));
        shown.push(item);
    }
    let next = last.filter(|_| rest.peek().is_some());
    Some((shown, next))
}

/// A page size as a JSON body gives it.
pub(crate) fn size(body: &Value, name: &str) -> Option<usize> {
    body.get(name).and_then(Value::as_u64).and_then(|n| usize::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_goes_on_behind_an_item_that_is_gone() {
        let (first, next) = page(["a", "b", "c"].map(|k| (k, k)), Some(2), None).unwrap();
        assert_eq!(first, ["a", "b"]);
        let (second, end) = page(["a", "c"].map(|k| (k, k)), Some(2), next.as_deref()).unwrap();
        assert_eq!((second, end), (vec!["c"], None));
        assert!(page(["a"].map(|k| (k, k)), None, Some("%")).is_none());
    }
}

//! Listings of a bucket's keys and versions, page by page, with keys below a delimiter rolled up.

use base64::prelude::{BASE64_STANDARD, Engine};

use super::super::protocol::{Refusal, Reply, element, encode};
use super::super::{World, dates};
use super::{Answer, Call, objects};

const PAGE: usize = 1000;
const NAMESPACE: &str = "http://s3.amazonaws.com/doc/2006-03-01/";

/// What a listing asks for, whichever kind it is.
struct Asked<'a> {
    prefix: &'a str,
    delimiter: &'a str,
    most: usize,
    encoded: bool,
}

impl<'a> Asked<'a> {
    fn of(call: &'a Call) -> Result<Self, Refusal> {
        let request = call.request;
        let encoded = match request.query("encoding-type") {
            None => false,
            Some("url") => true,
            Some(_) => return Err(argument("Invalid Encoding Method specified in Request")),
        };
        let most = match request.query("max-keys") {
            Some(text) => text.parse::<usize>().map_err(|_| argument("Provided max-keys not an integer or within integer range"))?,
            None => PAGE,
        };
        let named = |name: &str| request.query(name).unwrap_or("");
        Ok(Self { prefix: named("prefix"), delimiter: named("delimiter"), most: most.min(PAGE), encoded })
    }

    /// What a key is rolled up into: all up to the first delimiter behind the prefix.
    fn rolled<'k>(&self, key: &'k str) -> Option<&'k str> {
        let from = self.prefix.len();
        let at = if self.delimiter.is_empty() { None } else { key.get(from..)?.find(self.delimiter) };
        key.get(..from + at? + self.delimiter.len())
    }

    /// A name as the reply writes it; a slash stays one.
    fn name(&self, element_name: &str, text: &str) -> String {
        let text = if self.encoded { encode(text).replace("%2F", "/") } else { text.to_owned() };
        element(element_name, &text)
    }

    /// The elements that repeat the request.
    fn echo(&self, bucket: &str) -> String {
        let mut xml = [element("Name", bucket), self.name("Prefix", self.prefix), element("MaxKeys", &self.most.to_string())].concat();
        if !self.delimiter.is_empty() {
            xml.push_str(&self.name("Delimiter", self.delimiter));
        }
        if self.encoded {
            xml.push_str(&element("EncodingType", "url"));
        }
        xml
    }
}

fn argument(message: &str) -> Refusal {
    Refusal::new(400, "InvalidArgument", message)
}

fn common(asked: &Asked, prefix: &str) -> String {
    format!("<CommonPrefixes>{}</CommonPrefixes>", asked.name("Prefix", prefix))
}

/// ListObjectsV2.
pub(super) fn objects(world: &mut World, call: &Call) -> Answer {
    let request = call.request;
    if request.query("list-type") != Some("2") {
        return Err(argument("The list type must be 2"));
    }
    let asked = Asked::of(call)?;
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let token = request.query("continuation-token").map(opened).transpose()?;
    let start = request.query("start-after").unwrap_or("");
    let after = token.as_deref().unwrap_or(start);
    // A token that is a rolled-up prefix stands behind all that is rolled up in it.
    let behind = |key: &str| key > after && token.as_deref().is_none_or(|token| asked.rolled(key) != Some(token));

    let mut contents = String::new();
    let mut prefixes = String::new();
    let (mut count, mut last, mut more) = (0, "", false);
    for (key, _) in bucket.objects.range(asked.prefix.to_owned()..).take_while(|(key, _)| key.starts_with(asked.prefix)) {
        let Some((version, content)) = bucket.current(key).filter(|_| behind(key)) else { continue };
        let rolled = asked.rolled(key);
        if rolled.is_some_and(|rolled| rolled == last) {
            continue;
        }
        if count == asked.most {
            more = count > 0;
            break;
        }
        match rolled {
            Some(rolled) => prefixes.push_str(&common(&asked, rolled)),
            None => {
                let owner = if request.query("fetch-owner") == Some("true") { owner(&world.account) } else { String::new() };
                contents.push_str(&format!("<Contents>{}{}{owner}</Contents>", asked.name("Key", key), described(version, content)));
            }
        }
        last = rolled.unwrap_or(key);
        count += 1;
    }
    let mut xml = asked.echo(&call.bucket);
    xml.push_str(&element("KeyCount", &count.to_string()));
    xml.push_str(&element("IsTruncated", &more.to_string()));
    if more {
        xml.push_str(&element("NextContinuationToken", &BASE64_STANDARD.encode(last)));
    }
    if let Some(token) = request.query("continuation-token") {
        xml.push_str(&element("ContinuationToken", token));
    }
    if !start.is_empty() {
        xml.push_str(&asked.name("StartAfter", start));
    }
    Ok(Reply::xml(200, &format!("<ListBucketResult xmlns=\"{NAMESPACE}\">{xml}{contents}{prefixes}</ListBucketResult>")))
}

fn opened(token: &str) -> Result<String, Refusal> {
    let last = BASE64_STANDARD.decode(token).ok().and_then(|bytes| String::from_utf8(bytes).ok());
    last.filter(|last| !last.is_empty()).ok_or_else(|| argument("The continuation token provided is incorrect"))
}

fn described(version: &objects::Version, content: &objects::Content) -> String {
    [
        element("LastModified", &dates::iso_millis(version.modified)),
        element("ETag", &content.etag),
        element("Size", &content.size.to_string()),
        element("StorageClass", "STANDARD"),
    ]
    .concat()
}

fn owner(account: &str) -> String {
    format!("<Owner>{}</Owner>", element("ID", account))
}

/// ListObjectVersions: by key, the newest version first.
pub(super) fn versions(world: &mut World, call: &Call) -> Answer {
    let request = call.request;
    let asked = Asked::of(call)?;
    let bucket = world.state.s3.bucket(&call.bucket)?;
    let key_marker = request.query("key-marker").unwrap_or("");
    let id_marker = request.query("version-id-marker").filter(|id| !id.is_empty());
    if id_marker.is_some() && key_marker.is_empty() {
        return Err(argument("A version-id marker cannot be specified without a key marker."));
    }
    let mut shown = String::new();
    let mut prefixes = String::new();
    let (mut count, mut last, mut more) = (0, (String::new(), String::new()), false);
    'keys: for (key, versions) in bucket.objects.range(asked.prefix.to_owned()..).take_while(|(key, _)| key.starts_with(asked.prefix)) {
        let rolled = asked.rolled(key);
        let resumed = key == key_marker && id_marker.is_some();
        if !key_marker.is_empty() && !resumed && (key.as_str() <= key_marker || rolled == Some(key_marker)) {
            continue;
        }
        if let Some(rolled) = rolled {
            if rolled == last.0 {
                continue;
            }
            if count == asked.most {
                more = count > 0;
                break;
            }
            prefixes.push_str(&common(&asked, rolled));
            last = (rolled.into(), String::new());
            count += 1;
            continue;
        }
        let newest = versions.last().map(|version| version.id.as_str());
        let rest = versions.iter().rev().skip_while(|version| resumed && Some(version.id.as_str()) != id_marker).skip(usize::from(resumed));
        for version in rest {
            if count == asked.most {
                more = count > 0;
                break 'keys;
            }
            let head = [
                asked.name("Key", key),
                element("VersionId", &version.id),
                element("IsLatest", &(newest == Some(version.id.as_str())).to_string()),
                owner(&world.account),
            ]
            .concat();
            match &version.content {
                Some(content) => shown.push_str(&format!("<Version>{head}{}</Version>", described(version, content))),
                None => {
                    let modified = element("LastModified", &dates::iso_millis(version.modified));
                    shown.push_str(&format!("<DeleteMarker>{head}{modified}</DeleteMarker>"));
                }
            }
            last = (key.clone(), version.id.clone());
            count += 1;
        }
    }
    let mut xml = asked.echo(&call.bucket);
    xml.push_str(&asked.name("KeyMarker", key_marker));
    xml.push_str(&element("VersionIdMarker", id_marker.unwrap_or("")));
    xml.push_str(&element("IsTruncated", &more.to_string()));
    if more {
        xml.push_str(&asked.name("NextKeyMarker", &last.0));
        if !last.1.is_empty() {
            xml.push_str(&element("NextVersionIdMarker", &last.1));
        }
    }
    Ok(Reply::xml(200, &format!("<ListVersionsResult xmlns=\"{NAMESPACE}\">{xml}{shown}{prefixes}</ListVersionsResult>")))
}

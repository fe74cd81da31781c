//! XML bodies as trees: S3's own are small and have no attributes that matter.

use quick_xml::Reader;
use quick_xml::events::Event;
use serde::{Deserialize, Serialize};

use super::super::protocol::{Refusal, escape};
use super::malformed;

#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Element {
    pub(super) name: String,
    pub(super) text: String,
    pub(super) children: Vec<Element>,
}

impl Element {
    /// The root of a body, which must have that name.
    pub(super) fn parse(body: &[u8], name: &str) -> Result<Self, Refusal> {
        let text = std::str::from_utf8(body).map_err(|_| malformed())?;
        tree(text).filter(|root| root.name == name).ok_or_else(malformed)
    }

    pub(super) fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The text of a child.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }

    pub(super) fn written(&self) -> String {
        let inner: String = self.children.iter().map(Self::written).collect();
        format!("<{0}>{1}{inner}</{0}>", self.name, escape(&self.text))
    }
}

fn tree(text: &str) -> Option<Element> {
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Element> = Vec::new();
    loop {
        let ended = match reader.read_event().ok()? {
            Event::Start(start) => {
                open.push(Element {
                    name: String::from_utf8_lossy(start.local_name().as_ref().as_bytes()).into_owned(),
                    ..Element::default()
                });
                None
            }
            Event::Empty(start) => {
                Some(Element { name: String::from_utf8_lossy(start.local_name().as_ref().as_bytes()).into_owned(), ..Element::default() })
            }
            Event::End(_) => open.pop(),
            Event::Text(words) => {
                if let Some(element) = open.last_mut() {
                    element.text.push_str(&words.xml10_content());
                }
                None
            }
            Event::GeneralRef(reference) => {
                let known = reference.resolve_char_ref().ok()?.map(String::from);
                let known = known.or_else(|| quick_xml::escape::resolve_predefined_entity(&reference.xml10_content()).map(Into::into));
                open.last_mut()?.text.push_str(&known?);
                None
            }
            Event::Eof => return None,
            _ => None,
        };
        if let Some(mut element) = ended {
            // White space between children is layout, not content.
            if !element.children.is_empty() {
                element.text.clear();
            }
            match open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => return Some(element),
            }
        }
    }
}

//! Attributes of a pool: the standard ones are always there, custom ones are added and never changed.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::super::protocol::Refusal;
use super::super::shape::{self, Shape, may, must, text};
use super::{Answer, World, invalid, pool};

const MOST_CUSTOM: usize = 50;

pub(super) static ATTRIBUTE: Shape = Shape::Struct(&[
    must("Name", text(1, 20, r"\S+")),
    may("AttributeDataType", Shape::OneOf(&["String", "Number", "DateTime", "Boolean"])),
    may("DeveloperOnlyAttribute", Shape::Flag),
    may("Mutable", Shape::Flag),
    may("Required", Shape::Flag),
    may("StringAttributeConstraints", Shape::Struct(&[may("MinLength", text(0, 10, "[0-9]+")), may("MaxLength", text(0, 10, "[0-9]+"))])),
    may("NumberAttributeConstraints", Shape::Struct(&[may("MinValue", text(0, 20, "-?[0-9]+")), may("MaxValue", text(0, 20, "-?[0-9]+"))])),
]);

const TEXTS: &[&str] = &[
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "gender",
    "zoneinfo",
    "locale",
    "phone_number",
    "address",
];

fn attribute(name: &str, kind: &str, constraints: Option<(&str, Value)>) -> Value {
    let mut attribute = json!({
        "Name": name,
        "AttributeDataType": kind,
        "DeveloperOnlyAttribute": false,
        "Mutable": name != "sub",
        "Required": name == "sub",
    });
    if let Some((member, constraints)) = constraints {
        shape::put(&mut attribute, member, Some(constraints));
    }
    attribute
}

fn lengths(least: &str, most: &str) -> Option<(&'static str, Value)> {
    Some(("StringAttributeConstraints", json!({ "MinLength": least, "MaxLength": most })))
}

/// The attributes that every pool has.
fn standard() -> BTreeMap<String, Value> {
    let texts = TEXTS.iter().map(|name| attribute(name, "String", lengths("0", "2048")));
    let others = [
        attribute("sub", "String", lengths("1", "2048")),
        attribute("birthdate", "String", lengths("10", "10")),
        attribute("email_verified", "Boolean", None),
        attribute("phone_number_verified", "Boolean", None),
        attribute("updated_at", "Number", Some(("NumberAttributeConstraints", json!({ "MinValue": "0" })))),
    ];
    texts.chain(others).map(|attribute| (shape::string(&attribute, "Name").to_owned(), attribute)).collect()
}

/// A custom attribute as a describe shows it: under its prefix, defaults filled in.
fn custom(given: &Value) -> Result<(String, Value), Refusal> {
    let flag = |name: &str, default: bool| given.get(name).and_then(Value::as_bool).unwrap_or(default);
    if flag("Required", false) {
        return Err(invalid("Required custom attributes are not supported currently."));
    }
    let developer = flag("DeveloperOnlyAttribute", false);
    let name = format!("{}custom:{}", if developer { "dev:" } else { "" }, shape::string(given, "Name"));
    let kind = shape::maybe(given, "AttributeDataType").unwrap_or_else(|| "String".into());
    let constraint = |of: &str, member: &str| given.get(of).and_then(|c| shape::maybe(c, member));
    let constraints = match kind.as_str() {
        "String" => {
            let of = "StringAttributeConstraints";
            let (least, most) = (constraint(of, "MinLength"), constraint(of, "MaxLength"));
            if most.as_ref().and_then(|most| most.parse::<u64>().ok()).is_some_and(|most| most > 2048) {
                return Err(invalid(format!("{name}: String attributes cannot have a length of more than 2048")));
            }
            lengths(least.as_deref().unwrap_or("0"), most.as_deref().unwrap_or("2048"))
        }
        "Number" => Some(("NumberAttributeConstraints", given.get("NumberAttributeConstraints").cloned().unwrap_or_else(|| json!({})))),
        _ => None,
    };
    let mut shown = attribute(&name, &kind, constraints);
    shape::put(&mut shown, "Mutable", Some(flag("Mutable", true)));
    shape::put(&mut shown, "DeveloperOnlyAttribute", Some(developer));
    Ok((name, shown))
}

/// The schema of a new pool: an entry with a standard name changes that attribute.
pub(super) fn initial(entries: Option<&Value>) -> Result<BTreeMap<String, Value>, Refusal> {
    let mut schema = standard();
    for given in entries.and_then(Value::as_array).into_iter().flatten() {
        if let Some(attribute) = schema.get_mut(shape::string(given, "Name")) {
            for member in ["Mutable", "Required", "StringAttributeConstraints", "NumberAttributeConstraints"] {
                shape::put(attribute, member, given.get(member).cloned());
            }
        } else {
            insert(&mut schema, given)?;
        }
    }
    Ok(schema)
}

fn insert(schema: &mut BTreeMap<String, Value>, given: &Value) -> Result<(), Refusal> {
    let (name, attribute) = custom(given)?;
    if schema.contains_key(&name) {
        return Err(invalid(format!("{name}: Existing attribute already has name {name}.")));
    }
    if schema.keys().filter(|name| name.contains("custom:")).count() >= MOST_CUSTOM {
        return Err(invalid(format!("A user pool can't have more than {MOST_CUSTOM} custom attributes.")));
    }
    schema.insert(name, attribute);
    Ok(())
}

pub(super) fn add(world: &mut World, body: &Value) -> Answer {
    let now = world.now;
    let pool = pool(world, body)?;
    let mut schema = pool.schema.clone();
    for given in body.get("CustomAttributes").and_then(Value::as_array).into_iter().flatten() {
        insert(&mut schema, given)?;
    }
    pool.schema = schema;
    pool.modified = now;
    world.dirty = true;
    Ok(json!({}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn custom_attributes_get_their_prefix_and_are_never_replaced() {
        let entries = json!([{ "Name": "tier", "Mutable": false }, { "Name": "email", "Required": true }]);
        let mut schema = initial(Some(&entries)).unwrap();
        assert_eq!(schema.get("custom:tier").and_then(|a| a.pointer("/StringAttributeConstraints/MaxLength")), Some(&json!("2048")));
        assert_eq!(schema.get("email").and_then(|a| a.get("Required")), Some(&json!(true)));
        assert!(insert(&mut schema, &json!({ "Name": "tier" })).is_err());
        assert!(insert(&mut schema, &json!({ "Name": "new", "Required": true })).is_err());
    }
}

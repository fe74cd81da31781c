//! A function's resource policy: statements are added and removed one by one, and never changed.

use serde_json::{Value, json};

use super::super::World;
use super::super::protocol::{Refusal, Request};
use super::super::shape;
use super::{Answer, INVALID, arn, conflict, function, name, shapes};

const MOST_POLICY: usize = 20 * 1024;

pub(super) fn add(world: &mut World, request: &Request, named: &[String]) -> Answer {
    let body = shape::body(request, &shapes::ADD_PERMISSION, INVALID)?;
    let name = name(world, &named.concat())?;
    let (own, fresh) = (arn(world, &name), world.uuid());
    let id = shape::string(&body, "StatementId");
    let mut statement = json!({
        "Sid": id,
        "Effect": "Allow",
        "Principal": principal(shape::string(&body, "Principal")),
        "Action": shape::string(&body, "Action"),
        "Resource": own,
    });
    let mut equals = json!({});
    shape::put(&mut equals, "AWS:SourceAccount", shape::maybe(&body, "SourceAccount"));
    shape::put(&mut equals, "aws:PrincipalOrgID", shape::maybe(&body, "PrincipalOrgID"));
    let mut condition = json!({});
    shape::put(&mut condition, "StringEquals", Some(equals).filter(|e| e.as_object().is_some_and(|e| !e.is_empty())));
    shape::put(&mut condition, "ArnLike", shape::maybe(&body, "SourceArn").map(|arn| json!({ "AWS:SourceArn": arn })));
    shape::put(&mut statement, "Condition", Some(condition).filter(|c| c.as_object().is_some_and(|c| !c.is_empty())));

    let function = function(world, &name)?;
    function.revised(shape::maybe(&body, "RevisionId").as_deref())?;
    if function.statements.iter().any(|s| shape::string(s, "Sid") == id) {
        return Err(conflict(format!(
            "The statement id ({id}) provided already exists. Please provide a new statement id, or remove the existing statement."
        )));
    }
    let size = document(&function.statements).len() + statement.to_string().len();
    if size > MOST_POLICY {
        let message = format!("The final policy size ({size}) is bigger than the limit ({MOST_POLICY}).");
        return Err(Refusal::new(400, "PolicyLengthExceededException", message));
    }
    function.statements.push(statement.clone());
    function.revision = fresh;
    world.dirty = true;
    Ok(json!({ "Statement": statement.to_string() }))
}

/// As policies write what a request gives as one word.
fn principal(given: &str) -> Value {
    match given {
        "*" => json!("*"),
        service if service.ends_with(".amazonaws.com") => json!({ "Service": service }),
        account if account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()) => {
            json!({ "AWS": format!("arn:aws:iam::{account}:root") })
        }
        other => json!({ "AWS": other }),
    }
}

fn document(statements: &[Value]) -> String {
    json!({ "Version": "2012-10-17", "Id": "default", "Statement": statements }).to_string()
}

fn none() -> Refusal {
    Refusal::new(404, "ResourceNotFoundException", "No policy is associated with the given resource.")
}

pub(super) fn get(world: &mut World, _: &Request, named: &[String]) -> Answer {
    let function = function(world, &named.concat())?;
    if function.statements.is_empty() {
        return Err(none());
    }
    Ok(json!({ "Policy": document(&function.statements), "RevisionId": function.revision }))
}

pub(super) fn remove(world: &mut World, request: &Request, named: &[String]) -> Answer {
    let [given, statement] = named else { return Err(none()) };
    let fresh = world.uuid();
    let function = function(world, given)?;
    function.revised(request.query("RevisionId"))?;
    if !function.statements.iter().any(|s| shape::string(s, "Sid") == statement) {
        return Err(Refusal::new(404, "ResourceNotFoundException", format!("Statement {statement} is not found in resource policy.")));
    }
    function.statements.retain(|s| shape::string(s, "Sid") != statement);
    function.revision = fresh;
    world.dirty = true;
    Ok(Value::Null)
}

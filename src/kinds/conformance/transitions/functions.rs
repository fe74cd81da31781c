//! Functions that AWS has not finished or gave up on, and what others have put into them.

use super::*;

const FUNCTIONS: &str = "lambda/regions/*/*";

fn callable(desired: &mut Desired) {
    a_permission(desired, "apigateway.amazonaws.com", "arn:aws:execute-api:us-east-1:111122223333:abc/*/*");
}

#[tokio::test]
async fn a_function_on_the_move_is_waited_for_and_a_failed_one_tried_again_or_made_anew() {
    let desired = desired(callable);
    let mut tampered = Tampered::with(&desired).await;
    for (field, now, then, action, said) in [
        ("state", "Pending", "Active", Action::Update, r#"unfinished "AWS is still creating it""#),
        ("update", "InProgress", "Successful", Action::Update, r#"unfinished "AWS is still changing it""#),
        ("update", "Failed", "Failed", Action::Update, r#"unfinished "AWS gave up on changing it and gives no reason""#),
        ("state", "Failed", "Failed", Action::Replace, r#"failed "AWS gave up on creating it and gives no reason""#),
    ] {
        tampered.status(&format!("{FUNCTIONS}/{field}"), now, then);
        let planned = tampered.planned(&desired).await;
        let function = planned.iter().find(|(_, kind, _)| kind == Function::NAME).unwrap();
        assert_eq!((function.0, function.2.as_slice()), (action, [said.to_owned()].as_slice()), "{field} {now}");
        tampered.is_put_right(&desired).await;
    }
}

#[tokio::test]
async fn what_would_run_with_our_role_or_call_us_unasked_is_taken_away() {
    let desired = desired(callable);
    let mut tampered = Tampered::with(&desired).await;
    let layer = "arn:aws:lambda:us-east-1:111122223333:layer:theirs:1";
    tampered.change(&format!("{FUNCTIONS}/given"), |given| {
        given["Layers"] = json!([layer]);
        given["Environment"] = json!({ "Variables": { "DEBUG": "1" } });
        given["Description"] = "theirs".into();
    });
    tampered.change(&format!("{FUNCTIONS}/code/sha256"), |code| *code = "YQ==".into());
    tampered.change(&format!("{FUNCTIONS}/statements"), |statements| {
        let all = statements.as_array_mut().unwrap();
        all[0]["Condition"]["StringEquals"]["aws:PrincipalOrgID"] = "o-theirs0000".into();
        all.push(json!({ "Sid": "theirs", "Effect": "Allow", "Principal": "*", "Action": "lambda:InvokeFunction", "Resource": "x" }));
    });
    let mut planned = tampered.planned(&desired).await;
    planned.sort_by_key(|(_, kind, fields)| (kind.clone(), fields.len()));
    let kinds: Vec<(Action, &str)> = planned.iter().map(|(action, kind, _)| (*action, kind.as_str())).collect();
    assert_eq!(kinds, [(Action::Update, "function"), (Action::Delete, "permission"), (Action::Update, "permission")], "{planned:?}");
    let fields = planned[0].2.join("\n");
    for field in [layer, "code.key \"artifacts/61.zip\"", "description \"theirs\"", "DEBUG"] {
        assert!(fields.contains(field), "{field} is not in {fields}");
    }
    assert_eq!(planned[2].2, [r#"others ["StringEquals aws:PrincipalOrgID o-theirs0000"]"#]);
    tampered.is_put_right(&desired).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_reply_makes_no_second_function_and_no_second_statement() {
    let folder = tempfile::tempdir().unwrap();
    let bench = Bench { site: site(folder.path(), "lost=1") };
    for wanted in [desired(callable), desired(|d| drop(a_function(d, "second", &[("STAGE", "two")], "two"))), desired(callable)] {
        bench.apply(&wanted, &Named::default()).await;
        bench.is_settled(&wanted, "lost replies").await;
    }
    assert_eq!(bench.site.aws.lambda.list_functions().send().await.unwrap().functions().len(), 1);
}

//! The trigger that writes claims, beside what an administrator has set on the same pool.

use aws_sdk_cognitoidentityprovider::types as cognito;

use super::*;
use crate::manifest::Mfa;

const OURS: &str = "arn:aws:lambda:us-east-1:111122223333:function:acme-claims";
const THEIRS: &str = "arn:aws:lambda:us-east-1:111122223333:function:welcome";

fn a_pool_of(desired: &mut Desired, lambda: Option<&str>, stage: &str) {
    let attributes = [("tier".to_owned(), Attribute { mutable: true, max_length: 64 })].into();
    let pool = UserPool::closed("AcmePool".into(), Mfa::Off, attributes, tags(stage));
    put(desired, "main", &UserPool { pre_token: lambda.map(|arn| PreToken::of(arn.into())), ..pool });
}

async fn triggers(bench: &Bench) -> cognito::LambdaConfigType {
    let cognito = &bench.site.aws.cognito;
    let id = cognito.list_user_pools().max_results(60).send().await.unwrap().user_pools.unwrap().remove(0).id.unwrap();
    cognito.describe_user_pool().user_pool_id(id).send().await.unwrap().user_pool.unwrap().lambda_config.unwrap()
}

async fn set(bench: &Bench, config: cognito::LambdaConfigType) {
    let cognito = &bench.site.aws.cognito;
    let id = cognito.list_user_pools().max_results(60).send().await.unwrap().user_pools.unwrap().remove(0).id.unwrap();
    let pool = cognito.describe_user_pool().user_pool_id(&id).send().await.unwrap().user_pool.unwrap();
    // What this leaves out is reset, and put right by the next apply.
    let update = cognito.update_user_pool().user_pool_id(id).lambda_config(config).set_user_pool_tags(pool.user_pool_tags);
    update.send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn triggers_of_others_survive_ours_and_its_removal() {
    let bench = Bench::new();
    let plain = desired(|d| a_pool_of(d, None, "one"));
    bench.apply(&plain, &Named::default()).await;
    let config = cognito::PreTokenGenerationVersionConfigType::builder().lambda_arn(THEIRS).lambda_version("V1_0".into()).build().unwrap();
    let theirs = cognito::LambdaConfigType::builder().post_confirmation(THEIRS).pre_token_generation_config(config);
    set(&bench, theirs.build()).await;
    bench.apply(&plain, &Named::default()).await;
    bench.is_settled(&plain, "with triggers of others").await;
    let changed = desired(|d| a_pool_of(d, None, "two"));
    bench.apply(&changed, &Named::default()).await;
    let live = triggers(&bench).await;
    assert_eq!(live.pre_token_generation_config.unwrap().lambda_arn, THEIRS);

    // One that is declared takes the place of theirs, after the plan has shown it.
    let with_ours = desired(|d| a_pool_of(d, Some(OURS), "two"));
    let plan = bench.plan(&with_ours, &Named::default()).await;
    assert!(format!("{:?}", plan.changes[0].fields).contains("welcome"), "{:?}", plan.changes);
    bench.apply(&with_ours, &Named::default()).await;
    bench.is_settled(&with_ours, "with our trigger").await;
    let live = triggers(&bench).await;
    let config = live.pre_token_generation_config.unwrap();
    assert_eq!((config.lambda_arn.as_str(), config.lambda_version.as_str()), (OURS, "V2_0"));
    assert_eq!(live.post_confirmation.as_deref(), Some(THEIRS));

    // A function of ours that is no longer declared would refuse every sign-in once it is deleted.
    bench.apply(&changed, &Named::default()).await;
    bench.is_settled(&changed, "without our trigger").await;
    let live = triggers(&bench).await;
    assert!(live.pre_token_generation_config.is_none() && live.pre_token_generation.is_none());
    assert_eq!(live.post_confirmation.as_deref(), Some(THEIRS));
}

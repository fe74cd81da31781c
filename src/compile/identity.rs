//! Who may sign in: the user pool, its clients, scopes, domain and groups, and what agents read about them.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;

use super::Sources;
use super::functions::Functions;
use crate::address::Owner;
use crate::desired::Desired;
use crate::kinds::{
    Attribute, Client, ClientKind, Condition, CredentialProvider, Domain, Function, Group, Permission, PreToken, ResourceServer, User,
    UserPool,
};
use crate::late::Late;
use crate::manifest::LambdaRef;

/// What tiers refer to.
pub(super) struct Identity {
    pub(super) pool: Late,
    pub(super) discovery_url: Late,
    pub(super) web_client: Late,
}

/// The statement that lets the pool call the function that writes claims.
const PRE_TOKEN: &str = "pre-token";

/// The longest value of a claim; ids and roles are far shorter.
const CLAIM_LENGTH: u32 = 256;

pub(super) fn declare(sources: &Sources<'_>, desired: &mut Desired, functions: &Functions) -> Result<Identity> {
    let (names, wanted) = (sources.names, &sources.manifest.identity);
    let claims = [&wanted.claims.tier, &wanted.claims.tenant, &wanted.claims.role];
    // Who a user belongs to never changes; a tier and a role do, by administrators' hands alone.
    let attribute = |name: &String| (name.clone(), Attribute { mutable: *name != wanted.claims.tenant, max_length: CLAIM_LENGTH });
    let mark = (User::MARK.to_owned(), Attribute { mutable: true, max_length: CLAIM_LENGTH });
    let attributes = claims.into_iter().map(attribute).chain([mark]).collect();
    let pool = UserPool {
        pre_token: wanted.pre_token_lambda.as_ref().map(|lambda| functions.arn(lambda)).transpose()?.map(PreToken::of),
        ..UserPool::closed(names.user_pool(), wanted.mfa, attributes, sources.tags(None))
    };
    let pool = desired.add(Owner::Platform, "main", &pool)?;
    if let Some(LambdaRef::Managed(name)) = &wanted.pre_token_lambda {
        let (function, source) = (functions.managed(name)?.at(&Function::FUNCTION), pool.at(&UserPool::ARN).text());
        let permission = Permission::invoke(function, PRE_TOKEN, "cognito-idp.amazonaws.com", source, &names.account);
        desired.add(Owner::Platform, &Permission::label(name.as_str(), PRE_TOKEN), &permission)?;
    }

    let server = ResourceServer {
        pool: pool.at(&UserPool::ID),
        identifier: wanted.resource_server.identifier.clone(),
        name: names.resource_server(),
        scopes: wanted.resource_server.scopes.clone(),
    };
    let server = desired.add(Owner::Platform, "main", &server)?;
    let scope = |name: &String| Late::concat([server.at(&ResourceServer::IDENTIFIER), Late::known(format!("/{name}"))]);
    let scopes: Vec<Late> = wanted.resource_server.scopes.keys().map(scope).collect();

    let mut readable: BTreeSet<String> = claims.iter().map(|c| format!("custom:{c}")).collect();
    readable.extend(["email", "email_verified", "name"].map(Into::into));
    let web = Client {
        pool: pool.at(&UserPool::ID),
        name: names.client("Web"),
        kind: ClientKind::Public,
        flows: ["code".into()].into(),
        scopes: ["openid", "email", "profile"].into_iter().map(Late::known).chain(scopes.clone()).collect(),
        callback_urls: wanted.web_client.callback_urls.clone(),
        logout_urls: wanted.web_client.logout_urls.clone(),
        read_attributes: Some(readable),
        token_minutes: wanted.web_client.token_minutes,
        refresh_days: wanted.web_client.refresh_days,
        ..Client::closed()
    };
    let web = desired.add(Owner::Platform, "web", &web)?;

    let prefix = wanted.domain.clone().unwrap_or_else(|| names.domain());
    let domain = desired.add(Owner::Platform, "main", &Domain { pool: pool.at(&UserPool::ID), prefix })?;
    for (name, group) in &wanted.groups {
        let group = Group {
            pool: pool.at(&UserPool::ID),
            name: name.clone(),
            description: group.description.clone(),
            precedence: group.precedence,
        };
        desired.add(Owner::Platform, name, &group)?;
    }

    let discovery_url = Late::concat([
        Late::known(format!("https://cognito-idp.{}.amazonaws.com/", names.region)),
        pool.at(&UserPool::ID),
        Late::known("/.well-known/openid-configuration"),
    ]);
    let site = |path: &str| {
        let host = format!(".auth.{}.amazoncognito.com{path}", names.region);
        Late::concat([Late::known("https://"), domain.at(&Domain::PREFIX), Late::known(host)])
    };
    let mut published = BTreeMap::from([
        ("agentcore/userpool_id", pool.at(&UserPool::ID)),
        ("agentcore/web_client_id", web.at(&Client::ID)),
        ("agentcore/cognito_discovery_url", discovery_url.clone()),
        ("agentcore/cognito_domain", site("")),
        ("agentcore/cognito_token_url", site("/oauth2/token")),
        ("agentcore/cognito_auth_url", site("/oauth2/authorize")),
    ]);
    if let Some(scope) = scopes.first() {
        published.insert("agentcore/cognito_auth_scope", scope.clone());
    }

    if let Some(machine) = &wanted.machine_client {
        let client = Client {
            pool: pool.at(&UserPool::ID),
            name: names.client("Machine"),
            kind: ClientKind::Confidential,
            flows: ["client_credentials".into()].into(),
            scopes: scopes.into_iter().collect(),
            token_minutes: machine.token_minutes,
            ..Client::closed()
        };
        let client = desired.add(Owner::Platform, "machine", &client)?;
        published.insert("agentcore/machine_client_id", client.at(&Client::ID));
        sources.publish_secret(desired, Owner::Platform, "agentcore/cognito_secret", client.at(&Client::SECRET))?;
        let provider = CredentialProvider {
            name: names.credential_provider(),
            discovery_url: discovery_url.clone(),
            client: client.at(&Client::ID),
            secret: client.at(&Client::SECRET),
            condition: Condition::default(),
        };
        let provider = desired.add(Owner::Platform, "cognito", &provider)?;
        published.insert("agentcore/cognito_provider", provider.at(&CredentialProvider::PROVIDER));
    }
    for (label, value) in published {
        sources.publish(desired, Owner::Platform, label, value)?;
    }
    Ok(Identity { pool: pool.at(&UserPool::ID), discovery_url, web_client: web.at(&Client::ID) })
}

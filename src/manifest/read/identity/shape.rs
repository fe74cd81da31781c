//! What the section `identity` may be, for the manifest's schema.

use super::super::super::forms;
use super::super::super::shape::{Known, Shape, may};
use super::super::function;
use super::{
    CALLBACK_URL, INVITATIONS, MFAS, MOST_URLS, PRECEDENCE, REFRESH_BOUNDS, REFRESH_DAYS, ROLE_CLAIM, SCOPE, TENANT_CLAIM, TIER_CLAIM,
    TOKEN_BOUNDS, TOKEN_MINUTES,
};

pub(in super::super) fn shape(known: &Known) -> Shape {
    let claim = |says: &str, default: &str| Shape::text(says, forms::claim()).or_else(default);
    let claims = Shape::section(
        "What tokens call a user's tier, tenant and role; kept as attributes of the user, which users can't write.",
        [
            may("tier", claim("The claim with the tier.", TIER_CLAIM)),
            may("tenant", claim("The claim with the tenant's id: isolation goes by it.", TENANT_CLAIM)),
            may("role", claim("The claim with the user's role.", ROLE_CLAIM)),
        ],
    );
    let group = Shape::section(
        "A group of the user pool.",
        [
            may("description", Shape::text("Who is in the group.", forms::description())),
            may("precedence", Shape::whole("Of somebody's groups the one with the lowest number counts.", PRECEDENCE).such_as(1)),
        ],
    );
    let minutes = || Shape::whole("Minutes that access and ID tokens are good for.", TOKEN_BOUNDS).or_else(TOKEN_MINUTES);
    let lambda = "Writes claims into tokens under plain names: a function of this manifest, or an ARN.";
    let mfa = "Whether users sign in with a second factor.";
    Shape::section(
        "Who signs in, and what their tokens say.",
        [
            may("claims", claims),
            may("domain", Shape::text("Prefix of the sign-in pages' domain; by default PLATFORM-ACCOUNT.", forms::domain_prefix())),
            may(
                "groups",
                Shape::entries(
                    "Groups of the user pool, by name. Who is in them is yours to say: nothing here adds or removes members.",
                    forms::group_name(),
                    group,
                ),
            ),
            may("resource_server", resource_server()),
            may("web_client", web_client(minutes())),
            may("machine_client", Shape::section("A client without a user; `{}` takes the defaults.", [may("token_minutes", minutes())])),
            may("mfa", Shape::words(mfa, MFAS.iter().map(|(name, _)| *name)).or_else("optional")),
            may(
                "invitations",
                Shape::words("Whether Cognito mails new users a temporary password.", INVITATIONS.iter().map(|(name, _)| *name))
                    .or_else("suppress"),
            ),
            may("pre_token_lambda", function::reference_shape(lambda, known)),
        ],
    )
}

fn resource_server() -> Shape {
    let scopes = Shape::entries(
        &format!("Scopes with their descriptions; by default `{}`.", SCOPE.0),
        forms::scope_name(),
        Shape::text("What the scope lets one do.", forms::display_name()),
    );
    Shape::section(
        "What machine clients ask for access to.",
        [
            may("identifier", Shape::text("Its name in scopes; by default PLATFORM-api.", forms::resource_identifier())),
            may("scopes", scopes),
        ],
    )
}

fn web_client(minutes: Shape) -> Shape {
    let urls = |says: &str, least| Shape::texts(says, forms::callback_url(), (least, Some(MOST_URLS)));
    Shape::section(
        "The client that people sign in by.",
        [
            may("callback_urls", urls("Where people come back to after signing in.", 1).or_else(vec![CALLBACK_URL])),
            may("logout_urls", urls("Where people come back to after signing out.", 0).or_else(serde_json::json!([]))),
            may("token_minutes", minutes),
            may("refresh_days", Shape::whole("Days after which people sign in anew.", REFRESH_BOUNDS).or_else(REFRESH_DAYS)),
        ],
    )
}

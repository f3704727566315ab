//! `register` and `create-token`: signing in with a password to get a token (protocol reference, section 8).

mod credentials;

use serde_json::{Map, Value, json};

use crate::arguments::{CommonOptions, SignIn};
use crate::configuration::{Configuration, Registration};
use crate::error::Error;
use crate::output;
use crate::wire::address::Address;
use crate::wire::rpc::Client;
use crate::wire::target::{policy, trust};
use credentials::Credentials;

/// `invalid parameters`: an older server does not know every parameter of `token.create`.
const INVALID_PARAMETERS: i64 = 10;

/// Signs in, and records the server and a token. With `--token` nothing is asked of the server.
pub async fn register(options: &CommonOptions, sign_in: SignIn) -> Result<(), Error> {
    let mut configuration = Configuration::load()?;
    let mut address = parse_address(&sign_in.server)?;
    let (token, said) = match &sign_in.token {
        Some(token) => {
            if options.allow_unauthorized {
                output::note("from now on, any certificate of this server is accepted");
            }
            (token.clone(), format!("Successfully registered {address}"))
        }
        None => {
            let client_id = configuration
                .client_id()
                .map_or_else(new_client_id, str::to_owned);
            configuration.set_client_id(&client_id);
            let mut details = Map::new();
            details.insert("client".into(), json!({ "id": client_id }));
            details.insert("description".into(), description().into());
            let obtained = obtain(options, &sign_in, address, details).await?;
            address = obtained.address;
            (
                obtained.token,
                format!("Successfully logged with {}", obtained.user),
            )
        }
    };
    configuration.register(Registration {
        server: address.to_string(),
        token,
        allow_unauthorized: options.allow_unauthorized,
    });
    configuration.save()?;
    output::line(&said)
}

/// Signs in and prints a new token; nothing is recorded.
pub async fn create_token(options: &CommonOptions, sign_in: SignIn) -> Result<(), Error> {
    let address = parse_address(&sign_in.server)?;
    if let Some(token) = &sign_in.token {
        return output::line(token);
    }
    let mut details = Map::new();
    details.insert("description".into(), description().into());
    let obtained = obtain(options, &sign_in, address, details).await?;
    output::line(&obtained.token)
}

struct Obtained {
    address: Address,
    user: String,
    token: String,
}

async fn obtain(
    options: &CommonOptions,
    sign_in: &SignIn,
    address: Address,
    mut details: Map<String, Value>,
) -> Result<Obtained, Error> {
    let trust = trust(&address, policy(options.allow_unauthorized))?;
    // Connect before asking for a password: a wrong address shows at once.
    let mut client = Client::connect(&address, &trust).await?;
    if options.allow_unauthorized
        && let Some(presented) = trust.presented()
    {
        output::note(&format!(
            "accepted the certificate of {} unchecked, its SHA-256 fingerprint is {}",
            client.address(),
            presented.fingerprint
        ));
    }
    let Credentials { user, password } = credentials::gather(sign_in)?;
    let mut fields = Map::new();
    fields.insert("email".into(), user.as_str().into());
    if let Some(otp) = &sign_in.otp {
        fields.insert("otp".into(), otp.as_str().into());
    }
    fields.insert("password".into(), password.into());
    client.sign_in(&fields).await?;

    let mut fallback = Map::new();
    if let Some(expires_in) = &sign_in.expires_in {
        fallback.insert("expiresIn".into(), duration(expires_in));
    }
    details.extend(fallback.clone());
    let token = match client.call("token.create", &details).await {
        Err(Error::Call { error, .. }) if error.code == INVALID_PARAMETERS => {
            client.call("token.create", &fallback).await?
        }
        other => other?,
    };
    let address = client.address().clone();
    client.close().await;
    match token {
        Value::String(token) => Ok(Obtained {
            address,
            user,
            token,
        }),
        _ => Err(Error::NotAnXoServer {
            server: address.to_string(),
            reason: "token.create returned no token".into(),
        }),
    }
}

fn parse_address(text: &str) -> Result<Address, Error> {
    match Address::parse(text)? {
        (address, None) => Ok(address),
        (_, Some(_)) => Err(Error::usage(
            "the address holds a user or a token",
            "give the user behind the address, or the token with --token",
        )),
    }
}

/// A duration as the server takes it: milliseconds as a number, anything else as text.
fn duration(text: &str) -> Value {
    text.trim()
        .parse::<u64>()
        .map_or_else(|_| text.into(), Value::from)
}

/// What the list of tokens shows for ours: program, machine, system.
fn description() -> String {
    let host = host_name()
        .map(|host| format!(" - {host}"))
        .unwrap_or_default();
    let (version, system, processor) = (
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    format!("xo-cli@{version}{host} - {system} {processor}")
}

fn host_name() -> Option<String> {
    let kernel = std::fs::read_to_string("/proc/sys/kernel/hostname").ok();
    kernel
        .or_else(|| std::env::var("HOSTNAME").ok())
        .or_else(|| std::env::var("COMPUTERNAME").ok())
        .map(|name| name.trim().to_owned())
        .filter(|name| !name.is_empty())
}

fn new_client_id() -> String {
    format!("{:032x}", rand::random::<u128>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_milliseconds_or_text() {
        assert_eq!(duration("60000"), json!(60000));
        assert_eq!(duration("2 days"), json!("2 days"));
    }

    #[test]
    fn a_new_client_has_a_name_of_its_own() {
        assert_ne!(new_client_id(), new_client_id());
        assert_eq!(new_client_id().len(), 32);
    }
}

//! Which server to talk to, with which token: `--url`, else what was registered.

use super::address::Address;
use super::rpc::Client;
use super::trust::{CertificatePolicy, Trust};
use crate::arguments::CommonOptions;
use crate::configuration::Configuration;
use crate::error::Error;

/// A server and the means to be known by it.
#[derive(Clone, Debug)]
pub struct Target {
    /// Base address.
    pub address: Address,
    /// Authentication token.
    pub token: String,
    /// Accepted certificates.
    pub trust: Trust,
}

impl Target {
    /// The server of `--url`, else the registered one; [`Error::NotRegistered`] without any.
    /// A registered leave to accept any certificate is not extended to the server of `--url`.
    pub fn resolve(options: &CommonOptions) -> Result<Self, Error> {
        if let Some(url) = &options.url {
            let (address, token) = Address::parse(url)?;
            let token = token.ok_or_else(|| {
                Error::usage("--url holds no token", "write it as https://<token>@<host>")
            })?;
            let trust = trust(&address, policy(options.allow_unauthorized))?;
            return Ok(Self {
                address,
                token,
                trust,
            });
        }
        let configuration = Configuration::load()?;
        let (Some(server), Some(token)) = (configuration.server(), configuration.token()) else {
            return Err(Error::NotRegistered);
        };
        let (address, _) = Address::parse(server)?;
        let any = options.allow_unauthorized || configuration.allow_unauthorized();
        let trust = trust(&address, policy(any))?;
        Ok(Self {
            address,
            token: token.to_owned(),
            trust,
        })
    }

    /// Connects and signs in.
    pub async fn sign_in(&self) -> Result<Client, Error> {
        let mut client = Client::connect(&self.address, &self.trust).await?;
        client.sign_in_with_token(&self.token).await?;
        Ok(client)
    }
}

/// The policy for a flag of the command line or of the configuration.
pub fn policy(allow_unauthorized: bool) -> CertificatePolicy {
    if allow_unauthorized {
        CertificatePolicy::AcceptAny
    } else {
        CertificatePolicy::Verify
    }
}

/// The trust for a server under a policy.
pub fn trust(address: &Address, policy: CertificatePolicy) -> Result<Trust, Error> {
    Trust::new(policy).map_err(|error| Error::Connect {
        server: address.to_string(),
        reason: format!("TLS cannot be set up: {error}"),
    })
}

//! The address of a server, as users write it, and the addresses derived from it.
//!
//! Invariant: the base is `http` or `https`, ends with `/`, and holds no user, query or fragment.

use std::fmt;

use url::Url;

use crate::error::Error;

/// Base address of a server.
#[derive(Clone, Debug, PartialEq)]
pub struct Address(Url);

impl Address {
    /// Reads an address and the token that may stand in front of the host
    /// (`https://token@host`). Without a scheme it is `https`; `ws` and `wss` are `http` and `https`.
    pub fn parse(text: &str) -> Result<(Self, Option<String>), Error> {
        let invalid = |why: &str| {
            Error::usage(
                format!("invalid server address: {why}"),
                "an address looks like https://xo.example.net",
            )
        };
        let full = if text.contains("://") {
            text.to_owned()
        } else {
            format!("https://{text}")
        };
        let rest = match full.split_once("://") {
            Some(("http" | "ws", rest)) => format!("http://{rest}"),
            Some(("https" | "wss", rest)) => format!("https://{rest}"),
            _ => return Err(invalid("only http, https, ws and wss are understood")),
        };
        let mut url = Url::parse(&rest).map_err(|error| invalid(&error.to_string()))?;
        if url.password().is_some() {
            return Err(invalid("a password has no place in it"));
        }
        let token = match url.username() {
            "" => None,
            name => Some(percent_decode(name)),
        };
        // These cannot fail: an http address always has a host.
        let _ = url.set_username("");
        url.set_query(None);
        url.set_fragment(None);
        // What people copy from a browser, and what other clients store.
        let path = url.path().trim_end_matches('/');
        let path = format!("{}/", path.strip_suffix("/api").unwrap_or(path));
        url.set_path(&path);
        Ok((Self(url), token))
    }

    /// Whether the server is reached over TLS.
    pub fn is_tls(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// Host name or IP address; IPv6 without brackets.
    pub fn host(&self) -> &str {
        self.0
            .host_str()
            .unwrap_or_default()
            .trim_start_matches('[')
            .trim_end_matches(']')
    }

    /// TCP port.
    pub fn port(&self) -> u16 {
        self.0.port_or_known_default().unwrap_or(443)
    }

    /// Address of the JSON-RPC endpoint (protocol reference, section 2: the trailing slash is mandatory).
    pub fn web_socket(&self) -> String {
        let url = self.join("api/");
        url.as_str().replacen("http", "ws", 1)
    }

    /// Address of a side channel whose absolute path the server gave.
    pub fn side_channel(&self, path: &str) -> Url {
        self.join(path.trim_start_matches('/'))
    }

    /// Address under `/rest/v0/`; the prefix may be present in `path`, which may hold a query.
    pub fn rest(&self, path: &str) -> Url {
        let path = path.trim_start_matches('/');
        let path = path
            .strip_prefix("rest/v0")
            .map_or(path, |rest| rest.trim_start_matches('/'));
        self.join(&format!("rest/v0/{path}"))
    }

    /// The same server as a redirection names it, if it is the same host and no less protected.
    pub fn redirected(&self, location: &str) -> Option<Self> {
        let location = self.0.join(location).ok()?;
        let (target, token) = Self::parse(location.as_str()).ok()?;
        let upgrades = target.is_tls() && !self.is_tls();
        (token.is_none() && upgrades && target.host() == self.host()).then_some(target)
    }

    fn join(&self, relative: &str) -> Url {
        let (path, query) = relative
            .split_once('?')
            .map_or((relative, None), |(path, query)| (path, Some(query)));
        let mut url = self.0.clone();
        // Not `Url::join`: a path such as `a:b` or `//x` must not be taken for another address.
        url.set_path(&format!("{}{path}", self.0.path()));
        url.set_query(query);
        url
    }
}

impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.as_str())
    }
}

fn percent_decode(text: &str) -> String {
    // A query parser is the decoder at hand; its only other rule is that `+` is a blank.
    let text = text
        .replace('+', "%2B")
        .replace('&', "%26")
        .replace('=', "%3D");
    url::form_urlencoded::parse(text.as_bytes())
        .next()
        .map(|(name, _)| name.into_owned())
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn base(text: &str) -> String {
        Address::parse(text).unwrap().0.to_string()
    }

    #[test]
    fn what_users_write_becomes_a_base_address() {
        for (typed, meant) in [
            ("xo.example", "https://xo.example/"),
            ("localhost:8443", "https://localhost:8443/"),
            ("http://xo.example", "http://xo.example/"),
            ("ws://xo.example:80/", "http://xo.example/"),
            ("wss://xo.example/api/", "https://xo.example/"),
            ("https://xo.example/v5/?a#b", "https://xo.example/v5/"),
            ("[::1]:8443", "https://[::1]:8443/"),
        ] {
            assert_eq!(base(typed), meant);
        }
        assert_eq!(Address::parse("[::1]:8443").unwrap().0.host(), "::1");
    }

    #[test]
    fn a_token_is_taken_from_the_address() {
        let (address, token) = Address::parse("https://a%2Bb+c_-@xo.example").unwrap();
        assert_eq!(address.to_string(), "https://xo.example/");
        assert_eq!(token.as_deref(), Some("a+b+c_-"));
    }

    #[test]
    fn other_addresses_are_usage_errors() {
        for text in ["ftp://xo", "https://", "", "https://user:pass@xo"] {
            assert_eq!(Address::parse(text).unwrap_err().exit_code(), 2, "{text}");
        }
    }

    #[test]
    fn derived_addresses_stay_under_the_base() {
        let (address, _) = Address::parse("https://xo.example/v5").unwrap();
        assert_eq!(address.web_socket(), "wss://xo.example/v5/api/");
        assert_eq!(
            address.side_channel("/api/tok/a b").as_str(),
            "https://xo.example/v5/api/tok/a%20b"
        );
        let expected = "https://xo.example/v5/rest/v0/vms?fields=*";
        for path in [
            "vms?fields=*",
            "/vms?fields=*",
            "/rest/v0/vms?fields=*",
            "rest/v0/vms?fields=*",
        ] {
            assert_eq!(address.rest(path).as_str(), expected);
        }
        assert_eq!(address.rest("//evil/x").host_str(), Some("xo.example"));
    }

    #[test]
    fn only_a_redirection_to_tls_on_the_same_host_is_followed() {
        let (plain, _) = Address::parse("http://xo.example").unwrap();
        let followed = plain
            .redirected("https://xo.example/api/")
            .map(|address| address.to_string());
        assert_eq!(followed.as_deref(), Some("https://xo.example/"));
        for location in [
            "https://evil.example/api/",
            "/signin",
            "http://xo.example:81/",
            "::",
        ] {
            assert_eq!(plain.redirected(location), None, "{location}");
        }
        let (tls, _) = Address::parse("https://xo.example").unwrap();
        assert_eq!(tls.redirected("http://xo.example/api/"), None);
    }
}

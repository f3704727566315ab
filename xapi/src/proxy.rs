//! An HTTP proxy on the way to a pool.
//!
//! Invariant: encrypted calls, transfers and every console go through a tunnel (`CONNECT`), so that the proxy sees no content and the
//! certificate is the host's own; plain-text calls are handed to it whole. What is shown of a proxy never holds its password.

use std::fmt;
use std::str::FromStr;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::HeaderValue;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tower_service::Service;
use url::Url;

use crate::{Address, Error, Result};

/// Where a proxy is, and its account if it wants one: `http://[user:password@]host[:port]`.
#[derive(Clone, PartialEq, Eq)]
pub struct Proxy {
    url: Url,
}

impl Proxy {
    /// The rule for the HTTP client: everything goes through here.
    pub(crate) fn for_calls(&self) -> Result<reqwest::Proxy, reqwest::Error> {
        reqwest::Proxy::all(self.url.clone())
    }

    /// A wire of bytes to a host.
    pub(crate) async fn connect(&self, to: &Address) -> std::io::Result<TcpStream> {
        let at = |url: &str| url.parse::<http::Uri>().map_err(std::io::Error::other);
        let mut proxy = self.url.clone();
        // They leave in a header; a URL without a host has neither, and `from_str` let none in.
        let _ = proxy.set_password(None);
        let _ = proxy.set_username("");
        let mut tunnel = Tunnel::new(at(proxy.as_str())?, HttpConnector::new());
        if let Some(account) = self.account() {
            tunnel = tunnel.with_auth(account);
        }
        let wire = tunnel.call(at(&format!("https://{}", to.authority()))?);
        wire.await
            .map(TokioIo::into_inner)
            .map_err(std::io::Error::other)
    }

    fn account(&self) -> Option<HeaderValue> {
        if self.url.username().is_empty() {
            return None;
        }
        let decoded = |text: &str| {
            percent_encoding::percent_decode_str(text)
                .decode_utf8_lossy()
                .into_owned()
        };
        let user = decoded(self.url.username());
        let password = decoded(self.url.password().unwrap_or_default());
        let account = STANDARD.encode(format!("{user}:{password}"));
        HeaderValue::from_str(&format!("Basic {account}")).ok()
    }
}

impl FromStr for Proxy {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let fail = |reason| Error::Proxy { reason };
        let text = text.trim();
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else {
            format!("http://{text}")
        };
        let url = Url::parse(&with_scheme)
            .map_err(|_| fail("expected http://, a host name or an IP, with an optional :port"))?;
        if url.scheme() != "http" {
            return Err(fail("expected http://: no other kind of proxy is known"));
        }
        if !url.has_host() {
            return Err(fail("expected a host name or an IP"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(fail("expected nothing after the host and its port"));
        }
        Ok(Self { url })
    }
}

impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.url.host_str().unwrap_or_default();
        write!(
            f,
            "{host}:{}",
            self.url.port_or_known_default().unwrap_or(80)
        )
    }
}

impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_read_as_administrators_write_it() {
        for (text, shown) in [
            ("http://proxy.lan:3128", "proxy.lan:3128"),
            ("proxy.lan:3128", "proxy.lan:3128"),
            ("http://[fd00::1]/", "[fd00::1]:80"),
            ("http://me:s3cret@10.0.0.1:8080", "10.0.0.1:8080"),
        ] {
            let proxy = text.parse::<Proxy>().unwrap();
            assert_eq!(proxy.to_string(), shown, "{text}");
            assert!(!format!("{proxy:?}").contains("s3cret"));
        }
    }

    #[test]
    fn a_wrong_proxy_says_what_is_wrong_without_its_password() {
        for text in [
            "",
            "socks5://me:s3cret@proxy",
            "https://proxy",
            "http://me:s3cret@proxy/path",
            "a b",
        ] {
            let error = text.parse::<Proxy>().unwrap_err().to_string();
            assert!(error.starts_with("invalid proxy"), "{text}: {error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn an_account_is_decoded_and_sent_apart() {
        let proxy: Proxy = "http://m%40e:a%3Ab@proxy".parse().unwrap();
        assert_eq!(proxy.account().unwrap(), "Basic bUBlOmE6Yg==");
        assert!("proxy:1".parse::<Proxy>().unwrap().account().is_none());
    }
}

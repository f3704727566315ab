//! Where a host is: scheme, name or IP, port, as administrators write it.

use std::fmt;
use std::str::FromStr;

use crate::Error;

/// The address of a host's XAPI.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Address {
    /// TLS or plain text. Plain text only when `http://` was written.
    pub tls: bool,
    /// Name or IP; an IPv6 address stands without brackets.
    pub host: String,
    /// 443 or 80 unless told.
    pub port: u16,
}

impl Address {
    /// The same scheme and port on another host, as a supporter tells it with `HOST_IS_SLAVE`.
    pub fn with_host(&self, host: &str) -> Self {
        let host = host
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Self {
            tls: self.tls,
            host,
            port: self.port,
        }
    }

    /// Host and port as in a URL: `10.0.0.1:443`, `[fd00::1]:443`.
    pub fn authority(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// The URL of a path, which begins with a slash.
    pub fn url(&self, path: &str) -> String {
        format!("{self}{path}")
    }

    /// The address that a URL of a console or of a redirection points at.
    pub fn of_url(url: &url::Url) -> Option<Self> {
        let tls = match url.scheme() {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return None,
        };
        let host = url
            .host_str()?
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Some(Self {
            tls,
            host,
            port: url.port().unwrap_or(if tls { 443 } else { 80 }),
        })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}://{}",
            if self.tls { "https" } else { "http" },
            self.authority()
        )
    }
}

impl FromStr for Address {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let text = text.trim();
        let fail = |reason| Error::Address {
            address: text.to_owned(),
            reason,
        };
        let with_scheme = if text.contains("://") {
            text.to_owned()
        } else if text.matches(':').count() > 1 && !text.starts_with('[') {
            format!("https://[{text}]")
        } else {
            format!("https://{text}")
        };
        let url = url::Url::parse(&with_scheme)
            .map_err(|_| fail("expected a host name or an IP, with an optional :port"))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(fail("the user name and the password are given apart"));
        }
        if !matches!(url.path(), "" | "/") || url.query().is_some() || url.fragment().is_some() {
            return Err(fail("expected no path after the host"));
        }
        if !matches!(url.scheme(), "http" | "https") {
            return Err(fail("expected https:// or http://"));
        }
        Self::of_url(&url).ok_or_else(|| fail("expected a host name or an IP"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_as_administrators_write_it() {
        for (text, shown) in [
            ("10.0.0.1", "https://10.0.0.1:443"),
            ("xcp1.lan:8443", "https://xcp1.lan:8443"),
            ("http://127.0.0.1", "http://127.0.0.1:80"),
            ("fd00::1", "https://[fd00::1]:443"),
            ("[fd00::1]:444", "https://[fd00::1]:444"),
            ("https://xcp1.lan/", "https://xcp1.lan:443"),
        ] {
            assert_eq!(
                text.parse::<Address>().unwrap().to_string(),
                shown,
                "{text}"
            );
        }
    }

    #[test]
    fn a_wrong_address_says_what_is_wrong() {
        for text in ["", "ftp://x", "x/y", "root:pw@x", "a b"] {
            let error = text.parse::<Address>().unwrap_err().to_string();
            assert!(error.starts_with("invalid address"), "{text}: {error}");
        }
    }
}

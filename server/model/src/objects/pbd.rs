//! Links between repositories and hosts.

use std::collections::BTreeMap;

use xapi_records::{
    Id, StrMap,
    record::{Host, Pbd, Sr},
};

use crate::{json::Writer, live::View};

const MASK: &str = "* obfuscated *";

pub(super) fn write(pbd: &Pbd, view: &View<'_>, out: &mut Writer<'_>) -> Vec<Id> {
    let (host, sr) = (view.link::<Host>(&pbd.host), view.link::<Sr>(&pbd.sr));
    out.put("attached", pbd.currently_attached)
        .maybe("host", host.as_ref())
        .maybe("SR", sr.as_ref())
        .put("device_config", masked(&pbd.device_config))
        .put("otherConfig", &pbd.other_config);
    host.into_iter().chain(sr).collect()
}

/// How to reach the storage, without what it takes to sign in there.
fn masked(config: &StrMap) -> BTreeMap<&str, &str> {
    let is_secret = |key: &str| {
        let key = key.to_ascii_lowercase();
        ["password", "passwd", "passphrase", "secret", "token"]
            .iter()
            .any(|word| key.contains(word))
    };
    config
        .iter()
        .map(|(key, value)| (key, if is_secret(key) { MASK } else { value }))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_of_a_device_are_masked() {
        let config: StrMap = [
            ("cifspassword", "a"),
            ("chappassword_secret", "b"),
            ("CHAPPassword", "c"),
            ("server", "nas"),
            ("username", "joe"),
        ]
        .into_iter()
        .collect();
        let shown: Vec<_> = masked(&config)
            .into_iter()
            .filter(|(_, value)| *value != MASK)
            .collect();
        assert_eq!(shown, [("server", "nas"), ("username", "joe")]);
    }
}

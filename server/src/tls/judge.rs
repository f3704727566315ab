//! Whether a certificate and a key can be shown: each thing that people get wrong has a sentence of its own. Pure but for the time that it is
//! given.

use std::time::{SystemTime, UNIX_EPOCH};

use rustls::crypto::aws_lc_rs;
use rustls::sign::CertifiedKey;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use x509_parser::certificate::X509Certificate;
use xo_engine::{Error, Result};

const CHAIN: &str = "certificate";
const KEY: &str = "key";
/// Of either text, in bytes: chains have a few KiB.
const LIMIT: usize = 128 * 1024;

/// Refuses what no browser could use.
pub(super) fn judge(chain: &str, key: &str, now: SystemTime) -> Result<()> {
    for (field, text) in [(CHAIN, chain), (KEY, key)] {
        if text.len() > LIMIT {
            return Err(Error::invalid(
                field,
                format!("must have at most {LIMIT} bytes"),
            ));
        }
    }
    let ders = certificates(chain)?;
    let key = private_key(key)?;
    let mut parsed = Vec::new();
    for (at, der) in ders.iter().enumerate() {
        let (_, certificate) = x509_parser::parse_x509_certificate(der)
            .map_err(|_| wrong(format!("{} cannot be understood", nth(at))))?;
        parsed.push(certificate);
    }
    let Some(own) = parsed.first() else {
        return Err(wrong(NO_CERTIFICATE));
    };
    in_time(own, now)?;
    in_order(&parsed)?;
    fits(&ders, &key)
}

const NO_CERTIFICATE: &str = "must be PEM text, with `-----BEGIN CERTIFICATE-----`: the server's own certificate first, then those that vouch \
     for it; DER and PKCS #12 files must be converted";

fn wrong(message: impl Into<String>) -> Error {
    Error::invalid(CHAIN, message)
}

fn nth(at: usize) -> String {
    format!("number {} of the chain", at + 1)
}

fn certificates(chain: &str) -> Result<Vec<CertificateDer<'static>>> {
    let read: std::result::Result<Vec<_>, _> =
        CertificateDer::pem_slice_iter(chain.as_bytes()).collect();
    match read {
        Ok(list) if list.is_empty() => Err(wrong(NO_CERTIFICATE)),
        Ok(list) => Ok(list),
        Err(_) => Err(wrong(format!("is damaged PEM: it {NO_CERTIFICATE}"))),
    }
}

fn private_key(text: &str) -> Result<PrivateKeyDer<'static>> {
    if text.contains("ENCRYPTED") {
        let message = "is protected by a passphrase, which nobody could type at each start: remove it first (openssl pkey -in key.pem)";
        return Err(Error::invalid(KEY, message));
    }
    let read: std::result::Result<Vec<_>, _> =
        PrivateKeyDer::pem_slice_iter(text.as_bytes()).collect();
    let expected = "must be one private key in PEM text, with `-----BEGIN PRIVATE KEY-----`";
    let mut keys =
        read.map_err(|_| Error::invalid(KEY, format!("is damaged PEM: it {expected}")))?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        _ => Err(Error::invalid(KEY, expected)),
    }
}

fn in_time(own: &X509Certificate<'_>, now: SystemTime) -> Result<()> {
    let now = now
        .duration_since(UNIX_EPOCH)
        .map_or(0, |since| since.as_secs());
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let (from, until) = (own.validity().not_before, own.validity().not_after);
    if until.timestamp() <= now {
        return Err(wrong(format!("was valid until {until}: have it renewed")));
    }
    if from.timestamp() > now {
        return Err(wrong(format!(
            "is valid from {from} on only; is this machine's clock right?"
        )));
    }
    Ok(())
}

/// Each certificate is vouched for by the next one.
fn in_order(chain: &[X509Certificate<'_>]) -> Result<()> {
    for (at, pair) in chain.windows(2).enumerate() {
        if let [one, next] = pair
            && one.issuer() != next.subject()
        {
            let message = format!(
                "is out of order: {} was issued by `{}`, and the next one is `{}`",
                nth(at),
                one.issuer(),
                next.subject()
            );
            return Err(wrong(message));
        }
    }
    Ok(())
}

fn fits(chain: &[CertificateDer<'static>], key: &PrivateKeyDer<'static>) -> Result<()> {
    let provider = aws_lc_rs::default_provider();
    let signing = provider
        .key_provider
        .load_private_key(key.clone_key())
        .map_err(|_| {
            Error::invalid(
                KEY,
                "is of a kind that is not supported: RSA from 2048 bits on, ECDSA and Ed25519 are",
            )
        })?;
    let is_of = |der: &CertificateDer<'static>| {
        let pair = CertifiedKey::new(vec![der.clone()], signing.clone());
        pair.keys_match().is_ok()
    };
    match chain.iter().position(is_of) {
        Some(0) => Ok(()),
        Some(at) => Err(wrong(format!(
            "is out of order: the key belongs to {}; the server's own certificate must be the first",
            nth(at)
        ))),
        None => Err(Error::invalid(
            KEY,
            "is not the certificate's key: they must come from the same request",
        )),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use rcgen::{
        BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair,
        PKCS_ECDSA_P384_SHA384, PKCS_ED25519,
    };

    use super::*;

    fn params(name: &str) -> CertificateParams {
        let mut params = CertificateParams::new(vec![format!("{name}.example")]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params
    }

    fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
        let mut params = params(name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
    }

    /// A chain of two, and the first one's key.
    fn pair() -> (String, String, String) {
        let issuer = authority("authority");
        let key = KeyPair::generate().unwrap();
        let own = params("xoa").signed_by(&key, &issuer).unwrap();
        (own.pem(), issuer.pem(), key.serialize_pem())
    }

    #[track_caller]
    fn refused(chain: &str, key: &str, field: &str, word: &str) {
        let error = judge(chain, key, SystemTime::now())
            .unwrap_err()
            .to_string();
        assert!(
            error.contains(&format!(": {field} ")) && error.contains(word),
            "{error}"
        );
    }

    #[test]
    fn chains_of_each_kind_of_key_are_taken() {
        let (own, issuer, key) = pair();
        judge(&own, &key, SystemTime::now()).unwrap();
        judge(&format!("{own}{issuer}"), &key, SystemTime::now()).unwrap();
        for kind in [&PKCS_ED25519, &PKCS_ECDSA_P384_SHA384] {
            let key = KeyPair::generate_for(kind).unwrap();
            let own = params("xoa").self_signed(&key).unwrap();
            judge(&own.pem(), &key.serialize_pem(), SystemTime::now()).unwrap();
        }
    }

    #[test]
    fn each_mistake_has_a_sentence_of_its_own() {
        let (own, issuer, key) = pair();
        let (other, _, other_key) = pair();
        refused("", &key, "certificate", "BEGIN CERTIFICATE");
        refused("not PEM", &key, "certificate", "PKCS #12");
        refused(&own.replace("MII", "!!!"), &key, "certificate", "damaged");
        refused(&own, "", "key", "BEGIN PRIVATE KEY");
        refused(&own, &own, "key", "BEGIN PRIVATE KEY");
        refused(&own, &format!("{key}{other_key}"), "key", "one private key");
        let protected =
            "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----\n";
        refused(&own, protected, "key", "passphrase");
        refused(&own, &other_key, "key", "not the certificate's");
        refused(
            &format!("{own}{other}"),
            &key,
            "certificate",
            "out of order",
        );
        refused(
            &format!("{issuer}{own}"),
            &key,
            "certificate",
            "out of order",
        );
        refused(&"x".repeat(200_000), &key, "certificate", "at most");
        let nonsense = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        refused(nonsense, &key, "certificate", "number 1");
    }

    #[test]
    fn what_is_not_valid_now_is_refused() {
        let key = KeyPair::generate().unwrap();
        let mut params = params("xoa");
        params.not_before = rcgen::date_time_ymd(2026, 1, 1);
        params.not_after = rcgen::date_time_ymd(2026, 3, 1);
        let own = params.self_signed(&key).unwrap().pem();
        let at = |days: u64| UNIX_EPOCH + Duration::from_secs(86_400 * days);
        // 2026-01-01 is day 20,454.
        judge(&own, &key.serialize_pem(), at(20_460)).unwrap();
        let early = judge(&own, &key.serialize_pem(), at(20_400)).unwrap_err();
        assert!(early.to_string().contains("clock"), "{early}");
        let late = judge(&own, &key.serialize_pem(), at(20_600)).unwrap_err();
        assert!(late.to_string().contains("renewed"), "{late}");
    }
}

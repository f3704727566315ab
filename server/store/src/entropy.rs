//! Where random bytes come from: the system, or a test's own sequence.

use aws_lc_rs::rand::{SecureRandom, SystemRandom};

/// A source of random bytes for ids, token secrets, salts and nonces.
///
/// Anything but a cryptographic generator is for tests only.
pub trait Entropy: Send + Sync {
    /// Fills `out` whole, or fails.
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError>;
}

/// The random source gave nothing.
#[derive(Debug, thiserror::Error)]
#[error("the random source failed")]
pub struct EntropyError;

/// The operating system's generator.
#[derive(Debug, Default)]
pub struct SystemEntropy(SystemRandom);

impl Entropy for SystemEntropy {
    fn fill(&self, out: &mut [u8]) -> Result<(), EntropyError> {
        self.0.fill(out).map_err(|_| EntropyError)
    }
}

/// `N` random bytes.
pub(crate) fn random<const N: usize>(source: &dyn Entropy) -> Result<[u8; N], EntropyError> {
    let mut bytes = [0; N];
    source.fill(&mut bytes)?;
    Ok(bytes)
}

/// A random UUID (version 4) as text.
pub(crate) fn random_uuid(source: &dyn Entropy) -> Result<String, EntropyError> {
    Ok(uuid::Builder::from_random_bytes(random(source)?)
        .into_uuid()
        .to_string())
}

//! The open store: the database, the key that seals secrets, and the password hasher, shared by the
//! nouns.

use std::path::Path;
use std::sync::Arc;

use crate::acls::Acls;
use crate::cloud_configs::CloudConfigs;
use crate::config::StoreConfig;
use crate::database::Database;
use crate::entropy::{Entropy, EntropyError};
use crate::error::StoreError;
use crate::groups::Groups;
use crate::passwords::Passwords;
use crate::seal::SealingKey;
use crate::servers::Servers;
use crate::settings::Settings;
use crate::tasks::Tasks;
use crate::tokens::Tokens;
use crate::users::Users;

/// An open store. Cheap to clone; all clones share the connections.
#[derive(Clone)]
pub struct Store {
    inner: Arc<Inner>,
}

struct Inner {
    database: Database,
    sealing_key: SealingKey,
    passwords: Passwords,
    entropy: Arc<dyn Entropy>,
}

impl Store {
    /// Opens the database and the key file, making what is absent, and brings the schema up to
    /// date.
    ///
    /// Several processes may have one database open: their writes take turns.
    ///
    /// # Errors
    /// [`StoreError::FutureSchema`], [`StoreError::ForeignDatabase`], [`StoreError::Damaged`] and
    /// [`StoreError::KeyFile`] name what an administrator must mend; the database was not written
    /// to.
    pub async fn open(config: &StoreConfig) -> Result<Self, StoreError> {
        let passwords = Passwords::new(config.password_cost, config.wait, &*config.entropy)?;
        let database = Database::open(config).await?;
        let sealing_key = SealingKey::load_or_create(&config.key_file, &*config.entropy)?;
        Ok(Self {
            inner: Arc::new(Inner {
                database,
                sealing_key,
                passwords,
                entropy: Arc::clone(&config.entropy),
            }),
        })
    }

    /// Users, their passwords and preferences.
    pub fn users(&self) -> Users<'_> {
        Users::new(self)
    }

    /// Groups of users.
    pub fn groups(&self) -> Groups<'_> {
        Groups::new(self)
    }

    /// Authentication tokens.
    pub fn tokens(&self) -> Tokens<'_> {
        Tokens::new(self)
    }

    /// Pool connections.
    pub fn servers(&self) -> Servers<'_> {
        Servers::new(self)
    }

    /// Permission entries.
    pub fn acls(&self) -> Acls<'_> {
        Acls::new(self)
    }

    /// XO tasks and their history.
    pub fn tasks(&self) -> Tasks<'_> {
        Tasks::new(self)
    }

    /// Templates of what new VMs read at their first boot.
    pub fn cloud_configs(&self) -> CloudConfigs<'_> {
        CloudConfigs::new(self)
    }

    /// Settings of the server.
    pub fn settings(&self) -> Settings<'_> {
        Settings::new(self)
    }

    /// Reads the whole database for damage (SQLite), or asks whether it answers (PostgreSQL).
    ///
    /// # Errors
    /// [`StoreError::Damaged`] with what was found.
    pub async fn check(&self) -> Result<(), StoreError> {
        self.database().check().await
    }

    /// Writes a copy of the database (SQLite) into a file, as it is at this moment. It does not hold
    /// the key file, without which passwords of pools stay sealed.
    ///
    /// # Errors
    /// [`StoreError::NotAFile`] for PostgreSQL; [`StoreError::DiskFull`].
    pub async fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        self.database().copy_to(path).await
    }

    /// Where the data is, for a person to read. Without the password of a URL.
    pub fn location(&self) -> &str {
        self.database().name()
    }

    /// Closes the connections once the operations under way have ended. Later calls fail as
    /// unavailable.
    pub async fn close(&self) {
        self.inner.database.close().await;
    }

    pub(crate) fn database(&self) -> &Database {
        &self.inner.database
    }

    pub(crate) fn sealing_key(&self) -> &SealingKey {
        &self.inner.sealing_key
    }

    pub(crate) fn passwords(&self) -> &Passwords {
        &self.inner.passwords
    }

    /// `N` fresh random bytes.
    pub(crate) fn random<const N: usize>(&self) -> Result<[u8; N], EntropyError> {
        crate::entropy::random(&*self.inner.entropy)
    }

    /// A fresh id.
    pub(crate) fn new_id(&self) -> Result<String, EntropyError> {
        crate::entropy::random_uuid(&*self.inner.entropy)
    }

    pub(crate) fn entropy(&self) -> &dyn Entropy {
        &*self.inner.entropy
    }
}

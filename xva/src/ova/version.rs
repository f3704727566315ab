//! The `version` struct: who wrote the archive, and what a host needs to take it.

use super::OvaError;
use crate::xmlrpc::{Struct, Value};

/// Who wrote the archive. All texts are free; only the pair of XAPI's version is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    /// Name of the host.
    pub hostname: String,
    /// When, free text.
    pub date: String,
    /// `8.3.0`.
    pub product_version: String,
    /// `XCP-ng`.
    pub product_brand: String,
    /// Free text.
    pub build_number: String,
    /// With `xapi_minor`: a host of an older version refuses the archive.
    pub xapi_major: i64,
    /// See `xapi_major`.
    pub xapi_minor: i64,
    /// 2: a checksum follows each chunk.
    pub export_vsn: i64,
}

impl Version {
    /// The version that every 8.x host takes: XAPI 1.20, checksums behind each chunk.
    #[must_use]
    pub fn portable(product_brand: &str, product_version: &str, date: &str) -> Self {
        Self {
            hostname: "localhost".into(),
            date: date.into(),
            product_version: product_version.into(),
            product_brand: product_brand.into(),
            build_number: "0".into(),
            xapi_major: 1,
            xapi_minor: 20,
            export_vsn: 2,
        }
    }

    pub(super) fn from_struct(members: &Struct) -> Result<Self, OvaError> {
        let field = |name: &'static str| {
            members.get(name).ok_or_else(|| OvaError::MissingField {
                class: "version".into(),
                id: String::new(),
                field: name,
            })
        };
        let wrong = |field, expected, value: &Value| OvaError::WrongType {
            class: "version".into(),
            id: String::new(),
            field,
            expected,
            found: value.type_name(),
        };
        let text = |name| {
            let value = field(name)?;
            value
                .as_text()
                .map(str::to_owned)
                .ok_or_else(|| wrong(name, "text", value))
        };
        let int = |name| {
            let value = field(name)?;
            value
                .to_int()
                .ok_or_else(|| wrong(name, "an integer", value))
        };
        Ok(Self {
            hostname: text("hostname")?,
            date: text("date")?,
            product_version: text("product_version")?,
            product_brand: text("product_brand")?,
            build_number: text("build_number")?,
            xapi_major: int("xapi_major")?,
            xapi_minor: int("xapi_minor")?,
            export_vsn: if members.get("export_vsn").is_some() {
                int("export_vsn")?
            } else {
                0
            },
        })
    }

    pub(super) fn to_struct(&self) -> Struct {
        Struct::new()
            .with("hostname", self.hostname.as_str())
            .with("date", self.date.as_str())
            .with("product_version", self.product_version.as_str())
            .with("product_brand", self.product_brand.as_str())
            .with("build_number", self.build_number.as_str())
            .with("xapi_major", self.xapi_major)
            .with("xapi_minor", self.xapi_minor)
            .with("export_vsn", self.export_vsn)
    }
}

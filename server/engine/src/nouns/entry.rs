//! One entry of a map field of a XAPI record, such as `other_config`: put, replaced or taken away without touching its neighbours.

use serde_json::json;
use xapi::Session;
use xapi_records::Ref;

use crate::Result;

/// A map field of one record.
#[derive(Clone, Copy)]
pub(super) struct MapField<'a> {
    /// The record's class as XAPI spells it.
    pub class: &'a str,
    /// The record.
    pub reference: &'a Ref,
    /// The field, for example `other_config`.
    pub field: &'a str,
}

impl<'a> MapField<'a> {
    /// `other_config`, which every class has.
    pub(super) fn other_config(class: &'a str, reference: &'a Ref) -> Self {
        Self {
            class,
            reference,
            field: "other_config",
        }
    }

    /// Puts the entry, or takes it away for `None`. XAPI refuses to add what is there already, so it is removed first; removing
    /// what is not there is no error.
    pub(super) async fn put(self, session: &Session, key: &str, value: Option<&str>) -> Result<()> {
        let Self {
            class,
            reference,
            field,
        } = self;
        session
            .perform(
                &format!("{class}.remove_from_{field}"),
                json!([reference, key]),
            )
            .await?;
        if let Some(value) = value {
            let method = format!("{class}.add_to_{field}");
            session
                .perform(&method, json!([reference, key, value]))
                .await?;
        }
        Ok(())
    }
}

//! Storage drivers.

use xapi_records::{Id, record::Sm};

use crate::json::Writer;

pub(super) fn write(sm: &Sm, out: &mut Writer<'_>) -> Vec<Id> {
    out.put("name_description", &sm.name_description)
        .put("name_label", &sm.name_label)
        .put("SM_type", &sm.kind)
        .put("configuration", &sm.configuration)
        .put("vendor", &sm.vendor)
        .put("features", &sm.features)
        .put("driver_filename", &sm.driver_filename)
        .put("required_cluster_stack", &sm.required_cluster_stack)
        .put("supported_image_formats", &sm.supported_image_formats);
    Vec::new()
}

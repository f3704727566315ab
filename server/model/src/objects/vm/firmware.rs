//! Whether a VM's template allows the firmware that it boots with.

use xapi_records::record::Vm;

use crate::xml;

/// A template's recommendations hold `<restriction field="supports-uefi" value="no"/>` and the like.
pub(super) fn is_supported(vm: &Vm) -> bool {
    // The text is long and the same for most VMs: only what can restrict is parsed.
    if !vm.recommendations.contains("supports-") || !vm.recommendations.contains("no") {
        return true;
    }
    let field = format!(
        "supports-{}",
        vm.hvm_boot_params.get("firmware").unwrap_or("bios")
    );
    let Some(root) = xml::parse(&vm.recommendations) else {
        return true;
    };
    !root.children.iter().any(|restriction| {
        restriction.attribute("field") == Some(&field)
            && restriction.attribute("value") == Some("no")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_firmware_in_use_counts() {
        let mut vm = Vm {
            recommendations: "<restrictions><restriction field=\"memory-static-max\" max=\"1\" />\
                <restriction field=\"supports-uefi\" value=\"no\"/><restriction value=\"yes\" field=\"supports-bios\"/></restrictions>"
                .into(),
            ..Vm::default()
        };
        assert!(is_supported(&vm));
        vm.hvm_boot_params = [("firmware", "uefi")].into_iter().collect();
        assert!(!is_supported(&vm));
        vm.recommendations = "<restrictions><no supports-uefi".into();
        assert!(is_supported(&vm));
    }
}

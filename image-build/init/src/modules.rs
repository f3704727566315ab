//! The drivers in the initial RAM disk, in the order in which they need each other.

use std::fs::File;

use rustix::io::Errno;

/// Loads what `/modules/order` lists. What a machine has no use for, or has already, is no error; what is missing is found
/// out by the step that needs it.
pub fn load() -> std::io::Result<()> {
    /// `MODULE_INIT_COMPRESSED_FILE`: the kernel unpacks them.
    const COMPRESSED: i32 = 4;
    for name in std::fs::read_to_string("/modules/order")?.lines() {
        let file = File::open(format!("/modules/{name}"))?;
        let flags = if name.ends_with(".ko") { 0 } else { COMPRESSED };
        match rustix::system::finit_module(&file, c"", flags) {
            Ok(()) | Err(Errno::EXIST | Errno::NODEV) => {}
            Err(errno) => {
                let text = format!("<4>xoa: module {name} cannot be loaded: {errno}\n");
                let _ = std::fs::write("/dev/kmsg", text);
            }
        }
    }
    Ok(())
}

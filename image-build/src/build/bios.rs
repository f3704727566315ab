//! What a firmware of the old kind runs of the disk: a text that says which one is needed.
//!
//! The first 440 bytes of a disk with a GUID partition table are such a firmware's and nobody else's (UEFI, section 5.2.3).

/// Where an old firmware puts the sector: the text is behind the code.
const LOADED_AT: u16 = 0x7c00;
const CODE: [u8; 25] = [
    0x31, 0xc0, // xor ax, ax
    0x8e, 0xd8, // mov ds, ax
    0xfc, // cld
    0xbe, 0, 0,    // mov si, text
    0xac, // next: lodsb
    0x84, 0xc0, // test al, al
    0x74, 0x09, // jz end
    0xb4, 0x0e, // mov ah, 0x0e: write a letter
    0xbb, 0x07, 0x00, // mov bx, 7
    0xcd, 0x10, // int 0x10
    0xeb, 0xf2, // jmp next
    0xf4, // end: hlt
    0xeb, 0xfd, // jmp end
];
const TEXT: &str = "\r\nXOA needs UEFI firmware: this VM has a BIOS. Import the XVA anew, or set the VM's firmware to UEFI, and start it again.\r\n";
/// The most that is the firmware's.
#[cfg(test)]
const LIMIT: usize = 440;

/// Code and text.
pub(super) fn sector() -> Vec<u8> {
    let mut bytes = CODE.to_vec();
    let text = LOADED_AT + bytes.len() as u16;
    bytes.splice(6..8, text.to_le_bytes());
    bytes.extend(TEXT.bytes());
    bytes.push(0);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits_and_its_text_is_where_the_code_looks() {
        let sector = sector();
        assert!(sector.len() <= LIMIT);
        let at = usize::from(u16::from_le_bytes([sector[6], sector[7]]) - LOADED_AT);
        assert!(sector[at..].starts_with(b"\r\nXOA needs UEFI"));
        assert_eq!(sector.last(), Some(&0));
    }
}

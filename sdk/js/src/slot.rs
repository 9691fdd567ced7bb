//! The place for the script. build.mjs finds it by its marker and writes there, which changes no length in the file.

use std::hint::black_box;

const ROOM: usize = 128 << 10;

#[repr(C)]
struct Slot {
    marker: [u8; 24],
    /// Bytes of the script, little endian; 0 in the runtime as it is built.
    size: [u8; 4],
    script: [u8; ROOM],
}

#[used]
static SLOT: Slot = Slot { marker: *b"<revsync check.js slot1>", size: [0; 4], script: [0; ROOM] };

/// The script. The compiler must not take it for the zeros that it sees here.
pub fn script() -> Vec<u8> {
    let slot = black_box(&SLOT);
    let size = u32::from_le_bytes(slot.size) as usize;
    slot.script[..size.min(ROOM)].to_vec()
}

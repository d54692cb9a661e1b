//! The shape of a record: what its header says, and where everything is in consequence. Plain arithmetic, no memory.

use std::alloc::Layout;

use super::Payload;

const KIND: u8 = 0b0000_0011;
const KIND_INT: u8 = 0;
const KIND_BYTES: u8 = 1;
const KIND_BOXED: u8 = 2;
const KIND_PACKED: u8 = 3;
/// The bit that both kinds of bytes have.
const KIND_HAS_LENGTH: u8 = 1;
/// Of an integer, the binary logarithm of its width; of bytes, whether the length takes 4 bytes instead of 1.
const WIDTH_SHIFT: u8 = 2;
const WIDTH: u8 = 0b0000_1100;
const LENGTH_WIDE: u8 = 1 << WIDTH_SHIFT;
const WORD: u8 = 0b0011_0000;
const WORD_6: u8 = 0b0001_0000;
const WORD_8: u8 = 0b0010_0000;
const NAME_WIDE: u8 = 0b0100_0000;
const HINT: u8 = 0b1000_0000;

/// Where the stamp is; aligned, because it is written through shared references.
pub(super) const STAMP: usize = 2;
/// Where the length of a long name is.
pub(super) const NAME_LENGTH_WIDE: usize = 4;

/// The flags of the plainest record: bytes without a word and without the hint, all lengths of one byte.
pub(super) const PLAIN: u8 = KIND_BYTES;

const POINTER_BYTES: usize = size_of::<*mut u8>();
/// All that the header needs is bytes; the pointers in payloads lie anywhere.
const ALIGN: usize = 8;

const _: () = assert!(POINTER_BYTES <= 8, "a box fits the room of the widest integer");

/// The size that the allocator really gives for a request of `bytes`: jemalloc's classes, 8, then multiples of 16 up to
/// 128, then four a doubling.
#[inline(always)]
pub const fn size_class(bytes: usize) -> usize {
    if bytes <= 8 {
        8
    } else if bytes <= 128 {
        (bytes + 15) & !15
    } else {
        let step = 1usize << ((bytes - 1).ilog2() - 2);
        match bytes.checked_add(step - 1) {
            Some(end) => end & !(step - 1),
            None => usize::MAX,
        }
    }
}

/// The longest allocation up to `bytes` that is worth its while for many of about that size: jemalloc gives 4, 8 and 16 KiB a run
/// of pages each, and every run a descriptor of 128 bytes, but puts several of seven eighths of that into one run.
pub const fn frugal_size(bytes: usize) -> usize {
    match bytes {
        0x1000..0x1400 => 0xe00,
        0x2000..0x2800 => 0x1c00,
        0x4000..0x5000 => 0x3800,
        _ => bytes,
    }
}

/// Bytes of the narrowest two's complement form of an integer: 1, 2, 4 or 8.
#[inline(always)]
pub(super) const fn int_width(int: i64) -> usize {
    1 << int_width_log2(int)
}

#[inline(always)]
const fn int_width_log2(int: i64) -> u8 {
    if int == int as i8 as i64 {
        0
    } else if int == int as i16 as i64 {
        1
    } else if int == int as i32 as i64 {
        2
    } else {
        3
    }
}

/// The three lengths that decide everything, as the flags and length fields of a header give them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shape {
    flags: u8,
    name_len: u32,
    payload_len: u32,
}

impl Shape {
    /// The shape for new contents.
    #[inline(always)]
    pub(super) fn new<B>(name_len: usize, word: Option<u64>, payload: &Payload<'_, B>) -> Shape {
        let name = if name_len > usize::from(u8::MAX) { NAME_WIDE } else { 0 };
        let (kind, payload_len) = payload_shape(payload);
        Shape { flags: name | word_flags(word) | kind, name_len: checked(name_len), payload_len }
    }

    /// The shape behind a header: its flags, and what its length fields say.
    #[inline(always)]
    pub(super) fn read(flags: u8, name_len: u32, length: u32) -> Shape {
        let payload_len = match flags & KIND {
            KIND_INT => 1 << ((flags & WIDTH) >> WIDTH_SHIFT),
            KIND_BYTES | KIND_PACKED => length,
            _ => POINTER_BYTES as u32,
        };
        Shape { flags, name_len, payload_len }
    }

    /// The same with another word.
    pub(super) fn with_word(self, word: Option<u64>) -> Shape {
        Shape { flags: self.flags & !WORD | word_flags(word), ..self }
    }

    /// The same with another payload.
    #[inline(always)]
    pub(super) fn with_payload<B>(self, payload: &Payload<'_, B>) -> Shape {
        let (kind, payload_len) = payload_shape(payload);
        Shape { flags: self.flags & (NAME_WIDE | WORD) | kind, payload_len, ..self }
    }

    /// The same with bytes of another length.
    pub(super) fn with_bytes_len(self, len: usize) -> Shape {
        Shape { flags: self.flags & !WIDTH | length_flags(len), payload_len: checked(len), ..self }
    }

    pub(super) fn set_hint(&mut self, hint: bool) {
        self.flags = self.flags & !HINT | if hint { HINT } else { 0 };
    }

    #[inline(always)]
    pub(super) fn flags(self) -> u8 {
        self.flags
    }

    #[inline(always)]
    pub(super) fn name_is_wide(self) -> bool {
        name_is_wide(self.flags)
    }

    #[inline(always)]
    pub(super) fn is_int(self) -> bool {
        self.flags & KIND == KIND_INT
    }

    #[inline(always)]
    pub(super) fn is_bytes(self) -> bool {
        self.flags & KIND == KIND_BYTES
    }

    #[inline(always)]
    pub(super) fn is_packed(self) -> bool {
        self.flags & KIND == KIND_PACKED
    }

    #[inline(always)]
    pub(super) fn is_boxed(self) -> bool {
        self.flags & KIND == KIND_BOXED
    }

    #[inline(always)]
    pub(super) fn hint(self) -> bool {
        self.flags & HINT != 0
    }

    #[inline(always)]
    pub(super) fn name_start(self) -> usize {
        name_start(self.flags)
    }

    #[inline(always)]
    pub(super) fn name_len(self) -> usize {
        self.name_len as usize
    }

    /// Where the name ends and the word begins.
    #[inline(always)]
    pub(super) fn name_end(self) -> usize {
        self.name_start() + self.name_len()
    }

    #[inline(always)]
    pub(super) fn word_len(self) -> usize {
        word_len(self.flags)
    }

    /// Bytes of the payload's length.
    #[inline(always)]
    pub(super) fn length_len(self) -> usize {
        length_len(self.flags)
    }

    #[inline(always)]
    pub(super) fn payload_start(self) -> usize {
        self.name_end() + self.word_len() + self.length_len()
    }

    #[inline(always)]
    pub(super) fn payload_len(self) -> usize {
        self.payload_len as usize
    }

    /// Bytes of the allocation.
    #[inline(always)]
    pub(super) fn class(self) -> usize {
        size_class(self.payload_start() + self.payload_len())
    }

    #[inline(always)]
    pub(super) fn layout(self) -> Layout {
        match Layout::from_size_align(self.class(), ALIGN) {
            Ok(layout) => layout,
            // Two lengths of 32 bits and a header never come near the limit of a layout.
            Err(_) => unreachable!("a record is below 10 GiB"),
        }
    }
}

/// Whether flags are [`PLAIN`], whatever the hint says.
#[inline(always)]
pub(super) fn is_plain(flags: u8) -> bool {
    flags & !HINT == PLAIN
}

#[inline(always)]
pub(super) fn name_is_wide(flags: u8) -> bool {
    flags & NAME_WIDE != 0
}

/// Where the name begins.
#[inline(always)]
pub(super) fn name_start(flags: u8) -> usize {
    if name_is_wide(flags) { 8 } else { 4 }
}

#[inline(always)]
pub(super) fn word_len(flags: u8) -> usize {
    match flags & WORD {
        0 => 0,
        WORD_6 => 6,
        _ => 8,
    }
}

#[inline(always)]
pub(super) fn length_len(flags: u8) -> usize {
    match flags & (KIND_HAS_LENGTH | LENGTH_WIDE) {
        KIND_HAS_LENGTH => 1,
        f if f & KIND_HAS_LENGTH != 0 => 4,
        _ => 0,
    }
}

/// The flags that a payload needs, and its length.
#[inline(always)]
fn payload_shape<B>(payload: &Payload<'_, B>) -> (u8, u32) {
    match payload {
        Payload::Int(int) => {
            let log2 = int_width_log2(*int);
            (KIND_INT | log2 << WIDTH_SHIFT, 1 << log2)
        }
        Payload::Bytes(bytes) => (KIND_BYTES | length_flags(bytes.len()), checked(bytes.len())),
        Payload::Packed(bytes) => (KIND_PACKED | length_flags(bytes.len()), checked(bytes.len())),
        Payload::Boxed(_) => (KIND_BOXED, POINTER_BYTES as u32),
    }
}

#[inline(always)]
fn word_flags(word: Option<u64>) -> u8 {
    match word {
        None => 0,
        Some(word) if word < 1 << 48 => WORD_6,
        Some(_) => WORD_8,
    }
}

#[inline(always)]
fn length_flags(len: usize) -> u8 {
    if len > usize::from(u8::MAX) { LENGTH_WIDE } else { 0 }
}

#[inline(always)]
fn checked(len: usize) -> u32 {
    assert!(len <= u32::MAX as usize, "names and payloads are lengths of 32 bits");
    len as u32
}

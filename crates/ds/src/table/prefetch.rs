//! The one processor hint that structures need.
#![allow(unsafe_code)]

/// Bytes of a cache line on every machine that Anax runs on.
pub(crate) const CACHE_LINE_BYTES: usize = 64;

/// Asks the processor to load the cache line at `address`; never faults, whatever the address is.
#[inline(always)]
pub(crate) fn prefetch(address: *const u8) {
    #[cfg(all(target_arch = "x86_64", not(miri)))]
    // SAFETY: SSE is part of every x86-64, and a prefetch of any address at all is a hint without effect on memory.
    unsafe {
        core::arch::x86_64::_mm_prefetch::<{ core::arch::x86_64::_MM_HINT_T0 }>(address.cast());
    }
    #[cfg(all(target_arch = "aarch64", not(miri)))]
    // SAFETY: PRFM is part of every AArch64 and has no effect but a hint; it neither faults nor touches registers.
    unsafe {
        core::arch::asm!("prfm pldl1keep, [{0}]", in(reg) address, options(nostack, readonly, preserves_flags));
    }
    #[cfg(any(miri, not(any(target_arch = "x86_64", target_arch = "aarch64"))))]
    let _ = address;
}

/// Asks for the first two lines of a record: enough for the header and the key of nearly every one.
#[inline(always)]
pub(super) fn prefetch_record(record: core::ptr::NonNull<u8>) {
    let first = record.as_ptr().cast_const();
    prefetch(first);
    prefetch(first.wrapping_add(CACHE_LINE_BYTES));
}

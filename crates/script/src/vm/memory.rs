//! What an interpreter has allocated, and the limit to it.

use std::cell::Cell;
use std::ffi::c_void;

use super::sys;

/// The account of one interpreter; its allocator's data.
///
/// The limit holds while the interpreter itself runs: there an allocation that fails becomes an error of the script. While a
/// frame of Rust is above the interpreter (a primitive, a conversion) no error may be raised, so there the account may go
/// beyond the limit, and whoever allocates much looks at [`Memory::is_over`].
pub(super) struct Memory {
    used: Cell<usize>,
    limit: usize,
    /// Whether allocations may fail.
    may_fail: Cell<bool>,
    inner: sys::Alloc,
    inner_data: *mut c_void,
    /// The machine that belongs to it, for the primitives.
    pub(super) machine: Cell<*mut super::Machine>,
}

impl Memory {
    /// Puts an account between the interpreter and its allocator.
    ///
    /// # Safety
    /// `state` is a new interpreter. The account must live until [`Memory::remove`].
    pub(super) unsafe fn install(state: *mut sys::State, limit: usize) -> Box<Self> {
        let mut inner_data = std::ptr::null_mut();
        // SAFETY: the state lives.
        let (inner, kilobytes) =
            unsafe { (sys::lua_getallocf(state, &raw mut inner_data), sys::lua_gc(state, sys::GC_COUNT, 0)) };
        let memory = Box::new(Self {
            used: Cell::new(usize::try_from(kilobytes).unwrap_or(0) * 1024),
            limit,
            may_fail: Cell::new(false),
            inner,
            inner_data,
            machine: Cell::new(std::ptr::null_mut()),
        });
        let data: *const Self = &raw const *memory;
        // SAFETY: the box stays where it is.
        unsafe { sys::lua_setallocf(state, allocate, data.cast_mut().cast()) };
        memory
    }

    /// Takes the account away again, so that the interpreter can free its arena as a whole.
    ///
    /// # Safety
    /// `state` is the interpreter that it was installed in.
    pub(super) unsafe fn remove(&self, state: *mut sys::State) {
        // SAFETY: these are what the interpreter was made with.
        unsafe { sys::lua_setallocf(state, self.inner, self.inner_data) }
    }

    /// The account of the interpreter that `state` belongs to.
    ///
    /// # Safety
    /// `state` lives, and an account was installed.
    pub(super) unsafe fn of<'a>(state: *mut sys::State) -> &'a Self {
        let mut data = std::ptr::null_mut();
        // SAFETY: the data is what `install` has set.
        unsafe {
            sys::lua_getallocf(state, &raw mut data);
            &*data.cast::<Self>()
        }
    }

    pub(super) fn used(&self) -> usize {
        self.used.get()
    }

    /// Whether a script must get no more.
    pub(super) fn is_over(&self) -> bool {
        self.used.get() > self.limit
    }

    /// Bytes up to the limit.
    pub(super) fn left(&self) -> usize {
        self.limit.saturating_sub(self.used.get())
    }

    /// Says whether allocations may fail from now on; gives what was said before.
    pub(super) fn set_may_fail(&self, may_fail: bool) -> bool {
        self.may_fail.replace(may_fail)
    }
}

unsafe extern "C" fn allocate(
    data: *mut c_void,
    old: *mut c_void,
    old_len: usize,
    len: usize,
) -> *mut c_void {
    // SAFETY: the data is the account (see `install`).
    let memory = unsafe { &*data.cast_const().cast::<Memory>() };
    let after = memory.used.get().saturating_sub(old_len).saturating_add(len);
    if len > old_len && after > memory.limit && memory.may_fail.get() {
        return std::ptr::null_mut();
    }
    // SAFETY: the block is one of the inner allocator's.
    let block = unsafe { (memory.inner)(memory.inner_data, old, old_len, len) };
    if len == 0 || !block.is_null() {
        memory.used.set(after);
    }
    block
}

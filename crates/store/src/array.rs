//! Arrays: always a structure of their own.

use ds::array::Array;
use ds::record::size_class;

use crate::structure::Collection;
use crate::{Db, Draft, Key, Structure, Value, WrongType};

impl Collection for Array {
    fn encoding(&self) -> &'static str {
        "sliced-array"
    }

    fn len(&self) -> usize {
        self.count()
    }

    /// With the box.
    fn memory_bytes(&self) -> usize {
        size_class(size_of::<Array>()) + Array::memory_bytes(self)
    }

    fn free_some(&mut self, budget: usize) -> bool {
        Array::free_some(self, budget)
    }
}

impl<'a> Value<'a> {
    /// The array that the value is.
    #[inline]
    pub fn as_array(self) -> Result<&'a Array, WrongType> {
        match self {
            Value::Structure(Structure::Array(array)) => Ok(array),
            _ => Err(WrongType),
        }
    }
}

impl Db<'_> {
    /// The array of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn array_of(&mut self, key: Key<'_>) -> Result<Option<&Array>, WrongType> {
        self.get(key).map(Value::as_array).transpose()
    }
}

/// An array that is being changed.
pub struct ArrayDraft<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of an array: the key holds an array, or nothing.
    #[inline]
    pub fn as_array(&mut self) -> ArrayDraft<'_, 'a> {
        ArrayDraft(self)
    }
}

impl ArrayDraft<'_, '_> {
    /// The array, if there is one.
    #[inline]
    pub fn get(&mut self) -> Option<&mut Array> {
        match self.0.structure_mut() {
            Some(Structure::Array(array)) => Some(array),
            _ => None,
        }
    }

    /// Makes an empty array, if there is none.
    pub fn create(&mut self) {
        if self.0.is_new() {
            self.0.upgrade(Structure::Array(Box::default()));
        }
    }

    /// Notes so many changes.
    #[inline]
    pub fn changed(&mut self, changes: u64) {
        self.0.changed(changes);
    }
}

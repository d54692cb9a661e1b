//! Lists: a pack, or chunks.
//!
//! A list leaves its pack when the pack gets longer than a kilobyte, or when Redis would call it a quicklist, whichever
//! comes first: in a pack every change moves what lies behind it, and the last element is found by a walk. What
//! `OBJECT ENCODING` answers follows Redis's thresholds alone.

use ds::list::{self, ListView, Side};
use ds::pack::{self, Element, Pack};
use ds::record::frugal_size;

use crate::packed::{Packed, Tag};
use crate::structure::Collection;
use crate::{Db, Draft, Key, Limits, Structure, Value, WrongType};

/// Longest pack: what a push at the front may move, and what is walked over to pop from the back.
const PACK_MAX_BYTES: usize = 1024;

/// Bytes of a node by `list-max-listpack-size` -1 to -5.
const NODE_BYTES: [usize; 5] = [4096, 8192, 16_384, 32_768, 65_536];

/// Most bytes of a node whose elements are counted. Redis's safety limit.
const COUNTED_NODE_BYTES: usize = 8192;

/// What a listpack of Redis has beside its elements: head and end.
const LISTPACK_BYTES: usize = 7;

/// A list too big for a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    elements: list::List,
    /// Whether Redis would call it a listpack.
    is_listpack: bool,
}

impl Collection for List {
    fn encoding(&self) -> &'static str {
        if self.is_listpack { "listpack" } else { "quicklist" }
    }

    fn len(&self) -> usize {
        self.elements.len()
    }

    fn memory_bytes(&self) -> usize {
        self.elements.memory_bytes()
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.elements.free_some(budget)
    }
}

impl List {
    /// Elements as they are, to be looked at later.
    pub(crate) fn view(&mut self, from: usize, count: usize) -> ListView {
        self.elements.view(from, count)
    }
}

/// How large chunks are by the configuration.
fn chunk_limits(limits: &Limits) -> list::Limits {
    let node = node_limits(limits);
    list::Limits { bytes: frugal_size(node.bytes), ..node }
}

/// How large nodes of Redis are by the configuration.
fn node_limits(limits: &Limits) -> list::Limits {
    let (bytes, count) = match usize::try_from(limits.list_max_listpack_size) {
        Ok(count) => (COUNTED_NODE_BYTES, count.max(1)),
        Err(_) => (node_bytes(limits), usize::MAX),
    };
    list::Limits { bytes, count, open: limits.list_compress_depth as usize }
}

fn node_bytes(limits: &Limits) -> usize {
    let at = limits.list_max_listpack_size.unsigned_abs() as usize;
    NODE_BYTES.get(at.clamp(1, NODE_BYTES.len()) - 1).copied().unwrap_or(COUNTED_NODE_BYTES)
}

/// Whether Redis would make a listpack of so many bytes and elements a quicklist.
#[inline]
fn is_quicklist(limits: &Limits, bytes: usize, count: usize) -> bool {
    let node = node_limits(limits);
    count > node.count || bytes > node.bytes
}

/// Whether Redis would make a quicklist of one node with so many bytes and elements a listpack again.
fn is_listpack_again(limits: &Limits, bytes: usize, count: usize) -> bool {
    match usize::try_from(limits.list_max_listpack_size) {
        Ok(max) => count <= max.max(1) / 2,
        Err(_) => bytes <= node_bytes(limits) / 2,
    }
}

/// A list, to look at.
#[derive(Clone, Copy, Debug)]
pub enum ListRef<'a> {
    /// A few elements.
    Pack(Pack<'a>),
    /// Many elements.
    Big(&'a List),
}

impl<'a> Value<'a> {
    /// The list that the value is.
    #[inline]
    pub fn as_list(self) -> Result<ListRef<'a>, WrongType> {
        match self {
            Value::Packed(Packed { tag: Tag::List, bytes }) => Ok(ListRef::Pack(Pack::new(bytes))),
            Value::Structure(Structure::List(list)) => Ok(ListRef::Big(list)),
            _ => Err(WrongType),
        }
    }
}

impl Db<'_> {
    /// The list of a key, as a read command looks it up: counted as a hit or a miss.
    #[inline]
    pub fn list_of(&mut self, key: Key<'_>) -> Result<Option<ListRef<'_>>, WrongType> {
        self.get(key).map(Value::as_list).transpose()
    }
}

impl<'a> ListRef<'a> {
    /// The number of elements. O(1).
    #[inline]
    pub fn len(self) -> usize {
        match self {
            ListRef::Pack(pack) => pack.len(),
            ListRef::Big(list) => list.elements.len(),
        }
    }

    /// Whether there is none; never so in the store.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// Whether it is no pack.
    pub fn is_big(self) -> bool {
        matches!(self, ListRef::Big(_))
    }

    /// How long an element is in a reply on average, with its head.
    pub fn bytes_per_element(self) -> usize {
        /// `$`, a length of a few digits, two line ends.
        const HEAD_BYTES: usize = 9;
        let (bytes, len) = match self {
            ListRef::Pack(pack) => (pack.bytes().len(), pack.len()),
            ListRef::Big(list) => (list.elements.memory_bytes(), list.elements.len()),
        };
        bytes / len.max(1) + HEAD_BYTES
    }

    /// What `read` makes of the element with a number. Bounded, however long the list is; see [`list::List`].
    #[inline]
    pub fn get<R>(self, index: usize, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        match self {
            ListRef::Pack(pack) => pack.nth(index).map(read),
            ListRef::Big(list) => list.elements.get(index, read),
        }
    }

    /// Passes elements from a number on to `each`, at most `count`.
    #[inline]
    pub fn for_each(self, from: usize, count: usize, mut each: impl FnMut(Element<'_>)) {
        match self {
            ListRef::Pack(pack) => {
                let position = pack.skip(pack.first(), from.min(pack.len()));
                pack.iter_from(position).take(count).for_each(each);
            }
            ListRef::Big(_) if count == 0 => {}
            ListRef::Big(list) => {
                let mut left = count;
                list.elements.visit(from, Side::Back, |element| {
                    each(element);
                    left -= 1;
                    left > 0
                });
            }
        }
    }

    /// Passes elements from a number on, towards a side, to `visit` until it says false. Returns whether it never did.
    pub fn visit(self, from: usize, towards: Side, mut visit: impl FnMut(Element<'_>) -> bool) -> bool {
        match (self, towards) {
            (ListRef::Big(list), _) => list.elements.visit(from, towards, visit),
            (ListRef::Pack(pack), Side::Back) => {
                pack.iter_from(pack.skip(pack.first(), from.min(pack.len()))).all(visit)
            }
            (ListRef::Pack(pack), Side::Front) => {
                let elements: Vec<Element<'_>> = pack.iter().take(from.saturating_add(1)).collect();
                from >= pack.len() || elements.into_iter().rev().all(&mut visit)
            }
        }
    }

    /// The number of the first element that is equal to one.
    pub fn position(self, wanted: Element<'_>) -> Option<usize> {
        let mut at = 0;
        let missing = self.visit(0, Side::Back, |element| {
            at += usize::from(element != wanted);
            element != wanted
        });
        (!missing).then_some(at)
    }
}

/// A list that is being changed.
pub struct ListDraft<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of a list: the key holds a list, or nothing.
    #[inline]
    pub fn as_list(&mut self) -> ListDraft<'_, 'a> {
        ListDraft(self)
    }
}

/// Bytes before the pack: the tag.
const START: usize = 1;

impl ListDraft<'_, '_> {
    /// The list as it is; `None` if there is none yet.
    #[inline]
    pub fn view(&self) -> Option<ListRef<'_>> {
        let value = match (self.0.structure(), self.0.packed()) {
            (Some(structure), _) => Value::Structure(structure),
            (None, Some(packed)) => Value::Packed(packed),
            (None, None) => return None,
        };
        value.as_list().ok()
    }

    /// The number of elements.
    #[inline]
    pub fn len(&self) -> usize {
        self.view().map_or(0, ListRef::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds an element at an end.
    #[inline]
    pub fn push(&mut self, side: Side, element: Element<'_>) {
        self.prepare(element);
        let (limits, encoded) = (chunk_limits(self.0.limits), element.encode());
        match self.big() {
            Some(list) => list.elements.push(side, &encoded, limits),
            None => {
                let buffer = self.0.buffer();
                match side {
                    Side::Back => pack::push(buffer, START, &encoded),
                    Side::Front => {
                        let first = START + pack_of(buffer).first();
                        pack::insert(buffer, START, first, &encoded);
                    }
                }
            }
        }
        self.0.changed(1);
    }

    /// Removes the element at an end, and returns what `read` makes of it.
    #[inline]
    pub fn pop<R>(&mut self, side: Side, read: impl FnOnce(Element<'_>) -> R) -> Option<R> {
        let result = match self.big() {
            Some(list) => list.elements.pop(side, read),
            None => {
                let buffer = self.0.buffer();
                let pack = pack_of(buffer);
                let position = match side {
                    Side::Front => pack.first(),
                    Side::Back => pack.position(pack.len().checked_sub(1)?)?,
                };
                let result = pack.at(position).map(|(element, _)| read(element));
                pack::remove(buffer, START, START + position, 1);
                result
            }
        };
        self.0.changed(1);
        self.shrunk();
        result
    }

    /// Inserts an element so that it gets the number `index`.
    pub fn insert(&mut self, index: usize, element: Element<'_>) {
        self.prepare(element);
        let (limits, encoded) = (chunk_limits(self.0.limits), element.encode());
        match self.big() {
            Some(list) => list.elements.insert(index, &encoded, limits),
            None => {
                let buffer = self.0.buffer();
                let pack = pack_of(buffer);
                let position = START + pack.skip(pack.first(), index);
                pack::insert(buffer, START, position, &encoded);
            }
        }
        self.0.changed(1);
    }

    /// Replaces the element with a number. Returns whether there is one.
    pub fn set(&mut self, index: usize, element: Element<'_>) -> bool {
        if index >= self.len() {
            return false;
        }
        self.prepare(element);
        let (limits, encoded) = (chunk_limits(self.0.limits), element.encode());
        match self.big() {
            Some(list) => _ = list.elements.set(index, &encoded, limits),
            None => {
                let buffer = self.0.buffer();
                let position = pack_of(buffer).position(index).unwrap_or_default();
                pack::replace(buffer, START + position, &encoded);
            }
        }
        self.0.changed(1);
        self.shrunk();
        true
    }

    /// Removes `count` elements from a number on, or as many as there are.
    pub fn remove(&mut self, index: usize, count: usize) {
        let count = count.min(self.len().saturating_sub(index));
        if count == 0 {
            return;
        }
        let chunk_limits = chunk_limits(self.0.limits);
        match self.big() {
            Some(list) => {
                let elements = list.elements.remove(index, count, chunk_limits);
                if !elements.is_empty() {
                    self.0.free_later(Structure::List(List { elements, is_listpack: false }));
                }
            }
            None => {
                let buffer = self.0.buffer();
                let position = pack_of(buffer).position(index).unwrap_or_default();
                pack::remove(buffer, START, START + position, count);
            }
        }
        self.0.changed(count as u64);
        self.shrunk();
    }

    /// Removes elements equal to `element`, at most `max`, from one side on. Returns how many.
    pub fn remove_equal(&mut self, element: Element<'_>, side: Side, max: usize) -> usize {
        let (limits, encoded) = (chunk_limits(self.0.limits), element.encode());
        let removed = match self.big() {
            Some(list) => list.elements.remove_equal(&encoded, side, max, limits),
            None => {
                let buffer = self.0.buffer();
                let elements = pack_of(buffer).iter().enumerate();
                let mut found: Vec<usize> =
                    elements.filter(|(_, other)| *other == element).map(|(index, _)| index).collect();
                match side {
                    Side::Front => found.truncate(max),
                    Side::Back => _ = found.drain(..found.len().saturating_sub(max)),
                }
                for &index in found.iter().rev() {
                    let position = pack_of(buffer).position(index).unwrap_or_default();
                    pack::remove(buffer, START, START + position, 1);
                }
                found.len()
            }
        };
        self.0.changed(removed as u64);
        if removed > 0 {
            self.shrunk();
        }
        removed
    }

    /// The list, if it is big.
    #[inline]
    fn big(&mut self) -> Option<&mut List> {
        match self.0.structure_mut() {
            Some(Structure::List(list)) => Some(list),
            _ => None,
        }
    }

    /// Makes the list one that another element can go into.
    #[inline]
    fn prepare(&mut self, element: Element<'_>) {
        let (limits, added) = (self.0.limits, element.text_len());
        if let Some(list) = self.big() {
            if list.is_listpack {
                let bytes = list.elements.few_bytes().unwrap_or(usize::MAX / 2);
                let count = list.elements.len();
                list.is_listpack = !is_quicklist(limits, bytes + count + LISTPACK_BYTES + added, count + 1);
            }
            return;
        }
        if self.0.is_new() {
            self.0.begin_pack(Tag::List);
        }
        let pack = pack_of(self.0.buffer());
        let (bytes, count) = (pack.bytes().len(), pack.len());
        let is_listpack = !is_quicklist(limits, bytes + count + LISTPACK_BYTES + added, count + 1);
        if !is_listpack || bytes + added > PACK_MAX_BYTES {
            self.upgrade(is_listpack);
        }
    }

    fn upgrade(&mut self, is_listpack: bool) {
        let limits = chunk_limits(self.0.limits);
        let mut elements = list::List::new();
        for element in pack_of(self.0.buffer()).iter() {
            elements.push(Side::Back, &element.encode(), limits);
        }
        self.0.upgrade(Structure::List(List { elements, is_listpack }));
    }

    /// Looks what Redis would call the list now that it is shorter.
    #[inline]
    fn shrunk(&mut self) {
        let limits = self.0.limits;
        if let Some(list) = self.big()
            && !list.is_listpack
            && list.elements.chunks() == 1
            && let Some(bytes) = list.elements.few_bytes()
        {
            let count = list.elements.len();
            list.is_listpack = is_listpack_again(limits, bytes + count + LISTPACK_BYTES, count);
        }
    }
}

/// The pack in the buffer of a small list.
#[inline]
fn pack_of(buffer: &[u8]) -> Pack<'_> {
    Pack::new(buffer.get(START..).unwrap_or_default())
}

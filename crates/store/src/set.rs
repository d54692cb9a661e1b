//! Sets: a sorted array of integers, a pack, or pages.

use ds::intset::{self, IntSet};
use ds::pack::{self, Dense, Element, Pack};
use ds::pages::{Pages, PagesView};

use crate::key::TableHasher;
use crate::packed::{Packed, Tag};
use crate::structure::Collection;
use crate::{Draft, Structure, Value, WrongType};

/// A set too big for a pack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    members: Pages<TableHasher>,
}

impl Set {
    fn new(hasher: TableHasher) -> Self {
        Set { members: Pages::new(hasher, false) }
    }

    /// The members as they are, to be looked at later.
    pub(crate) fn view(&mut self) -> PagesView<TableHasher> {
        self.members.view()
    }

    fn add(&mut self, member: &[u8]) -> bool {
        self.members.insert(member, Dense::Bytes(&[]), None)
    }
}

impl Collection for Set {
    fn encoding(&self) -> &'static str {
        "hashtable"
    }

    fn len(&self) -> usize {
        self.members.len()
    }

    fn memory_bytes(&self) -> usize {
        self.members.memory_bytes()
    }

    fn free_some(&mut self, budget: usize) -> bool {
        self.members.free_some(budget)
    }
}

/// A set, to look at.
#[derive(Clone, Copy, Debug)]
pub enum SetRef<'a> {
    /// Integers only.
    Ints(IntSet<'a>),
    /// A few members.
    Pack(Pack<'a>),
    /// Many members.
    Big(&'a Set),
}

impl<'a> Value<'a> {
    /// The set that the value is.
    #[inline]
    pub fn as_set(self) -> Result<SetRef<'a>, WrongType> {
        match self {
            Value::Packed(Packed { tag: Tag::IntSet, bytes }) => Ok(SetRef::Ints(IntSet::new(bytes))),
            Value::Packed(Packed { tag: Tag::Set, bytes }) => Ok(SetRef::Pack(Pack::new(bytes))),
            Value::Structure(Structure::Set(set)) => Ok(SetRef::Big(set)),
            _ => Err(WrongType),
        }
    }
}

impl<'a> SetRef<'a> {
    /// The number of members. O(1).
    #[inline]
    pub fn len(self) -> usize {
        match self {
            SetRef::Ints(ints) => ints.len(),
            SetRef::Pack(pack) => pack.len(),
            SetRef::Big(set) => set.members.len(),
        }
    }

    /// Whether there is none; never so in the store.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// About how many bytes the members have; 0 for a small set.
    pub fn big_bytes(self) -> usize {
        match self {
            SetRef::Ints(_) | SetRef::Pack(_) => 0,
            SetRef::Big(set) => set.members.memory_bytes(),
        }
    }

    /// Whether a text is a member. O(1), or O(number of members) of a pack.
    #[inline]
    pub fn contains(self, member: &[u8]) -> bool {
        match self {
            SetRef::Ints(ints) => Element::of(member).as_int().is_some_and(|int| ints.contains(int)),
            SetRef::Pack(pack) => pack.find(&Element::of(member).encode(), 1).is_some(),
            SetRef::Big(set) => set.members.contains(member),
        }
    }

    /// Whether an element of another set is a member.
    #[inline]
    pub fn contains_element(self, member: Element<'_>, scratch: &mut Vec<u8>) -> bool {
        match (self, member) {
            (SetRef::Ints(ints), Element::Int(int)) => ints.contains(int),
            (SetRef::Ints(_), Element::Bytes(_)) => false,
            (SetRef::Pack(pack), member) => pack.find(&member.encode(), 1).is_some(),
            (SetRef::Big(set), member) => set.members.contains_element(member, scratch),
        }
    }

    /// The members, in no particular order.
    pub fn iter(self) -> Members<'a> {
        match self {
            SetRef::Ints(ints) => Members::Ints(ints, 0),
            SetRef::Pack(pack) => Members::Pack(pack.iter()),
            SetRef::Big(set) => Members::Big(Box::new(set.members.iter().map(|entry| entry.key))),
        }
    }

    /// Passes each member to `act` until that says no; returns whether it never did.
    #[inline]
    pub fn all(self, mut act: impl FnMut(Element<'a>) -> bool) -> bool {
        match self {
            SetRef::Ints(ints) => ints.iter().all(|int| act(Element::Int(int))),
            SetRef::Pack(pack) => pack.iter().all(act),
            SetRef::Big(set) => set.members.all(|entry| act(entry.key)),
        }
    }

    /// A random member; each is equally likely.
    pub fn sample(self, rnd: &mut impl FnMut() -> u64) -> Option<Element<'a>> {
        let index = |len: usize, random: u64| ((u128::from(random) * len as u128) >> 64) as usize;
        match self {
            SetRef::Ints(ints) => ints.nth(index(ints.len(), rnd())).map(Element::Int),
            SetRef::Pack(pack) => pack.nth(index(pack.len(), rnd())),
            SetRef::Big(set) => set.members.sample(rnd).map(|entry| entry.key),
        }
    }

    /// Visits some members at or after `cursor`, and returns the cursor to go on with; 0 means the end. A small set is
    /// visited whole. See [`Pages::scan`] for what is guaranteed.
    pub fn scan(self, cursor: u64, mut visit: impl FnMut(Element<'_>)) -> u64 {
        match self {
            SetRef::Big(set) => set.members.scan(cursor, |entry| visit(entry.key)),
            small => {
                small.iter().for_each(visit);
                0
            }
        }
    }
}

/// The members of a set.
pub enum Members<'a> {
    /// Of integers, and which comes next.
    Ints(IntSet<'a>, usize),
    /// Of a pack.
    Pack(pack::Iter<'a>),
    /// Of pages.
    Big(Box<dyn Iterator<Item = Element<'a>> + 'a>),
}

impl<'a> Iterator for Members<'a> {
    type Item = Element<'a>;

    #[inline]
    fn next(&mut self) -> Option<Element<'a>> {
        match self {
            Members::Ints(ints, index) => {
                *index += 1;
                ints.nth(*index - 1).map(Element::Int)
            }
            Members::Pack(elements) => elements.next(),
            Members::Big(members) => members.next(),
        }
    }
}

/// A set that is being changed.
pub struct SetDraft<'d, 'a>(&'d mut Draft<'a>);

impl<'a> Draft<'a> {
    /// The draft as that of a set: the key holds a set, or nothing.
    #[inline]
    pub fn as_set(&mut self) -> SetDraft<'_, 'a> {
        SetDraft(self)
    }
}

/// Bytes before the pack or the integers: the tag.
const START: usize = 1;

impl SetDraft<'_, '_> {
    /// The set as it is; `None` if there is none yet.
    #[inline]
    pub fn view(&self) -> Option<SetRef<'_>> {
        let value = match (self.0.structure(), self.0.packed()) {
            (Some(structure), _) => Value::Structure(structure),
            (None, Some(packed)) => Value::Packed(packed),
            (None, None) => return None,
        };
        value.as_set().ok()
    }

    /// The number of members.
    pub fn len(&self) -> usize {
        self.view().map_or(0, SetRef::len)
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Adds a member; returns whether it is new. `hint` is how many members are to come, this one included: it decides
    /// the form of a new set.
    #[inline]
    pub fn add(&mut self, member: &[u8], hint: usize) -> bool {
        if let Some(Structure::Set(set)) = self.0.structure_mut() {
            let added = set.add(member);
            self.0.changed(added.into());
            return added;
        }
        let element = Element::of(member);
        if self.0.is_new() {
            self.begin(element, hint);
            if self.0.is_big() {
                return self.add(member, hint);
            }
        }
        let added = match self.0.packed().map(|packed| packed.tag) {
            Some(Tag::IntSet) => match element {
                Element::Int(int) => self.add_int(int),
                Element::Bytes(_) => {
                    self.leave_ints(member.len());
                    return self.add(member, hint);
                }
            },
            _ => match self.add_packed(element, member.len()) {
                Some(added) => added,
                None => return self.add(member, hint),
            },
        };
        self.0.changed(added.into());
        added
    }

    /// Chooses the full form if so many members at once are too many for the form of a set that is there, as Redis does even if
    /// some of them are in it already.
    #[inline]
    pub fn expect(&mut self, members: usize) {
        let limits = self.0.limits;
        let max = match self.0.packed().map(|packed| packed.tag) {
            Some(Tag::IntSet) => limits.set_max_intset_entries,
            Some(_) => limits.set_max_listpack_entries,
            None => return,
        };
        if members > max {
            self.upgrade();
        }
    }

    /// Removes a member; returns whether it was there.
    #[inline]
    pub fn remove(&mut self, member: &[u8]) -> bool {
        let removed = match self.0.structure_mut() {
            Some(Structure::Set(set)) => set.members.remove(member),
            Some(_) => false,
            None => self.remove_packed(Element::of(member)),
        };
        self.0.changed(removed.into());
        removed
    }

    /// Removes all members, and so the key; the last thing that is done with a draft.
    pub fn clear(&mut self) {
        let len = self.len();
        self.0.changed(len as u64);
        self.0.clear();
    }

    /// Removes a random member and returns it.
    pub fn pop(&mut self) -> Option<Vec<u8>> {
        let mut rng = self.0.rng.clone();
        let member = self.view()?.sample(&mut || rng.next_u64())?.to_vec();
        *self.0.rng = rng;
        self.remove(&member);
        Some(member)
    }

    /// Chooses the form of a new set.
    fn begin(&mut self, first: Element<'_>, hint: usize) {
        let limits = self.0.limits;
        if matches!(first, Element::Int(_)) && hint <= limits.set_max_intset_entries {
            self.0.begin_ints();
        } else if hint <= limits.set_max_listpack_entries {
            self.0.begin_pack(Tag::Set);
        } else {
            let set = Set::new(self.0.hasher);
            self.0.upgrade(Structure::Set(set));
        }
    }

    fn add_int(&mut self, int: i64) -> bool {
        let max = self.0.limits.set_max_intset_entries;
        let added = intset::insert(self.0.buffer(), START, int);
        if added && self.len() > max {
            self.upgrade();
        }
        added
    }

    /// Adds to a pack; `None` if it had to be made into pages first.
    fn add_packed(&mut self, element: Element<'_>, text_len: usize) -> Option<bool> {
        let encoded = element.encode();
        let limits = self.0.limits;
        let pack = Pack::new(self.0.buffer().get(START..).unwrap_or_default());
        if pack.find(&encoded, 1).is_some() {
            return Some(false);
        }
        if pack.len() >= limits.set_max_listpack_entries || text_len > limits.set_max_listpack_value {
            self.upgrade();
            return None;
        }
        pack::push(self.0.buffer(), START, &encoded);
        Some(true)
    }

    /// Makes a set of integers one that can take a text of this length.
    fn leave_ints(&mut self, text_len: usize) {
        let limits = self.0.limits;
        let ints: Vec<i64> = IntSet::new(self.0.buffer().get(START..).unwrap_or_default()).iter().collect();
        let longest =
            [ints.first(), ints.last()].into_iter().flatten().map(|&int| Element::Int(int).text_len()).max();
        let len = text_len.max(longest.unwrap_or(0));
        if ints.len() < limits.set_max_listpack_entries && len <= limits.set_max_listpack_value {
            self.0.begin_pack(Tag::Set);
            for int in ints {
                pack::push(self.0.buffer(), START, &Element::Int(int).encode());
            }
        } else {
            self.upgrade();
        }
    }

    /// Makes a small set a big one.
    fn upgrade(&mut self) {
        let mut set = Set::new(self.0.hasher);
        let mut text = Vec::new();
        if let Some(view) = self.view() {
            for member in view.iter() {
                set.add(member.text(&mut text));
            }
        }
        self.0.upgrade(Structure::Set(set));
    }

    fn remove_packed(&mut self, element: Element<'_>) -> bool {
        match (self.0.packed().map(|packed| packed.tag), element) {
            (Some(Tag::IntSet), Element::Int(int)) => intset::remove(self.0.buffer(), START, int),
            (Some(Tag::Set), element) => {
                let buffer = self.0.buffer();
                match Pack::new(buffer.get(START..).unwrap_or_default()).find(&element.encode(), 1) {
                    Some(position) => {
                        pack::remove(buffer, START, START + position, 1);
                        true
                    }
                    None => false,
                }
            }
            _ => false,
        }
    }
}

//! A long sequence of owned items in blocks of bounded size, with a weight that is summed up by block: the backbone of
//! lists (items are chunks, weights are elements), streams (chunks of entries) and sorted logs.
//!
//! ```text
//!   blocks   ┌ weight 913 ┐ ┌ weight 40 ┐ ┌ … ┐       a deque of blocks
//!            │ ■ ■ ■ … ■  │ │ ■ ■ ■     │ │   │       a block: a deque of at most BLOCK_MAX items
//!            └────────────┘ └───────────┘ └───┘
//! ```
//!
//! Blocks can be shared with a view ([`Blocks::view`]).
//!
//! Both ends grow and shrink in O(1) amortised, with moves of at most one block's items; a change in the middle moves at
//! most one block and the block headers. To find an item by weight, or by an order that the items have, takes a walk or
//! a binary search over the block headers and then one within a block: a hundred million elements of a list are about
//! 500 blocks.

use std::collections::VecDeque;

use crate::record::size_class;
use crate::share::{Lendable, Share};

/// Most items of a block: moving half of them must be cheap, and the headers of a very long sequence few. So many chunks of a list,
/// and of a stream, just about fill an allocation.
pub(crate) const BLOCK_MAX: usize = if cfg!(test) { 8 } else { 448 };

/// A block that is full grows by this part: the length of the step of the allocator's classes.
const GROWTH_PART: usize = 4;

/// Smaller buffers are left as they are.
const SPARSE_MIN: usize = 16;

/// Something with a weight that is never changed behind the back of its [`Blocks`].
pub(crate) trait Weigh {
    /// How much the item counts.
    fn weight(&self) -> usize;
}

/// Where an item is. Stays valid until items come or go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    block: usize,
    item: usize,
}

impl Place {
    /// Whether both are in one block.
    pub(crate) fn same_block(self, other: Place) -> bool {
        self.block == other.block
    }
}

#[derive(Clone, Debug)]
struct Block<T> {
    items: Lendable<VecDeque<T>>,
    weight: usize,
}

/// See the [module documentation](self).
#[derive(Clone, Debug)]
pub(crate) struct Blocks<T> {
    blocks: VecDeque<Block<T>>,
    items: usize,
    weight: usize,
    /// Heap bytes of the blocks and their headers, without what the items hold.
    heap_bytes: usize,
}

impl<T> Default for Blocks<T> {
    fn default() -> Self {
        Blocks { blocks: VecDeque::new(), items: 0, weight: 0, heap_bytes: 0 }
    }
}

impl<T: Weigh + Share> Blocks<T> {
    /// The number of items. O(1).
    #[inline]
    pub(crate) fn items(&self) -> usize {
        self.items
    }

    /// The sum of all weights. O(1).
    #[inline]
    pub(crate) fn weight(&self) -> usize {
        self.weight
    }

    /// Heap bytes, without what the items hold. O(1).
    #[inline]
    pub(crate) fn heap_bytes(&self) -> usize {
        self.heap_bytes
    }

    /// The place of the first item.
    #[inline]
    pub(crate) fn first(&self) -> Option<Place> {
        (self.items > 0).then_some(Place { block: 0, item: 0 })
    }

    /// The place of the last item.
    #[inline]
    pub(crate) fn last(&self) -> Option<Place> {
        let block = self.blocks.len().checked_sub(1)?;
        Some(Place { block, item: self.blocks[block].items.len() - 1 })
    }

    /// The item at a place.
    #[inline]
    pub(crate) fn get(&self, place: Place) -> Option<&T> {
        self.blocks.get(place.block)?.items.get(place.item)
    }

    /// The place of the item with a number. O(blocks).
    pub(crate) fn nth(&self, mut number: usize) -> Option<Place> {
        for (block, Block { items, .. }) in self.blocks.iter().enumerate() {
            if number < items.len() {
                return Some(Place { block, item: number });
            }
            number -= items.len();
        }
        None
    }

    /// The number of items before a place. O(blocks).
    pub(crate) fn number(&self, place: Place) -> usize {
        self.blocks.iter().take(place.block).map(|block| block.items.len()).sum::<usize>() + place.item
    }

    /// The place after.
    #[inline]
    pub(crate) fn next(&self, place: Place) -> Option<Place> {
        if place.item + 1 < self.blocks.get(place.block)?.items.len() {
            return Some(Place { item: place.item + 1, ..place });
        }
        (place.block + 1 < self.blocks.len()).then_some(Place { block: place.block + 1, item: 0 })
    }

    /// The place before.
    #[inline]
    pub(crate) fn prev(&self, place: Place) -> Option<Place> {
        if let Some(item) = place.item.checked_sub(1) {
            return Some(Place { item, ..place });
        }
        let block = place.block.checked_sub(1)?;
        Some(Place { block, item: self.blocks.get(block)?.items.len().checked_sub(1)? })
    }

    /// Changes an item, whose weight may change.
    #[inline]
    pub(crate) fn edit<R>(&mut self, place: Place, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let block = self.blocks.get_mut(place.block)?;
        let item = block.items.get_mut(place.item)?;
        let before = item.weight();
        let result = change(item);
        let after = item.weight();
        block.weight = block.weight + after - before;
        self.weight = self.weight + after - before;
        Some(result)
    }

    /// An item, to change in ways that leave its weight alone.
    #[inline]
    pub(crate) fn get_mut_same_weight(&mut self, place: Place) -> Option<&mut T> {
        self.blocks.get_mut(place.block)?.items.get_mut(place.item)
    }

    /// Adds an item at the end.
    pub(crate) fn push_back(&mut self, item: T) {
        let full = self.blocks.back().is_none_or(|block| block.items.len() >= BLOCK_MAX);
        if full {
            let at = self.blocks.len();
            self.new_block(at, VecDeque::new());
        }
        let at = self.blocks.len() - 1;
        self.put(at, |items| items.len(), item);
    }

    /// Adds an item at the beginning.
    pub(crate) fn push_front(&mut self, item: T) {
        let full = self.blocks.front().is_none_or(|block| block.items.len() >= BLOCK_MAX);
        if full {
            self.new_block(0, VecDeque::new());
        }
        self.put(0, |_| 0, item);
    }

    /// Adds an item after a place. Returns where it is.
    pub(crate) fn insert_after(&mut self, mut place: Place, item: T) -> Place {
        if self.blocks.get(place.block).is_none_or(|block| place.item >= block.items.len()) {
            self.push_back(item);
            return self.last().unwrap_or(place);
        }
        if self.blocks[place.block].items.len() >= BLOCK_MAX {
            self.split(place.block);
            let kept = self.blocks[place.block].items.len();
            if place.item >= kept {
                place = Place { block: place.block + 1, item: place.item - kept };
            }
        }
        self.put(place.block, |_| place.item + 1, item);
        Place { block: place.block, item: place.item + 1 }
    }

    /// Removes the last item.
    pub(crate) fn pop_back(&mut self) -> Option<T> {
        self.remove(self.last()?)
    }

    /// Removes an item. The place is then that of the item after it, if its block has one.
    pub(crate) fn remove(&mut self, place: Place) -> Option<T> {
        let block = self.blocks.get_mut(place.block)?;
        let items = &mut *block.items;
        let item = items.remove(place.item)?;
        let weight = item.weight();
        block.weight -= weight;
        self.weight -= weight;
        self.items -= 1;
        if is_sparse(items.len(), items.capacity()) {
            let before = items_bytes(items);
            items.shrink_to(items.len() * 2);
            self.heap_bytes = self.heap_bytes + items_bytes(items) - before;
        }
        if items.is_empty() {
            let bytes = items_bytes(items);
            self.blocks.remove(place.block);
            self.heap_bytes -= bytes;
            self.fit_headers();
        }
        Some(item)
    }

    /// Moves the block that begins at a place to the end of `to`, if the place is where a block begins and `whole` says so of
    /// its items and their weight. Returns the weight. O(blocks).
    pub(crate) fn move_block(
        &mut self,
        place: Place,
        to: &mut Self,
        whole: impl FnOnce(&VecDeque<T>, usize) -> bool,
    ) -> Option<usize> {
        let block = self.blocks.get(place.block).filter(|_| place.item == 0)?;
        if !whole(&block.items, block.weight) {
            return None;
        }
        let block = self.blocks.remove(place.block)?;
        let (items, weight) = (block.items.len(), block.weight);
        self.items -= items;
        self.weight -= weight;
        self.heap_bytes -= items_bytes(&block.items);
        self.fit_headers();
        to.add_block(to.blocks.len(), block.items, weight);
        to.items += items;
        to.weight += weight;
        Some(weight)
    }

    /// The place of the item with the element of this number, all weights counted from the beginning, and the number of
    /// the element within it. O(number of blocks), from the nearer end.
    pub(crate) fn locate(&self, index: usize) -> Option<(Place, usize)> {
        if index >= self.weight {
            return None;
        }
        if index <= self.weight / 2 {
            let mut rest = index;
            for (at, block) in self.blocks.iter().enumerate() {
                if rest < block.weight {
                    return block.locate(rest).map(|(item, rest)| (Place { block: at, item }, rest));
                }
                rest -= block.weight;
            }
            return None;
        }
        let mut end = self.weight;
        for (at, block) in self.blocks.iter().enumerate().rev() {
            end -= block.weight;
            if index >= end {
                return block.locate(index - end).map(|(item, rest)| (Place { block: at, item }, rest));
            }
        }
        None
    }

    /// The last place whose item is `before`, where this holds for all items up to some place and for none after.
    /// O(log items).
    pub(crate) fn partition(&self, before: impl Fn(&T) -> bool) -> Option<Place> {
        let block =
            self.blocks.partition_point(|block| block.items.front().is_some_and(&before)).checked_sub(1)?;
        let item = self.blocks[block].items.partition_point(&before).checked_sub(1)?;
        Some(Place { block, item })
    }

    /// The same items, to look at while these are changed. O(blocks), and the first change of each block afterwards copies it.
    pub(crate) fn view(&mut self) -> Self {
        let block = |block: &mut Block<T>| Block { items: block.items.lend(), weight: block.weight };
        Blocks { blocks: self.blocks.iter_mut().map(block).collect(), ..*self }
    }

    /// Lets go of the items of a block that nobody will look at any more, though they still count in [`Blocks::weight`].
    pub(crate) fn drop_items(&mut self, place: Place) {
        if let Some(block) = self.blocks.get_mut(place.block) {
            block.items = Lendable::Own(VecDeque::new());
        }
    }

    /// Lets go of the last block, whose items need not be counted; false if there is none.
    pub(crate) fn drop_block(&mut self) -> bool {
        self.blocks.pop_back().is_some()
    }

    /// Lets go of the blocks before that of a place, which still count. Places of what is left change.
    pub(crate) fn drop_blocks_before(&mut self, place: Place) {
        self.blocks.drain(..place.block.min(self.blocks.len()));
    }

    /// The weight of all items before a place. O(blocks).
    pub(crate) fn weight_before(&self, place: Place) -> usize {
        let blocks: usize = self.blocks.iter().take(place.block).map(|block| block.weight).sum();
        let within = self
            .blocks
            .get(place.block)
            .map_or(0, |block| block.items.iter().take(place.item).map(Weigh::weight).sum());
        blocks + within
    }

    /// All items.
    pub(crate) fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.blocks.iter().flat_map(|block| block.items.iter())
    }

    /// Gives room for headers back after blocks have gone.
    fn fit_headers(&mut self) {
        if self.blocks.is_empty() {
            self.heap_bytes = 0;
            self.blocks = VecDeque::new();
        } else if is_sparse(self.blocks.len(), self.blocks.capacity()) {
            let before = headers_bytes(&self.blocks);
            self.blocks.shrink_to(self.blocks.len() * 2);
            self.heap_bytes = self.heap_bytes + headers_bytes(&self.blocks) - before;
        }
    }

    fn put(&mut self, at: usize, to: impl FnOnce(&VecDeque<T>) -> usize, item: T) {
        let weight = item.weight();
        let block = &mut self.blocks[at];
        let items = &mut *block.items;
        if items.len() == items.capacity() {
            let before = items_bytes(items);
            items.reserve_exact(
                (items.len() / GROWTH_PART + 1).min(BLOCK_MAX - items.len().min(BLOCK_MAX - 1)),
            );
            self.heap_bytes = self.heap_bytes + items_bytes(items) - before;
        }
        let to = to(items);
        items.insert(to, item);
        block.weight += weight;
        self.weight += weight;
        self.items += 1;
    }

    fn new_block(&mut self, at: usize, items: VecDeque<T>) {
        let weight = items.iter().map(Weigh::weight).sum();
        self.add_block(at, Lendable::Own(items), weight);
    }

    fn add_block(&mut self, at: usize, items: Lendable<VecDeque<T>>, weight: usize) {
        if self.blocks.len() == self.blocks.capacity() {
            let before = headers_bytes(&self.blocks);
            self.blocks.reserve_exact(self.blocks.len().max(1));
            self.heap_bytes = self.heap_bytes + headers_bytes(&self.blocks) - before;
        }
        self.heap_bytes += items_bytes(&items);
        self.blocks.insert(at, Block { items, weight });
    }

    /// Moves the upper half of a block into a new one after it.
    fn split(&mut self, at: usize) {
        let block = &mut self.blocks[at];
        let items = &mut *block.items;
        let upper = items.split_off(items.len() / 2);
        block.weight -= upper.iter().map(Weigh::weight).sum::<usize>();
        self.new_block(at + 1, upper);
    }
}

impl<T: Weigh> Block<T> {
    fn locate(&self, mut rest: usize) -> Option<(usize, usize)> {
        for (at, item) in self.items.iter().enumerate() {
            let weight = item.weight();
            if rest < weight {
                return Some((at, rest));
            }
            rest -= weight;
        }
        None
    }
}

/// Whether so few items deserve a smaller buffer: an eighth of the room is in use, so that the next time is far.
pub(crate) fn is_sparse(len: usize, capacity: usize) -> bool {
    capacity >= SPARSE_MIN && len * 8 <= capacity
}

fn items_bytes<T>(items: &VecDeque<T>) -> usize {
    heap_bytes(items.capacity() * size_of::<T>())
}

fn headers_bytes<T>(blocks: &VecDeque<Block<T>>) -> usize {
    heap_bytes(blocks.capacity() * size_of::<Block<T>>())
}

/// Bytes that the allocator gives for a request, nothing for none.
pub(crate) fn heap_bytes(requested: usize) -> usize {
    if requested == 0 { 0 } else { size_class(requested) }
}

#[cfg(test)]
impl<T: Weigh + Share> Blocks<T> {
    /// What [`Blocks::heap_bytes`] must say, by a count of everything, which is checked on the way.
    pub(crate) fn counted_bytes(&self) -> usize {
        assert_eq!(self.weight, self.iter().map(Weigh::weight).sum());
        assert_eq!(self.items, self.iter().count());
        for block in &self.blocks {
            assert!(!block.items.is_empty() && block.items.len() <= BLOCK_MAX);
            assert_eq!(block.weight, block.items.iter().map(Weigh::weight).sum());
        }
        headers_bytes(&self.blocks) + self.blocks.iter().map(|block| items_bytes(&block.items)).sum::<usize>()
    }
}

//! A view: the entries of a paged hash as they were at one instant, to be visited in slices.

use std::fmt;

use super::{CHUNK_PAGES, Entry, Pages, Place};
use crate::KeyHash;
use crate::share::Lendable;

/// See the [module documentation](self).
///
/// Chunks that have been visited are let go of, so what changes behind the visitor is not copied any more.
pub struct PagesView<H> {
    /// A structure that shares its pages and is never changed.
    pages: Pages<H>,
    /// The next entry.
    next: Place,
}

impl<H: KeyHash> PagesView<H> {
    pub(super) fn of(pages: Pages<H>) -> Self {
        PagesView { pages, next: Place { page: 0, slot: 0 } }
    }

    /// The number of entries at the instant of the view. O(1).
    pub fn len(&self) -> usize {
        self.pages.len
    }

    /// Whether there were none. O(1).
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Passes entries to `visit`, from where the last call ended, until it says false or none is left. Returns whether none is
    /// left.
    pub fn visit(&mut self, mut visit: impl FnMut(Entry<'_>) -> bool) -> bool {
        while self.next.page < self.pages.pages {
            let page = self.pages.page(self.next.page);
            let mut go_on = true;
            while go_on && self.next.slot < page.len() {
                go_on = visit(self.pages.decode(page.entry(self.next.slot)));
                self.next.slot += 1;
            }
            if self.next.slot == page.len() {
                self.next = Place { page: self.next.page + 1, slot: 0 };
                if self.next.page.is_multiple_of(CHUNK_PAGES) {
                    self.pages.chunks[self.next.page / CHUNK_PAGES - 1] = Lendable::Own(Vec::new());
                }
            }
            if !go_on {
                break;
            }
        }
        self.next.page >= self.pages.pages
    }

    /// Lets go of about `budget` pages or long elements; returns whether all is let go of. Nothing is visited afterwards.
    pub fn free_some(&mut self, budget: usize) -> bool {
        self.pages.pages = 0;
        for _ in 0..budget.div_ceil(CHUNK_PAGES) {
            if self.pages.chunks.pop().is_none() && !self.pages.outside.drop_chunk() {
                return true;
            }
        }
        false
    }
}

impl<H> fmt::Debug for PagesView<H> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PagesView").field("of", &self.pages).field("next", &self.next.page).finish()
    }
}

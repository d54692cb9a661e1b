//! What a core loads: one file, or those parts of a snapshot in a folder that may have keys of its own.

use rdb::write::{put_end, put_header};
use store::Shard;

use super::{FeedItem, LoadError, Loaded, Mode, ShardLoader, Step};
use crate::parts;

/// The sources of a core, which may come mixed.
pub struct Loader {
    shard: u16,
    shards: u16,
    verify: bool,
    mode: Mode,
    /// By number of the part; a file is part 0.
    sources: Vec<Source>,
    /// Which of them is being worked on.
    current: usize,
    over: bool,
}

struct Source {
    loader: ShardLoader,
    ended: bool,
    is_part: bool,
}

impl Loader {
    /// For a shard of so many. One of them should `verify` the checksum of a file.
    pub fn new(shard: u16, shards: u16, verify: bool) -> Self {
        Loader { shard, shards, verify, mode: Mode::Load, sources: Vec::new(), current: 0, over: false }
    }

    /// What is done with the keys.
    #[must_use]
    pub fn with_mode(self, mode: Mode) -> Self {
        Loader { mode, ..self }
    }

    fn source(&mut self, number: usize, is_part: bool) -> &mut Source {
        while self.sources.len() <= number {
            let loader =
                ShardLoader::new(self.shard, self.shards, self.verify && !is_part).with_mode(self.mode);
            // Parts that don't come to this core have nothing to say.
            self.sources.push(Source { loader, ended: true, is_part });
        }
        self.current = number;
        &mut self.sources[number]
    }

    /// Takes the next of what comes.
    ///
    /// # Errors
    /// A damaged frame.
    pub fn feed(&mut self, item: &FeedItem) -> Result<(), LoadError> {
        match item {
            FeedItem::Snapshot(bytes) => {
                let is_first = self.sources.is_empty();
                let source = self.source(0, false);
                if is_first {
                    source.ended = false;
                }
                if !source.ended {
                    source.loader.feed(bytes);
                }
            }
            FeedItem::PartBegin(part, version) => {
                let mut header = Vec::new();
                put_header(&mut header, *version);
                let source = self.source(*part, true);
                source.ended = false;
                source.loader.feed(&header);
            }
            FeedItem::PartFrame(part, frame, at) => {
                let content =
                    parts::content(frame, *at).map_err(|error| LoadError { part: Some(*part), ..error })?;
                self.source(*part, true).loader.feed(&content);
            }
            // Not part of a snapshot.
            FeedItem::Frames(_) | FeedItem::Across(_) => {}
            FeedItem::PartEnd(part) => {
                let mut end = Vec::new();
                put_end(&mut end);
                // No checksum: the frames have theirs.
                end.extend_from_slice(&[0; 8]);
                self.source(*part, true).loader.feed(&end);
            }
        }
        Ok(())
    }

    /// Loads on, for about so many keys and elements. `Hungry` if it needs more; it never says that all is loaded.
    ///
    /// # Errors
    /// What is wrong with the file.
    pub fn work(&mut self, shard: &mut Shard, budget: usize) -> Result<Step, LoadError> {
        let number = self.current;
        let Some(source) = self.sources.get_mut(number).filter(|source| !source.ended) else {
            return Ok(Step::Hungry);
        };
        let part = source.is_part.then_some(number);
        match source.loader.work(shard, budget).map_err(|error| LoadError { part, ..error })? {
            Step::End => {
                source.ended = true;
                Ok(Step::Hungry)
            }
            step => Ok(step),
        }
    }

    /// Whether it has begun with something and needs more of it: then it says what is wrong if no more comes.
    pub fn inside(&self) -> Option<LoadError> {
        let (part, source) = self.sources.iter().enumerate().find(|(_, source)| !source.ended)?;
        let part = source.is_part.then_some(part);
        Some(LoadError { part, ..source.loader.truncated() })
    }

    /// What was loaded so far.
    pub fn loaded(&self) -> Loaded {
        self.sources.iter().fold(Loaded::default(), |sum, source| sum.plus(source.loader.loaded()))
    }

    /// Takes the codes of libraries of functions that were read, with their places in the file. Only the first shard has them.
    pub fn take_functions(&mut self) -> Vec<(u64, Vec<u8>)> {
        self.sources.get_mut(self.current).map(|source| source.loader.take_functions()).unwrap_or_default()
    }

    /// Whether nothing more is to be done.
    pub fn is_over(&self) -> bool {
        self.over
    }

    /// Nothing more is to be done: all is loaded, or something is wrong.
    pub fn end(&mut self) {
        self.over = true;
    }
}

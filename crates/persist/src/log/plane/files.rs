//! The files of the log: made, listed in the manifest, replaced by a rewrite.

use std::io;

use super::super::folder::{keep_foreign_manifest, remove_unlisted, write_at, write_manifest};
use super::super::head::file_head;
use super::super::logs::Opening;
use super::super::manifest::{Generation, Manifest, log_name};
use super::super::volume::Volume;
use super::{FILE_HEAD_BYTES, Item, Plane, Set};

impl<V: Volume> Plane<V> {
    pub(super) fn open(&mut self, opening: Opening) -> io::Result<()> {
        let Opening { folder, name, manifest, after, whole } = opening;
        self.volume.create_folder(&folder)?;
        if let Some(above) = folder.parent().filter(|above| !above.as_os_str().is_empty()) {
            self.volume.sync_folder(above)?;
        }
        let listed = manifest.files(&name);
        let mut before_bytes = 0;
        for file in &listed {
            before_bytes += self.volume.len(&folder.join(file))?;
        }
        self.logs.change().base_bytes = before_bytes;
        keep_foreign_manifest(&mut self.volume, &folder, &name)?;
        let generation = manifest.last().max(after) + 1;
        if !manifest.generations.is_empty() {
            // What a crash left over of a rewrite. That the manifest does not list it must be on the disk before.
            self.volume.sync_folder(&folder)?;
            remove_unlisted(&mut self.volume, &folder, &name, &listed, generation)?;
        }
        self.set = Some(Set {
            folder,
            name,
            manifest,
            listed: whole,
            unlisted: None,
            made: Vec::new(),
            before_bytes,
            bytes: Vec::new(),
        });
        if whole {
            self.make(generation, true)?;
            for tail in &mut self.tails {
                tail.items.push_front(Item::Rotate(generation));
            }
        }
        Ok(())
    }

    /// Makes the files of a generation, and lists them, unless that is done.
    pub(super) fn make(&mut self, generation: u64, start: bool) -> io::Result<()> {
        let Some(set) = &mut self.set else { return Ok(()) };
        // A generation is made once: making it again would empty its files.
        if set.manifest.last() >= generation {
            return Ok(());
        }
        let shards = u16::try_from(self.tails.len()).unwrap_or(u16::MAX);
        if set.unlisted.as_ref().is_none_or(|(made, _)| *made != generation) {
            let mut files = Vec::new();
            for shard in 0..shards {
                let path = set.folder.join(log_name(&set.name, generation, shard));
                let mut file = self.volume.create(&path)?;
                write_at(&mut self.volume, &mut file, 0, &file_head(shard, shards, generation))?;
                files.push(file);
            }
            let mut all: Vec<&mut V::File> = files.iter_mut().collect();
            self.volume.sync(&mut all).into_iter().collect::<io::Result<()>>()?;
            set.unlisted = Some((generation, files));
        }
        let mut manifest = set.manifest.clone();
        manifest.generations.push(Generation { number: generation, shards, start: start || !set.listed });
        if set.listed {
            // Names that the manifest lists are there before it is.
            self.volume.sync_folder(&set.folder)?;
            write_manifest(&mut self.volume, &set.folder, &set.name, &manifest)?;
        }
        set.manifest = manifest;
        let (_, files) = set.unlisted.take().unwrap_or_default();
        set.made.push((generation, files.into_iter().map(Some).collect()));
        set.bytes.push((generation, u64::from(shards) * FILE_HEAD_BYTES as u64));
        Ok(())
    }

    /// A base and the logs from its generation on replace all that was before.
    pub(super) fn rewritten(&mut self, generation: u64, base: String, base_bytes: u64) -> io::Result<()> {
        let Some(set) = &mut self.set else { return Ok(()) };
        let mut manifest = Manifest { base: Some(base), imported: Vec::new(), generations: Vec::new() };
        manifest.generations.extend(set.manifest.generations.iter().filter(|old| old.number >= generation));
        if let Some(first) = manifest.generations.first_mut() {
            first.start = true;
        }
        #[cfg(feature = "sim-faults")]
        if self.faults.removes_first {
            let listed = manifest.files(&set.name);
            for file in set.manifest.files(&set.name).into_iter().filter(|file| !listed.contains(file)) {
                let _ = self.volume.remove(&set.folder.join(file));
            }
        }
        write_manifest(&mut self.volume, &set.folder, &set.name, &manifest)?;
        let old = std::mem::replace(&mut set.manifest, manifest);
        set.listed = true;
        set.before_bytes = base_bytes;
        set.bytes.retain(|(number, _)| *number >= generation);
        let listed = set.manifest.files(&set.name);
        for file in old.files(&set.name).into_iter().filter(|file| !listed.contains(file)) {
            // It is not listed any more, and goes at the next start if it doesn't go now.
            let _ = self.volume.remove(&set.folder.join(file));
        }
        let _ = remove_unlisted(&mut self.volume, &set.folder, &set.name, &listed, generation);
        let mut status = self.logs.change();
        status.base_bytes = base_bytes + set.bytes.iter().map(|(_, bytes)| bytes).sum::<u64>();
        status.needs_base = false;
        Ok(())
    }
}

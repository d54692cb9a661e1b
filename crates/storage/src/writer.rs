//! Writes a file with O_DIRECT: aligned buffers, some of them in flight.
//!
//! What is appended fills a buffer; a full one is written at its place. At the end the last buffer is padded and the file cut
//! to its length. The first block is kept, since its first bytes may be written once more.

use std::collections::VecDeque;
use std::io;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;

use glommio::io::{DmaBuffer, DmaFile};
use glommio::task::JoinHandle;

use crate::pipe::{Order, Pipe};

/// Length of a buffer.
const BUFFER_BYTES: usize = 256 * 1024;
/// Writes in flight for a file: more were not faster.
const WRITES_MAX: usize = 4;

struct Writer {
    file: Rc<DmaFile>,
    /// The unit in which is written.
    block_bytes: usize,
    /// The first block, as far as it is there.
    first: Vec<u8>,
    /// The first block differs from what the file has.
    first_changed: bool,
    buffer: Option<DmaBuffer>,
    filled_bytes: usize,
    /// Where the buffer goes.
    at: u64,
    flying: VecDeque<JoinHandle<io::Result<()>>>,
}

/// Makes a file and carries out the orders that come through a pipe, to the last.
pub(crate) async fn run(pipe: Arc<Pipe>, path: PathBuf) {
    let file = match DmaFile::create(&path).await {
        Ok(file) => Rc::new(file),
        Err(error) => return pipe.fail(&error.into()),
    };
    pipe.done();
    let block_bytes = usize::try_from(file.alignment()).unwrap_or(BUFFER_BYTES).clamp(512, BUFFER_BYTES);
    let mut writer = Writer {
        file: Rc::clone(&file),
        block_bytes,
        first: Vec::new(),
        first_changed: false,
        buffer: None,
        filled_bytes: 0,
        at: 0,
        flying: VecDeque::new(),
    };
    loop {
        let order = pipe.next().await;
        if matches!(order, Order::Close) {
            break;
        }
        if pipe.has_failed() {
            continue;
        }
        let done = match order {
            Order::Append(bytes) => {
                let result = writer.append(&bytes).await;
                pipe.appended(bytes.len());
                result
            }
            Order::Start(bytes) => {
                writer.write_at_start(&bytes);
                pipe.done();
                Ok(())
            }
            Order::Sync => {
                let result = writer.sync().await;
                if result.is_ok() {
                    pipe.done();
                }
                result
            }
            Order::Close => Ok(()),
        };
        if let Err(error) = done {
            pipe.fail(&error);
        }
    }
    while let Some(write) = writer.flying.pop_front() {
        write.await;
    }
    drop(writer);
    // Errors of writes were told; closing has none of its own here.
    let _ = file.close_rc().await;
    pipe.done();
}

impl Writer {
    async fn append(&mut self, mut bytes: &[u8]) -> io::Result<()> {
        let more = self.block_bytes.saturating_sub(self.first.len()).min(bytes.len());
        self.first.extend_from_slice(bytes.get(..more).unwrap_or_default());
        while !bytes.is_empty() {
            let buffer = self.buffer.get_or_insert_with(|| self.file.alloc_dma_buffer(BUFFER_BYTES));
            let room = buffer.as_bytes_mut().get_mut(self.filled_bytes..).unwrap_or_default();
            let (now, later) = bytes.split_at(room.len().min(bytes.len()));
            if let Some(room) = room.get_mut(..now.len()) {
                room.copy_from_slice(now);
            }
            self.filled_bytes += now.len();
            bytes = later;
            if self.filled_bytes == buffer.len() {
                self.write_buffer().await?;
            }
        }
        Ok(())
    }

    /// Begins to write the buffer, which is full or padded.
    async fn write_buffer(&mut self) -> io::Result<()> {
        let Some(buffer) = self.buffer.take() else { return Ok(()) };
        while self.flying.len() >= WRITES_MAX {
            self.land_one().await?;
        }
        let (file, at) = (Rc::clone(&self.file), self.at);
        self.at += buffer.len() as u64;
        self.filled_bytes = 0;
        self.flying.push_back(glommio::spawn_local(write_whole(file, buffer, at)).detach());
        Ok(())
    }

    async fn land_one(&mut self) -> io::Result<()> {
        match self.flying.pop_front() {
            Some(write) => write.await.unwrap_or_else(|| Err(io::ErrorKind::Interrupted.into())),
            None => Ok(()),
        }
    }

    fn write_at_start(&mut self, bytes: &[u8]) {
        if let Some(place) = self.first.get_mut(..bytes.len()) {
            place.copy_from_slice(bytes);
            self.first_changed = true;
        }
    }

    async fn sync(&mut self) -> io::Result<()> {
        let len = self.at + self.filled_bytes as u64;
        if let Some(buffer) = &mut self.buffer {
            let whole = self.filled_bytes.next_multiple_of(self.block_bytes);
            buffer.as_bytes_mut().get_mut(self.filled_bytes..whole).unwrap_or_default().fill(0);
            buffer.trim_to_size(whole);
            self.write_buffer().await?;
        }
        while !self.flying.is_empty() {
            self.land_one().await?;
        }
        if self.first_changed {
            let mut buffer = self.file.alloc_dma_buffer(self.block_bytes);
            let block = buffer.as_bytes_mut();
            block.fill(0);
            if let Some(block) = block.get_mut(..self.first.len()) {
                block.copy_from_slice(&self.first);
            }
            // Only a file of one block is shorter than its first block, and is padded anyway.
            write_whole(Rc::clone(&self.file), buffer, 0).await?;
        }
        self.file.truncate(len).await?;
        self.file.fdatasync().await?;
        Ok(())
    }
}

/// Writes a buffer, in several goes if the system takes less at once.
async fn write_whole(file: Rc<DmaFile>, buffer: DmaBuffer, mut at: u64) -> io::Result<()> {
    let mut buffer = Rc::new(buffer);
    loop {
        let written = file.write_rc_at(Rc::clone(&buffer), at).await?;
        let rest = buffer.as_bytes().get(written..).unwrap_or_default();
        if rest.is_empty() {
            return Ok(());
        }
        if written == 0 {
            return Err(io::ErrorKind::WriteZero.into());
        }
        at += written as u64;
        let mut next = file.alloc_dma_buffer(rest.len());
        next.as_bytes_mut().copy_from_slice(rest);
        buffer = Rc::new(next);
    }
}

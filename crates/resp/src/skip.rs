//! Finds where one element of a reply ends, to split replies that were written one after another.

use base::limits::REPLY_DEPTH_MAX;
use base::num::parse_i64;

/// Longest line that is looked at: simple strings and errors are the longest, and none of ours comes near this.
const SEARCH_MAX_BYTES: usize = 1 << 20;

/// The position after the element that starts at `pos` of `buf`: RESP2 or RESP3, with all that is nested in it, and for an
/// attribute also the element that it belongs to. `None` where the element is incomplete, malformed, or nested deeper
/// than [`REPLY_DEPTH_MAX`].
///
/// Time is in proportion to the number of elements, plus the length of lines.
pub fn skip_element(buf: &[u8], pos: usize) -> Option<usize> {
    // Elements still to come at each open level.
    let mut open = [0u64; REPLY_DEPTH_MAX];
    let mut depth = 0;
    let mut at = pos;
    loop {
        let element = header(buf, at)?;
        at = element.next;
        if element.children > 0 {
            // The elements of an attribute and the element after it count as one element of the level above.
            *open.get_mut(depth)? = element.children;
            depth += 1;
            continue;
        }
        // One element is complete: it may complete levels above.
        loop {
            let Some(level) = depth.checked_sub(1) else { return Some(at) };
            let left = open.get_mut(level)?;
            *left -= 1;
            if *left > 0 {
                break;
            }
            depth = level;
        }
    }
}

struct Header {
    /// Position after the header, or after the whole element where it has no children.
    next: usize,
    children: u64,
}

/// Reads the header of the element at `at`, and its bytes where it is a scalar.
fn header(buf: &[u8], at: usize) -> Option<Header> {
    let marker = *buf.get(at)?;
    let (line, next) = line_at(buf, at + 1)?;
    match marker {
        b'+' | b'-' | b':' | b'_' | b'#' | b',' | b'(' => Some(Header { next, children: 0 }),
        b'$' | b'=' | b'!' => match parse_i64(line)? {
            -1 => Some(Header { next, children: 0 }),
            len => {
                let end = next.checked_add(usize::try_from(len).ok()?)?.checked_add(2)?;
                (end <= buf.len()).then_some(Header { next: end, children: 0 })
            }
        },
        b'*' | b'~' | b'>' => match parse_i64(line)? {
            -1 => Some(Header { next, children: 0 }),
            len => Some(Header { next, children: u64::try_from(len).ok()? }),
        },
        b'%' => Some(Header { next, children: u64::try_from(parse_i64(line)?).ok()?.checked_mul(2)? }),
        b'|' => Some(Header {
            next,
            children: u64::try_from(parse_i64(line)?).ok()?.checked_mul(2)?.checked_add(1)?,
        }),
        _ => None,
    }
}

/// The line from `at` without its `\r\n`, and the position after it.
pub(crate) fn line_at(buf: &[u8], at: usize) -> Option<(&[u8], usize)> {
    let rest = buf.get(at..)?;
    let window = rest.get(..rest.len().min(SEARCH_MAX_BYTES)).unwrap_or(rest);
    let mut from = 0;
    loop {
        let end = from + window.get(from..)?.iter().position(|&byte| byte == b'\r')?;
        if window.get(end + 1) == Some(&b'\n') {
            return Some((window.get(..end)?, at + end + 2));
        }
        from = end + 1;
    }
}

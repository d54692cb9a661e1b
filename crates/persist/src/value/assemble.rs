//! Making a collection out of the parts that a reader gives.

use ds::list::Side;
use rdb::{Part, Text};
use store::{Dense, Draft, Element, FieldExpiry};

use super::stream::StreamAssembler;

/// A part that does not fit to those before it: what was expected instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Misfit(pub &'static str);

/// Adds the parts of one value after the other to drafts. Strings are no drafts, and not its business.
#[derive(Debug, Default)]
pub struct Assembler {
    scratch: Vec<u8>,
    stream: StreamAssembler,
}

impl Assembler {
    /// Adds a part to the draft of its key, which is of the type that the part belongs to.
    ///
    /// # Errors
    /// If the part repeats what is there already, or contradicts it. The draft is of no use then.
    pub fn add(&mut self, draft: &mut Draft<'_>, part: Part<Text<'_>>) -> Result<(), Misfit> {
        let once = |new: bool, what| if new { Ok(()) } else { Err(Misfit(what)) };
        let scratch = &mut self.scratch;
        match part {
            Part::Item(item) => {
                draft.as_list().push(Side::Back, element(item));
                Ok(())
            }
            Part::Member(member) => {
                let new = draft.as_set().add(member.bytes(scratch), 1);
                once(new, "a member of a set that is there only once")
            }
            Part::Scored(member, score) => {
                let member = member.bytes(scratch);
                let mut set = draft.as_sorted_set();
                if set.view().score(member).is_some() {
                    return Err(Misfit("a member of a sorted set that is there only once"));
                }
                set.add(score, member);
                Ok(())
            }
            Part::Field(name, value, expiry_ms) => {
                let expiry = expiry_ms.map_or(FieldExpiry::Clear, FieldExpiry::At);
                let new = draft.as_hash().set_value(name.bytes(scratch), dense(value), expiry);
                once(new, "a field of a hash that is there only once")
            }
            Part::ArrayInsert(index) => {
                let mut draft = draft.as_array();
                draft.create();
                draft.get().into_iter().for_each(|array| array.set_last_insert(index));
                Ok(())
            }
            Part::ArrayItem(index, item) => {
                let mut draft = draft.as_array();
                let array = draft.get().filter(|_| index <= ds::array::INDEX_MAX);
                let new = array.is_some_and(|array| array.set(index, item.bytes(scratch)));
                draft.changed(1);
                once(new, "an index of an array that is there only once")
            }
            Part::String(_) => Err(Misfit("a collection")),
            part => self.stream.add(draft, part),
        }
    }

    /// To be called at the end of a value.
    ///
    /// # Errors
    /// If something is missing.
    pub fn finish(&mut self) -> Result<(), Misfit> {
        std::mem::take(&mut self.stream).finish()
    }
}

/// A text as the store keeps values of hashes.
fn dense(text: Text<'_>) -> Dense<'_> {
    match text {
        Text::Int(int) => Dense::Int(int),
        Text::Bytes(bytes) => Dense::of(bytes),
    }
}

/// A text as the store keeps elements.
fn element(text: Text<'_>) -> Element<'_> {
    match text {
        Text::Int(int) => Element::Int(int),
        Text::Bytes(bytes) => Element::of(bytes),
    }
}

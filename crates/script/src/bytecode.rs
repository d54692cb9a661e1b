//! Makes compiled scripts keep the callers that messages of errors name.
//!
//! `return redis.call(…)` is a call in tail position: the interpreter lets the called function take the place of the caller. In Lua
//! 5.1 it does so for functions of Lua only, and an error of `redis.call` names the script's line. This interpreter does so for
//! all functions, and the line would be lost. So a dumped chunk is changed before it is loaded:
//!
//! ```text
//! CALLT base args        becomes        CALL base 0 args;  RETM base 0
//! ```
//!
//! in the main function of the chunk always (its frame is one, whatever it calls), elsewhere where the function called is a field or
//! a global, as those of the libraries are: local functions that call themselves still do so in constant space.
//!
//! The format is that of LuaJIT 2.1 dumps, version 2. Anything unexpected leaves the chunk as it is.

/// Numbers of the instructions that matter.
mod op {
    pub(super) const GGET: u8 = 54;
    pub(super) const TGETS: u8 = 57;
    pub(super) const CALLM: u8 = 65;
    pub(super) const CALL: u8 = 66;
    pub(super) const CALLMT: u8 = 67;
    pub(super) const CALLT: u8 = 68;
    pub(super) const RETM: u8 = 73;
    /// Those whose operand is a distance.
    pub(super) const JUMPS: &[u8] = &[50, 72, 77, 78, 79, 80, 82, 83, 85, 86, 88];
}

/// What distances count from.
const JUMP_BIAS: i64 = 0x8000;
/// Names of hidden local variables are single bytes below this; the first of them ends the list.
const HIDDEN_NAMES: u8 = 7;

/// An instruction: operation, A, C and B, or operation, A and D where D is C and B.
#[derive(Clone, Copy)]
struct Instruction([u8; 4]);

impl Instruction {
    const fn op(self) -> u8 {
        self.0[0]
    }

    const fn a(self) -> u8 {
        self.0[1]
    }

    const fn d(self) -> u16 {
        u16::from_le_bytes([self.0[2], self.0[3]])
    }

    const fn with_d(self, d: u16) -> Self {
        let [low, high] = d.to_le_bytes();
        Self([self.0[0], self.0[1], low, high])
    }
}

struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Reader<'a> {
    fn take(&mut self, len: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(len)?)?;
        self.at += len;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    /// A number of seven bits a byte, the lowest first.
    fn number(&mut self) -> Option<usize> {
        let (mut value, mut shift) = (0_u64, 0);
        loop {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift)?;
            if byte < 0x80 {
                return usize::try_from(value).ok();
            }
            shift += 7;
        }
    }
}

fn write_number(out: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The chunk with its calls changed. `None` if there is nothing to change, or it is not understood.
pub(crate) fn keep_callers(dumped: &[u8]) -> Option<Vec<u8>> {
    const LITTLE_ENDIAN_WITH_NAMES: usize = 0b0011;
    let mut reader = Reader { bytes: dumped, at: 0 };
    if reader.take(4)? != b"\x1bLJ\x02" || reader.number()? & LITTLE_ENDIAN_WITH_NAMES != 0 {
        return None;
    }
    let name = reader.number()?;
    reader.take(name)?;
    let mut out = dumped.get(..reader.at)?.to_vec();
    let mut any = false;
    loop {
        let len = reader.number()?;
        if len == 0 {
            break;
        }
        let function = reader.take(len)?;
        // The main function is the last.
        let is_main = reader.bytes.get(reader.at) == Some(&0);
        let changed = keep_callers_in(function, is_main)?;
        any |= changed.is_some();
        let function = changed.as_deref().unwrap_or(function);
        write_number(&mut out, function.len());
        out.extend_from_slice(function);
    }
    out.push(0);
    any.then_some(out)
}

/// One function. The outer `None`: not understood; the inner one: nothing to change.
fn keep_callers_in(function: &[u8], is_main: bool) -> Option<Option<Vec<u8>>> {
    let mut reader = Reader { bytes: function, at: 0 };
    let head = reader.take(4)?;
    let upvalues = usize::from(*head.get(3)?);
    let constants = [reader.number()?, reader.number()?];
    let count = reader.number()?;
    let debug_len = reader.number()?;
    if debug_len == 0 {
        return Some(None);
    }
    let (first_line, lines) = (reader.number()?, reader.number()?);
    let code: Vec<Instruction> = reader
        .take(count.checked_mul(4)?)?
        .chunks_exact(4)
        .filter_map(|bytes| bytes.try_into().ok().map(Instruction))
        .collect();
    let debug_at = function.len().checked_sub(debug_len)?;
    let middle = function.get(reader.at..debug_at)?;
    let debug = function.get(debug_at..)?;
    // Positions behind which an instruction is inserted, in order.
    let calls: Vec<usize> = (0..code.len()).filter(|&at| is_call_to_keep(&code, at, is_main)).collect();
    if calls.is_empty() {
        return Some(None);
    }
    let code = insert_returns(&code, &calls)?;
    let debug = shift_debug(debug, count, lines, upvalues, &calls)?;

    let mut out = head.to_vec();
    for number in [constants[0], constants[1], code.len(), debug.len(), first_line, lines] {
        write_number(&mut out, number);
    }
    out.extend(code.iter().flat_map(|instruction| instruction.0));
    out.extend_from_slice(middle);
    out.extend_from_slice(&debug);
    Some(Some(out))
}

fn is_call_to_keep(code: &[Instruction], at: usize, is_main: bool) -> bool {
    let Some(call) = code.get(at).filter(|found| matches!(found.op(), op::CALLT | op::CALLMT)) else {
        return false;
    };
    // What was loaded last where the function called lies.
    let load = code.get(..at).unwrap_or_default().iter().rev().find(|found| found.a() == call.a());
    is_main || load.is_some_and(|load| matches!(load.op(), op::GGET | op::TGETS))
}

/// How many instructions were inserted before what was at `at`.
fn inserted_before(calls: &[usize], at: usize) -> usize {
    calls.partition_point(|&call| call < at)
}

fn insert_returns(code: &[Instruction], calls: &[usize]) -> Option<Vec<Instruction>> {
    let mut out = Vec::with_capacity(code.len() + calls.len());
    for (at, &instruction) in code.iter().enumerate() {
        if op::JUMPS.contains(&instruction.op()) {
            let target = at as i64 + 1 + i64::from(instruction.d()) - JUMP_BIAS;
            let target = usize::try_from(target).ok()?;
            let moved = (target + inserted_before(calls, target)) as i64 - (out.len() as i64 + 1) + JUMP_BIAS;
            out.push(instruction.with_d(u16::try_from(moved).ok()?));
        } else if calls.binary_search(&at).is_ok() {
            let kind = if instruction.op() == op::CALLT { op::CALL } else { op::CALLM };
            // The arguments' number moves from D to C; B is 0: all results.
            let arguments = u8::try_from(instruction.d()).ok()?;
            out.push(Instruction([kind, instruction.a(), arguments, 0]));
            out.push(Instruction([op::RETM, instruction.a(), 0, 0]));
        } else {
            out.push(instruction);
        }
    }
    Some(out)
}

/// The debug part: a line for each instruction, names of upvalues, and where local variables live.
fn shift_debug(
    debug: &[u8],
    count: usize,
    lines: usize,
    upvalues: usize,
    calls: &[usize],
) -> Option<Vec<u8>> {
    let mut reader = Reader { bytes: debug, at: 0 };
    let width = match lines {
        0..256 => 1,
        256..65536 => 2,
        _ => 4,
    };
    let mut out = Vec::with_capacity(debug.len() + calls.len() * width);
    for (at, line) in reader.take(count.checked_mul(width)?)?.chunks_exact(width).enumerate() {
        out.extend_from_slice(line);
        if calls.binary_search(&at).is_ok() {
            out.extend_from_slice(line);
        }
    }
    let take_name = |reader: &mut Reader<'_>| {
        let rest = reader.bytes.get(reader.at..)?;
        let len = rest.iter().position(|&byte| byte == 0)? + 1;
        reader.take(len).map(<[u8]>::to_vec)
    };
    for _ in 0..upvalues {
        out.extend(take_name(&mut reader)?);
    }
    // Here instructions count from 1, the 0th being the function's head.
    let moved = |at: usize| if at == 0 { 0 } else { at + inserted_before(calls, at - 1) };
    let (mut start, mut start_moved) = (0, 0);
    loop {
        let kind = *reader.bytes.get(reader.at)?;
        if kind == 0 {
            out.push(reader.byte()?);
            break;
        }
        if kind < HIDDEN_NAMES {
            out.push(reader.byte()?);
        } else {
            out.extend(take_name(&mut reader)?);
        }
        start += reader.number()?;
        let end = start + reader.number()?;
        write_number(&mut out, moved(start) - start_moved);
        start_moved = moved(start);
        write_number(&mut out, moved(end) - start_moved);
    }
    out.extend_from_slice(reader.bytes.get(reader.at..)?);
    Some(out)
}

//! JSON to values. A zero byte ends the text, numbers are what C's `strtod` reads.

use super::Options;
use crate::vm::{Call, Raise, Results};

/// Deepest nesting whatever the options say: it is followed on the native stack.
const NATIVE_DEPTH_MAX: usize = 2000;

enum Token {
    ObjectBegin,
    ObjectEnd,
    ArrayBegin,
    ArrayEnd,
    /// In the scratch of the reader.
    String,
    Number(f64),
    Boolean(bool),
    Null,
    Colon,
    Comma,
    End,
    Error(&'static str),
}

impl Token {
    /// What messages call it.
    const fn name(&self) -> &'static str {
        match self {
            Token::ObjectBegin => "T_OBJ_BEGIN",
            Token::ObjectEnd => "T_OBJ_END",
            Token::ArrayBegin => "T_ARR_BEGIN",
            Token::ArrayEnd => "T_ARR_END",
            Token::String => "T_STRING",
            Token::Number(_) => "T_NUMBER",
            Token::Boolean(_) => "T_BOOLEAN",
            Token::Null => "T_NULL",
            Token::Colon => "T_COLON",
            Token::Comma => "T_COMMA",
            Token::End => "T_END",
            Token::Error(text) => text,
        }
    }
}

struct Reader {
    text: Vec<u8>,
    at: usize,
    /// Where the last token began, or was wrong.
    token_at: usize,
    scratch: Vec<u8>,
    depth: usize,
    options: Options,
}

fn at(text: String) -> Raise {
    Raise::At(text.into_bytes())
}

/// `cjson.decode(text)`.
pub(crate) fn decode(call: &mut Call<'_>) -> Results {
    if call.stack.top() != 1 {
        return Err(Raise::Argument(1, "expected 1 argument".into()));
    }
    let options = Options::of(call);
    let text = call.check_bytes(1)?.to_vec();
    if let [first, second, ..] = text.as_slice()
        && (*first == 0 || *second == 0)
    {
        return Err(at("JSON parser does not support UTF-16 or UTF-32".into()));
    }
    let mut reader = Reader { text, at: 0, token_at: 0, scratch: Vec::new(), depth: 0, options };
    let token = reader.next();
    reader.value(call, &token)?;
    match reader.next() {
        Token::End => Ok(1),
        token => Err(reader.expected("the end", &token)),
    }
}

impl Reader {
    fn byte(&self, at: usize) -> u8 {
        self.text.get(at).copied().unwrap_or(0)
    }

    fn expected(&self, what: &str, found: &Token) -> Raise {
        at(format!("Expected {what} but found {} at character {}", found.name(), self.token_at + 1))
    }

    fn descend(&mut self, call: &mut Call<'_>) -> Result<(), Raise> {
        self.depth += 1;
        let allowed = usize::try_from(self.options.decode_max_depth).unwrap_or(0).min(NATIVE_DEPTH_MAX);
        if self.depth > allowed || call.stack.reserve(4).is_err() {
            return Err(at(format!(
                "Found too many nested data structures ({}) at character {}",
                self.depth, self.at
            )));
        }
        call.check_memory()
    }

    fn value(&mut self, call: &mut Call<'_>, token: &Token) -> Result<(), Raise> {
        match token {
            Token::String => call.stack.push_bytes(&self.scratch),
            Token::Number(number) => call.stack.push_number(*number),
            Token::Boolean(truth) => call.stack.push_boolean(*truth),
            Token::Null => call.stack.push_null_pointer(),
            Token::ObjectBegin => self.object(call)?,
            Token::ArrayBegin => self.array(call)?,
            other => return Err(self.expected("value", other)),
        }
        Ok(())
    }

    fn object(&mut self, call: &mut Call<'_>) -> Result<(), Raise> {
        self.descend(call)?;
        call.stack.push_table(0, 0);
        let mut token = self.next();
        if matches!(token, Token::ObjectEnd) {
            self.depth -= 1;
            return Ok(());
        }
        loop {
            if !matches!(token, Token::String) {
                return Err(self.expected("object key string", &token));
            }
            call.stack.push_bytes(&self.scratch);
            token = self.next();
            if !matches!(token, Token::Colon) {
                return Err(self.expected("colon", &token));
            }
            token = self.next();
            self.value(call, &token)?;
            call.stack.raw_set(-3);
            match self.next() {
                Token::ObjectEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.expected("comma or object end", &other)),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn array(&mut self, call: &mut Call<'_>) -> Result<(), Raise> {
        self.descend(call)?;
        call.stack.push_table(0, 0);
        let mut token = self.next();
        if matches!(token, Token::ArrayEnd) {
            self.depth -= 1;
            return Ok(());
        }
        let mut position = 1;
        loop {
            self.value(call, &token)?;
            call.stack.raw_set_index(-2, position);
            position += 1;
            match self.next() {
                Token::ArrayEnd => break,
                Token::Comma => token = self.next(),
                other => return Err(self.expected("comma or array end", &other)),
            }
        }
        self.depth -= 1;
        Ok(())
    }

    fn next(&mut self) -> Token {
        while matches!(self.byte(self.at), b' ' | b'\t' | b'\n' | b'\r') {
            self.at += 1;
        }
        self.token_at = self.at;
        let single = match self.byte(self.at) {
            0 => return Token::End,
            b'{' => Token::ObjectBegin,
            b'}' => Token::ObjectEnd,
            b'[' => Token::ArrayBegin,
            b']' => Token::ArrayEnd,
            b',' => Token::Comma,
            b':' => Token::Colon,
            b'"' => return self.string(),
            b'-' | b'0'..=b'9' => {
                if self.options.decode_invalid == 0 && self.is_no_json_number() {
                    return Token::Error("invalid number");
                }
                return self.number();
            }
            b'f' | b'i' | b'I' | b'n' | b'N' | b't' | b'+' => return self.word(),
            _ => return Token::Error("invalid token"),
        };
        self.at += 1;
        single
    }

    fn word(&mut self) -> Token {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let (token, len) = if rest.starts_with(b"true") {
            (Token::Boolean(true), 4)
        } else if rest.starts_with(b"false") {
            (Token::Boolean(false), 5)
        } else if rest.starts_with(b"null") {
            (Token::Null, 4)
        } else if self.options.decode_invalid != 0 && self.is_no_json_number() {
            return self.number();
        } else {
            return Token::Error("invalid token");
        };
        self.at += len;
        token
    }

    /// Whether what `strtod` might read here is no number of JSON.
    fn is_no_json_number(&self) -> bool {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let rest = rest.strip_prefix(b"-").unwrap_or(rest);
        match rest {
            [b'+', ..] => true,
            [b'0', second, ..] => matches!(second, b'x' | b'X' | b'0'..=b'9'),
            [first, ..] if *first <= b'9' => false,
            _ => starts_with_word(rest, b"inf") || starts_with_word(rest, b"nan"),
        }
    }

    fn number(&mut self) -> Token {
        let rest = self.text.get(self.at..).unwrap_or_default();
        match read_number(rest) {
            Some((number, len)) => {
                self.at += len;
                Token::Number(number)
            }
            None => Token::Error("invalid number"),
        }
    }

    fn string(&mut self) -> Token {
        self.scratch.clear();
        self.at += 1;
        loop {
            let byte = match self.byte(self.at) {
                b'"' => break,
                0 => return self.wrong("unexpected end of string"),
                b'\\' => match self.byte(self.at + 1) {
                    b'u' => {
                        if !self.unicode_escape() {
                            return self.wrong("invalid unicode escape code");
                        }
                        continue;
                    }
                    escape => {
                        let byte = match escape {
                            b'"' | b'\\' | b'/' => escape,
                            b'b' => 0x08,
                            b't' => b'\t',
                            b'n' => b'\n',
                            b'f' => 0x0c,
                            b'r' => b'\r',
                            _ => return self.wrong("invalid escape code"),
                        };
                        self.at += 1;
                        byte
                    }
                },
                byte => byte,
            };
            self.scratch.push(byte);
            self.at += 1;
        }
        self.at += 1;
        Token::String
    }

    const fn wrong(&mut self, text: &'static str) -> Token {
        self.token_at = self.at;
        Token::Error(text)
    }

    fn hex(&self, at: usize) -> Option<u32> {
        let digits = self.text.get(at..at + 4)?;
        digits.iter().try_fold(0, |value, &digit| Some(value << 4 | char::from(digit).to_digit(16)?))
    }

    /// Reads `\uXXXX`, or two of them that are a surrogate pair.
    fn unicode_escape(&mut self) -> bool {
        let Some(first) = self.hex(self.at + 2) else { return false };
        let (code, len) = if first & 0xf800 == 0xd800 {
            let is_pair =
                first & 0x400 == 0 && self.byte(self.at + 6) == b'\\' && self.byte(self.at + 7) == b'u';
            match self.hex(self.at + 8).filter(|_| is_pair) {
                Some(second) if second & 0xfc00 == 0xdc00 => {
                    (((first & 0x3ff) << 10 | second & 0x3ff) + 0x1_0000, 12)
                }
                _ => return false,
            }
        } else {
            (first, 6)
        };
        let Some(character) = char::from_u32(code) else { return false };
        self.scratch.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
        self.at += len;
        true
    }
}

fn starts_with_word(text: &[u8], word: &[u8]) -> bool {
    text.get(..word.len()).is_some_and(|start| start.eq_ignore_ascii_case(word))
}

/// What `strtod` reads at the beginning of `text`: the number and how many bytes it has.
fn read_number(text: &[u8]) -> Option<(f64, usize)> {
    let sign = usize::from(matches!(text.first(), Some(b'+' | b'-')));
    let negative = text.first() == Some(&b'-');
    let rest = text.get(sign..)?;
    let signed = |value: f64| if negative { -value } else { value };
    if starts_with_word(rest, b"infinity") {
        return Some((signed(f64::INFINITY), sign + 8));
    }
    if starts_with_word(rest, b"inf") {
        return Some((signed(f64::INFINITY), sign + 3));
    }
    if starts_with_word(rest, b"nan") {
        return Some((signed(f64::NAN), sign + 3));
    }
    if starts_with_word(rest, b"0x")
        && let Some((value, len)) = read_hex(rest.get(2..)?)
    {
        return Some((signed(value), sign + 2 + len));
    }
    let digits = |from: usize| {
        rest.get(from..).unwrap_or_default().iter().take_while(|byte| byte.is_ascii_digit()).count()
    };
    let whole = digits(0);
    let mut len = whole;
    let mut figures = whole;
    if rest.get(len) == Some(&b'.') {
        let fraction = digits(len + 1);
        figures += fraction;
        if figures > 0 {
            len += 1 + fraction;
        }
    }
    if figures == 0 {
        return None;
    }
    if matches!(rest.get(len), Some(b'e' | b'E')) {
        let exponent_sign = usize::from(matches!(rest.get(len + 1), Some(b'+' | b'-')));
        let exponent = digits(len + 1 + exponent_sign);
        if exponent > 0 {
            len += 1 + exponent_sign + exponent;
        }
    }
    let value = std::str::from_utf8(rest.get(..len)?).ok()?.parse().ok()?;
    Some((signed(value), sign + len))
}

/// A hexadecimal number behind its `0x`, with a binary exponent if there is one.
fn read_hex(text: &[u8]) -> Option<(f64, usize)> {
    let (mut value, mut len, mut figures, mut scale) = (0.0_f64, 0, 0, 0_i32);
    let mut in_fraction = false;
    while let Some(&byte) = text.get(len) {
        match char::from(byte).to_digit(16) {
            Some(digit) => {
                value = value * 16.0 + f64::from(digit);
                figures += 1;
                scale -= 4 * i32::from(in_fraction);
            }
            None if byte == b'.' && !in_fraction => in_fraction = true,
            None => break,
        }
        len += 1;
    }
    if figures == 0 {
        return None;
    }
    if matches!(text.get(len), Some(b'p' | b'P')) {
        let sign = usize::from(matches!(text.get(len + 1), Some(b'+' | b'-')));
        let digits = text.get(len + 1 + sign..).unwrap_or_default();
        let count = digits.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if count > 0 {
            let exponent = digits.iter().take(count).fold(0_i32, |value, &digit| {
                value.saturating_mul(10).saturating_add(i32::from(digit - b'0'))
            });
            let exponent = if text.get(len + 1) == Some(&b'-') { -exponent } else { exponent };
            scale = scale.saturating_add(exponent);
            len += 1 + sign + count;
        }
    }
    Some((value * 2.0_f64.powi(scale), len))
}

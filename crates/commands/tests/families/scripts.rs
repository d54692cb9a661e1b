//! Text forms of commands and replies: words as redis-cli takes them, replies in one line.

/// The arguments of a line: words, or text in double quotes with `\xNN`, `\r`, `\n`, `\t`.
pub(crate) fn words(line: &str) -> Vec<Vec<u8>> {
    let mut words = Vec::new();
    let mut bytes = line.trim().bytes().peekable();
    while let Some(&first) = bytes.peek() {
        let mut word = Vec::new();
        if first == b'"' {
            bytes.next();
            while let Some(byte) = bytes.next().filter(|&byte| byte != b'"') {
                word.push(if byte == b'\\' { escape(&mut bytes) } else { byte });
            }
        } else {
            while let Some(byte) = bytes.next_if(|&byte| byte != b' ') {
                word.push(byte);
            }
        }
        while bytes.next_if_eq(&b' ').is_some() {}
        words.push(word);
    }
    words
}

fn escape(bytes: &mut impl Iterator<Item = u8>) -> u8 {
    match bytes.next() {
        Some(b'r') => b'\r',
        Some(b'n') => b'\n',
        Some(b't') => b'\t',
        _ => {
            let digits: Vec<u8> = bytes.take(2).collect();
            u8::from_str_radix(std::str::from_utf8(&digits).unwrap(), 16).unwrap()
        }
    }
}

/// A reply in one line: line ends become spaces, what is not printable `\xNN`.
pub(crate) fn show(reply: &[u8]) -> String {
    let mut line = String::new();
    for &byte in reply {
        match byte {
            b'\r' => {}
            b'\n' => line.push(' '),
            b' '..=b'~' if byte != b'\\' => line.push(char::from(byte)),
            _ => line.push_str(&format!("\\x{byte:02x}")),
        }
    }
    line.strip_suffix(' ').unwrap_or(&line).to_owned()
}

/// The commands of a file of edges with their replies; lines with `#` are remarks.
pub(crate) fn edges(file: &str) -> impl Iterator<Item = (&str, &str)> {
    file.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (command, reply) = line.split_once("-> ").expect("a command and its reply");
        (command.trim_end(), reply)
    })
}

#[test]
fn lines() {
    assert_eq!(words(r#"SET "a\x00 \r" b  """#), [&b"SET"[..], b"a\0 \r", b"b", b""]);
    assert_eq!(show(b"*1\r\n$2\r\na\0\r\n"), r"*1 $2 a\x00");
}

//! The patterns of BY and GET: which key, or which field of a hash, an element leads to.

/// A pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pattern<'a> {
    /// `#`: the element itself.
    Element,
    /// Names no key, because it has no `*`.
    Nothing,
    /// The element in the place of the first `*`; the string of that key, or the field after `->`.
    Key { before: &'a [u8], after: &'a [u8], field: Option<&'a [u8]> },
}

/// A key to look up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Lookup {
    pub(super) key: Vec<u8>,
    /// A field of the hash that the key holds.
    pub(super) field: Option<Vec<u8>>,
}

impl<'a> Pattern<'a> {
    /// Parses a pattern. Like Redis, which searches it as a C string, it looks for its marks before the first NUL only.
    pub(super) fn parse(pattern: &'a [u8]) -> Self {
        let searched = pattern.split(|&byte| byte == 0).next().unwrap_or_default();
        if searched == b"#" {
            return Pattern::Element;
        }
        let Some(star) = searched.iter().position(|&byte| byte == b'*') else { return Pattern::Nothing };
        let (before, rest) = pattern.split_at(star);
        let rest = rest.get(1..).unwrap_or_default();
        let searched = searched.get(star + 1..).unwrap_or_default();
        let arrow = searched.windows(2).position(|pair| pair == b"->");
        match arrow.filter(|&arrow| arrow + 2 < searched.len()) {
            Some(arrow) => {
                let (after, field) = rest.split_at(arrow);
                Pattern::Key { before, after, field: field.get(2..) }
            }
            None => Pattern::Key { before, after: rest, field: None },
        }
    }

    /// Whether it leads to keys.
    pub(super) fn names_keys(&self) -> bool {
        matches!(self, Pattern::Key { .. })
    }

    /// Where an element leads to, if to a key.
    pub(super) fn lookup(&self, element: &[u8]) -> Option<Lookup> {
        let Pattern::Key { before, after, field } = *self else { return None };
        Some(Lookup { key: [before, element, after].concat(), field: field.map(<[u8]>::to_vec) })
    }

    /// Where each element leads to.
    pub(super) fn lookups<'s>(&'s self, elements: &'s [Vec<u8>]) -> impl Iterator<Item = Lookup> + 's {
        elements.iter().filter_map(|element| self.lookup(element))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        fn check(pattern: &str, key: &str, field: Option<&str>) {
            let lookup = Pattern::parse(pattern.as_bytes()).lookup(b"X").expect("a key");
            assert_eq!(lookup.key, key.as_bytes(), "{pattern:?}");
            assert_eq!(lookup.field.as_deref(), field.map(str::as_bytes), "{pattern:?}");
        }
        check("w_*", "w_X", None);
        check("*", "X", None);
        check("a*b*c", "aXb*c", None);
        check("h:*->f", "h:X", Some("f"));
        check("h:*:t->f->g", "h:X:t", Some("f->g"));
        check("h:*->", "h:X->", None);
        check("a->b*", "a->bX", None);
        check("h*\0->f", "hX\0->f", None);
        for (pattern, expect) in
            [("#", Pattern::Element), ("nosort", Pattern::Nothing), ("a\0*", Pattern::Nothing)]
        {
            assert_eq!(Pattern::parse(pattern.as_bytes()), expect, "{pattern:?}");
        }
    }
}

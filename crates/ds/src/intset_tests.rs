//! The set of integers against a plain ordered set.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

proptest! {
    #[test]
    fn equals_an_ordered_set(
        ops in proptest::collection::vec((any::<bool>(), any::<i64>(), 0..64u32), 0..80),
        start in 0..3usize,
    ) {
        let mut buffer = vec![9; start];
        init(&mut buffer);
        let mut naive = BTreeSet::new();
        for (add, int, shift) in ops {
            let int = int >> shift;
            if add {
                prop_assert_eq!(insert(&mut buffer, start, int), naive.insert(int));
            } else {
                prop_assert_eq!(remove(&mut buffer, start, int), naive.remove(&int));
            }
            let set = IntSet::new(&buffer[start..]);
            prop_assert_eq!(set.len(), naive.len());
            prop_assert!(set.iter().eq(naive.iter().copied()));
            prop_assert_eq!(set.contains(int), naive.contains(&int));
            prop_assert_eq!(set.contains(int ^ 1), naive.contains(&(int ^ 1)));
            prop_assert_eq!(set.nth(naive.len() / 2), naive.iter().nth(naive.len() / 2).copied());
        }
    }

    #[test]
    fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..30), int in any::<i64>()) {
        let set = IntSet::new(&bytes);
        set.contains(int);
        set.iter().for_each(drop);
        set.nth(usize::MAX);
        let mut buffer = bytes.clone();
        insert(&mut buffer, 0, int);
        let mut buffer = bytes;
        remove(&mut buffer, 0, int);
    }
}

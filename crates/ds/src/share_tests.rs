//! Sharing: owners see their own content whatever others do, and nothing is lost or counted twice.

use super::*;

#[test]
fn a_slab_is_copied_when_it_is_changed_and_shared() {
    let mut a = Slab::copy_of(b"hello");
    a[0] = b'j';
    let b = a.share();
    assert!(a.is_shared() && b.is_shared());
    assert_eq!(a.as_ptr(), b.as_ptr());
    a[4] = b'y';
    assert_eq!((&*a, &*b), (&b"jelly"[..], &b"jello"[..]));
    assert!(!a.is_shared());
    assert_eq!(retained_bytes(), b.heap_bytes() as isize);
    drop(b);
    assert_eq!(retained_bytes(), 0);
    // Let go of by the view first: nothing is copied.
    let b = a.share();
    let at = a.as_ptr();
    drop(b);
    a[0] = b'b';
    assert_eq!((a.as_ptr(), &*a), (at, &b"belly"[..]));
}

#[test]
fn a_slab_of_no_bytes_has_no_allocation() {
    let mut a = Slab::zeroed(0);
    let b = a.share();
    assert_eq!((a.len(), b.len(), a.heap_bytes(), a.is_shared()), (0, 0, 0, false));
    assert!(a.is_empty() && a.clone().is_empty());
    a.give_up();
    assert!(a[..].is_empty() && a.iter_mut().next().is_none());
    assert_eq!(retained_bytes(), 0);
}

#[test]
fn what_is_given_up_is_retained_until_the_last_view_goes() {
    let mut a = Slab::roomy(100);
    assert_eq!(a.heap_bytes(), 112);
    let (b, c) = (a.share(), a.share());
    a.give_up();
    a.give_up();
    drop(a);
    assert_eq!(retained_bytes(), 112);
    drop(b);
    assert_eq!(retained_bytes(), 112);
    drop(c);
    assert_eq!(retained_bytes(), 0);
}

#[test]
fn bytes_grow_and_shrink_apart() {
    let mut a = Bytes::with_capacity(10);
    a.extend_from_slice(b"0123456789");
    let b = a.share();
    a.extend_from_slice(b"abcdefghij");
    a[0] = b'x';
    assert_eq!((&*a, &*b), (&b"x123456789abcdefghij"[..], &b"0123456789"[..]));
    a.truncate(3);
    a.shrink();
    assert_eq!((&*a, a.heap_bytes()), (&b"x12"[..], 8));
    assert_eq!(a.clone().capacity(), 4);
    drop(b);
    assert_eq!(retained_bytes(), 0);
}

#[test]
fn a_group_is_owned_again_when_nobody_else_has_it() {
    let mut live = Lendable::Own(vec![Slab::copy_of(b"a"), Slab::copy_of(b"b")]);
    let view = live.lend();
    assert!(matches!(live, Lendable::Lent(_)));
    live[0][0] = b'x';
    assert!(matches!(live, Lendable::Own(_)));
    assert_eq!((&*live[0], &*view[0]), (&b"x"[..], &b"a"[..]));
    assert_eq!(live[1].as_ptr(), view[1].as_ptr());
    let second = live.lend();
    drop((view, second));
    live.push(Slab::default());
    assert!(matches!(live, Lendable::Own(_)) && live.len() == 3);
    assert_eq!(retained_bytes(), 0);
}

#[test]
fn shared_values_have_one_copy_each() {
    let mut a = Shared::new(vec![Slab::copy_of(b"1")]);
    let mut b = a.share();
    assert!(a.only_owner().is_none());
    b.make_mut()[0][0] = b'2';
    assert_eq!((&*a[0], &*b[0]), (&b"1"[..], &b"2"[..]));
    assert!(a.only_owner().is_some());
    let c = b.clone();
    drop(b);
    assert_eq!(&*c[0], b"2");
}

#[test]
fn owners_may_be_in_different_threads() {
    let mut a = Shared::new(vec![Slab::copy_of(&[7; 100]), Slab::copy_of(&[8; 100])]);
    let view = a.share();
    let reader = std::thread::spawn(move || {
        let sum: usize = view.iter().flat_map(|slab| slab.iter()).map(|&byte| usize::from(byte)).sum();
        drop(view);
        (sum, retained_bytes())
    });
    for at in 0..100 {
        a.make_mut()[at % 2][at] = 0;
    }
    let (sum, retained) = reader.join().expect("no panic");
    assert_eq!(sum, 1500);
    assert_eq!(retained + retained_bytes(), 0);
}

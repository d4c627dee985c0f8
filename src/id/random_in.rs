//! Ids drawn at random from a range, for numbers that people read and nobody should guess in a row.

use crate::error::{Error, Result};
use std::ops::RangeInclusive;

/// A random id of the range that `try_use` could make its own (its unique key decides); `None` when so many
/// tries all met taken ones, for the caller's own error.
///
/// ```
/// use jindou::id::random_in;
/// let mut taken = std::collections::HashSet::new();
/// let id = random_in(1_000_000_000..=9_999_999_999, 10, |id| Ok(taken.insert(id)))?;
/// assert!(id.is_some_and(|id| id >= 1_000_000_000));
/// # Ok::<(), jindou::error::Error>(())
/// ```
pub fn random_in(
    range: RangeInclusive<i64>,
    tries: u32,
    mut try_use: impl FnMut(i64) -> Result<bool>,
) -> Result<Option<i64>> {
    if range.is_empty() {
        return Err(Error::server(format!("no ids in {range:?}")));
    }
    for _ in 0..tries {
        let id = rand::random_range(range.clone());
        if try_use(id)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn random_ids_are_tried_so_often_and_no_more() {
        let mut taken: HashSet<i64> = (1..=3).collect();
        let mut tries = 0;
        let free = |id: i64, taken: &mut HashSet<i64>| Ok(taken.insert(id));
        assert_eq!(random_in(4..=4, 10, |id| free(id, &mut taken)).unwrap(), Some(4));
        let counted = |_| {
            tries += 1;
            Ok(false)
        };
        assert_eq!(random_in(1..=4, 10, counted).unwrap(), None);
        assert_eq!(tries, 10);
        assert!(random_in(1..=9, 10, |_| Err(Error::db("x"))).is_err());
        #[expect(clippy::reversed_empty_ranges, reason = "what the test is about")]
        let nothing = random_in(5..=4, 10, |_| Ok(true));
        assert!(nothing.is_err());
    }
}

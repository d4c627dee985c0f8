//! Boards of members by score: highest first, equal scores by their tie, lowest tie first (the earlier time;
//! for "larger id first" give the negated id), then by name. The truth is a table; this is rebuilt at start.

use crate::error::Result;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// A place on a board, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ranked {
    pub rank: usize,
    pub member: String,
    pub score: i64,
    pub tie: i64,
}

pub trait Ranks: Send + Sync {
    /// Puts the member at this score, wherever it was.
    fn set(&self, board: &str, member: &str, score: i64, tie: i64) -> Result<()>;

    /// Adds to the score (0 for a new member) and returns it; the tie is that of the change.
    fn incr(&self, board: &str, member: &str, by: i64, tie: i64) -> Result<i64>;

    /// True if it was there.
    fn remove(&self, board: &str, member: &str) -> Result<bool>;

    fn get(&self, board: &str, member: &str) -> Result<Option<Ranked>>;

    /// `most` places after the first `skip`.
    fn page(&self, board: &str, skip: usize, most: usize) -> Result<Vec<Ranked>>;

    fn len(&self, board: &str) -> Result<usize>;

    fn clear(&self, board: &str) -> Result<()>;
}

/// ```
/// use jindou::facility::ranks::{MemRanks, Ranks};
/// let ranks = MemRanks::default();
/// ranks.set("game", "a", 10, 1)?;
/// ranks.set("game", "b", 10, 0)?;
/// assert_eq!(ranks.get("game", "a")?.map(|place| place.rank), Some(2));
/// # Ok::<(), jindou::error::Error>(())
/// ```
#[derive(Default)]
pub struct MemRanks {
    boards: RwLock<HashMap<String, Board>>,
}

impl MemRanks {
    fn read(&self) -> RwLockReadGuard<'_, HashMap<String, Board>> {
        self.boards.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, HashMap<String, Board>> {
        self.boards.write().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ranks for MemRanks {
    fn set(&self, board: &str, member: &str, score: i64, tie: i64) -> Result<()> {
        self.write().entry(board.to_owned()).or_default().set(member, score, tie);
        Ok(())
    }

    fn incr(&self, board: &str, member: &str, by: i64, tie: i64) -> Result<i64> {
        let mut boards = self.write();
        let board = boards.entry(board.to_owned()).or_default();
        let score = board.scores.get(member).map_or(0, |(score, _)| *score).saturating_add(by);
        board.set(member, score, tie);
        Ok(score)
    }

    fn remove(&self, board: &str, member: &str) -> Result<bool> {
        Ok(self.write().get_mut(board).is_some_and(|board| board.remove(member)))
    }

    fn get(&self, board: &str, member: &str) -> Result<Option<Ranked>> {
        Ok(self.read().get(board).and_then(|board| board.place(member)))
    }

    fn page(&self, board: &str, skip: usize, most: usize) -> Result<Vec<Ranked>> {
        Ok(self.read().get(board).map_or_else(Vec::new, |board| board.page(skip, most)))
    }

    fn len(&self, board: &str) -> Result<usize> {
        Ok(self.read().get(board).map_or(0, |board| board.scores.len()))
    }

    fn clear(&self, board: &str) -> Result<()> {
        self.write().remove(board);
        Ok(())
    }
}

type Key = (Reverse<i64>, i64, String);

/// Keys in order, in runs of at most [`RUN`]: finding is a binary search, a rank the sum of the lengths of
/// the runs before, and inserting moves one run only.
#[derive(Default)]
struct Board {
    scores: HashMap<String, (i64, i64)>,
    runs: Vec<Vec<Key>>,
}

const RUN: usize = 512;

impl Board {
    fn set(&mut self, member: &str, score: i64, tie: i64) {
        self.remove(member);
        self.scores.insert(member.to_owned(), (score, tie));
        let key = (Reverse(score), tie, member.to_owned());
        let at = self.run_of(&key).min(self.runs.len().saturating_sub(1));
        let Some(run) = self.runs.get_mut(at) else { return self.runs.push(vec![key]) };
        let place = run.partition_point(|other| *other < key);
        run.insert(place, key);
        if run.len() > RUN {
            let second = run.split_off(RUN / 2);
            self.runs.insert(at + 1, second);
        }
    }

    fn remove(&mut self, member: &str) -> bool {
        let Some((score, tie)) = self.scores.remove(member) else { return false };
        let key = (Reverse(score), tie, member.to_owned());
        let at = self.run_of(&key);
        if let Some(run) = self.runs.get_mut(at)
            && let Ok(place) = run.binary_search(&key)
        {
            run.remove(place);
            if run.is_empty() {
                self.runs.remove(at);
            }
        }
        true
    }

    /// The first run whose last key is not before this one.
    fn run_of(&self, key: &Key) -> usize {
        self.runs.partition_point(|run| run.last().is_some_and(|last| last < key))
    }

    fn place(&self, member: &str) -> Option<Ranked> {
        let (score, tie) = *self.scores.get(member)?;
        let key = (Reverse(score), tie, member.to_owned());
        let at = self.run_of(&key);
        let before: usize = self.runs[..at].iter().map(Vec::len).sum();
        let inside = self.runs.get(at)?.binary_search(&key).ok()?;
        Some(Ranked { rank: before + inside + 1, member: key.2, score, tie })
    }

    fn page(&self, skip: usize, most: usize) -> Vec<Ranked> {
        let (mut before, mut first) = (0, 0);
        while let Some(run) = self.runs.get(first).filter(|run| before + run.len() <= skip) {
            before += run.len();
            first += 1;
        }
        let keys = self.runs[first..].iter().flatten().skip(skip - before).take(most);
        let ranked = |(at, (Reverse(score), tie, member)): (usize, &Key)| Ranked {
            rank: skip + at + 1,
            member: member.clone(),
            score: *score,
            tie: *tie,
        };
        keys.enumerate().map(ranked).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn highest_first_then_the_earlier() {
        let ranks = MemRanks::default();
        for (member, score, tie) in [("a", 5, 30), ("b", 9, 20), ("c", 5, 10), ("d", -1, 0), ("e", 5, 30)] {
            ranks.set("game", member, score, tie).unwrap();
        }
        let order: Vec<_> = ranks.page("game", 0, 99).unwrap().into_iter().map(|p| p.member).collect();
        assert_eq!(order, ["b", "c", "a", "e", "d"]);
        assert_eq!(ranks.incr("game", "d", 7, 99).unwrap(), 6);
        assert_eq!(ranks.incr("game", "new", 2, 0).unwrap(), 2);
        assert_eq!(ranks.get("game", "d").unwrap().unwrap().rank, 2);
        assert!(ranks.remove("game", "b").unwrap() && !ranks.remove("game", "b").unwrap());
        let second = ranks.page("game", 1, 1).unwrap();
        assert_eq!(second, [Ranked { rank: 2, member: "c".into(), score: 5, tie: 10 }]);
        assert_eq!((ranks.len("game").unwrap(), ranks.len("other").unwrap()), (5, 0));
        assert!(ranks.get("game", "b").unwrap().is_none() && ranks.page("game", 5, 9).unwrap().is_empty());
        ranks.clear("game").unwrap();
        assert_eq!(ranks.page("game", 0, 9).unwrap(), []);
    }

    #[test]
    fn a_large_board_keeps_its_order_and_its_runs() {
        let mut board = Board::default();
        for n in 0..20_000i64 {
            board.set(&n.to_string(), n * 7919 % 5000, n);
        }
        (0..20_000).step_by(3).for_each(|n: i64| assert!(board.remove(&n.to_string())));
        let all = board.page(0, usize::MAX);
        assert_eq!(all.len(), board.scores.len());
        assert!(
            all.windows(2)
                .all(|pair| (Reverse(pair[0].score), pair[0].tie) < (Reverse(pair[1].score), pair[1].tie))
        );
        assert!(all.iter().step_by(97).all(|place| board.place(&place.member).unwrap() == *place));
        assert!(board.runs.iter().all(|run| !run.is_empty() && run.len() <= RUN));
    }

    proptest! {
        #[test]
        fn it_is_a_sorted_list(
            steps in prop::collection::vec((0u8..40, -3i64..4, -2i64..3, 0u8..4), 0..120),
            skip in 0usize..50,
            most in 0usize..50,
        ) {
            let ranks = MemRanks::default();
            let mut model: HashMap<String, (i64, i64)> = HashMap::new();
            for (member, score, tie, kind) in steps {
                let member = member.to_string();
                match kind {
                    0 => prop_assert_eq!(ranks.remove("b", &member).unwrap(), model.remove(&member).is_some()),
                    1 => {
                        let sum = model.get(&member).map_or(0, |entry| entry.0) + score;
                        prop_assert_eq!(ranks.incr("b", &member, score, tie).unwrap(), sum);
                        model.insert(member, (sum, tie));
                    }
                    _ => {
                        ranks.set("b", &member, score, tie).unwrap();
                        model.insert(member, (score, tie));
                    }
                }
            }
            let mut sorted: Vec<_> = model.into_iter().map(|(m, (s, t))| (Reverse(s), t, m)).collect();
            sorted.sort();
            let places = sorted.into_iter().enumerate().map(|(at, (Reverse(score), tie, member))| Ranked {
                rank: at + 1, member, score, tie,
            }).collect::<Vec<_>>();
            let page: Vec<_> = places.iter().skip(skip).take(most).cloned().collect();
            prop_assert_eq!(ranks.page("b", skip, most).unwrap(), page);
            for place in &places {
                prop_assert_eq!(ranks.get("b", &place.member).unwrap(), Some(place.clone()));
            }
        }
    }
}

//! How long a job that failed waits for its next attempt.

const FIRST_MS: i64 = 10_000;
const LONGEST_MS: i64 = 3_600_000;

/// After so many attempts: twice as long each time, up to an hour, a fifth more or less by `chance` (0 to 1), so that what
/// failed together does not come again together.
pub fn pause_ms(attempts: i64, chance: f64) -> i64 {
    let doubled = FIRST_MS.saturating_mul(1 << attempts.saturating_sub(1).clamp(0, 20)).min(LONGEST_MS);
    let spread = 0.8 + 0.4 * chance.clamp(0.0, 1.0);
    (doubled as f64 * spread) as i64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_an_hour_and_spread_by_a_fifth() {
        let usual: Vec<i64> = [1, 2, 3, 9, 10, 500].map(|n| pause_ms(n, 0.5)).into();
        assert_eq!(usual, [10_000, 20_000, 40_000, 2_560_000, 3_600_000, 3_600_000]);
        assert_eq!([0.0, 1.0].map(|chance| pause_ms(1, chance)), [8_000, 12_000]);
    }
}

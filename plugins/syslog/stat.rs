//! `ApiLog.stat`: calls, errors and times per action. The rows are gone over once and not held; times are kept
//! as counts in steps of about a tenth.

use jindou::plugin::*;
use std::collections::HashMap;

/// Actions told apart; the names of the rest come from outside and have no end.
const ACTIONS_MAX: usize = 1000;

pub fn stat(tx: &mut Tx<'_>, args: &Args) -> Result<Answer> {
    let span = (args.text("from")?.map(Value::from), args.text("to")?.map(Value::from));
    let mut actions: HashMap<String, Times> = HashMap::new();
    tx.each_between("ApiLog", "tm", span, "ac, t, retval", |row| {
        let name = row[0].as_str().unwrap_or_default();
        // Each batch has a name of its own.
        let name = name.split(':').next().unwrap_or_default();
        let name = if actions.len() < ACTIONS_MAX || actions.contains_key(name) { name } else { "…" };
        let times = match actions.get_mut(name) {
            Some(times) => times,
            None => actions.entry(name.to_owned()).or_default(),
        };
        times.add(row[1].as_u64().unwrap_or_default(), row[2].as_i64() != Some(0));
        Ok(())
    })?;
    let mut list: Vec<(String, Times)> = actions.into_iter().collect();
    list.sort_by(|(a, x), (b, y)| y.count.cmp(&x.count).then_with(|| a.cmp(b)));
    let rows: Vec<Value> = list
        .iter()
        .map(|(ac, t)| json!([ac, t.count, t.errors, t.quantile(0.5), t.quantile(0.95), t.average()]))
        .collect();
    Ok(json!({"h": ["ac", "cnt", "err", "p50", "p95", "avg"], "d": rows}).into())
}

/// Counts of times in milliseconds: exact below 16, then eight steps for each doubling, up to three months.
struct Times {
    count: u64,
    errors: u64,
    sum: u64,
    steps: [u64; STEPS],
}

const STEPS: usize = 256;

impl Default for Times {
    fn default() -> Times {
        Times { count: 0, errors: 0, sum: 0, steps: [0; STEPS] }
    }
}

fn step(ms: u64) -> usize {
    if ms < 16 {
        return ms as usize;
    }
    let power = 63 - ms.leading_zeros() as usize;
    let eighth = (ms >> (power - 3)) as usize & 7;
    (16 + (power - 4) * 8 + eighth).min(STEPS - 1)
}

/// The middle of a step.
fn middle(step: usize) -> u64 {
    if step < 16 {
        return step as u64;
    }
    let (power, eighth) = ((step - 16) / 8 + 4, (step - 16) % 8);
    let width = 1u64 << (power - 3);
    (8 + eighth as u64) * width + width / 2
}

impl Times {
    fn add(&mut self, ms: u64, failed: bool) {
        self.count += 1;
        self.errors += u64::from(failed);
        self.sum = self.sum.saturating_add(ms);
        self.steps[step(ms)] += 1;
    }

    fn quantile(&self, share: f64) -> u64 {
        let rank = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (at, count) in self.steps.iter().enumerate() {
            seen += count;
            if seen >= rank {
                return middle(at);
            }
        }
        0
    }

    fn average(&self) -> f64 {
        (self.sum as f64 / self.count.max(1) as f64 * 10.0).round() / 10.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_holds_its_middle_and_is_narrow() {
        for ms in (0..5000).chain((1..33).map(|p| 1u64 << p)) {
            let shown = middle(step(ms));
            assert!(step(shown) == step(ms), "{ms} is shown as {shown}");
            assert!(shown.abs_diff(ms) * 8 <= ms.max(1), "{ms} is shown as {shown}");
        }
    }

    #[test]
    fn quantiles_of_a_hundred() {
        let mut times = Times::default();
        (1..=100).for_each(|ms| times.add(ms, ms > 98));
        assert_eq!((times.count, times.errors, times.average()), (100, 2, 50.5));
        assert!(times.quantile(0.5).abs_diff(50) <= 3, "{}", times.quantile(0.5));
        assert!(times.quantile(0.95).abs_diff(95) <= 6, "{}", times.quantile(0.95));
    }
}

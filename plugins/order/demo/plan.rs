//! When the demo's orders are placed and what becomes of them. Pure: it knows the time of day and the weekdays, and
//! tells moments as ages in seconds before the start.

pub const DAYS: i64 = 60;
const DAY: i64 = 86_400;
const HOUR: i64 = 3600;
const MINUTE: i64 = 60;
const OPENS: i64 = 8 * HOUR + 20 * MINUTE;
/// The last orders of a day come before this.
const CLOSES: i64 = 20 * HOUR + 30 * MINUTE;
/// An order of today that is older has been worked on.
const SERVED_AFTER: i64 = 4 * HOUR;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Waits,
    Served(i64),
    Cancelled(i64),
}

#[derive(Debug, Clone, Copy)]
pub struct Plan {
    pub placed: i64,
    pub end: End,
}

/// The orders up to now, oldest first. `now` is the second of the day, `weekdays` those of today and the days before
/// it (Monday = 0).
pub fn all(now: i64, weekdays: &[i64]) -> Vec<Plan> {
    let past = (1..weekdays.len() as i64).rev();
    let mut plans: Vec<Plan> = past.flat_map(|day| of_past(now, day, weekdays[day as usize])).collect();
    plans.extend(of_today(now));
    plans
}

/// A day of the past: more orders lately than at first, and more at the weekend.
fn of_past(now: i64, day: i64, weekday: i64) -> Vec<Plan> {
    let count = 2 + (DAYS - day) / 20 + day % 2 + if weekday >= 5 { 2 } else { 0 };
    let plan = |k: i64| {
        let luck = (day * 31 + k * 17) % 53;
        let second = OPENS + (CLOSES - OPENS) * k / count + luck * 41;
        let placed = day * DAY + now - second;
        let served = service(now, day, second, luck);
        let end = match luck % 12 {
            // One of the day before yesterday and one of yesterday were forgotten: the dashboard tells.
            _ if day <= 2 && k == count - 1 => End::Waits,
            3 => End::Cancelled((placed - 50 * MINUTE).max(0)),
            _ if served < 0 => End::Waits,
            _ => End::Served(served),
        };
        Plan { placed, end }
    };
    (0..count).map(plan).collect()
}

/// The age at which an order is served: in the afternoon of its day, or on the next day. Negative = not yet.
fn service(now: i64, day: i64, second: i64, luck: i64) -> i64 {
    match second < 13 * HOUR {
        true => day * DAY + now - (15 * HOUR + luck * 4 * MINUTE),
        false => (day - 1) * DAY + now - (9 * HOUR + 30 * MINUTE + luck * 8 * MINUTE),
    }
}

/// Today's, at whatever hour: since the morning, since two hours ago when it is early, and since midnight at most.
fn of_today(now: i64) -> Vec<Plan> {
    let since = OPENS.min(now - 2 * HOUR).max(0);
    let span = now - since;
    let count = 5 + span / (5 * HOUR / 2);
    let plan = |k: i64| {
        let placed = match k == count - 1 {
            true => MINUTE.min(span / 20),
            false => span - span * (k * 10 + 2) / (count * 10),
        };
        let end = match k {
            // Somebody locked out of a flat did not have to wait.
            0 => End::Served(placed / 2),
            _ if placed < SERVED_AFTER => End::Waits,
            3 => End::Cancelled(placed - HOUR),
            _ => End::Served(placed - 3 * HOUR),
        };
        Plan { placed, end }
    };
    (0..count).map(plan).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn weekdays(today: i64) -> Vec<i64> {
        (0..=DAYS).map(|back| (today - back).rem_euclid(7)).collect()
    }

    #[test]
    fn today_has_new_and_served_orders_at_every_minute_of_the_week() {
        for now in (0..DAY).step_by(60) {
            let plans = all(now, &weekdays(now / 60 % 7));
            let today: Vec<&Plan> = plans.iter().filter(|plan| plan.placed <= now).collect();
            let served = today.iter().filter(|plan| matches!(plan.end, End::Served(_))).count();
            let waiting = plans.iter().filter(|plan| plan.end == End::Waits).count();
            assert!(today.len() >= 5 && served >= 1, "{now}: {today:?}");
            assert!((4..=16).contains(&waiting), "{now}: {waiting} wait");
            assert!((180..=330).contains(&plans.len()), "{now}: {}", plans.len());
            assert!(plans.iter().any(|plan| plan.placed <= 60), "{now}: nothing new");
        }
    }

    #[test]
    fn nothing_lies_ahead_and_nobody_is_served_before_asking() {
        for now in (0..DAY).step_by(60) {
            for plan in all(now, &weekdays(2)) {
                assert!(plan.placed >= 0, "{now}: {plan:?}");
                if let End::Served(at) | End::Cancelled(at) = plan.end {
                    assert!((0..=plan.placed).contains(&at), "{now}: {plan:?}");
                }
            }
        }
    }

    #[test]
    fn orders_of_the_past_come_in_business_hours_and_old_ones_are_done() {
        for plan in all(12 * HOUR, &weekdays(0)) {
            let second = (12 * HOUR - plan.placed).rem_euclid(DAY);
            assert!((OPENS..=21 * HOUR).contains(&second), "{plan:?}");
            assert!(plan.end != End::Waits || plan.placed < 3 * DAY, "{plan:?}");
        }
    }
}

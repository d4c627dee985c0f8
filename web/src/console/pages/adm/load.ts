// What happened between two looks at the server's counters. Pure.

/** The part `load` of `Server.info`: counters since the start of the server; `times` tells how many calls took up to so many milliseconds. */
export interface Load {
  ms: number;
  calls: number;
  failed: number;
  times: [number | null, number][];
  memory: number | null;
  dbSize: number;
  walSize: number;
  diskFree: number | null;
  waiting: number;
}

export interface Between {
  perSecond: number;
  failed: number;
  calls: number;
  /** Milliseconds; null = no call. */ p95: number | null;
  /** Slower than the last bound. */ over: boolean;
}

/** Null when the server was started anew in between, or no time has passed. */
export function between(before: Load, after: Load): Between | null {
  const ms = after.ms - before.ms;
  if (ms <= 0 || after.calls < before.calls) return null;
  // The look itself is no work of the server's users.
  const calls = Math.max(0, after.calls - before.calls - 1);
  const counts = after.times.map(([bound, count], n) => [bound, count - (before.times[n]?.[1] ?? 0)] as const);
  const { p95, over } = percentile(counts, 0.95);
  return { perSecond: (calls * 1000) / ms, failed: after.failed - before.failed, calls, p95: calls ? p95 : null, over };
}

/** Inside its bucket a percentile lies where an even spread would put it. */
export function percentile(counts: readonly (readonly [number | null, number])[], share: number): { p95: number | null; over: boolean } {
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  if (!all) return { p95: null, over: false };
  const wanted = all * share;
  let seen = 0;
  let low = 0;
  for (const [bound, count] of counts) {
    if (seen + count >= wanted && count) {
      return bound === null ? { p95: low, over: true } : { p95: low + (bound - low) * ((wanted - seen) / count), over: false };
    }
    seen += count;
    low = bound ?? low;
  }
  return { p95: low, over: true };
}

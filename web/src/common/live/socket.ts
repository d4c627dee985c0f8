// One connection to the server for all that a page follows. It comes back by itself after a lost network, sleep or a restart
// of the server, at the pace that the close code asks for, and subscribes again to all that is still wanted. Where no
// connection can be had it says so, and those who follow something poll. Knows no framework and no call of its own.

import { E_NOAUTH } from "../api/error";

export type Status = "connecting" | "open" | "away" | "refused";

export interface Problem {
  code: number;
  msg: string;
  temporary: boolean;
}

/** One who follows something. */
export interface Follower {
  /** What the frame `sub` names: a query or a channel. */
  what: unknown;
  /** The answer to the subscription, each time the connection is made anew. */
  begun(answer: any): void;
  /** A frame about it. */
  frame(frame: any): void;
  /** It has ended or could not begin; one that is temporary is asked for again by itself. */
  ended(problem: Problem): void;
  /** Whether the connection stands: without one for long, ask another way. */
  status(status: Status): void;
}

/** What the connection needs of the world; a test brings its own. */
export interface World {
  connect(url: string): WebSocket;
  after(ms: number, run: () => void): () => void;
  random(): number;
}

const BROWSER: World = {
  connect: (url) => new WebSocket(url),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
  random: Math.random,
};

/** Pauses before coming back: they double up to the longest, and are spread so that not all clients come at once. */
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** So often in a row no connection could be made: another way is needed, and this one is tried seldom. */
const HOPELESS = 3;
const SELDOM = 60_000;
/** How long an answer to a probe may take before the connection counts as dead. */
const PROBE = 5_000;
/** A connection nobody needs is kept a little: pages follow each other. */
const LINGER = 10_000;
/** A subscription that ended for a passing reason is asked for again, each time after twice as long. */
const AGAIN = 1_000;

export class LiveSocket {
  private socket: WebSocket | null = null;
  private state: Status = "connecting";
  /** By the number of their subscription. */
  private readonly followers = new Map<number, Follower>();
  /** Refusals in a row. */
  private readonly refusals = new WeakMap<Follower, number>();
  private next = 1;
  private failures = 0;
  private cancel: (() => void) | null = null;
  private probe: { id: number; cancel: () => void } | null = null;
  private readonly heard = () => this.look();
  private readonly loggedIn = () => this.renew();
  /** Somebody has logged in since the connection was made. */
  private outlived = false;

  constructor(
    private readonly url: () => string,
    private readonly world: World = BROWSER,
  ) {}

  /** Follows something until the function that this gives is called. */
  follow(follower: Follower): () => void {
    const id = this.next++;
    this.followers.set(id, follower);
    if (this.followers.size === 1) this.listen(true);
    if (this.socket?.readyState === 1) this.subscribe(id);
    else this.wake();
    follower.status(this.state);
    return () => {
      const now = this.numberOf(follower);
      if (now === null) return;
      this.followers.delete(now);
      this.send({ id: this.next++, unsub: now });
      if (!this.followers.size) this.pause(LINGER, () => this.rest());
    };
  }

  private numberOf(follower: Follower): number | null {
    for (const [id, one] of this.followers) if (one === follower) return id;
    return null;
  }

  private listen(on: boolean) {
    if (typeof window === "undefined") return;
    const how = on ? "addEventListener" : "removeEventListener";
    window[how]("online", this.heard);
    window[how]("pageshow", this.heard);
    window[how]("jindou:login", this.loggedIn);
    document[how]("visibilitychange", this.heard);
  }

  /** After sleep, or with another network, a connection may be dead without a sign. */
  private look() {
    if (typeof document !== "undefined" && document.visibilityState === "hidden") return;
    if (this.state === "refused" || !this.followers.size) return;
    if (!this.socket) {
      this.failures = 0;
      this.stop();
      this.wake();
    } else if (this.socket.readyState === 1 && !this.probe) {
      const id = this.next++;
      // The server answers this to anybody, and nothing comes of it.
      this.send({ id, unsub: 0 });
      this.probe = { id, cancel: this.world.after(PROBE, () => this.lost(4000, "")) };
    }
  }

  private wake() {
    if (this.socket || this.cancel || this.state === "refused") return;
    let socket: WebSocket;
    try {
      socket = this.world.connect(this.url());
    } catch {
      this.lost(4001, "");
      return;
    }
    this.socket = socket;
    this.outlived = false;
    socket.onopen = () => {
      if (this.socket !== socket) return;
      this.failures = 0;
      this.tell("open");
      for (const id of this.followers.keys()) this.subscribe(id);
    };
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      for (const line of String(event.data).split("\n")) if (line) this.take(JSON.parse(line));
    };
    socket.onclose = (event) => {
      if (this.socket === socket) this.lost(event.code, event.reason);
    };
  }

  private subscribe(id: number) {
    this.send({ id, sub: this.followers.get(id)!.what });
  }

  private send(frame: unknown) {
    if (this.socket?.readyState === 1) this.socket.send(JSON.stringify(frame));
  }

  private take(frame: any) {
    if (this.probe && frame.id === this.probe.id) this.probed();
    const follower = this.followers.get(frame.q ?? frame.id);
    if (!follower) return;
    // Without a login it waits for the next connection.
    if (frame.err?.code === E_NOAUTH) return;
    if (frame.err) {
      this.followers.delete(frame.q ?? frame.id);
      if (frame.err.temporary) this.again(follower, frame.q);
      follower.ended(frame.err);
    } else if (frame.ok) {
      this.refusals.delete(follower);
      follower.begun(frame.ok);
    } else follower.frame(frame);
  }

  /** Asks for a subscription anew, under another number, so that no frame of the old one is taken for one of the new. */
  private again(follower: Follower, ended: number | undefined) {
    if (ended !== undefined) this.send({ id: this.next++, unsub: ended });
    const id = this.next++;
    this.followers.set(id, follower);
    const refused = this.refusals.get(follower) ?? 0;
    this.refusals.set(follower, refused + 1);
    this.world.after(Math.min(LONGEST_PAUSE, AGAIN * 2 ** refused), () => this.followers.get(id) === follower && this.subscribe(id));
  }

  private probed() {
    this.probe?.cancel();
    this.probe = null;
  }

  private lost(code: number, reason: string) {
    const socket = this.socket;
    this.socket = null;
    this.probed();
    if (socket && socket.readyState < 2) {
      socket.onclose = socket.onmessage = socket.onopen = null;
      socket.close();
    }
    if (code >= 3500 && code < 4000 && !this.outlived) {
      // Coming again would end the same way.
      this.tell("refused");
      return;
    }
    this.failures += 1;
    if (this.failures >= HOPELESS) this.tell("away");
    else this.tell("connecting");
    if (this.followers.size) this.pause(this.pauseAfter(reason), () => this.wake());
  }

  private pauseAfter(reason: string): number {
    const asked = delayIn(reason);
    if (asked !== null) return asked + this.world.random() * FIRST_PAUSE;
    if (this.failures > HOPELESS) return SELDOM * (0.75 + this.world.random() / 2);
    const most = Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** this.failures);
    return most * (0.5 + this.world.random() / 2);
  }

  private pause(ms: number, run: () => void) {
    this.stop();
    const cancel = this.world.after(ms, () => {
      this.cancel = null;
      run();
    });
    this.cancel = cancel;
  }

  private stop() {
    this.cancel?.();
    this.cancel = null;
  }

  private rest() {
    if (this.followers.size) return;
    this.listen(false);
    const socket = this.socket;
    this.socket = null;
    this.probed();
    if (socket) {
      socket.onclose = null;
      socket.close(1000);
    }
    this.state = "connecting";
  }

  /** Somebody has logged in: what was refused may be tried again, and an end of the old session is not the last word. */
  private renew() {
    this.outlived = true;
    if (this.state !== "refused") return;
    this.failures = 0;
    this.tell("connecting");
    if (this.followers.size) this.wake();
  }

  private tell(status: Status) {
    if (this.state === status) return;
    this.state = status;
    for (const follower of [...this.followers.values()]) follower.status(status);
  }
}

/** The server says in the reason of its close how long this client waits. */
function delayIn(reason: string): number | null {
  try {
    const delay = JSON.parse(reason)?.delay;
    return typeof delay === "number" && delay >= 0 ? delay : null;
  } catch {
    return null;
  }
}

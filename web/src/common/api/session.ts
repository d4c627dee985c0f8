// Who is logged in, for one app: login, the stored token, logout. Shows nothing.
import { shallowRef, type ShallowRef } from "vue";
import { read, write } from "../storage";
import type { Client } from "./client";
import { ApiError, E_NETWORK } from "./error";
import type { Row } from "./types";

/** A login that lacks the code of the second factor. */
export const E_MFA = 1101;

export interface Me extends Row {
  id: number;
  uname?: string;
  name?: string;
  phone?: string;
  perms?: string;
  _isNew?: number;
  /** `enrol`: the server wants a second factor before anything else. */
  _mfa?: string;
}

export class Session {
  /** null = nobody, or not known yet; see `restore`. */
  readonly me: ShallowRef<Me | null> = shallowRef(null);
  /** Set while a person who was logged in is asked to log in again: the page stays. Called with the outcome. */
  readonly expired: ShallowRef<((again: boolean) => void) | null> = shallowRef(null);
  private readonly tokenKey: string;

  constructor(
    private readonly client: Client,
    onLoggedOut: () => void,
  ) {
    this.tokenKey = `token_${client.app}`;
    client.hooks = {
      relogin: async () => (await this.withToken()) || (await this.askAgain()),
      onLoggedOut: () => {
        this.me.value = null;
        onLoggedOut();
      },
    };
  }

  /**
   * At start: the session cookie, else the stored token. Throws only when the server cannot be reached.
   * `asked` is the answer to `whoami` where it comes with other answers.
   */
  async restore(asked?: Promise<Me>): Promise<Me | null> {
    try {
      this.take(await (asked ?? this.client.call<Me>("whoami", {}, undefined, { silent: true, probe: true })));
    } catch (error) {
      if (error instanceof ApiError && error.code === E_NETWORK) throw error;
      await this.withToken();
    }
    return this.me.value;
  }

  /**
   * `{uname, pwd}` or `{uname, code}`; the error is the caller's to show. Code 1101 (`E_MFA`) asks for `otp` as well.
   * An answer with `_mfa` is no login yet: a second factor has to be set up first.
   */
  async login(credentials: { uname: string; pwd?: string; code?: string; otp?: string; captcha?: string }): Promise<Me> {
    const me = await this.client.call<Me>("login", {}, credentials, { silent: true, probe: true });
    this.take(me);
    return me;
  }

  /** A changed password answers with a new token. */
  keep(token: { _token?: string }): void {
    if (token._token) write(this.tokenKey, token._token);
  }

  async refresh(): Promise<void> {
    this.me.value = await this.client.call<Me>("whoami");
  }

  async logout(): Promise<void> {
    write(this.tokenKey, null);
    await this.client.call("logout", {}, {}, { silent: true, probe: true }).catch(() => {});
    this.me.value = null;
  }

  can(perm: string): boolean {
    return (this.me.value?.perms ?? "").split(/[,\s]+/).includes(perm);
  }

  private take(me: Me): void {
    this.keep(me as { _token?: string });
    this.me.value = me._mfa ? null : me;
    // The live connection, if there is one, was another session's.
    window.dispatchEvent(new Event("jindou:login"));
  }

  /** Calls wait while the login sheet is open. A start without a session has no page to keep and is not asked. */
  private askAgain(): Promise<boolean> {
    if (!this.me.value) return Promise.resolve(false);
    return new Promise((resolve) => {
      this.expired.value = (again) => {
        this.expired.value = null;
        resolve(again);
      };
    });
  }

  private async withToken(): Promise<boolean> {
    const token = read<string>(this.tokenKey, "");
    if (!token) return false;
    try {
      this.take(await this.client.call<Me>("login", {}, { token }, { silent: true, probe: true }));
      return this.me.value !== null;
    } catch (error) {
      // A refused token is of no more use; an unreachable server says nothing about it.
      if (error instanceof ApiError && error.code !== E_NETWORK) write(this.tokenKey, null);
      return false;
    }
  }
}

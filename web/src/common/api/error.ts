// A call that did not work, in the protocol's terms.

export const E_ABORT = -100;
export const E_AUTHFAIL = -1;
export const E_PARAM = 1;
export const E_NOAUTH = 2;
export const E_FORBIDDEN = 5;
/** What was to be changed is no longer what was seen of it; `detail` is data. */
export const E_CONFLICT = 7;
/** Ours, never on the wire: no answer came (offline, server down, answer cut). */
export const E_NETWORK = -1000;

export class ApiError extends Error {
  constructor(
    readonly code: number,
    /** For the person. */
    message: string,
    /** For the developer; shown only on request. */
    readonly detail: unknown,
    readonly ac: string,
    /** The ApiLog id of the call, when the server gave one. */
    readonly logId?: string,
  ) {
    super(message);
    this.name = "ApiError";
  }

  get offline(): boolean {
    return this.code === E_NETWORK;
  }
  /** The server asks for silence. */
  get silent(): boolean {
    return this.code === E_ABORT;
  }
}

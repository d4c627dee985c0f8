// The front door of common/: what m2 and the consoles use.
export { Client, type CallOptions } from "./api/client";
export { ApiError, E_ABORT, E_AUTHFAIL, E_CONFLICT, E_FORBIDDEN, E_NETWORK, E_NOAUTH, E_PARAM } from "./api/error";
export {
  Catalogue,
  type AllMeta,
  type Field,
  type FieldType,
  type ObjectInfo,
  type ObjectMeta,
  type Step,
  type SubObject,
} from "./api/meta";
export { server } from "./api/server";
export { program, useDevices, type Device } from "./api/devices";
export { E_MFA, Session, type Me } from "./api/session";
export { rowsOf, type BatchItem, type HdTable, type Page, type Query, type Row, type Uploaded, type Value } from "./api/types";
export { learn, learnt, now, setup, type Setup } from "./clock";
export * from "./format";
export { label, lang, say, setLang, words, type Lang, type Pair } from "./lang";
export { tone, type Tone } from "./states";
export { read, stored, write } from "./storage";
export { dark, theme, token, type Theme } from "./theme";
export { bad, good, toast } from "./toast";

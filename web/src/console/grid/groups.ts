// Groups of conditions: any or all of their items, which may be groups again. In the address bar as `g=any(status.in.CR|all(amount.range.100~|createTm.last.7d))`. Pure.
import { label, words, type Field } from "@/common";
import { condOf, parse, textOf, write, type Filter } from "./filters";

export interface Group {
  any: boolean;
  items: (Filter | Group)[];
}

/** Deep enough for people; the server takes more. */
export const GROUP_DEPTH = 4;
const w = words({ or: ["{a} 或 {b}", "{a} or {b}"], and: ["{a} 且 {b}", "{a} and {b}"] });

export const isGroup = (item: Filter | Group): item is Group => "items" in item;

const escape = (text: string) => text.replace(/[\\|()]/g, "\\$&");

export function writeGroup({ any, items }: Group): string {
  const inside = items.map((item) => (isGroup(item) ? writeGroup(item) : `${item.field}.${escape(write(item))}`));
  return `${any ? "any" : "all"}(${inside.join("|")})`;
}

/** What an address says; null if it is no group. */
export function parseGroup(text: string): Group | null {
  let at = 0;
  const read = (depth: number): Group | null => {
    const word = text.slice(at, at + 4);
    if ((word !== "any(" && word !== "all(") || depth > GROUP_DEPTH) return null;
    at += 4;
    const group: Group = { any: word === "any(", items: [] };
    for (;;) {
      const item = /^(any|all)\(/.test(text.slice(at, at + 4)) ? read(depth + 1) : condition();
      if (!item) return null;
      group.items.push(item);
      const sign = text[at++];
      if (sign === ")") return group;
      if (sign !== "|") return null;
    }
  };
  const condition = (): Filter | null => {
    let one = "";
    while (at < text.length && text[at] !== "|" && text[at] !== ")") {
      if (text[at] === "\\") at++;
      one += text[at++] ?? "";
    }
    const cut = one.indexOf(".");
    return cut > 0 ? parse(one.slice(0, cut), one.slice(cut + 1)) : null;
  };
  const group = read(1);
  return group && at === text.length ? group : null;
}

export function fieldsOf(group: Group): string[] {
  return group.items.flatMap((item) => (isGroup(item) ? fieldsOf(item) : [item.field]));
}

/** A condition on a field that is not known asks nothing. */
export function condOfGroup({ any, items }: Group, fields: Field[]): string {
  const parts = items.flatMap((item) => {
    if (isGroup(item)) return condOfGroup(item, fields) || [];
    const field = fields.find((f) => f.name === item.field);
    return (field && condOf(item, field)) || [];
  });
  return parts.length
    ? `(${parts.map((part) => (parts.length > 1 && !part.startsWith("(") ? `(${part})` : part)).join(any ? " OR " : " AND ")})`
    : "";
}

export function textOfGroup({ any, items }: Group, fields: Field[]): string {
  const parts = items.flatMap((item) => {
    if (isGroup(item)) return items.length > 1 && item.items.length > 1 ? `(${textOfGroup(item, fields)})` : textOfGroup(item, fields);
    const field = fields.find((f) => f.name === item.field);
    return field ? `${label(field.label) || field.name} ${textOf(item, field)}` : [];
  });
  return parts.length ? parts.reduce((a, b) => (any ? w.or({ a, b }) : w.and({ a, b }))) : "";
}

// Which fields stand at the head of a record, and in which groups the others follow. Pure.
import type { Field, ObjectMeta, Row } from "@/common";
import { isPicture, isSecret } from "./columns";

const blank = (value: unknown) => value === null || value === undefined || value === "";
const isPhone = (field: Field) => field.type === "string" && /phone/i.test(field.name);

export interface Head {
  title?: Field;
  state?: Field;
  amount?: Field;
  phone?: Field;
  person?: string;
  personTo?: string;
}

export function headFields(meta: ObjectMeta, row: Row): Head {
  const has = (field: Field | undefined) => (field && !blank(row[field.name]) ? field : undefined);
  const head: Head = {
    title: has(meta.fields.find((f) => f.name === meta.labelField && f.type !== "id")),
    state: has(meta.fields.find((f) => f.name === meta.states?.field)),
    amount: has(meta.fields.find((f) => f.type === "decimal" && /amount|price|sum/i.test(f.name))),
    phone: has(meta.fields.find((f) => isPhone(f) && /^\+?[\d -]{5,}$/.test(String(row[f.name] ?? "")))),
  };
  const refers = meta.fields.find((f) => f.ref && !f.virtual && !blank(row[f.name]) && !blank(row[f.name.replace(/Id$/, "Name")]));
  if (refers)
    Object.assign(head, {
      person: String(row[refers.name.replace(/Id$/, "Name")]),
      personTo: `/o/${refers.ref!.obj}?id=${row[refers.name]}`,
    });
  return head;
}

export interface Groups {
  words: Field[];
  links: Field[];
  times: Field[];
  empty: Field[];
}

/** Contents first, then what it belongs to, then when; what is empty is only named. */
export function groupsOf(meta: ObjectMeta, row: Row): Groups {
  const besideRef = (name: string) => name.endsWith("Name") && meta.fields.some((f) => f.ref && f.name === name.replace(/Name$/, "Id"));
  const groups: Groups = { words: [], links: [], times: [], empty: [] };
  for (const field of meta.fields) {
    if (isSecret(field) || field.type === "id" || (field.virtual && besideRef(field.name))) continue;
    if (blank(row[field.name])) groups.empty.push(field);
    else if (field.type === "datetime" || field.type === "date") groups.times.push(field);
    else if (field.ref && !isPicture(field)) groups.links.push(field);
    else groups.words.push(field);
  }
  return groups;
}

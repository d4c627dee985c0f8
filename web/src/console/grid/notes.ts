// The note of a field in the documentation of its plugin. It is written for developers in English, unless it has both
// languages: then everybody reads it.
import { label, type Field } from "@/common";
import { kind } from "../context";

export function noteOf(field: Field): string {
  if (!field.note) return "";
  return kind.app === "admin" || field.note.includes("|") ? label(field.note) : "";
}

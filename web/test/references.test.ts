// Which rows refer to a record: files are of accounts of several kinds, whose numbers are counted apart.
import { expect, it } from "vitest";
import type { ObjectMeta } from "@/common";
import { condOf, listOf } from "@/console/grid/references";

const named = (obj: string, ...fields: string[]) => ({ obj, fields: fields.map((name) => ({ name })) }) as unknown as ObjectMeta;

it("a file belongs to the account of its kind", () => {
  const file = named("Attachment", "userId", "ownerType");
  expect(condOf(file, ["userId"], "User", 1)).toBe("(userId=1) AND ownerType='user'");
  expect(condOf(file, ["userId"], "Employee", 1)).toBe("(userId=1) AND ownerType='emp'");
  expect(condOf(file, ["orgPicId"], "Attachment", 1)).toBe("orgPicId=1");
  expect(listOf(file, "userId", "User", 1)).toBe("/o/Attachment?f.userId=eq.1&f.ownerType=eq.user");
});

it("anything else is found by the fields that refer to it", () => {
  const order = named("Ordr", "userId", "payerId");
  expect(condOf(order, ["userId", "payerId"], "User", 7)).toBe("userId=7 OR payerId=7");
  expect(listOf(order, "userId", "User", 7)).toBe("/o/Ordr?f.userId=eq.7");
});

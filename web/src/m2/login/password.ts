// What the app asks of a password before the server is asked; the server has the last word.
import { words } from "@/common";

const w = words({ short: ["密码至少 8 位", "Use at least 8 characters."] });

export const passwordProblem = (pwd: string) => ([...pwd].length < 8 ? w.short() : "");

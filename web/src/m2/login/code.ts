// Asking for a login code: one number at a time, the seconds until the next, and where one was when the page was left for the message.
import { computed, onScopeDispose, ref } from "vue";
import { read, server, write } from "@/common";
import { client } from "../context";

/** The server gives one code per number in this time. */
const PAUSE_S = 60;
/** After this a code is of no use. */
const LIFE_S = 300;
const KEY = "m2.code";

interface Asked {
  phone: string;
  at: number;
}

/** `+86 138-0013-8000` → `13800138000`. */
export function phoneOf(text: string): string {
  const digits = text.normalize("NFKC").replace(/\D/g, "");
  return digits.length === 13 && digits.startsWith("86") ? digits.slice(2) : digits;
}

/** Usual codes have six digits; a number that was guessed at gets eight. */
export const CODE_USUAL = 6;
export const CODE_LONG = 8;
export const codeOf = (text: string) => text.normalize("NFKC").replace(/\D/g, "").slice(0, CODE_LONG);
export const spaced = (phone: string) => phone.replace(/^(\d{3})(\d{4})(\d+)$/, "$1 $2 $3");

export function useCode() {
  const now = ref(Date.now());
  const timer = setInterval(() => {
    now.value = Date.now();
  }, 500);
  onScopeDispose(() => clearInterval(timer));

  const last = read<Asked | null>(KEY, null);
  const asked = ref<Asked | null>(last && Date.now() - last.at < LIFE_S * 1000 ? last : null);
  /** Of the test mode: the code itself. */
  const hint = ref("");
  const wait = computed(() => (asked.value ? Math.max(0, Math.ceil(PAUSE_S - (now.value - asked.value.at) / 1000)) : 0));

  /** Throws what the server says; asks nothing while the last code for this number is younger than a minute. */
  async function ask(phone: string): Promise<void> {
    if (asked.value?.phone === phone && wait.value > 0) return;
    const answer = await client.call<{ code?: string } | null>("genCode", { phone, debug: server.testMode ? 1 : undefined }, undefined, {
      silent: true,
      probe: true,
    });
    hint.value = answer?.code ?? "";
    asked.value = { phone, at: Date.now() };
    write(KEY, asked.value);
  }

  function forget(): void {
    asked.value = null;
    hint.value = "";
    write(KEY, null);
  }

  return { asked, hint, wait, ask, forget };
}

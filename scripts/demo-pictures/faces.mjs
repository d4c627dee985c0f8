// Faces for the demo's people, 200 by 200: skin, hair, clothes and background from short lists, so that everybody looks different.
import { cheeks, dot, eyes, g, line, path, smile } from "./animals.mjs";

const SKIN = ["#f9d8bb", "#f3c9a4", "#eab98f"];
const HAIR = ["#2f2622", "#4a342a", "#6d4c41", "#1f1f2b"];
const CLOTHES = ["#5b8def", "#ef6f6c", "#26a69a", "#ffb74d", "#7e57c2", "#ec407a", "#66bb6a", "#546e7a"];
const GROUND = ["#dce9fb", "#fde2dd", "#d8f0e8", "#fff0d4", "#e6def5", "#fbdfe9", "#e0f2dc", "#e2e8eb"];
const BACK = {
  long: (c) => path("M42 92q-6-66 58-66t58 66v62q-26 14-58 14t-58-14z", c),
  bob: (c) => path("M46 92q-4-64 54-64t54 64v34q-10 10-22 4H68q-12 6-22-4z", c),
  bun: (c) => dot(100, 26, 20, c),
  tails: (c) => dot(44, 92, 18, c) + dot(156, 92, 18, c),
};
const FRONT = {
  short: (c) => path("M58 92q-4-54 42-54t42 54q-6-26-20-32-24 10-48 0-12 10-16 32z", c),
  side: (c) => path("M57 94q-6-58 45-58t41 58q-4-22-14-30-30 4-52-10-14 14-20 40z", c),
  fringe: (c) => path("M56 96q-6-60 44-60t44 60q-2-14-8-20H64q-6 6-8 20z", c),
  grey: (c) => path("M58 90q-6-50 42-50t42 50q-4-16-12-24-30-14-60 0-8 8-12 24z", c),
};
/** Hair behind the head, hair in front, and what else: glasses, beard. */
const LOOKS = {
  man: [
    ["", "short", ""],
    ["", "side", ""],
    ["", "short", "glasses"],
    ["", "side", "beard"],
    ["", "side", "glasses"],
    ["", "short", "beard"],
  ],
  woman: [
    ["long", "side", ""],
    ["bob", "fringe", ""],
    ["bun", "side", ""],
    ["long", "fringe", ""],
    ["bob", "side", "glasses"],
    ["bun", "fringe", ""],
  ],
  girl: [
    ["tails", "fringe", ""],
    ["bun", "fringe", ""],
  ],
  boy: [
    ["", "short", ""],
    ["", "fringe", ""],
  ],
  old: [["", "grey", "glasses"]],
};

export function face(kind, n) {
  const [back, front, extra] = LOOKS[kind][n % LOOKS[kind].length];
  const skin = SKIN[n % 3];
  const hair = kind === "old" ? "#b9b4ae" : HAIR[(n * 3 + kind.length) % 4];
  const young = kind === "girl" || kind === "boy";
  return (
    `<rect width="200" height="200" fill="${GROUND[(n * 5 + kind.length) % 8]}"/>` +
    (back ? BACK[back](hair) : "") +
    path("M40 200q2-50 60-50t60 50z", CLOTHES[(n * 3 + kind.length) % 8]) +
    path("M86 136h28v20q-14 10-28 0z", skin) +
    dot(58, 102, 9, skin) +
    dot(142, 102, 9, skin) +
    `<ellipse cx="100" cy="98" rx="42" ry="${young ? 43 : 47}" fill="${skin}"/>` +
    FRONT[front](hair) +
    g(100, 104, 1, eyes(16, young ? 2 : -2, young ? 5 : 4) + cheeks(26, 13) + smile(20, 9) + line("M0 4l-3 8h5", "#d9a679", 2.4)) +
    (extra === "glasses"
      ? `<g fill="none" stroke="#37474f" stroke-width="3.4"><circle cx="83" cy="103" r="13"/><circle cx="117" cy="103" r="13"/><path d="M96 103h8M70 101l-11-3M130 101l11-3"/></g>`
      : "") +
    (extra === "beard" ? path("M66 118q6 32 34 32t34-32q-6 12-20 10-14-8-28 0-14 2-20-10z", hair, 'opacity=".85"') : "")
  );
}

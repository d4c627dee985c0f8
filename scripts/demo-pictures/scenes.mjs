// The demo's scenes of 800 by 600: covers and pages of stories, pictures of posts and of orders.
import * as a from "./animals.mjs";
const { dot, g, line, oval, path } = a;

let ids = 0;
function fade(top, bottom, rect = 'width="800" height="600"') {
  const id = `f${ids++}`;
  return `<linearGradient id="${id}" x1="0" y1="0" x2="0" y2="1"><stop offset="0" stop-color="${top}"/><stop offset="1" stop-color="${bottom}"/></linearGradient><rect ${rect} fill="url(#${id})"/>`;
}
const day = (...body) => fade("#8fd0f5", "#e8f7ff") + body.join("");
const dusk = (...body) => fade("#f7a072", "#ffe3b8") + body.join("");
const night = (...body) => fade("#1d2a5b", "#5a6fb5") + sparks() + body.join("");
const sparks = () =>
  [
    [80, 70, 3],
    [170, 150, 2],
    [260, 60, 2.4],
    [330, 190, 2],
    [420, 50, 3],
    [520, 130, 2],
    [610, 60, 2.6],
    [700, 150, 3],
    [750, 60, 2],
    [60, 220, 2],
    [560, 230, 2],
  ]
    .map(([x, y, r]) => dot(x, y, r, "#fff6d6"))
    .join("");
const sun = (x, y, r = 52) => dot(x, y, r * 1.5, "#fff3c4") + dot(x, y, r, "#ffca4f");
const hills = (back = "#a9d689", front = "#7fc06a") =>
  path("M0 430q180-110 380-40t420-50v260H0z", back) + path("M0 490q220-70 460-20t340-30v160H0z", front);
const meadow = () =>
  hills() +
  a.flower(90, 530, 1, "#fff") +
  a.flower(150, 555, 0.9, "#f48fb1") +
  a.flower(700, 545, 1, "#ffab91") +
  a.flower(640, 565, 0.8, "#fff");
const river = (top = 470) =>
  fade("#5db6e6", "#3d8fcf", `y="${top}" width="800" height="${600 - top}"`) +
  line(`M60 ${top + 40}q30-12 60 0t60 0M360 ${top + 70}q30-12 60 0t60 0M600 ${top + 36}q24-10 48 0t48 0`, "#a6daf5", 5);
const flag = (x, y) =>
  line(`M${x} ${y}v-150`, "#6d4c41", 8) +
  path(`M${x} ${y - 150}h90l-22 28 22 28h-90z`, "#e25b4a") +
  [0, 1, 2, 3]
    .map((n) => `<rect x="${x + 4 + n * 18}" y="${y - 146 + (n % 2) * 24}" width="16" height="24" fill="#fff" opacity=".85"/>`)
    .join("");
const road = () =>
  path("M0 520q400-50 800-10v90H0z", "#e8cf9c") + line("M60 566h70M220 552h70M380 546h70M540 548h70M700 556h70", "#fff", 6);
const moonboat = (x, y, s) =>
  g(
    x,
    y,
    s,
    path("M-150-30a156 156 0 0 0 300 0 176 120 0 0 1-300 0z", "#ffe08a") +
      path("M-150-30a156 156 0 0 0 300 0", "none", 'stroke="#fff3c4" stroke-width="6"'),
  );
const rain = () =>
  Array.from({ length: 26 }, (_, n) => line(`M${40 + ((n * 97) % 740)} ${250 + ((n * 61) % 220)}l-8 26`, "#7fc1ec", 4)).join("");
const child = (x, y, s, { shirt = "#ef6f6c", hair = "#3b2f2f", arms = "M-30 44q-26 10-34 38M30 44q26 10 34 38" } = {}) =>
  g(
    x,
    y,
    s,
    line(arms, "#f6cfb0", 11) +
      path("M-30 36q30-16 60 0l8 62h-76z", shirt) +
      line("M-14 98v34M14 98v34", "#4a5a7a", 14) +
      dot(0, -4, 34, "#f9d8bb") +
      path("M-35-4q-4-44 35-44t35 44q-14-20-35-20t-35 20z", hair) +
      a.eyes(12, 0, 4) +
      a.cheeks(20, 10) +
      a.smile(11, 6),
  );

/** Scenes of the stories; the first of each is its cover. */
export const stories = {
  "cat-1": () =>
    day(
      sun(680, 100),
      a.cloud(160, 110, 1),
      a.cloud(430, 70, 0.7),
      hills(),
      a.tree(90, 470, 1.1),
      river(480),
      path("M0 470q140-30 300-6t220 30q-60 44-260 50T0 560z", "#86c46f"),
      a.cat(250, 400, 1.25),
      line("M300 440q120-160 230-190v300", "#7a5a3e", 5),
      line("M530 250v262", "#f5f5f5", 2),
      dot(530, 516, 9, "#e25b4a"),
      a.butterfly(620, 270, 1),
      a.fish(640, 556, 0.45),
    ),
  "cat-2": () =>
    day(
      sun(120, 100),
      a.cloud(560, 100, 1.1),
      meadow(),
      a.tree(700, 480, 0.9, "#6fae5f"),
      g(330, 420, 1, `<g transform="rotate(-12)">${a.cat(0, 0, 1.3)}</g>`),
      a.dragonfly(500, 230, 1.3),
      a.butterfly(610, 320, 0.9, "#ffb74d"),
    ),
  "cat-3": () =>
    dusk(
      sun(400, 190, 70),
      hills("#d6b26a", "#b9a257"),
      river(500),
      path("M0 500q300-40 800 0v40H0z", "#9cb35c"),
      a.cat(230, 390, 1.2),
      a.cat(370, 350, 1.5, { fur: "#9e8fb2", belly: "#e4dcee" }),
      a.fish(590, 440, 1.3),
    ),
  "race-1": () =>
    day(
      sun(110, 90),
      a.cloud(300, 90, 0.9),
      a.cloud(620, 130, 0.8),
      hills(),
      a.tree(60, 470, 0.9),
      road(),
      flag(690, 530),
      a.rabbit(210, 410, 1.25),
      a.turtle(430, 490, 0.95),
    ),
  "race-2": () =>
    day(
      sun(680, 90),
      a.cloud(180, 110, 1),
      hills(),
      road(),
      a.tree(230, 520, 1.7),
      g(380, 470, 1, `<g transform="rotate(72)">${a.rabbit(0, 0, 1.05, { asleep: true })}</g>`),
      g(
        470,
        330,
        1,
        '<text font-family="sans-serif" font-weight="700" font-size="54" fill="#5b8def">Z</text><text x="40" y="-40" font-family="sans-serif" font-weight="700" font-size="40" fill="#7da5f3">z</text><text x="72" y="-70" font-family="sans-serif" font-weight="700" font-size="28" fill="#9dbcf6">z</text>',
      ),
      a.turtle(650, 500, 0.6),
    ),
  "race-3": () =>
    dusk(
      sun(400, 170, 60),
      hills("#d9b56c", "#b7a458"),
      road(),
      flag(470, 530),
      a.turtle(600, 490, 1.05),
      a.rabbit(130, 430, 0.85),
      ...[
        [560, 300, "#e25b4a"],
        [640, 260, "#5b8def"],
        [710, 320, "#ffd54f"],
        [520, 240, "#7cb66b"],
        [680, 210, "#ef6f9e"],
      ].map(([x, y, c]) => `<rect x="${x}" y="${y}" width="16" height="16" rx="3" fill="${c}" transform="rotate(${x % 50} ${x} ${y})"/>`),
    ),
  "moon-1": () =>
    night(
      moonboat(400, 300, 1.35),
      a.bear(400, 250, 1.15),
      a.cloud(130, 470, 1.6, "#8fa3dc", 0.7),
      a.cloud(440, 540, 2, "#a9b9e8", 0.7),
      a.cloud(700, 480, 1.5, "#8fa3dc", 0.7),
      a.star(150, 150, 0.5),
      a.star(660, 180, 0.4),
    ),
  "moon-2": () =>
    night(
      moonboat(560, 190, 0.75),
      a.bear(560, 150, 0.6),
      path("M0 470q200-60 400-10t400-20v160H0z", "#2a3f78"),
      path("M0 530q200-40 420 0t380-10v80H0z", "#20315f"),
      a.pine(90, 520, 1, "#274a66"),
      a.pine(170, 540, 0.8, "#2f5773"),
      a.rabbit(330, 430, 0.8),
      a.cat(450, 440, 0.75),
      line("M560 290v70", "#fff3c4", 3),
      a.star(560, 390, 0.34, { face: false }),
    ),
  "moon-3": () =>
    night(
      dot(640, 130, 60, "#ffe08a"),
      dot(664, 116, 52, "#33427f"),
      path("M0 430h800v170H0z", "#33427f"),
      path("M150 420q0-50 50-50h400q50 0 50 50v110H150z", "#e8d8f0"),
      `<rect x="130" y="330" width="40" height="220" rx="14" fill="#8d6748"/><rect x="630" y="360" width="40" height="190" rx="14" fill="#8d6748"/>`,
      oval(290, 380, 90, 40, "#fff"),
      a.bear(290, 350, 0.9, { asleep: true }),
      path("M170 410q240-50 470 0v110H170z", "#7e8fd6"),
      a.star(480, 460, 0.3, { face: false }),
      a.star(570, 470, 0.22, { face: false }),
      a.star(400, 480, 0.22, { face: false }),
    ),
  "drop-1": () =>
    day(
      sun(670, 100, 60),
      a.cloud(150, 100, 0.9),
      fade("#4db3e6", "#1f7fc1", 'y="400" width="800" height="200"'),
      path("M0 400q50-26 100 0t100 0 100 0 100 0 100 0 100 0 100 0 100 0v40H0z", "#5fc0ee"),
      a.drop(400, 330, 1.7),
      a.fish(140, 520, 0.6),
      a.fish(660, 550, 0.5, "#ffb74d"),
    ),
  "drop-2": () =>
    day(
      sun(110, 90),
      a.cloud(400, 300, 3.6),
      a.drop(330, 260, 0.8),
      a.drop(470, 280, 0.65),
      a.drop(250, 320, 0.5, { arms: false }),
      path("M0 560l120-120 90 90 140-170 160 200 110-110 180 150H0z", "#8fb8a2"),
    ),
  "drop-3": () =>
    fade("#9fb6c9", "#dbe8ee") +
    a.cloud(240, 140, 2.2, "#8ea3b5") +
    a.cloud(560, 120, 2.4, "#9db0c0") +
    rain() +
    hills("#93c47d", "#6dae5c") +
    a.tree(120, 500, 1) +
    a.drop(420, 430, 0.95) +
    a.flower(600, 510, 2, "#f48fb1") +
    a.flower(680, 530, 1.6, "#fff") +
    a.flower(550, 545, 1.4, "#ffab91"),
  "tigers-1": () =>
    day(
      sun(660, 100),
      a.cloud(180, 100, 1.1),
      meadow(),
      a.tree(740, 480, 0.9),
      a.tiger(270, 380, 1.5),
      a.tiger(520, 390, 1.35),
      g(
        400,
        180,
        1,
        '<text font-family="sans-serif" font-size="84" fill="#5b8def">♪</text><text x="70" y="-30" font-family="sans-serif" font-size="60" fill="#ef6f9e">♫</text>',
      ),
    ),
  "tigers-2": () =>
    dusk(
      sun(140, 150, 60),
      hills("#d9b56c", "#b7a458"),
      a.pine(80, 520, 1),
      a.pine(720, 520, 1.2),
      g(300, 400, 1, `<g transform="rotate(10)">${a.tiger(0, 0, 1.25)}</g>`),
      g(540, 390, 1, `<g transform="rotate(10)">${a.tiger(0, 0, 1.25)}</g>`),
      line("M150 440h-60M160 480h-80M170 520h-60", "#fff8e1", 7),
    ),
  "star-1": () =>
    night(
      path("M0 470q220-90 440-20t360-40v190H0z", "#2a3f78"),
      path("M0 540q240-50 460-10t340-20v90H0z", "#20315f"),
      a.pine(120, 540, 1.1, "#274a66"),
      a.star(400, 270, 1.7),
      a.star(150, 200, 0.5),
      a.star(640, 160, 0.6),
      a.star(690, 340, 0.4),
      a.star(210, 380, 0.36),
    ),
  "star-2": () =>
    night(
      path("M0 480q220-60 440-10t360-30v160H0z", "#2a3f78"),
      `<rect x="470" y="330" width="220" height="180" fill="#6d5a86"/>`,
      path("M440 340l140-110 140 110z", "#8d6f9e"),
      `<rect x="540" y="380" width="80" height="80" rx="6" fill="#ffe08a"/><path d="M580 380v80M540 420h80" stroke="#6d5a86" stroke-width="6"/>`,
      child(240, 390, 1.1, { arms: "M-30 44q-34-20-40-50M30 44q34-20 40-50" }),
      a.star(280, 170, 0.9),
      a.star(430, 110, 0.4),
      a.star(120, 140, 0.4),
    ),
};

/** Pictures of posts. */
export const posts = {
  zoo: () =>
    day(
      a.cloud(150, 90, 0.9),
      hills("#9ccc7e", "#79b567"),
      ...[60, 140, 680, 750].map(
        (x) => line(`M${x} 600V180`, "#7a9f4e", 16) + line(`M${x} 260q30-30 50-26M${x} 340q-30-26-48-18`, "#8fbf5a", 8),
      ),
      a.panda(400, 350, 1.9),
    ),
  park: () =>
    day(
      sun(660, 90),
      a.cloud(180, 100, 1),
      hills(),
      a.tree(110, 470, 1.2),
      a.tree(720, 460, 0.9),
      path("M210 540l120-60h190l110 60z", "#ef8a80"),
      line("M250 520h340M300 496h250", "#fff", 6),
      child(290, 400, 0.85),
      child(520, 400, 0.8, { shirt: "#5b8def", hair: "#6d4c41" }),
      oval(405, 510, 44, 14, "#c98d4f"),
      dot(385, 498, 16, "#e25b4a"),
      dot(418, 496, 16, "#ffca4f"),
      a.butterfly(430, 250, 0.9),
    ),
  lake: () =>
    day(
      sun(120, 90),
      a.cloud(520, 90, 1.1),
      hills(),
      oval(400, 470, 330, 60, "#5db6e6"),
      line("M230 466q26-10 52 0M470 482q26-10 52 0", "#cdeefd", 5),
      path("M0 540q400-40 800 0v60H0z", "#e8cf9c"),
      g(
        390,
        470,
        1,
        `<circle cx="-70" cy="60" r="46" fill="none" stroke="#37474f" stroke-width="9"/><circle cx="80" cy="60" r="46" fill="none" stroke="#37474f" stroke-width="9"/>${line("M-70 60l44-70h76l-50 74h-70M50-10l30 70M50-10l-6-26h-20M-26-10l-8-20h-18", "#e25b4a", 9)}`,
      ),
      child(372, 330, 0.95, { shirt: "#ffb74d", arms: "M-24 44q-6 30 10 40M28 44q24 20 36 30" }),
    ),
  cake: () =>
    fade("#ffe0e9", "#fff5e6") +
    [
      [90, 80, "#ffb74d"],
      [700, 110, "#5b8def"],
      [610, 60, "#ef6f9e"],
      [180, 150, "#7cb66b"],
    ]
      .map(([x, y, c]) => oval(x, y + 40, 44, 54, c) + line(`M${x} ${y + 94}q-14 50 6 100`, "#b0a090", 3))
      .join("") +
    path("M0 500h800v100H0z", "#d7b899") +
    `<rect x="230" y="350" width="340" height="160" rx="22" fill="#f8bbd0"/><rect x="280" y="240" width="240" height="120" rx="20" fill="#fff3e0"/>` +
    path("M230 380q28 44 57 0t57 0 57 0 57 0 57 0 55 0v-14q0-20-20-20H250q-20 0-20 20z", "#fff") +
    [330, 400, 470]
      .map((x) => `<rect x="${x - 6}" y="180" width="12" height="62" fill="#81d4fa"/>` + oval(x, 164, 9, 16, "#ffb300"))
      .join("") +
    oval(400, 514, 220, 16, "#fff"),
  sea: () =>
    dusk(
      sun(400, 300, 84),
      fade("#f0885f", "#6a6fae", 'y="360" width="800" height="140"'),
      line("M320 390h160M290 420h220M340 450h120", "#ffe3b8", 6),
      path("M0 490q200-30 400 0t400-10v120H0z", "#f1d3a0"),
      child(300, 440, 0.7, { shirt: "#5c6bc0" }),
      child(380, 420, 0.9, { shirt: "#26a69a" }),
      child(465, 430, 0.8, { shirt: "#ec407a" }),
      a.star(620, 560, 0.3, { face: false, color: "#ef9a6a" }),
    ),
  crayon: () =>
    `<rect width="800" height="600" fill="#f3e9d8"/><rect x="90" y="60" width="620" height="480" fill="#fffdf7"/>` +
    line("M150 470q120 12 240-2t260 4", "#66bb6a", 14) +
    line("M240 460v-150h200v150M220 320l120-110 120 110M310 460v-80h60v80", "#ef6f6c", 10) +
    line("M560 460v-130", "#8d6748", 14) +
    line("M520 320q0-60 44-60t44 56-44 40-44-36z", "#4caf50", 12) +
    line("M590 140a40 40 0 1 1-1-1M650 140h36M620 190l20 24M590 80V60M540 110l-18-16", "#ffb300", 10) +
    line("M180 150q20-30 44 0t44 0", "#42a5f5", 9),
  breakfast: () =>
    fade("#fff4e0", "#ffe6c7") +
    path("M0 430h800v170H0z", "#d9a066") +
    oval(330, 440, 200, 56, "#fff") +
    oval(330, 434, 150, 38, "#f7f2ea") +
    oval(330, 420, 92, 30, "#fff") +
    dot(330, 412, 26, "#ffb300") +
    path("M560 300h120l-14 150h-92z", "#e3f2fd") +
    path("M566 350h108l-9 100h-90z", "#fff") +
    line("M690 330q46 6 30 60-6 20-36 18", "#e3f2fd", 12) +
    oval(180, 470, 60, 30, "#c98d4f") +
    line("M146 462q34-20 70 0", "#e0b27c", 6) +
    line("M250 330q-14-20 0-40t0-40M330 320q-14-20 0-40t0-40", "#e0c9a8", 6),
};

/** What customers send with an order: the thing that is broken. */
export const orders = {
  aircon: () =>
    fade("#e9eef3", "#d8e0e7") +
    `<rect x="120" y="140" width="560" height="190" rx="26" fill="#fff"/><rect x="150" y="270" width="500" height="32" rx="16" fill="#cfd8dc"/><circle cx="620" cy="190" r="9" fill="#66bb6a"/>` +
    line("M180 180h200", "#eceff1", 10) +
    line("M240 360q-16 40 6 80t0 80M400 360q-16 40 6 80t0 80M560 360q-16 40 6 80t0 80", "#9ad0f0", 9) +
    `<path d="M500 320q22 30 22 46a22 22 0 0 1-44 0q0-16 22-46z" fill="#4aa8e8"/>`,
  washer: () =>
    fade("#e7ecef", "#cfd8dc") +
    `<rect x="220" y="70" width="360" height="470" rx="26" fill="#fafafa"/><rect x="220" y="70" width="360" height="90" rx="26" fill="#eceff1"/>` +
    dot(540, 115, 20, "#90a4ae") +
    `<rect x="250" y="98" width="120" height="34" rx="8" fill="#37474f"/>` +
    dot(400, 350, 140, "#b0bec5") +
    dot(400, 350, 112, "#78b7e0") +
    path("M290 360q55-36 110 0t110 0a112 112 0 0 1-220 0z", "#a6daf5") +
    dot(360, 330, 16, "#fff") +
    dot(450, 310, 10, "#fff") +
    path("M120 560q120-40 280-10t280-10l40 60H80z", "#9ad0f0"),
  pipe: () =>
    fade("#f0ede7", "#ddd6cb") +
    `<rect x="80" y="90" width="640" height="90" rx="14" fill="#fff"/>` +
    oval(400, 180, 190, 44, "#dfe6ea") +
    line("M400 210v120q0 60 60 60t60 60v150", "#90a4ae", 44) +
    line("M400 300h1M500 470h1", "#607d8b", 58) +
    line("M470 420l-14 50M440 410l-30 60M486 440l2 60", "#4aa8e8", 8) +
    oval(430, 560, 170, 26, "#9ad0f0"),
};

/** Small square pictures: categories and medals. */
export const badges = {
  book: () =>
    `<rect width="800" height="600" fill="#e6f0fb"/>` +
    path("M400 200q-90-60-220-40v270q130-20 220 40 90-60 220-40V160q-130-20-220 40z", "#fff") +
    line("M400 200v270M230 220q70-6 120 20M230 290q70-6 120 20M570 220q-70-6-120 20M570 290q-70-6-120 20", "#5b8def", 14),
  note: () =>
    `<rect width="800" height="600" fill="#fdeee2"/>` +
    line("M320 420V190l200-40v230", "#f08c2e", 22) +
    oval(280, 424, 52, 40, "#f08c2e") +
    oval(480, 386, 52, 40, "#f08c2e"),
  medal: () =>
    `<rect width="800" height="600" fill="#fff6dd"/>` +
    path("M300 60h80l50 170-70 40zM500 60h-80l-50 170 70 40z", "#5b8def") +
    dot(400, 360, 140, "#ffb300") +
    dot(400, 360, 112, "#ffd54f") +
    a.star(400, 365, 0.9, { face: false, color: "#fff3c4" }),
};

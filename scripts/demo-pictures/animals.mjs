// Animals, people and things for the demo's pictures, each an SVG group around its own origin. Flat shapes only, so that
// the files stay small.

const g = (x, y, size, body) => `<g transform="translate(${x} ${y}) scale(${size})">${body}</g>`;
const dot = (x, y, r, fill) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${fill}"/>`;
const oval = (x, y, rx, ry, fill, more = "") => `<ellipse cx="${x}" cy="${y}" rx="${rx}" ry="${ry}" fill="${fill}" ${more}/>`;
const path = (d, fill, more = "") => `<path d="${d}" fill="${fill}" ${more}/>`;
const line = (d, color, width) =>
  `<path d="${d}" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round"/>`;
const INK = "#3b2f2f";
const eyes = (gap, y, r = 4, asleep = false) =>
  asleep
    ? line(`M${-gap - 6} ${y}q6 6 12 0M${gap - 6} ${y}q6 6 12 0`, INK, 3)
    : dot(-gap, y, r, INK) + dot(gap, y, r, INK) + dot(-gap + 1.4, y - 1.4, r * 0.35, "#fff") + dot(gap + 1.4, y - 1.4, r * 0.35, "#fff");
const cheeks = (gap, y) => oval(-gap, y, 8, 5, "#f28b82", 'opacity=".55"') + oval(gap, y, 8, 5, "#f28b82", 'opacity=".55"');
const smile = (y, w = 7) => line(`M${-w} ${y}q${w} ${w} ${w * 2} 0`, INK, 2.6);

export const cat = (x, y, size, { fur = "#f4a94e", belly = "#fde3bd", tail = true } = {}) =>
  g(
    x,
    y,
    size,
    (tail ? line("M30 60q46 4 40-44", fur, 12) : "") +
      oval(0, 50, 36, 44, fur) +
      oval(0, 58, 20, 28, belly) +
      oval(-16, 92, 15, 9, fur) +
      oval(16, 92, 15, 9, fur) +
      path("M-40-18l-2-44 32 22zM40-18l2-44-32 22z", fur) +
      path("M-33-26l-2-22 16 11zM33-26l2-22-16 11z", "#f7c6b4") +
      oval(0, -10, 46, 38, fur) +
      line("M-6-46v12M0-48v15M6-46v12", "#d98427", 4) +
      eyes(17, -12, 5) +
      cheeks(28, 2) +
      path("M-5-1h10l-5 6z", "#e57373") +
      smile(6) +
      line("M-34 2h-22M-34 9l-20 6M34 2h22M34 9l20 6", INK, 1.6),
  );

export const rabbit = (x, y, size, { fur = "#f5f1ec", asleep = false, coat = "#5b8def" } = {}) =>
  g(
    x,
    y,
    size,
    dot(38, 76, 13, fur) +
      oval(0, 56, 32, 42, fur) +
      path("M-30 44q30 22 60 0l4 40q-34 20-68 0z", coat) +
      oval(-16, 96, 18, 9, fur) +
      oval(16, 96, 18, 9, fur) +
      oval(-15, -62, 11, 36, fur, 'transform="rotate(-10 -15 -62)"') +
      oval(17, -62, 11, 36, fur, 'transform="rotate(12 17 -62)"') +
      oval(-15, -60, 5, 25, "#f4b6b6", 'transform="rotate(-10 -15 -60)"') +
      oval(17, -60, 5, 25, "#f4b6b6", 'transform="rotate(12 17 -60)"') +
      oval(0, -8, 38, 33, fur) +
      eyes(15, -10, 4.5, asleep) +
      cheeks(24, 3) +
      path("M-4-1h8l-4 5z", "#e57373") +
      smile(5, 6),
  );

export const turtle = (x, y, size, { band = "#e25b4a" } = {}) =>
  g(
    x,
    y,
    size,
    oval(-40, 42, 16, 12, "#7cb66b") +
      oval(36, 42, 16, 12, "#7cb66b") +
      path("M-78 36q-14 2-20 8 14 4 24-2z", "#7cb66b") +
      path("M-76 36a76 62 0 0 1 152 0z", "#4e8a55") +
      path("M-76 36a76 62 0 0 1 152 0z", "none", 'stroke="#396b42" stroke-width="4"') +
      line("M-38-2l18 38M38-2l-18 38M-30-8h60M0-26v18", "#6fae72", 5) +
      oval(92, 6, 30, 27, "#8cc579") +
      line("M66-6q24-20 50-4", band, 8) +
      g(96, 2, 0.9, eyes(12, 0, 4.5) + cheeks(20, 11) + smile(12, 6)) +
      path("M-82 36h164q0 10-12 10h-140q-12 0-12-10z", "#d9c88a"),
  );

export const bear = (x, y, size, { fur = "#a9744f", face = "#e5c3a0", asleep = false, night = true } = {}) =>
  g(
    x,
    y,
    size,
    oval(0, 58, 42, 46, fur) +
      oval(0, 64, 24, 30, face) +
      dot(-32, -42, 15, fur) +
      dot(32, -42, 15, fur) +
      dot(-32, -42, 8, face) +
      dot(32, -42, 8, face) +
      oval(0, -10, 44, 40, fur) +
      oval(0, 6, 20, 16, face) +
      eyes(17, -14, 4.5, asleep) +
      oval(0, -1, 7, 5, INK) +
      smile(9, 6) +
      (night ? path("M-40-34q40-60 74-12 20 6 22 30-14-2-20-16-36-14-76-2z", "#5c6bc0") + dot(54, -14, 8, "#fff") : ""),
  );

export const tiger = (x, y, size, { tail = true } = {}) =>
  g(
    x,
    y,
    size,
    (tail ? line("M30 66q50 6 44-46", "#f08c2e", 12) + line("M62 60l10 6M74 38h12", INK, 5) : "") +
      oval(0, 54, 38, 44, "#f08c2e") +
      oval(0, 62, 22, 30, "#fff3e0") +
      line("M-36 42l12 4M-37 58l12 2M36 42l-12 4M37 58l-12 2", INK, 5) +
      oval(-17, 94, 17, 9, "#f08c2e") +
      oval(17, 94, 17, 9, "#f08c2e") +
      dot(-34, -40, 14, "#f08c2e") +
      dot(34, -40, 14, "#f08c2e") +
      dot(-34, -40, 7, "#fff3e0") +
      dot(34, -40, 7, "#fff3e0") +
      oval(0, -8, 48, 40, "#f08c2e") +
      oval(0, 10, 26, 17, "#fff3e0") +
      line("M-10-40h20M-7-32h14M0-46v20M-46-8l12 3M-45 4l12 0M46-8l-12 3M45 4l-12 0", INK, 4.5) +
      eyes(19, -10, 5) +
      cheeks(32, 6) +
      path("M-7 2h14l-7 7z", INK) +
      smile(11, 7),
  );

export const panda = (x, y, size) =>
  g(
    x,
    y,
    size,
    oval(0, 60, 48, 46, "#fbfbf8") +
      oval(-44, 46, 15, 28, INK, 'transform="rotate(24 -44 46)"') +
      oval(44, 46, 15, 28, INK, 'transform="rotate(-24 44 46)"') +
      oval(-24, 98, 22, 15, INK) +
      oval(24, 98, 22, 15, INK) +
      dot(-36, -44, 16, INK) +
      dot(36, -44, 16, INK) +
      oval(0, -8, 52, 44, "#fbfbf8") +
      oval(-20, -10, 13, 16, INK, 'transform="rotate(20 -20 -10)"') +
      oval(20, -10, 13, 16, INK, 'transform="rotate(-20 20 -10)"') +
      dot(-18, -11, 5, "#fff") +
      dot(18, -11, 5, "#fff") +
      dot(-17, -10, 3, INK) +
      dot(17, -10, 3, INK) +
      oval(0, 6, 7, 5, INK) +
      smile(13, 6) +
      line("M-58 76L20 30", "#6b9a45", 7) +
      path("M20 30q26-18 34 0-16 12-34 0zM6 38q4-28 24-22-4 20-24 22z", "#86b84f"),
  );

export const fish = (x, y, size, color = "#f2776b") =>
  g(
    x,
    y,
    size,
    path("M-58 0l-34-26v52z", color) +
      oval(0, 0, 62, 34, color) +
      path("M-10-30q22-26 40-2zM-8 30q18 20 34 2z", "#d85a50") +
      line("M-26-18q12 18 0 36M-8-22q14 22 0 44", "#f8a79e", 4) +
      dot(36, -7, 8, "#fff") +
      dot(38, -7, 4.5, INK) +
      line("M52 10q-8 6-14 2", INK, 3),
  );

export const drop = (x, y, size, { arms = true } = {}) =>
  g(
    x,
    y,
    size,
    path("M0-72q52 62 52 96a52 52 0 0 1-104 0q0-34 52-96z", "#4aa8e8") +
      path("M-26 4q-8 24 8 44", "none", 'stroke="#bfe3fb" stroke-width="8" stroke-linecap="round"') +
      (arms ? line("M-50 30q-26 6-30-18M50 30q26 6 30-18", "#4aa8e8", 10) : "") +
      eyes(17, 18, 6) +
      cheeks(30, 34) +
      smile(34, 9),
  );

export const star = (x, y, size, { face = true, color = "#ffd54f" } = {}) => {
  const points = Array.from({ length: 10 }, (_, n) => {
    const r = n % 2 ? 30 : 64;
    const a = ((n * 36 - 90) * Math.PI) / 180;
    return `${(r * Math.cos(a)).toFixed(1)},${(r * Math.sin(a)).toFixed(1)}`;
  });
  return g(
    x,
    y,
    size,
    `<polygon points="${points.join(" ")}" fill="${color}" stroke="${color}" stroke-width="14" stroke-linejoin="round"/>${face ? eyes(14, 0, 5) + cheeks(26, 12) + smile(12, 7) : ""}`,
  );
};

export const butterfly = (x, y, size, color = "#ef6f9e") =>
  g(
    x,
    y,
    size,
    oval(-16, -10, 16, 20, color, 'transform="rotate(-24 -16 -10)"') +
      oval(16, -10, 16, 20, color, 'transform="rotate(24 16 -10)"') +
      oval(-12, 16, 11, 14, "#f9b3cb") +
      oval(12, 16, 11, 14, "#f9b3cb") +
      oval(0, 2, 4, 20, INK) +
      line("M0-16q-4-14-12-16M0-16q4-14 12-16", INK, 2.4),
  );

export const dragonfly = (x, y, size) =>
  g(
    x,
    y,
    size,
    oval(-30, -8, 32, 9, "#b3e5fc", 'transform="rotate(12 -30 -8)"') +
      oval(30, -8, 32, 9, "#b3e5fc", 'transform="rotate(-12 30 -8)"') +
      oval(-26, 10, 26, 8, "#cdeefd", 'transform="rotate(-14 -26 10)"') +
      oval(26, 10, 26, 8, "#cdeefd", 'transform="rotate(14 26 10)"') +
      line("M0-12v64", "#26a69a", 8) +
      dot(0, -18, 11, "#26a69a") +
      dot(-5, -21, 3, "#fff") +
      dot(5, -21, 3, "#fff"),
  );

export const tree = (x, y, size, leaf = "#5ea35a") =>
  g(
    x,
    y,
    size,
    path("M-11 0l4-80h14l4 80z", "#8d6748") +
      dot(0, -120, 58, leaf) +
      dot(-42, -92, 40, leaf) +
      dot(42, -92, 40, leaf) +
      dot(-16, -136, 22, "#7dbb70") +
      dot(24, -108, 16, "#7dbb70"),
  );
export const pine = (x, y, size, leaf = "#3f7d5a") =>
  g(x, y, size, path("M-7 0h14v-20h-14z", "#7a5a3e") + path("M0-150l44 66h-22l34 66h-112l34-66h-22z", leaf));
export const cloud = (x, y, size, color = "#fff", opacity = 0.92) =>
  g(
    x,
    y,
    size,
    `<g opacity="${opacity}">${dot(-40, 6, 26, color)}${dot(-8, -12, 36, color)}${dot(32, 2, 28, color)}${path("M-62 4h122v14q0 14-14 14h-96q-12 0-12-14z", color)}</g>`,
  );
export const flower = (x, y, size, color) =>
  g(
    x,
    y,
    size,
    line("M0 0v30", "#5ea35a", 4) +
      [0, 72, 144, 216, 288].map((a) => oval(0, -10, 6, 9, color, `transform="rotate(${a})"`)).join("") +
      dot(0, 0, 5, "#ffd54f"),
  );
export { cheeks, dot, eyes, g, INK, line, oval, path, smile };

// Turns the manual (docs/*.md) into pages without scripts under dist/docs/: a list of the pages on the left, the text beside it.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import MarkdownIt from "markdown-it";
import type { Plugin } from "vite";

interface Page {
  name: string;
  title: string;
  body: string;
  heads: { id: string; text: string }[];
}

/** `folder` holds the pages; `more` names files elsewhere that the manual shows too. */
export function manual(folder: string, style: string, more: Record<string, string>): Plugin {
  return {
    name: "manual",
    apply: "build",
    generateBundle() {
      const own = readdirSync(folder).filter((file) => file.endsWith(".md"));
      const sources = new Map(own.map((file) => [file, join(folder, file)]));
      Object.entries(more).forEach(([file, path]) => sources.set(file, path));
      const pages = [...sources].map(([file, path]) => page(file, readFileSync(path, "utf8"), new Set(sources.keys())));
      const order = links(readFileSync(join(folder, "README.md"), "utf8"));
      const place = (one: Page) => (order.indexOf(one.name) + order.length + 1) % (order.length + 1);
      pages.sort((a, b) => place(a) - place(b) || a.name.localeCompare(b.name));
      for (const one of pages) this.emitFile({ type: "asset", fileName: `docs/${one.name}`, source: html(one, pages) });
      this.emitFile({ type: "asset", fileName: "docs/manual.css", source: readFileSync(style, "utf8") });
    },
  };
}

/** The pages in the order in which the first page links to them. */
function links(first: string): string[] {
  const found = [...first.matchAll(/\]\(([\w-]+)\.md/g)].map((match) => `${match[1]}.html`);
  return ["index.html", ...new Set(found)];
}

const htmlName = (file: string) => (file === "README.md" ? "index.html" : `${file.slice(0, -3).toLowerCase()}.html`);
const anchor = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N} -]/gu, "")
    .trim()
    .replace(/ +/g, "-");

function page(file: string, text: string, known: Set<string>): Page {
  const md = new MarkdownIt({ html: false, linkify: false });
  const heads: Page["heads"] = [];
  md.renderer.rules["heading_open"] = (tokens, at) => {
    const token = tokens[at]!;
    const title = tokens[at + 1]!.content.replaceAll("`", "");
    const id = anchor(title);
    if (token.tag === "h2") heads.push({ id, text: title });
    return `<${token.tag} id="${md.utils.escapeHtml(id)}">`;
  };
  // Links to pages lead to pages; what is not part of the manual is named, without a link that would lead nowhere.
  md.core.ruler.push("page links", (state) => {
    for (const token of state.tokens) {
      const open: boolean[] = [];
      token.children =
        token.children?.filter((part) => {
          if (part.type === "link_open") {
            const [path = "", hash = ""] = (part.attrGet("href") ?? "").split("#");
            const base = path.replace(/^(\.\.\/)+/, "");
            const leads = path === "" || /^https?:/.test(path) || known.has(base);
            if (leads && known.has(base)) part.attrSet("href", htmlName(base) + (hash && `#${hash}`));
            open.push(leads);
            return leads;
          }
          return part.type !== "link_close" || open.pop();
        }) ?? null;
    }
  });
  const body = md.render(text).replaceAll("<table>", '<div class="table"><table>').replaceAll("</table>", "</table></div>");
  const title = /^# (.+)$/m.exec(text)?.[1] ?? file;
  return { name: htmlName(file), title, body, heads };
}

function html(one: Page, all: Page[]): string {
  const item = (page: Page) => {
    const here = page === one ? ' aria-current="page"' : "";
    const heads = page === one ? page.heads.map((head) => `<li><a href="#${head.id}">${escaped(head.text)}</a></li>`).join("") : "";
    return `<li><a href="${page.name}"${here}>${escaped(page.title)}</a>${heads && `<ul>${heads}</ul>`}</li>`;
  };
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escaped(one.title)} · Jindou</title><link rel="stylesheet" href="manual.css"></head>
<body><a class="skip" href="#text">Skip to the text</a>
<nav aria-label="Manual"><p class="mark"><a href="index.html">筋斗 Jindou</a></p><ul>${all.map(item).join("")}</ul></nav>
<main id="text">${one.body}</main></body></html>
`;
}

const escaped = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

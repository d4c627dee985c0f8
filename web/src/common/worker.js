// The service worker: keeps the pages and their files, so that they open without a network and at once on a slow one.
// It never touches the API: what the server knows is asked of the server, and nobody's data is kept here.
const CACHE = "jindou";
/** A file is the same whatever encodings its reader takes. */
const WHATEVER = { ignoreVary: true };
/** The files of this build, and what each page is made of; written in by build/worker.ts. */
const FILES = new Set(__FILES__);
const PAGES = __PAGES__;
/** With a page at hand nobody waits longer than this for a newer one. */
const PATIENCE_MS = 4000;

// The one before goes on until its last page is closed: that page may still ask for files of its own build.
let tidied = Promise.resolve();
self.addEventListener("activate", (event) => event.waitUntil((tidied = tidy())));
self.addEventListener("message", (event) => {
  if (event.data?.keep) event.waitUntil(keep(event.data.keep));
});
self.addEventListener("fetch", (event) => {
  const { method, url, mode } = event.request;
  const { origin, pathname } = new URL(url);
  if (method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/assets/")) event.respondWith(file(event.request));
  else if (mode === "navigate" && pathname in PAGES) event.respondWith(page(pathname));
});

async function tidy() {
  const cache = await caches.open(CACHE);
  for (const request of await cache.keys()) {
    const { pathname } = new URL(request.url);
    if (pathname.startsWith("/assets/") && !FILES.has(pathname)) await cache.delete(request);
  }
}

/** All that a page may come to need. */
async function keep(pathname) {
  await tidied;
  const cache = await caches.open(CACHE);
  for (const path of [pathname, ...(PAGES[pathname] ?? [])]) {
    if (pathname in PAGES && !(await cache.match(path, WHATEVER))) await cache.add(path).catch(() => {});
  }
}

/** A hashed name never changes its content. */
async function file(request) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request.url, WHATEVER);
  if (kept) return kept;
  const got = await fetch(request);
  if (got.ok) await cache.put(request.url, got.clone());
  return got;
}

/** The server's page if it comes, else the one kept. */
async function page(pathname) {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(pathname, WHATEVER);
  const asked = fetch(pathname, { cache: "no-cache" }).then(async (got) => {
    if (got.ok) await cache.put(pathname, got.clone());
    return got;
  });
  if (!kept) return asked;
  const late = new Promise((resolve) => {
    setTimeout(() => resolve(kept), PATIENCE_MS);
  });
  return Promise.race([asked.catch(() => kept), late]);
}

// The state of one grid: what the address bar says (filters, search, order, page, open record) and the rows that follow from it.
import { computed, onScopeDispose, reactive, ref, watch } from "vue";
import { useRoute, useRouter, type LocationQueryRaw } from "vue-router";
import { ApiError, stored, type ObjectMeta, type Page, type Row } from "@/common";
import type { News } from "@/common/live/compare";
import { useLive } from "@/common/useLive";
import { client, kind } from "../context";
import { columnsOf } from "../registry";
import { columnsFor, isSummed, searchFields } from "./columns";
import { condOfAll, parse, write, type Filter } from "./filters";
import { condOfGroup, fieldsOf, parseGroup, writeGroup, type Group } from "./groups";

export interface Sort {
  field: string;
  desc: boolean;
}
export type Grid = ReturnType<typeof useGrid>;

const SIZE = 50;
/** How long a row that changed stands out. */
const FLASH_MS = 2000;
/** Rows are counted so far, unless somebody wants to know exactly: a count of millions is what a list waits for. */
export const COUNTED = 10_000;
export const SIZES = [20, 50, 100, 200];

export function useGrid(meta: ObjectMeta) {
  const route = useRoute();
  const router = useRouter();

  const chosen = stored<string[] | null>(`columns.${kind.app}.${meta.obj}`, null);
  const columns = computed(() => {
    const known = (chosen.value ?? columnsOf(meta.obj) ?? []).filter((name) => meta.fields.some((f) => f.name === name));
    return known.length ? known : columnsFor(meta);
  });
  const fields = computed(() => columns.value.map((name) => meta.fields.find((f) => f.name === name)!));
  /** Columns that nobody chose and that have nothing to show on this page; the first ones always stay. */
  const showEmpty = ref(false);
  const hidden = computed(() => {
    if (chosen.value || showEmpty.value || !state.rows.length) return [];
    const used = new Set([
      ...filters.value.map((f) => f.field),
      ...groups.value.flatMap(fieldsOf),
      ...sort.value.map((s) => s.field),
      meta.labelField,
      meta.states?.field,
    ]);
    const blank = (value: unknown) => value === null || value === undefined || value === "";
    return fields.value.slice(1).filter((f) => !used.has(f.name) && state.rows.every((row) => blank(row[f.name])));
  });
  const shown = computed(() => fields.value.filter((f) => !hidden.value.includes(f)));
  /** Widths dragged by hand, per column. */
  const widths = stored<Record<string, number>>(`widths.${kind.app}.${meta.obj}`, {});
  const sizeKept = stored("grid.size", SIZE);

  const filters = computed<Filter[]>(() =>
    Object.entries(route.query).flatMap(([key, value]) => {
      if (!key.startsWith("f.") || !meta.fields.some((f) => f.name === key.slice(2))) return [];
      return [value].flat().flatMap((text) => parse(key.slice(2), text ?? "") ?? []);
    }),
  );
  const groups = computed<Group[]>(() => [route.query["g"]].flat().flatMap((text) => (text && parseGroup(text)) || []));
  const text = computed(() => String(route.query["q"] ?? ""));
  const sort = computed<Sort[]>(() =>
    String(route.query["sort"] ?? "")
      .split(",")
      .filter(Boolean)
      .map((s) => ({ field: s.replace(/^-/, ""), desc: s.startsWith("-") })),
  );
  const page = computed(() => Math.max(1, Number(route.query["page"]) || 1));
  const openId = computed(() => (route.query["id"] ? Number(route.query["id"]) : null));

  /** Each change is a step that the browser's Back undoes; typing and leafing through records are none. */
  function change(next: LocationQueryRaw, keepPage = false, how: "push" | "replace" = "push") {
    const query: LocationQueryRaw = { ...route.query, ...next };
    if (!keepPage) delete query["page"];
    for (const key of Object.keys(query)) if (query[key] === "" || query[key] === null || query[key] === undefined) delete query[key];
    return router[how]({ path: route.path, query });
  }

  const written = (list: Filter[], field: string) => list.filter((f) => f.field === field).map(write);
  /** Adds a condition, in the place of another if one is named; a field may have several. */
  function setFilter(filter: Filter, instead: Filter | null = null) {
    const same = (f: Filter, g: Filter) => f.field === g.field && write(f) === write(g);
    const others = filters.value.filter((f) => !(instead && same(f, instead)) && !same(f, filter));
    const list = [...others, filter];
    const touched = [filter.field, ...(instead ? [instead.field] : [])];
    return change(Object.fromEntries(touched.map((field) => [`f.${field}`, orNone(written(list, field))])));
  }
  const orNone = (list: string[]) => (list.length ? list : undefined);
  const dropFilter = (filter: Filter) => {
    const left = filters.value
      .filter((f) => f.field === filter.field)
      .map(write)
      .filter((text) => text !== write(filter));
    return change({ [`f.${filter.field}`]: orNone(left) });
  };
  /** Adds a group of conditions, in the place of another if one is named. */
  function setGroup(group: Group, instead: Group | null = null) {
    const others = groups.value.map(writeGroup).filter((text) => !instead || text !== writeGroup(instead));
    return change({ g: [...new Set([...others, writeGroup(group)])] });
  }
  const dropGroup = (group: Group) => change({ g: orNone(groups.value.map(writeGroup).filter((text) => text !== writeGroup(group))) });
  const none = () => ({ g: undefined, ...Object.fromEntries(filters.value.map((f) => [`f.${f.field}`, undefined])) });
  /** Other filters in the place of all. */
  const ask = (query: Record<string, string>) => change({ ...none(), ...query });
  const clearFilters = () => change({ q: undefined, ...none() });
  const search = (q: string) => change({ q: q.trim() }, false, text.value ? "replace" : "push");
  const setPage = (n: number) => change({ page: n > 1 ? n : undefined }, true);
  /** Opening is a step, so that Back closes; from record to record the step stays the same one. */
  function openRow(id: number | null) {
    if (id !== null) return change({ id }, true, openId.value ? "replace" : "push");
    const { id: _open, ...query } = route.query;
    const closed = { path: route.path, query };
    if (window.history.state?.back !== router.resolve(closed).fullPath) return router.replace(closed);
    return new Promise<void>((done) => {
      const stop = router.afterEach(() => {
        stop();
        done();
      });
      router.back();
    });
  }

  /** A click sorts by one column; with Shift it joins the order already there. Up, down, off. */
  function toggleSort(field: string, join: boolean) {
    const now = sort.value.find((s) => s.field === field);
    const next = now === undefined ? { field, desc: false } : now.desc ? null : { field, desc: true };
    const list = join ? sort.value.flatMap((s) => (s.field === field ? (next ? [next] : []) : [s])) : next ? [next] : [];
    if (join && !now && next) list.push(next);
    return change({ sort: list.map((s) => (s.desc ? `-${s.field}` : s.field)).join(",") });
  }

  /** The query's parameters, for loading as well as for export. */
  const params = computed(() => {
    const words = text.value.replace(/:/g, " ").trim();
    const inText = searchFields(meta).map((f) => f.name);
    const digits = /^\d+$/.test(words);
    const names = [...(digits ? ["id!"] : []), ...inText];
    return {
      cond:
        [condOfAll(filters.value, meta.fields), ...groups.value.map((g) => condOfGroup(g, meta.fields))].filter(Boolean).join(" AND ") ||
        undefined,
      qsearch: words && names.length ? `${names.join(",")}:${words}` : undefined,
      orderby: sort.value.map((s) => `${s.field}${s.desc ? " desc" : ""}`).join(",") || "id desc",
    };
  });

  /** Columns the page itself needs beside the shown ones. */
  const needed = computed(() => [
    ...new Set(
      ["id", ...columns.value, meta.states?.field, meta.labelField].filter(
        (n): n is string => !!n && meta.fields.some((f) => f.name === n),
      ),
    ),
  ]);

  const state = reactive({
    rows: [] as Row[],
    total: 0,
    /** There are more rows than `total`. */ more: false,
    next: false,
    stat: null as Row | null,
    loading: false,
    first: true,
    problem: null as ApiError | null,
  });
  let turn: AbortController | null = null;
  /** The question that the rows on the page answer. */
  let answered = "";

  const NONE: News = { added: 0, gone: 0 };
  /** What waits to be shown. */
  const news = ref(NONE);
  /** Rows that changed under the reader's eyes, for a moment. */
  const flashing = ref(new Set<number>());
  const timers = new Set<number>();
  function flash(ids: number[]) {
    flashing.value = new Set([...flashing.value, ...ids]);
    const timer = window.setTimeout(() => {
      timers.delete(timer);
      flashing.value = new Set([...flashing.value].filter((id) => !ids.includes(id)));
    }, FLASH_MS);
    timers.add(timer);
  }
  onScopeDispose(() => timers.forEach((timer) => clearTimeout(timer)));
  const asks = () => JSON.stringify([params.value, page.value, sizeKept.value]);
  useLive(
    client,
    () =>
      meta.live && !state.first
        ? {
            ac: `${meta.obj}.query`,
            get: { ...params.value, res: needed.value.join(","), page: page.value > 1 ? page.value : undefined, pagesz: sizeKept.value },
          }
        : null,
    ({ table }, compare) => {
      if (answered !== asks()) return;
      const { changed, news: now } = compare(state.rows, table);
      for (const [at, row] of changed) state.rows[at] = row;
      if (changed.size) flash([...changed.values()].map((row) => row["id"]));
      news.value = now;
    },
  );

  /** The question that is counted to the end. */
  const exact = ref("");
  const question = () => JSON.stringify([params.value.cond, params.value.qsearch]);
  const countAll = () => {
    exact.value = question();
    return load();
  };
  async function load() {
    turn?.abort();
    const mine = (turn = new AbortController());
    state.loading = true;
    const asked = asks();
    const sums = fields.value
      .filter(isSummed)
      .map((f) => `SUM(${f.name}) ${f.name}`)
      .join(",");
    try {
      const got = await client.call<Page>(
        `${meta.obj}.query`,
        {
          ...params.value,
          res: needed.value.join(","),
          fmt: "list",
          page: page.value,
          pagesz: sizeKept.value,
          statRes: sums || undefined,
          totalMax: exact.value === question() ? undefined : COUNTED,
        },
        undefined,
        { signal: mine.signal, silent: true },
      );
      if (mine.signal.aborted) return;
      answered = asked;
      news.value = NONE;
      Object.assign(state, {
        rows: got.list,
        total: got.total ?? got.list.length,
        more: !!got.totalMore,
        next: got.nextkey !== undefined,
        stat: got.stat ?? null,
        problem: null,
        first: false,
      });
      // The last row of the last page was removed: step back.
      if (!got.list.length && page.value > 1) void setPage(page.value - 1);
    } catch (error) {
      if (mine.signal.aborted) return;
      if (!(error instanceof ApiError)) throw error;
      state.problem = error;
      // Rows that answer another question must not be taken for this one's answer.
      if (answered !== asked) Object.assign(state, { rows: [], total: 0, more: false, next: false, stat: null });
    } finally {
      if (turn === mine) state.loading = false;
    }
  }

  /** Reads one row again after it changed, where it stands, so that the list does not jump. */
  async function refreshRow(id: number) {
    const at = state.rows.findIndex((r) => r["id"] === id);
    if (at < 0) return;
    const got = await client
      .call<Page>(`${meta.obj}.query`, { cond: `id=${id}`, res: needed.value.join(","), fmt: "list" }, undefined, { silent: true })
      .catch(() => null);
    if (got?.list[0]) state.rows[at] = got.list[0];
  }

  const selected = ref(new Set<number>());
  /** Set = every row that matches, not only those ticked. */
  const everything = ref(false);
  const clearSelection = () => {
    selected.value = new Set();
    everything.value = false;
  };
  watch(selected, () => {
    everything.value = false;
  });

  watch(() => [JSON.stringify(params.value), page.value, sizeKept.value, needed.value.join()], load, { immediate: true });
  watch(() => JSON.stringify([filters.value, groups.value, text.value]), clearSelection);

  return reactive({
    meta,
    columns,
    fields,
    shown,
    hidden,
    showEmpty,
    chosen,
    widths,
    filters,
    groups,
    text,
    sort,
    page,
    size: sizeKept,
    openId,
    params,
    state,
    selected,
    everything,
    news,
    flashing,
    setFilter,
    dropFilter,
    setGroup,
    dropGroup,
    clearFilters,
    ask,
    search,
    setPage,
    openRow,
    toggleSort,
    load,
    countAll,
    refreshRow,
    clearSelection,
  });
}

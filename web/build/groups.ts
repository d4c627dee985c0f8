// Which modules share a file. What a page shows first comes in few files; what only some pages need stays apart.
// A group takes along what its modules import, unless a group of higher priority has it.

/** Of every front end: the framework, its icons, and src/common, but for the live connection, which begins after the first look. */
const ofBase = (id: string) =>
  /node_modules\/(@vue|vue|vue-router|@lucide)\/|web\/src\/common\/(?!style\/(element|vant)|live\/)|^\0(plugin-vue:|vite\/|rolldown\/)/.test(
    id,
  );

/** The frame of the consoles and what both show first. */
const ofFrame = (id: string) =>
  /src\/console\/(shell\/|ui\/|App|boot|context|registry|plugins|changes|pages\/store\/|pages\/adm\/Home|charts\/(series|ChartCard|Chart\.vue|buckets))|\/plugins\/\w+\/web\/\w+\.ts$/.test(
    id,
  ) && !LATER.test(id);
/** Opened from the frame, when asked for. */
const LATER = /shell\/(PasswordDialog|SecurityDialog|SecondFactor|LoginSheet)|store\/(Company|Phone)Dialog|ui\/box/;

/** The list of an object as it is first seen, and what the library has for it. */
const ofGrid = (id: string) => /src\/console\/grid\/(Object|Grid|Cell|Column|columns|Export|SelectionBar|filters|groups|useGrid)/.test(id);
/** An open record, its form, filters: with the larger parts of the library. */
const ofRecord = (id: string) => /src\/console\/(grid\/(?!ImportWizard)|ui\/box)|node_modules\/element-plus\//.test(id);

/** What the phone app begins with; the rest of its pages come when asked for. */
const ofPhone = (id: string) =>
  /node_modules\/(vant|@vant)\/|src\/m2\/(App|context|router|tabs|style|ui\/|orders\/(?!Timeline)|login\/(?!LoginSheet)|pages\/(Home|Login|Me|Orders)\.)/.test(
    id,
  );

export const chunkGroups = [
  { name: "base", test: ofBase, priority: 30 },
  { name: "phone", test: ofPhone, priority: 25 },
  { name: "console", test: ofFrame, priority: 20 },
  { name: "grid", test: ofGrid, priority: 10 },
  { name: "record", test: ofRecord, priority: 5 },
];

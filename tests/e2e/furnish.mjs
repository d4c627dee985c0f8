// What the stories find in their server, made through its own API: accounts, orders, a family with its circle, a wall
// with pictures, and stories to read and hear.
import { crc32, deflateSync } from "node:zlib";

/** Posts a call; a failed one throws with what the server said. */
export async function call(base, app, ac, post, jar = {}) {
  return send(base, app, ac, JSON.stringify(post ?? {}), "application/json", jar);
}

async function send(base, app, ac, body, type, jar) {
  const answer = await fetch(`${base}/api/${ac}${ac.includes("?") ? "&" : "?"}_app=${app}`, {
    method: "POST",
    headers: { "content-type": type, cookie: jar.cookie ?? "" },
    body,
  });
  // A login sets the cookie of its session and that of its device.
  const cookies = answer.headers.getSetCookie().map((cookie) => cookie.split(";")[0]);
  if (cookies.length) jar.cookie = cookies.join("; ");
  const [code, data, detail] = JSON.parse(await answer.text());
  if (code !== 0) throw new Error(`${ac}: [${code}] ${data} (${detail})`);
  return data;
}

/** A file sent to the server; gives its attachment id. */
async function upload(base, app, category, name, bytes, jar) {
  const [file] = await send(base, app, `upload?category=${category}&genThumb=1&fmt=raw&f=${name}`, bytes, "application/octet-stream", jar);
  return file.id;
}

/** Gives what the runs need to know of: an order that is waiting and one that is served, a post, a story. */
export async function furnish(base, { admin, boss, user }) {
  const root = {};
  await call(base, "admin", "login", admin, root);
  await call(base, "admin", "Employee.add", { ...boss, name: "老板", phone: "13900000001", perms: "emp,mgr" }, root);
  const users = [];
  for (const [name, phone] of [
    ["陈思远", user.uname],
    ["Alice Green", "13810316760"],
  ]) {
    users.push(await call(base, "admin", "User.add", { name, phone, pwd: user.pwd }, root));
  }
  const orders = await someOrders(base, users, root);
  const post = await aWall(base, [user, { ...user, uname: "13810316760" }]);
  const story = await someStories(base, boss, root);
  return { orders, post, story };
}

/** Enough of them that lists, charts and pages have something to show. */
async function someOrders(base, users, root) {
  const texts = ["家电清洗：油烟机", "Deep cleaning, 3 rooms", "搬运旧冰箱到小区回收点"];
  const orders = Array.from({ length: 60 }, (_, i) => ({
    ac: "Ordr.add",
    post: {
      userId: users[i % 2],
      dscr: texts[i % 3],
      amount: Math.round((i * 7919) % 70000) / 100 + 20,
      // The first user has none that is cancelled.
      status: ["CR", "RE", i % 2 ? "CA" : "RE"][i % 3],
      createTm: new Date(Date.now() - i * 11 * 3600_000).toISOString(),
    },
  }));
  const results = await send(base, "admin", "batch?useTrans=1", JSON.stringify(orders), "application/json", root);
  const bad = results.find((result) => result[0] !== 0);
  if (bad) throw new Error(`orders: ${JSON.stringify(bad)}`);
  return { waiting: results[0][1], served: results[4][1] };
}

async function aWall(base, [mine, hers]) {
  const me = {};
  const her = {};
  await call(base, "user", "login", mine, me);
  await call(base, "user", "login", hers, her);
  await call(base, "user", "Circle.add", { name: "幸福一家", userName: "爸爸" }, me);
  await call(base, "user", "Circle.add", { name: "The Greens of Riverside Drive", userName: "Mum" }, her);
  const pics = async (jar, ...hues) =>
    Promise.all(hues.map(async (hue) => ({ attId: await upload(base, "user", "plaza", "a.png", paint(hue), jar) })));
  for (let n = 1; n <= 12; n++) await call(base, "user", "Plaza.add", { content: `第 ${n} 天：今天读了一个新故事。` }, n % 2 ? me : her);
  await call(base, "user", "Plaza.add", { pics: await pics(her, 20, 60, 100, 200, 300) }, her);
  const long =
    "Our first week with the watch: she walks home from school on her own now, calls us from the park and reads a story every night. ".repeat(
      4,
    );
  await call(base, "user", "Plaza.add", { content: long, address: "Riverside Park" }, her);
  const post = await call(
    base,
    "user",
    "Plaza.add",
    {
      content: "周末去了世纪公园，孩子第一次自己骑车绕湖一圈！",
      pics: await pics(me, 150),
      lon: 121.55,
      lat: 31.22,
      address: "上海市浦东新区世纪公园",
    },
    me,
  );
  await call(base, "user", `Plaza.like?id=${post}`, {}, her);
  await call(base, "user", "PlazaComment.add", { plazaId: post, content: "Well done!" }, her);
  await call(base, "user", "PlazaComment.add", { plazaId: post, content: "谢谢，下周一起去吧" }, me);
  return post;
}

async function someStories(base, boss, root) {
  const staff = {};
  await call(base, "store", "login", boss, staff);
  const file = (category, name, bytes) => upload(base, "store", category, name, bytes, staff);
  const song = await call(base, "store", "AppCategory.add", { code: "song", name: "儿歌|Songs", sort: 2 }, staff);
  const covers = await Promise.all([30, 90, 210].map((hue) => file("content", "cover.png", paint(hue))));
  const texts = [
    "从前有一只小猫，名叫花花。",
    "有一天它走进森林，听见远处的歌声。",
    "原来是一只小鸟在教大家唱歌。",
    "花花也学会了，高高兴兴地回了家。",
  ];
  const story = await call(
    base,
    "store",
    "Story.add",
    {
      title: "花花和会唱歌的小鸟",
      brief: "一只小猫第一次走进森林，遇见了新朋友。",
      picId: covers[0],
      audioId: await file("storyAudio", "a.mp3", silence(6)),
      audioType: "mp3",
      pics: await Promise.all([40, 120].map(async (hue, at) => ({ attId: await file("content", `${at}.png`, paint(hue)), idx: at + 1 }))),
      slices: texts.map((txt, at) => ({ idx: at + 1, txt, picIdx: at < 2 ? 1 : 2, ms: at * 1500 })),
    },
    staff,
  );
  const titles = ["小熊拔牙", "The little lighthouse keeper and the very long winter night", "月亮的味道", "三只小猪", "会飞的帽子"];
  for (const [at, title] of titles.entries()) {
    await call(
      base,
      "store",
      "Story.add",
      { title, brief: at % 2 ? "A bedtime story." : null, picId: covers[at % 3], slices: [{ idx: 1, txt: title, picIdx: 1, ms: 0 }] },
      staff,
    );
  }
  await call(base, "store", "Story.add", { title: "拍手歌", categoryId: song }, staff);
  // Counted by the watches they are sent to.
  for (const [id, sendCnt] of [
    [story, 31],
    [story + 2, 12],
    [story + 4, 7],
    [story + 5, 3],
  ])
    await call(base, "admin", `Story.set?id=${id}`, { sendCnt }, root);
  await call(base, "store", "Banner.add", { picId: covers[1], storyId: story, sort: 1 }, staff);
  return story;
}

/** A picture in some colour, 640 by 480. */
function paint(hue) {
  const [width, height] = [640, 480];
  const row = (y) => {
    const line = Buffer.alloc(1 + width * 3);
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) line[1 + x * 3 + c] = 128 + 90 * Math.sin(((hue + c * 120) * Math.PI) / 180 + x / 210 + y / 160);
    return line;
  };
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  head.set([8, 2], 8);
  const rows = Buffer.concat(Array.from({ length: height }, (_, y) => row(y)));
  return Buffer.concat([
    Buffer.from("\x89PNG\r\n\x1a\n", "latin1"),
    chunk("IHDR", head),
    chunk("IDAT", deflateSync(rows)),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** So many seconds of nothing as MP3: empty frames of 128 kbit/s. */
function silence(seconds) {
  const frame = Buffer.alloc(417);
  frame.set([0xff, 0xfb, 0x90, 0x00]);
  return Buffer.concat(Array.from({ length: Math.round((seconds * 44100) / 1152) }, () => frame));
}

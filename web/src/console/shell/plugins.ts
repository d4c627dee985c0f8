// Names of plugins in the navigation and the order they stand in: business first, the machinery last. A plugin unknown
// here is shown under its own name, between the two.
import { say, type ObjectInfo, type Pair } from "@/common";

const NAMES: Record<string, Pair> = {
  core: ["系统", "System"],
  account: ["账号", "Accounts"],
  order: ["订单", "Orders"],
  upload: ["文件", "Files"],
  syslog: ["日志", "Logs"],
  audit: ["审计", "Audit"],
  watch: ["设备", "Devices"],
  story: ["故事", "Stories"],
  plaza: ["广场", "Plaza"],
  trade: ["交易", "Trade"],
  chat: ["聊天", "Chat"],
  pet: ["宠物", "Pets"],
  report: ["报表", "Reports"],
  login: ["登录", "Login"],
  example: ["示例", "Example"],
  rtest: ["协议测试", "Protocol tests"],
};

export function pluginName(plugin: string): string {
  const pair = NAMES[plugin];
  return pair ? say(pair) : plugin;
}

const FIRST = ["order", "trade", "watch", "story", "plaza"];
const LAST = ["report", "account", "upload", "syslog", "core"];
const place = (plugin: string) => (FIRST.includes(plugin) ? FIRST.indexOf(plugin) : 100 + LAST.indexOf(plugin));

/** What people do not look for every day. */
export const isMachinery = (plugin: string) => LAST.includes(plugin);

export function byPlugin(objects: ObjectInfo[]): [plugin: string, objects: ObjectInfo[]][] {
  const by = new Map<string, ObjectInfo[]>();
  for (const one of objects) by.set(one.plugin, [...(by.get(one.plugin) ?? []), one]);
  return [...by].sort(([a], [b]) => place(a) - place(b));
}

// Names of plugins in the navigation. A plugin unknown here is shown under its own name.
import { say, type Pair } from "@/common";

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
};

export function pluginName(plugin: string): string {
  const pair = NAMES[plugin];
  return pair ? say(pair) : plugin;
}

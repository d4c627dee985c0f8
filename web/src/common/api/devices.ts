// Where the account is logged in, and ending it there.
import { shallowRef } from "vue";
import type { Client } from "./client";

export interface Device {
  id: string;
  createTm: string;
  seenTm: string;
  addr: string;
  agent: string;
  current: number;
  remembered: number;
}

/** What a person calls the program: the browser or app, and the system it runs on. */
export function program(agent: string): string {
  const browsers: [RegExp, string][] = [
    [/MicroMessenger/, "WeChat"],
    [/Edg/, "Edge"],
    [/OPR\//, "Opera"],
    [/Firefox/, "Firefox"],
    [/Chrome|CriOS/, "Chrome"],
    [/Safari/, "Safari"],
  ];
  const systems: [RegExp, string][] = [
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Windows/, "Windows"],
    [/Mac OS X/, "macOS"],
    [/Linux/, "Linux"],
  ];
  const first = (of: [RegExp, string][]) => of.find(([test]) => test.test(agent))?.[1];
  return [first(browsers), first(systems)].filter(Boolean).join(" · ") || agent.slice(0, 40) || "?";
}

export function useDevices(client: Client) {
  const devices = shallowRef<Device[] | null>(null);
  const load = async () => {
    devices.value = await client.call<Device[]>("mySessions");
  };
  const end = async (id: string) => {
    await client.call("endSession", {}, { id });
    await load();
  };
  const endOthers = async () => {
    await client.call("endOtherSessions", {}, {});
    await load();
  };
  return { devices, load, end, endOthers };
}

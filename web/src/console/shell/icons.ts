// The icon of an object in the navigation: its own, else that of its plugin.
import {
  Bell,
  BookOpen,
  ClipboardList,
  FileText,
  Folder,
  HeartPulse,
  Image,
  MapPin,
  Medal,
  Megaphone,
  MessageCircle,
  MessagesSquare,
  ScrollText,
  Settings,
  ShoppingBag,
  Table2,
  UserCog,
  Users,
  Watch,
} from "@lucide/vue";
import type { Component } from "vue";
import type { ObjectInfo } from "@/common";

const OBJECTS: Record<string, Component> = {
  Banner: Megaphone,
  Medal,
  Plaza: MessagesSquare,
  PlazaComment: MessageCircle,
  Story: BookOpen,
  StoryPic: Image,
  Circle: Users,
  CircleUser: Users,
  WatchAlarm: Bell,
  WatchLocation: MapPin,
  WatchHealth: HeartPulse,
  OrderLog: ScrollText,
  OrderAtt: Image,
  Attachment: Folder,
  Cinf: Settings,
  Employee: UserCog,
  User: Users,
  Ordr: ClipboardList,
};
const PLUGINS: Record<string, Component> = {
  order: ClipboardList,
  watch: Watch,
  story: BookOpen,
  plaza: MessagesSquare,
  upload: Folder,
  syslog: ScrollText,
  core: Settings,
  account: Users,
  report: FileText,
  trade: ShoppingBag,
};

export const iconOf = (one: ObjectInfo): Component => OBJECTS[one.obj] ?? PLUGINS[one.plugin] ?? Table2;

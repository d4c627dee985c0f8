// The parts of Vant that the app uses, with their styles. Its icon font is left out on purpose: 45 KB of inlined data
// that the Content-Security-Policy refuses; icons are Lucide's.
import "vant/es/style/base.css";
import "vant/es/loading/index.css";
import "vant/es/button/index.css";
import "vant/es/pull-refresh/index.css";
import "vant/es/list/index.css";
import "vant/es/overlay/index.css";
import "vant/es/popup/index.css";
import "vant/es/tabs/index.css";
import "vant/es/tab/index.css";

/** A popup's overlay is a nameless button to the library; its answers are in the popup. Attributes, which the type omits. */
export const SILENT_OVERLAY = { role: "presentation", tabindex: -1 } as object;

export { Button as VanButton } from "vant/es/button";
export { List as VanList } from "vant/es/list";
export { Popup as VanPopup } from "vant/es/popup";
export { PullRefresh as VanPullRefresh } from "vant/es/pull-refresh";
export { Tab as VanTab } from "vant/es/tab";
export { Tabs as VanTabs } from "vant/es/tabs";

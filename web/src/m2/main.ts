// The phone front end's entry: styles, routes, session, app.
import "@/common/style/tokens.css";
import "@/common/style/base.css";
import "@/common/style/frame.css";
import "./ui/vant";
import "@/common/style/vant.css";
import "./style.css";
import { createApp } from "vue";
import { keepPage } from "@/common/install";
import { beBrief } from "@/common/toast";
import App from "./App.vue";
import { start } from "./context";
import { router } from "./router";

beBrief();
void start();
createApp(App).use(router).mount("#app");
keepPage();

// The phone front end's entry: styles, client, app.
import "@/common/style/tokens.css";
import "@/common/style/base.css";
import "@/common/style/vant.css";
import { createApp } from "vue";
import App from "./App.vue";

createApp(App).mount("#app");

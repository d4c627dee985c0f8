// The library's message box with its style, loaded when the first question is asked.
export { ElMessageBox } from "element-plus/es/components/message-box/index.mjs";
import "element-plus/es/components/message-box/style/css";

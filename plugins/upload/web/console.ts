// What files add to the generic grid: sizes people read, and a tab that shows the file.
import { registerCell, registerTab } from "@/console/registry";
import SizeCell from "./SizeCell.vue";

export function register(): void {
  registerCell("Attachment", "size", SizeCell);
  registerTab("Attachment", { name: "file", title: ["文件", "File"], load: () => import("./FilePreview.vue") });
}

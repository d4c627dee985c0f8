// What files add to the generic grid: sizes people read, and a tab that shows the file.
import { registerCell, registerTab } from "../registry";
import SizeCell from "./files/SizeCell.vue";

export function registerFiles(): void {
  registerCell("Attachment", "size", SizeCell);
  registerTab("Attachment", { name: "file", title: ["文件", "File"], load: () => import("./files/FilePreview.vue") });
}

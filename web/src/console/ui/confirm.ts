// One question before something that cannot be taken back; it names the thing. Drawn by the library's message box.
import { words } from "@/common";

const w = words({ cancel: ["返回", "Back"], title: ["请确认", "Please confirm"] });

export async function confirm(text: string, yes: string, danger = false): Promise<boolean> {
  const { ElMessageBox } = await import("./box");
  try {
    await ElMessageBox.confirm(text, w.title(), {
      confirmButtonText: yes,
      cancelButtonText: w.cancel(),
      confirmButtonClass: danger ? "el-button--danger" : "",
      autofocus: !danger,
    });
    return true;
  } catch {
    return false;
  }
}

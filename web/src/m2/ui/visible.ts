// Runs something when the page comes back to the front, or the network does: a phone's app sleeps between looks.
import { onActivated, onDeactivated, onMounted, onUnmounted } from "vue";

export function useVisible(run: () => void): void {
  let on = false;
  const look = () => {
    if (on && document.visibilityState === "visible") run();
  };
  const enter = () => {
    on = true;
  };
  const leave = () => {
    on = false;
  };
  onMounted(() => {
    enter();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
  });
  onActivated(enter);
  onDeactivated(leave);
  onUnmounted(() => {
    document.removeEventListener("visibilitychange", look);
    window.removeEventListener("online", look);
  });
}

// Which picture is open full-screen. It lives in the address (`?view=1`), so that the phone's "back" closes the picture, not the page.
import { computed } from "vue";
import { useRoute, useRouter } from "vue-router";

export function useViewer() {
  const route = useRoute();
  const router = useRouter();
  const path = route.path;
  const at = computed(() => (route.path === path && route.query["view"] !== undefined ? Number(route.query["view"]) || 0 : -1));

  function open(index: number): void {
    void router.push({ query: { ...route.query, view: index } });
  }

  function close(): void {
    if (at.value < 0) return;
    const { view: _, ...query } = route.query;
    const back = String(window.history.state?.back ?? "");
    if (back.split("?")[0] === path) router.back();
    else void router.replace({ query });
  }

  return { at, open, close };
}

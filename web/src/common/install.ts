// Lets the browser keep this page for times without a network (worker.js), and be installed.

export function keepPage(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  addEventListener(
    "load",
    () =>
      void register().catch(() => {
        // Private windows and the like refuse: the page works without.
      }),
  );
}

async function register(): Promise<void> {
  await navigator.serviceWorker.register("/sw.js");
  const { active } = await navigator.serviceWorker.ready;
  active?.postMessage({ keep: location.pathname });
}

// What answers have told about the server: test mode, a newer revision, whether it can be reached.
import { reactive } from "vue";

export const server = reactive({
  testMode: "",
  revision: "",
  /** Set when the revision changed since the page was loaded; ui/ServerNotices.vue offers the reload. */
  newRevision: false,
  reachable: true,
});

export function learn(headers: { get(name: string): string | null }): void {
  server.reachable = true;
  server.testMode = headers.get("X-Daca-Test-Mode") ?? "";
  const revision = headers.get("X-Daca-Server-Rev") ?? "";
  if (!revision) return;
  if (server.revision && server.revision !== revision) server.newRevision = true;
  server.revision = revision;
}

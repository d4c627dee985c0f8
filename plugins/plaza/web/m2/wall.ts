// The endless wall, in step with what happens to posts elsewhere in the app.
import { useEndless } from "@/m2/ui/endless";
import { onNews, wall, type Post } from "./api";

export function useWall() {
  const list = useEndless<Post>(wall);
  const { rows, stale } = list;
  onNews((news) => {
    if (news === "new") {
      stale();
      return;
    }
    if ("gone" in news) rows.value = rows.value.filter((row) => row.id !== news.id);
    else rows.value = rows.value.map((row) => (row.id === news.id ? { ...row, ...news.change } : row));
  });
  return list;
}

// What the plaza adds to the generic grid: a post is its author and its words; where it was written stands in its record.
import { registerColumns } from "@/console/registry";

export function register(): void {
  registerColumns("Plaza", ["id", "userName", "userPicId", "content", "likeCnt", "commentCnt", "address", "tm"]);
}

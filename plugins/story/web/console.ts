// What stories add to the generic grid: their files are public, so that phones and watches get them without a login.
import { registerUpload } from "@/console/registry";

export function register(): void {
  for (const [obj, field] of [["Story", "picId"], ["StoryPic", "attId"], ["Banner", "picId"], ["AppCategory", "picId"], ["AppCategory", "picId2"], ["AnswerCategory", "picId"], ["Medal", "picId"]] as const) registerUpload(obj, field, "content");
  registerUpload("Story", "audioId", "storyAudio");
}

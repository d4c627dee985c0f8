// What stories add to the generic grid: their files are public, so that phones and watches get them without a login; a tab
// that shows the story, and lines that are edited beside their pictures and the sound.
import { registerColumns, registerSubEditor, registerTab, registerUpload } from "@/console/registry";

export function register(): void {
  for (const [obj, field] of [
    ["Story", "picId"],
    ["StoryPic", "attId"],
    ["Banner", "picId"],
    ["AppCategory", "picId"],
    ["AppCategory", "picId2"],
    ["AnswerCategory", "picId"],
    ["Medal", "picId"],
  ] as const)
    registerUpload(obj, field, "content");
  registerUpload("Story", "audioId", "storyAudio");
  registerColumns("Story", ["id", "picId", "title", "brief", "categoryCode", "sendCnt", "createTm"]);
  registerTab("Story", { name: "story", title: ["故事", "Story"], load: () => import("./StoryTab.vue") });
  registerSubEditor("Story", "slices", () => import("./LinesEditor.vue"));
}

// ObjLog names its changes in Chinese; here are the words people read.
import { label, say, type Pair } from "@/common";

const WORDS: Record<string, Pair> = {
  添加: ["添加", "Created"],
  更新: ["更新", "Changed"],
  删除: ["删除", "Deleted"],
  批量添加: ["批量添加", "Imported"],
  条件更新: ["条件更新", "Changed by condition"],
  条件删除: ["条件删除", "Deleted by condition"],
  批量更新: ["批量更新", "Changed in bulk"],
  批量删除: ["批量删除", "Deleted in bulk"],
  恢复: ["恢复", "Restored"],
  随同删除: ["随同删除", "Deleted along"],
  随同恢复: ["随同恢复", "Restored along"],
  查看: ["查看", "Seen"],
};

export function changeWord(text: string): string {
  const pair = WORDS[text];
  return pair ? say(pair) : label(text);
}

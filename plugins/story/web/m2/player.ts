// The sound of a story and the line it is at. Without sound, or one that this browser cannot play, lines are turned by hand.
import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";
import type { WholeStory } from "./api";

/** The line that sounds at a moment: the last one that has begun. */
export function lineAt(starts: number[], ms: number): number {
  const after = starts.findIndex((start) => start > ms);
  return Math.max(0, (after < 0 ? starts.length : after) - 1);
}

export function usePlayer(story: () => WholeStory | null, address: (id: number) => string) {
  const line = ref(0);
  const playing = ref(false);
  const at = ref(0);
  const length = ref(0);
  /** "" = plays; otherwise why there is no sound. */
  const silent = ref<"" | "none" | "format" | "failed">("none");
  const sound = shallowRef<HTMLAudioElement | null>(null);
  const starts = computed(() => story()?.slices.map((one) => one.ms) ?? []);

  function drop() {
    if (!sound.value) return;
    sound.value.pause();
    sound.value.removeAttribute("src");
    sound.value = null;
    playing.value = false;
  }

  watch(story, (now) => {
    drop();
    silent.value = "none";
    if (!now?.audioId) return;
    if (now.audioType === "amr") {
      silent.value = "format";
      return;
    }
    const audio = new Audio();
    audio.preload = "metadata";
    audio.src = address(now.audioId);
    audio.ondurationchange = () => {
      length.value = Number.isFinite(audio.duration) ? audio.duration : 0;
    };
    audio.ontimeupdate = () => {
      at.value = audio.currentTime;
      if (!audio.paused && starts.value.length) line.value = lineAt(starts.value, audio.currentTime * 1000);
    };
    audio.onplay = () => {
      playing.value = true;
    };
    audio.onpause = audio.onended = () => {
      playing.value = false;
    };
    audio.onerror = () => {
      silent.value = "failed";
      playing.value = false;
    };
    silent.value = "";
    sound.value = audio;
  });

  function toggle() {
    const audio = sound.value;
    if (!audio) return;
    if (audio.paused)
      void audio.play().catch(() => {
        if (audio.error) silent.value = "failed";
      });
    else audio.pause();
  }

  function seek(seconds: number) {
    at.value = seconds;
    if (sound.value) sound.value.currentTime = seconds;
    if (starts.value.length) line.value = lineAt(starts.value, seconds * 1000);
  }

  function go(to: number) {
    const last = starts.value.length - 1;
    line.value = Math.min(Math.max(0, to), Math.max(0, last));
    if (sound.value && !silent.value) {
      at.value = (starts.value[line.value] ?? 0) / 1000;
      sound.value.currentTime = at.value;
    }
  }

  onScopeDispose(drop);
  return { line, playing, at, length, silent, toggle, seek, go };
}

// One question before something that cannot be taken back. ConfirmSheet.vue, mounted by whoever asks, draws it.
import { ref } from "vue";

export interface Question {
  title: string;
  text?: string;
  yes: string;
  danger?: boolean;
}

export function useConfirm() {
  const question = ref<Question | null>(null);
  let settle: (yes: boolean) => void = () => {};
  return {
    question,
    ask(next: Question): Promise<boolean> {
      question.value = next;
      return new Promise((resolve) => {
        settle = resolve;
      });
    },
    answer(yes: boolean): void {
      question.value = null;
      settle(yes);
    },
  };
}

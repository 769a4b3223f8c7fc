import { applyAction, type SubmitFunction } from '$app/forms';
import { toast } from 'svelte-sonner';
import { forget } from './keep.ts';
import { faults } from './words/frame.ts';

interface After {
  /** Name of the form's draft (see keep.ts), forgotten when the act is done. */
  readonly draft?: string;
  /** Told while it is under way. */
  readonly busy?: (busy: boolean) => void;
  /** What to say when it is done. */
  readonly done?: (data: Record<string, unknown>) => string | undefined;
  /** The fields go back to how they were when it is done. */
  readonly reset?: boolean;
}

/**
 * How every form of a live page is sent: what was typed stays whatever happens; a server that does not answer is told as
 * such and the page stays.
 */
export function submitted({ draft, busy, done, reset = false }: After = {}): SubmitFunction {
  return () => {
    busy?.(true);
    return async ({ result, update }) => {
      busy?.(false);
      if (result.type === 'error') {
        const answered = result.status !== undefined && result.status < 502;
        toast.error(`${answered ? faults.unexpected : faults.apiDown} ${faults.stillThere}`);
        return;
      }
      if (draft && (result.type === 'success' || result.type === 'redirect')) forget(draft);
      if (result.type === 'redirect' || result.type === 'failure') {
        await applyAction(result);
        const problem: unknown = result.type === 'failure' && result.data?.['problem'];
        if (typeof problem === 'string') toast.error(problem);
        return;
      }
      await update({ reset });
      const sentence = done?.(result.data ?? {});
      if (sentence) toast.success(sentence);
    };
  };
}

import { explain, sentenceOf, waitWords } from '@viaduct/domain';
import type { TestResult } from '@viaduct/pacs';
import type { NodeTestView } from '../schemas/nodes.ts';

const DONE = {
  resolve: 'The name has an address.',
  connect: 'The port accepts connections.',
  associate: 'It accepts us.',
  echo: 'It answers.',
  folder: 'The folder can be written.',
} as const;

/** The outcome of a test in words; the step that failed says what happened. */
export function explainTest(
  { ok, steps, cause, facts, busy }: TestResult,
  nodeName: string,
  known: Readonly<Record<string, string | number>>,
): NodeTestView {
  const all = { ...known, ...facts };
  const explanation = cause && explain(cause, all, nodeName);
  return {
    ok,
    steps: steps.map(({ step, ok: fine, ms }) => ({
      step,
      ok: fine,
      ms,
      message: fine ? DONE[step] : (explanation?.happened ?? ''),
    })),
    ...(busy && { sentence: waitWords({ kind: 'slot', ...busy }, { node: nodeName }) }),
    ...(cause &&
      explanation && { cause, sentence: sentenceOf(cause, all, nodeName), failure: { cause, ...explanation } }),
  };
}

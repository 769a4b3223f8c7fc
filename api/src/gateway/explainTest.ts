import { explain, sentenceOf, waitWords } from '@viaduct/domain';
import type { FaceTest, TestResult } from '@viaduct/pacs';
import type { NodeTestView } from '../schemas/nodes.ts';

const DONE = {
  resolve: 'The name has an address.',
  connect: 'The port accepts connections.',
  associate: 'It accepts us.',
  echo: 'It answers.',
  search: 'It answers a search.',
  folder: 'The folder can be written.',
} as const;

/** The outcome of a test in words; the step that failed says what happened. */
export function explainTest({ ok, faces, busy }: TestResult, nodeName: string): NodeTestView {
  return {
    ok,
    faces: faces.map((face) => explainFace(face, nodeName)),
    ...(busy && { sentence: waitWords({ kind: 'slot', ...busy }, { node: nodeName }) }),
  };
}

function explainFace({ face, ok, steps, cause, facts }: FaceTest, nodeName: string): NodeTestView['faces'][number] {
  const explanation = cause && explain(cause, facts, nodeName);
  return {
    face,
    ok,
    steps: steps.map(({ step, ok: fine, ms }) => ({
      step,
      ok: fine,
      ms,
      message: fine ? DONE[step] : (explanation?.happened ?? ''),
    })),
    ...(cause && explanation && { sentence: sentenceOf(cause, facts, nodeName), failure: { cause, ...explanation } }),
  };
}

import type { HeldDecision, ProfileContent } from '@viaduct/client';
import { textOf } from './field.ts';
import { rectanglesOf } from './profile.ts';

/** A rectangle in pixels of the image. */
export type Box = ProfileContent['pixels']['masks'][number]['rectangles'][number];

/** The rectangle between two corners, whole pixels inside the image; undefined when it is only a click. */
export function boxBetween(
  a: { readonly x: number; readonly y: number },
  b: { readonly x: number; readonly y: number },
  { width, height }: { readonly width: number; readonly height: number },
): Box | undefined {
  const inside = (value: number, most: number) => Math.min(Math.max(Math.round(value), 0), most);
  const [left, right] = [inside(Math.min(a.x, b.x), width), inside(Math.max(a.x, b.x), width)];
  const [top, bottom] = [inside(Math.min(a.y, b.y), height), inside(Math.max(a.y, b.y), height)];
  if (right - left < 2 || bottom - top < 2) return undefined;
  return { x: left, y: top, width: right - left, height: bottom - top };
}

/** What was done to the image before, as its address tells. */
export interface Done {
  readonly decision: 'approved' | 'rejected';
  readonly images: number;
  /** Id of the profile that remembers it. */
  readonly remembered: string | null;
}

/** The part of an address that tells what was done. */
export function doneQuery({ decision, images, remembered }: Done): string {
  return `${decision}=${images}${remembered ? `&remembered=${encodeURIComponent(remembered)}` : ''}`;
}

/** Reads it; undefined when it tells nothing. */
export function doneOf(query: URLSearchParams): Done | undefined {
  const decision = (['approved', 'rejected'] as const).find((each) => query.has(each));
  const remembered = query.get('remembered');
  if (!decision) return undefined;
  return {
    decision,
    images: Number(query.get(decision)) || 0,
    remembered: remembered && /^[a-z0-9-]{1,40}$/.test(remembered) ? remembered : null,
  };
}

/** What a form decides; undefined when its rectangles are not valid. */
export function decisionOf(form: FormData): HeldDecision | undefined {
  const decision = textOf(form, 'decision') === 'reject' ? 'reject' : 'approve';
  const alike = form.has('alike');
  if (decision === 'reject') return { decision, rectangles: [], alike, remember: false };
  const rectangles = rectanglesOf(textOf(form, 'rectangles'));
  if (rectangles.some((each) => Object.values(each).some((value) => value < 0))) return undefined;
  return { decision, rectangles, alike, remember: form.has('remember') };
}

import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';
import { recall, remember } from './remember.ts';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

declare global {
  interface Window {
    /** What was changed in forms before the page came to life; see static/early.js. */
    takeEarlyChanges?: () => [Control, { value: string; checked: boolean }][];
  }
}

const ticks = (control: Control): control is HTMLInputElement =>
  control instanceof HTMLInputElement && (control.type === 'checkbox' || control.type === 'radio');

/** Puts a control into a state as a person would: whatever is bound to it hears of it. */
function put(control: Control, value: string, checked: boolean): void {
  if (ticks(control)) {
    if (control.checked === checked) return;
    control.checked = checked;
  } else {
    if (control.value === value) return;
    control.value = value;
    control.dispatchEvent(new Event('input', { bubbles: true }));
  }
  control.dispatchEvent(new Event('change', { bubbles: true }));
}

/** Does again what was changed before the page came to life: hydration and restored drafts give way to it. */
export async function redoEarlyChanges(): Promise<void> {
  const changes = window.takeEarlyChanges?.() ?? [];
  await tick();
  for (const [control, { value, checked }] of changes) {
    if (!control.isConnected) continue;
    if (control instanceof HTMLInputElement && control.type === 'radio' && !checked) continue;
    put(control, value, checked);
  }
}

/** How often what appears only when something else is filled in is looked for. */
const ROUNDS = 8;

const keyOf = (name: string) => `viaduct:form:${name}`;

function controlsOf(form: HTMLFormElement): Control[] {
  return [...form.elements].filter(
    (each): each is Control =>
      (each instanceof HTMLInputElement && !['hidden', 'password', 'submit', 'file'].includes(each.type)) ||
      each instanceof HTMLSelectElement ||
      each instanceof HTMLTextAreaElement,
  );
}

/** Controls of one name are told apart by their value (boxes) or their place (lines). */
function draftOf(form: HTMLFormElement): Record<string, string | boolean> {
  const draft: Record<string, string | boolean> = {};
  for (const control of controlsOf(form)) {
    if (ticks(control)) draft[`${control.name}=${control.value}`] = control.checked;
    else draft[control.name] = control.value;
  }
  return draft;
}

/**
 * Keeps what is typed into a form for this tab, through reloads and servers that do not answer, until `forget(name)`.
 * Passwords are not kept. `{@attach keep('node:new')}`
 */
export function keep(name: string): Attachment<HTMLFormElement> {
  return (form) => {
    const draft = recall('sessionStorage', keyOf(name));
    const restore = async () => {
      // What is filled in may make further fields appear.
      for (let round = 0; round < ROUNDS; round++) {
        for (const control of controlsOf(form)) {
          const kept = draft[ticks(control) ? `${control.name}=${control.value}` : control.name];
          if (typeof kept === 'boolean') put(control, control.value, kept);
          else if (typeof kept === 'string') put(control, kept, false);
        }
        await tick();
      }
    };
    if (Object.keys(draft).length > 0) void restore();
    const note = () => void tick().then(() => remember('sessionStorage', keyOf(name), draftOf(form)));
    form.addEventListener('input', note);
    form.addEventListener('change', note);
    return () => {
      form.removeEventListener('input', note);
      form.removeEventListener('change', note);
    };
  };
}

/** Forgets the draft of a form that has had its effect. */
export function forget(name: string): void {
  try {
    window.sessionStorage.removeItem(keyOf(name));
  } catch {
    return;
  }
}

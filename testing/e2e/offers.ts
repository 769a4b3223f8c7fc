import type { Page } from 'playwright-core';
import type { JobState, TaskState } from '@viaduct/domain';
import { openMenu } from './jobPage.ts';

const EVERY = ['Pause', 'Resume', 'Cancel', 'Retry failed', 'Retry warnings', 'Restart', 'Change urgency', 'Change schedule', 'Force-end', 'Clone', 'Delete']; // prettier-ignore
const STEERING = ['Make urgent', 'Change schedule', 'Force-end', 'Clone'];
/** What the page of a job offers in each state: in its row of actions, and in its menu. */
export const OF_JOBS: Readonly<Record<JobState, { row: string[]; menu: string[] }>> = {
  pending: { row: ['Pause', 'Cancel'], menu: STEERING },
  waiting: { row: ['Pause', 'Cancel'], menu: STEERING },
  // One of its studies has failed, one has ended with warnings.
  running: { row: ['Pause', 'Cancel', 'Retry failed'], menu: ['Retry warnings', ...STEERING] },
  pausing: { row: ['Pause', 'Resume', 'Cancel'], menu: STEERING },
  paused: { row: ['Resume', 'Cancel'], menu: STEERING },
  canceling: { row: [], menu: ['Force-end', 'Clone'] },
  canceled: { row: ['Retry failed'], menu: ['Restart', 'Clone', 'Delete'] },
  success: { row: [], menu: ['Restart', 'Clone', 'Delete'] },
  warning: { row: [], menu: ['Retry warnings', 'Restart', 'Clone', 'Delete'] },
  failure: { row: ['Retry failed'], menu: ['Restart', 'Clone', 'Delete'] },
};
/** What the page of a study offers in each state. */
export const OF_STUDIES: readonly (readonly [TaskState, readonly string[]])[] = [
  ['pending', ['Pause', 'Cancel']],
  ['running', ['Pause', 'Cancel']],
  ['pausing', ['Pause', 'Resume', 'Cancel']],
  ['paused', ['Resume', 'Cancel']],
  ['canceling', []],
  ['canceled', ['Retry failed', 'Restart']],
  ['success', ['Restart']],
  ['warning', ['Retry warnings', 'Restart']],
  ['failure', ['Retry failed', 'Restart']],
];

/** What the menu of a job refuses in a state, with a reason. */
export function refusedIn(state: JobState): string[] {
  const given = [...OF_JOBS[state].row, ...OF_JOBS[state].menu];
  const offered = given.map((name) => (name === 'Make urgent' ? 'Change urgency' : name));
  return EVERY.filter((name) => !offered.includes(name)).sort();
}

/** What a page offers in its row of actions and in its menu, what the menu refuses, and for what it has no reason. */
export async function actionsOn(page: Page) {
  const group = page.getByRole('group', { name: 'Actions' });
  const menu = group.locator('details');
  if ((await menu.count()) > 0) await openMenu(page);
  const names = async (selector: string) =>
    (await group.locator(selector).allInnerTexts()).map((name) => name.trim().replace(/ \(\d+\)$/, '')).sort();
  const refused = (await menu.locator('.menu-off').allInnerTexts()).map((text) => text.split('\n'));
  return {
    row: await names(':scope > form > button'),
    menu: await names('.menu-item:is(a, button)'),
    refused: refused.map(([name = '']) => name.trim()).sort(),
    withoutReason: refused.filter(([, reason = '']) => !/^[A-Z].+\.$/.test(reason.trim())),
  };
}

import { formatDuration } from '../format.ts';

/** Words of the frame around every page. */
export const frame = {
  product: 'Viaduct',
  skip: 'Skip to the content',
  navigation: 'Main navigation',
  collapse: 'Collapse',
  expand: 'Expand',
  menu: 'Menu',
  breadcrumb: 'Where you are',
  groups: { work: 'Work', privacy: 'Privacy', operate: 'Operate', admin: 'Admin' },
  pages: {
    dashboard: 'Dashboard',
    transfer: 'Transfer',
    jobs: 'Jobs',
    nodes: 'Nodes',
    receiver: 'Receiver',
    queue: 'Queue',
    projects: 'Projects',
    profiles: 'Profiles',
    preview: 'Preview',
    review: 'Review',
    account: 'Account',
    help: 'Help',
  },
  theme: { label: 'Theme', system: 'as the system', light: 'light', dark: 'dark' },
  live: {
    connecting: 'Connecting …',
    live: 'Live',
    reconnecting: 'Reconnecting …',
    stale: (time: string) => `Stale since ${time}`,
    help: 'Whether this page shows changes as they happen',
    away: (time: string) =>
      `Viaduct’s server has not answered since ${time}. This page shows the state of then, keeps what you type, and goes on by itself.`,
    next: 'The page you asked for opens then.',
  },
  signOut: 'Sign out',
  noScript: 'Without JavaScript: this page shows the state of the moment it was loaded.',
  /** In place of what a person may not see. */
  hidden: 'hidden',
  copied: 'Copied',
  copy: 'Copy',
  technical: 'Technical detail',
  more: 'More',
  close: 'Close',
  cancelDialog: 'Do nothing',
  loading: 'Loading …',
  helpAbout: (what: string) => `Help: ${what}`,
  moreHelp: 'All help',
  moreAbout: 'More about this',
  undo: 'Undo',
  helpTopics: 'Topics',
  /** Below a line that grows on the page; ms, or undefined while it begins where the page was opened. */
  chartSpan: (ms: number | undefined) =>
    ms === undefined ? 'since this page was opened' : `last ${formatDuration(ms)}`,
  title: (page: string) => `${page} · Viaduct`,
} as const;

/** Words for what went wrong with a page as a whole. */
export const faults = {
  apiDown: 'Viaduct’s server does not answer.',
  apiDownTodo: 'It may be starting. Try again in a moment; your work goes on in the meantime.',
  stillThere: 'What you typed is still here; try again in a moment.',
  goesOn: 'This page asks again by itself every few seconds.',
  notFound: 'There is nothing at this address.',
  notFoundTodo: 'It may have been removed, or the address is mistyped.',
  badAddress: 'Part of this address cannot be read.',
  badAddressTodo: 'It may be mistyped, or its list has changed since. Go there again from the navigation.',
  forbidden: 'You may not see this.',
  forbiddenTodo: 'Ask an administrator if you need it.',
  unexpected: 'Something went wrong in Viaduct.',
  unexpectedTodo: 'Try again. If it stays, tell your administrator.',
  unexpectedNumber: (number: string) => `Try again. If it stays, tell your administrator this number: ${number}`,
  tryAgain: 'Try again',
  toDashboard: 'To the dashboard',
  formTitle: (count: number) =>
    count === 1 ? 'One thing has to be corrected' : `${count} things have to be corrected`,
  notDone: 'That did not work',
} as const;

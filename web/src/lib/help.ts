import source from '../../../docs/help.md?raw';

/** What there is help about: the headings of docs/help.md. */
export const TOPICS = [
  'search',
  'basket',
  'project',
  'pseudonymize',
  'pseudonym',
  'trial',
  'schedule',
  'urgent',
  'waiting',
  'pause',
  'retry',
  'force-end',
  'delete',
  'ledger',
  'server',
  'retrieve-method',
  'limits',
  'hours',
  'time-outs',
  'suspended',
  'probe',
  'receiver',
] as const;
export type Topic = (typeof TOPICS)[number];

/** A section of help: its heading and its text without marks. */
export interface HelpSection {
  readonly title: string;
  readonly text: string;
}

/** The sections of a page of help by topic: the heading in small letters with hyphens. */
export function sectionsOf(markdown: string): Map<string, HelpSection> {
  const sections = markdown.split(/^## /m).slice(1);
  return new Map(
    sections.map((section) => {
      const [title = '', ...lines] = section.trim().split('\n');
      const text = lines
        .join(' ')
        .replace(/\s+/g, ' ')
        .replace(/\*(\w[^*]*)\*/g, '“$1”')
        .replaceAll('`', '')
        .trim();
      return [title.toLowerCase().replaceAll(' ', '-'), { title, text }];
    }),
  );
}

const SECTIONS = sectionsOf(source);

/** The help about a topic. */
export function helpOf(topic: Topic): HelpSection {
  return SECTIONS.get(topic) ?? { title: topic, text: '' };
}

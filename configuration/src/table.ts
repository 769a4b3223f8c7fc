import { settingsSchema } from './index.ts';

/** The settings as the Markdown page `docs/configuration.md`. */
export function settingsPage(): string {
  const rows = Object.entries(settingsSchema.shape).map(([name, field]) => {
    const fallback = String(field.parse(undefined));
    return `| \`${name}\` | ${fallback === '' ? '' : `\`${fallback}\``} | ${field.description ?? ''} |`;
  });
  return [
    '# Configuration',
    '',
    'Every process reads its settings from environment variables and refuses to start when one cannot be used.',
    'This page is generated: `node configuration/scripts/write-page.ts`.',
    '',
    '| variable | default | meaning |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}

import { createHash } from 'node:crypto';
import { DeidError } from './errors.ts';
import { BASIC_OPTIONS, type ProfileOptions } from './options.ts';
import { MODULES } from './modules.ts';
import type { MaskRule, PixelPolicy, Rectangle } from './pixels/policy.ts';
import type { SafePrivateAttribute } from './privates.ts';
import type { Profile, ProfileRule, RuleAction } from './profile.ts';
import { isAttributeName } from './profileRules.ts';

const HASH_DIGITS = 12;
const ACTIONS = ['keep', 'remove', 'empty', 'hash', 'shift', 'clean', 'dummy', 'replace', 'substitute'] as const;
const OPTION_SWITCHES = [
  'retainUIDs',
  'retainDeviceIdentity',
  'retainInstitutionIdentity',
  'retainPatientCharacteristics',
  'retainSafePrivate',
  'cleanStructuredContent',
  'cleanGraphics',
] as const satisfies readonly (keyof ProfileOptions)[];

/** The same for equal values, whatever the order of their keys. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return `{${entries
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, each]) => `${JSON.stringify(key)}:${canonical(each)}`)
    .join(',')}}`;
}

/** 12 hex digits that change whenever what the profile does changes; its name and description do not count. */
export function profileHash({ name: _name, description: _description, ...profile }: Profile): string {
  return createHash('sha256').update(canonical(profile)).digest('hex').slice(0, HASH_DIGITS);
}

/** The profile as a file: JSON with two spaces. */
export function formatProfile(profile: Profile): string {
  return `${JSON.stringify(profile, undefined, 2)}\n`;
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads fields of unknown JSON and notes what is wrong with them. */
class Reader {
  readonly problems: string[] = [];

  fields(value: unknown, where: string): Fields {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields;
    this.problems.push(`${where}: an object is expected`);
    return {};
  }

  known(fields: Fields, keys: readonly string[], where: string): void {
    for (const key of Object.keys(fields)) if (!keys.includes(key)) this.problems.push(`${where}.${key}: unknown`);
  }

  text(value: unknown, where: string, fallback?: string): string {
    if (typeof value === 'string') return value;
    if (value === undefined && fallback !== undefined) return fallback;
    this.problems.push(`${where}: a text is expected`);
    return '';
  }

  optionalText(value: unknown, where: string): string | undefined {
    return value === undefined ? undefined : this.text(value, where);
  }

  integer(value: unknown, where: string, fallback?: number): number {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0) return value;
    if (value === undefined && fallback !== undefined) return fallback;
    this.problems.push(`${where}: a whole number is expected`);
    return 0;
  }

  choice<T extends string>(value: unknown, choices: readonly T[], where: string, fallback?: T): T {
    const found = choices.find((each) => each === value) ?? (value === undefined ? fallback : undefined);
    if (found !== undefined) return found;
    this.problems.push(`${where}: one of ${choices.join(', ')} is expected`);
    return choices[0] as T;
  }

  list<T>(value: unknown, where: string, read: (each: unknown, where: string) => T): T[] {
    if (value === undefined) return [];
    if (Array.isArray(value)) return value.map((each, at) => read(each, `${where}[${at}]`));
    this.problems.push(`${where}: a list is expected`);
    return [];
  }

  pattern(value: unknown, where: string): string {
    const text = this.text(value, where);
    try {
      new RegExp(text, 'u');
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      this.problems.push(`${where}: no regular expression`);
      return '';
    }
    return text;
  }
}

function readOptions(read: Reader, value: unknown): ProfileOptions {
  const fields = read.fields(value ?? {}, 'options');
  read.known(fields, Object.keys(BASIC_OPTIONS), 'options');
  const switches = Object.fromEntries(
    OPTION_SWITCHES.map((key) => {
      const given = fields[key] ?? false;
      if (typeof given !== 'boolean') read.problems.push(`options.${key}: true or false is expected`);
      return [key, given === true];
    }),
  );
  return {
    ...BASIC_OPTIONS,
    ...switches,
    dates: read.choice(fields['dates'], ['remove', 'shift', 'keep'], 'options.dates', 'remove'),
    descriptors: read.choice(fields['descriptors'], ['remove', 'clean', 'keep'], 'options.descriptors', 'remove'),
  };
}

function readAction(read: Reader, value: unknown, where: string): RuleAction {
  const fields = read.fields(value, where);
  const action = read.choice(fields['do'], ACTIONS, `${where}.do`);
  if (action === 'replace') return { do: action, with: read.text(fields['with'], `${where}.with`) };
  if (action !== 'substitute') return { do: action };
  return {
    do: action,
    pattern: read.pattern(fields['pattern'], `${where}.pattern`),
    with: read.text(fields['with'], `${where}.with`, ''),
  };
}

function readRule(read: Reader, value: unknown, where: string): ProfileRule {
  const fields = read.fields(value, where);
  const match = read.fields(fields['match'], `${where}.match`);
  read.known(match, ['attribute', 'module', 'privateCreator', 'vr'], `${where}.match`);
  const attribute = read.optionalText(match['attribute'], `${where}.match.attribute`);
  const module = read.optionalText(match['module'], `${where}.match.module`);
  const privateCreator = read.optionalText(match['privateCreator'], `${where}.match.privateCreator`);
  const vr = read.optionalText(match['vr'], `${where}.match.vr`);
  if (attribute !== undefined && !isAttributeName(attribute)) {
    read.problems.push(`${where}.match.attribute: ${attribute} is neither a keyword of PS3.6 nor 8 hex digits`);
  }
  if (module !== undefined && !MODULES.includes(module)) {
    read.problems.push(`${where}.match.module: ${module} is no module that rules can name`);
  }
  if ([attribute, module, privateCreator, vr].every((each) => each === undefined)) {
    read.problems.push(`${where}.match: says nothing`);
  }
  return {
    match: {
      ...(attribute !== undefined && { attribute }),
      ...(module !== undefined && { module }),
      ...(privateCreator !== undefined && { privateCreator }),
      ...(vr !== undefined && { vr }),
    },
    action: readAction(read, fields['action'], `${where}.action`),
  };
}

function readPrivate(read: Reader, value: unknown, where: string): SafePrivateAttribute {
  const fields = read.fields(value, where);
  const group = read.integer(fields['group'], `${where}.group`);
  const element = read.integer(fields['element'], `${where}.element`);
  if (group % 2 === 0 || group > 0xffff) read.problems.push(`${where}.group: an odd group is expected`);
  if (element > 0xff) read.problems.push(`${where}.element: the low byte is expected`);
  const creator = read.text(fields['creator'], `${where}.creator`);
  return { creator, group, element, vr: read.text(fields['vr'], `${where}.vr`, '') };
}

function readRectangle(read: Reader, value: unknown, where: string): Rectangle {
  const fields = read.fields(value, where);
  const number = (key: string): number => read.integer(fields[key], `${where}.${key}`);
  return { x: number('x'), y: number('y'), width: number('width'), height: number('height') };
}

function readMask(read: Reader, value: unknown, where: string): MaskRule {
  const fields = read.fields(value, where);
  const device = read.fields(fields['device'], `${where}.device`);
  const texts = ['modality', 'manufacturer', 'model', 'sopClassUID'];
  const numbers = ['rows', 'columns'];
  read.known(device, [...texts, ...numbers], `${where}.device`);
  const given = (keys: readonly string[]): string[] => keys.filter((key) => device[key] !== undefined);
  return {
    device: Object.fromEntries([
      ...given(texts).map((key) => [key, read.text(device[key], `${where}.device.${key}`)]),
      ...given(numbers).map((key) => [key, read.integer(device[key], `${where}.device.${key}`)]),
    ]) as MaskRule['device'],
    rectangles: read.list(fields['rectangles'], `${where}.rectangles`, (each, at) => readRectangle(read, each, at)),
  };
}

function readPixels(read: Reader, value: unknown): PixelPolicy {
  const fields = read.fields(value ?? {}, 'pixels');
  return {
    atRisk: read.choice(fields['atRisk'], ['review', 'exclude', 'mask', 'pass'], 'pixels.atRisk', 'review'),
    masks: read.list(fields['masks'], 'pixels.masks', (each, at) => readMask(read, each, at)),
  };
}

/**
 * Reads a profile from JSON. What is absent is as the Basic Profile has it.
 * @param json parsed JSON
 * @throws DeidError `profile-invalid` with all problems in words
 */
export function parseProfile(json: unknown): Profile {
  const read = new Reader();
  const fields = read.fields(json, 'profile');
  const keys =
    'id name version description options maximumAge identifiers documents descriptors safePrivate rules pixels';
  read.known(fields, keys.split(' '), 'profile');
  const id = read.text(fields['id'], 'id');
  if (!/^[a-z0-9][a-z0-9-]{0,39}$/.test(id))
    read.problems.push('id: lower-case letters, digits and hyphens, at most 40');
  const descriptors = read.fields(fields['descriptors'] ?? {}, 'descriptors');
  const maximumAge = fields['maximumAge'];
  const profile: Profile = {
    id,
    name: read.text(fields['name'], 'name', id),
    version: read.integer(fields['version'], 'version', 1),
    description: read.text(fields['description'], 'description', ''),
    options: readOptions(read, fields['options']),
    maximumAge: maximumAge === null ? null : read.integer(maximumAge, 'maximumAge', 89),
    identifiers: read.choice(fields['identifiers'], ['empty', 'derive'], 'identifiers', 'empty'),
    documents: read.choice(fields['documents'], ['replace', 'refuse'], 'documents', 'replace'),
    descriptors: {
      terms: read.list(descriptors['terms'], 'descriptors.terms', (each, at) => read.text(each, at)),
      patterns: read.list(descriptors['patterns'], 'descriptors.patterns', (each, at) => read.pattern(each, at)),
    },
    safePrivate: read.list(fields['safePrivate'], 'safePrivate', (each, at) => readPrivate(read, each, at)),
    rules: read.list(fields['rules'], 'rules', (each, at) => readRule(read, each, at)),
    pixels: readPixels(read, fields['pixels']),
  };
  if (read.problems.length > 0) throw new DeidError('profile-invalid', read.problems);
  return profile;
}

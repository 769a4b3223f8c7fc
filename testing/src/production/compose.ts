import { readFile } from 'node:fs/promises';
import path from 'node:path';
import Ajv from 'ajv';
import { load } from 'js-yaml';

const root = path.resolve(import.meta.dirname, '../../..');
const SCHEMA = path.join(root, 'testing/compose-spec/compose-spec.json');

/** The folder of the compose file; what it names with `./` lies there. */
export const COMPOSE_FOLDER = path.join(root, 'temporal');

/** The parts of a service that are looked at here. */
export interface ComposeService {
  readonly image?: string;
  readonly build?: { readonly dockerfile: string; readonly target: string };
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly secrets?: readonly string[];
  /** `source:path in the container[:ro]` */
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly restart?: string;
  readonly healthcheck?: { readonly test: readonly string[] };
  readonly stop_grace_period?: string;
}

/** A compose file, read. */
export interface Compose {
  readonly services: Readonly<Record<string, ComposeService>>;
  readonly networks?: Readonly<Record<string, { readonly internal?: boolean } | null>>;
  readonly secrets?: Readonly<Record<string, { readonly file: string }>>;
}

/** What is wrong with a compose file by the Compose Specification; empty when nothing is. */
export async function composeFaults(content: unknown): Promise<string[]> {
  const schema = JSON.parse(await readFile(SCHEMA, 'utf8')) as Record<string, unknown>;
  delete schema.$schema; // the address of draft 7 in a spelling that ajv does not know; draft 7 is what it takes anyway
  const ajv = new Ajv({ allErrors: true, unknownFormats: 'ignore' });
  void ajv.validate(schema, content);
  return (ajv.errors ?? []).map(({ dataPath, message, params }) => `${dataPath} ${message} ${JSON.stringify(params)}`);
}

/** Puts values into `${NAME}`, `${NAME:-default}` and `${NAME:?message}` as Compose does. Throws where one is missing. */
function interpolate(text: string, variables: Readonly<Record<string, string>>): string {
  return text.replaceAll(
    /\$\{(\w+)(?::([-?])([^}]*))?\}/g,
    (_whole, name: string, operator?: string, rest?: string) => {
      const value = variables[name];
      if (value) return value;
      if (operator === '-') return rest ?? '';
      throw new Error(`${name} is not set: ${rest ?? 'no default'}`);
    },
  );
}

/**
 * Reads a compose file of temporal/ with the variables of its `.env`.
 * @throws Error naming what is wrong by the Compose Specification, or a variable that must be set
 */
export async function readCompose(name: string, variables: Readonly<Record<string, string>>): Promise<Compose> {
  const content = load(interpolate(await readFile(path.join(COMPOSE_FOLDER, name), 'utf8'), variables));
  const faults = await composeFaults(content);
  if (faults.length > 0) throw new Error(`${name}: ${faults.join('\n')}`);
  return content as Compose;
}

/** A compose file with another one laid over it: environments and secrets are added, as Compose does. */
export function laidOver(base: Compose, over: Compose): Compose {
  const services = Object.entries(base.services).map(([name, service]) => {
    const more = over.services[name];
    const environment = { ...service.environment, ...more?.environment };
    return [
      name,
      { ...service, environment, secrets: [...(service.secrets ?? []), ...(more?.secrets ?? [])] },
    ] as const;
  });
  return { ...base, services: Object.fromEntries(services), secrets: { ...base.secrets, ...over.secrets } };
}

/** A stage of the Dockerfile: the folders it takes from the checkout or an earlier stage, and its start command. */
export interface Stage {
  readonly from: string;
  readonly copied: readonly string[];
  readonly command?: readonly string[];
}

/** Reads the Dockerfile beside the compose file. */
export async function readDockerfile(): Promise<ReadonlyMap<string, Stage>> {
  const text = await readFile(path.join(COMPOSE_FOLDER, 'Dockerfile'), 'utf8');
  const stages = text.split(/^FROM /m).slice(1);
  return new Map(
    stages.map((stage) => {
      const [, from = '', name = ''] = /^(\S+) AS (\S+)/.exec(stage) ?? [];
      const command = /^CMD (\[.*\])$/m.exec(stage)?.[1];
      const copied = [...stage.matchAll(/^COPY .*?(\S+)$/gm)].flatMap(([, target]) => target ?? []);
      return [name, { from, copied, command: command ? (JSON.parse(command) as string[]) : undefined }];
    }),
  );
}

/** What a service starts: its own command, else that of the image we build for it; undefined: that of another's image. */
export function startCommand(
  service: ComposeService,
  stages: ReadonlyMap<string, Stage>,
): readonly string[] | undefined {
  return service.command ?? (service.build && stages.get(service.build.target)?.command);
}

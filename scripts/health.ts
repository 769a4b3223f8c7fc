// Health check of a container: `node scripts/health.ts api | web | worker`. Ends with 0 when the process answers.
import { connect } from 'node:net';

const DEADLINE_MS = 4_000;
const at = (variable: string, fallback: number) => Number(process.env[variable] ?? fallback);

async function answers(port: number, path: string): Promise<boolean> {
  const answer = await fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(DEADLINE_MS) });
  return answer.ok;
}

/** Whether the receiver takes connections. */
function accepts(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', timeout: DEADLINE_MS });
    socket.once('timeout', () => socket.destroy(new Error('no answer')));
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
  });
}

const checks: Readonly<Record<string, () => Promise<boolean>>> = {
  api: () => answers(at('VIADUCT_HTTP_PORT', 4280), '/api/v1/health'),
  // Needs no session, and no api.
  web: () => answers(at('PORT', 4281), '/sign-in'),
  worker: () => accepts(at('VIADUCT_RECEIVER_PORT', 11112)),
};

const check = checks[process.argv[2] ?? ''];
if (!check) throw new Error(`one of ${Object.keys(checks).join(', ')}`);
process.exitCode = (await check().catch(() => false)) ? 0 : 1;

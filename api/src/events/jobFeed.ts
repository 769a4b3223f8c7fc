import type { Database } from '@viaduct/prisma';
import type { SignedIn } from '../http/context.ts';
import type { EventStream } from '../http/eventStream.ts';
import { pageForActor } from '../jobs/jobView.ts';
import type { JobView } from '../schemas/jobs.ts';
import type { TaskView } from '../schemas/tasks.ts';
import { readTasksByNo } from '../tasks/taskView.ts';
import type { Feed } from './feed.ts';
import { Seen } from './seen.ts';
import type { Tick } from './tick.ts';

/** Tasks that are followed at most. */
const FOLLOWED = 200;
const ACTIVE = ['running', 'waiting', 'pausing', 'canceling'];

/** One job with its tasks: those that are on the page, or, when that is not said, those that something happens to. */
export class JobFeed implements Feed {
  readonly #database: Database;
  readonly #actor: SignedIn;
  readonly #stream: EventStream;
  readonly #jobId: string;
  readonly #taskNos: readonly number[] | undefined;
  readonly #seenJob = new Seen<JobView>(({ id }) => id);
  readonly #seenTasks = new Seen<TaskView>(({ taskNo }) => taskNo);
  #active: readonly number[] = [];

  constructor(
    database: Database,
    { actor, stream }: { readonly actor: SignedIn; readonly stream: EventStream },
    jobId: string,
    taskNos?: readonly number[],
  ) {
    this.#database = database;
    this.#actor = actor;
    this.#stream = stream;
    this.#jobId = jobId;
    this.#taskNos = taskNos;
  }

  async tell(tick: Tick): Promise<void> {
    if (!tick.touches(this.#jobId)) return;
    const page = await tick.page(this.#jobId);
    if (!page) return this.#stream.end(); // deleted: whoever comes again is told so
    for (const job of this.#seenJob.changed([pageForActor(page, this.#actor)])) {
      this.#stream.send('job', job, String(job.statusSeq));
    }
    const rows = this.#seenTasks.changed(await this.#tasks(page.view.tasks.total));
    if (rows.length > 0) this.#stream.send('tasks', { jobId: this.#jobId, rows });
  }

  async #tasks(total: number): Promise<TaskView[]> {
    const taskNos = this.#taskNos ?? (await this.#interesting(total));
    const tasks = await readTasksByNo(this.#database, this.#jobId, taskNos);
    this.#active = tasks.filter(({ state }) => ACTIVE.includes(state)).map(({ taskNo }) => taskNo);
    this.#seenTasks.gone(new Set(taskNos));
    return tasks;
  }

  /** All tasks of a small job; of a large one those that are active or have just come to rest. */
  async #interesting(total: number): Promise<number[]> {
    if (total <= FOLLOWED) return Array.from({ length: total }, (_task, index) => index + 1);
    const rows = await this.#database.client.task.findMany({
      where: { jobId: this.#jobId, state: { in: ACTIVE } },
      orderBy: { taskNo: 'asc' },
      take: FOLLOWED,
      select: { taskNo: true },
    });
    return [...new Set([...this.#active, ...rows.map(({ taskNo }) => taskNo)])];
  }
}

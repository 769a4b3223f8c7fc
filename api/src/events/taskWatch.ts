import type { Database } from '@viaduct/prisma';
import type { TaskView } from '../schemas/tasks.ts';
import { taskShown, taskView } from '../tasks/taskView.ts';

/** Tasks of a job that are followed at most: all of a small job, else those that something happens to. */
const FOLLOWED = 200;
const ACTIVE = ['running', 'waiting', 'pausing', 'canceling'];

/** Finds out which tasks of a job have changed since it was asked before. */
export class TaskWatch {
  readonly #client: Database['client'];
  readonly #jobId: string;
  #seen = new Map<number, string>();

  constructor(client: Database['client'], jobId: string) {
    this.#client = client;
    this.#jobId = jobId;
  }

  /** `total` is the number of tasks of the job; of a large one only those are read that are or were active. */
  async changed(total: number): Promise<TaskView[]> {
    const followed =
      total <= FOLLOWED ? {} : { OR: [{ state: { in: ACTIVE } }, { taskNo: { in: [...this.#seen.keys()] } }] };
    const rows = await this.#client.task.findMany({
      where: { jobId: this.#jobId, ...followed },
      orderBy: { taskNo: 'asc' },
      take: FOLLOWED,
      select: taskShown,
    });
    const tasks = rows.map(taskView).map((view) => ({ view, text: JSON.stringify(view) }));
    const changed = tasks.filter(({ view, text }) => this.#seen.get(view.taskNo) !== text);
    // A task that has come to rest has been told about; it need not be followed any more.
    const kept = tasks.filter(({ view }) => total <= FOLLOWED || ACTIVE.includes(view.state));
    this.#seen = new Map(kept.map(({ view, text }) => [view.taskNo, text]));
    return changed.map(({ view }) => view);
  }
}

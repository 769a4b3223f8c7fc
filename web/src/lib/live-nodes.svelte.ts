import { SvelteMap } from 'svelte/reactivity';
import type { Dashboard, Node } from './types.ts';
import { useLive } from './live.svelte.ts';
import { refresh } from './refresh.ts';

/** Nodes in the order of the page, each as new as is known: what the stream tells is laid over what was loaded. */
export class LiveNodes {
  #rows: () => readonly Node[];
  #changed = new SvelteMap<string, Node>();

  constructor(rows: () => readonly Node[]) {
    this.#rows = rows;
  }

  get rows(): Node[] {
    return this.#rows().map((node) => this.#changed.get(node.id) ?? node);
  }

  /** Listens for as long as the component lives. `all`: the page shows every node, so a new one belongs on it, too. */
  listen({ all = false } = {}): void {
    const live = useLive();
    $effect(() =>
      live.listen(
        {
          nodes: ({ rows, gone }) => {
            for (const node of rows) this.#changed.set(node.id, node);
            const shown = this.#rows().map((node) => node.id);
            if (gone.some((id) => shown.includes(id)) || (all && rows.some((node) => !shown.includes(node.id))))
              refresh();
          },
        },
        { topics: ['nodes'] },
      ),
    );
    // What was told before the page was read again is older than what it has read.
    $effect(() => {
      if (this.#rows()) this.#changed.clear();
    });
  }
}

/** What nodes gave and took in the last hour, as new as is known, for as long as the component lives. */
export function liveThroughput(
  loaded: () => Dashboard['throughput'] | undefined,
): () => Dashboard['throughput'] | undefined {
  const live = useLive();
  let told = $state.raw<Dashboard['throughput']>();
  $effect(() => live.listen({ dashboard: ({ throughput }) => (told = throughput) }, { topics: ['dashboard'] }));
  return () => told ?? loaded();
}

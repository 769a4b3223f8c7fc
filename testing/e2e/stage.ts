import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { waitFor } from '@viaduct/testing';
import type { Faults } from '@viaduct/testing';
import { launchBrowser } from '../src/browser.ts';
import { signInPage } from './jobPage.ts';
import { countedMoreThan, setScene, type Scene, type SceneOptions } from './scene.ts';

/** A scene with a person before it, at a browser. */
export interface Stage extends AsyncDisposable {
  readonly scene: Scene;
  readonly page: Page;
  /** Has both PACS play these faults; none by default. */
  play(faults?: Faults): Promise<void>;
  /** When images came in at the destination, ms since 1970. */
  arrivals(): Promise<number[]>;
  /** Waits until nobody talks to either PACS any more. */
  expectQuiet(): Promise<void>;
  /** So many images have arrived; each of them was sent by the source and received by the destination once. */
  expectOnce(instances: number): Promise<void>;
}

export interface StageOptions extends SceneOptions {
  /** Whether pages have scripts; true by default. */
  readonly javaScript?: boolean;
  /** Whether somebody is signed in; true by default. */
  readonly signedIn?: boolean;
}

/** Sets a scene and opens a browser before it. */
export async function openStage({ javaScript, signedIn = true, ...options }: StageOptions): Promise<Stage> {
  await using stack = new AsyncDisposableStack();
  const scene = stack.use(await setScene(options));
  const browser = stack.use(await launchBrowser());
  const page = await browser.newPage({ baseUrl: scene.product.url, javaScript });
  if (signedIn) await signInPage(page);
  const peers = [scene.source, scene.destination];
  const rest = stack.move();
  return {
    scene,
    page,
    play: async (faults = {}) => {
      await Promise.all(peers.map((pacs) => pacs.setFaults(faults)));
    },
    arrivals: async () => {
      const { events } = await scene.destination.state();
      return events.filter(({ kind }) => kind === 'received').map(({ at }) => at);
    },
    expectQuiet: async () => {
      const isQuiet = async () => {
        const states = await Promise.all(peers.map((pacs) => pacs.state()));
        return states.every(({ openAssociations }) => openAssociations === 0);
      };
      await waitFor(isQuiet, { what: 'all associations to be closed' });
    },
    expectOnce: async (instances) => {
      const [{ delivered }, { received }] = await Promise.all([scene.source.state(), scene.destination.state()]);
      for (const counts of [delivered, received]) {
        expect(Object.keys(counts)).toHaveLength(instances);
        expect(countedMoreThan(counts, 1)).toBe(0);
      }
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

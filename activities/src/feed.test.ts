import { describe, expect, it } from 'vitest';
import { PartFeed, type SpooledInstance } from './feed.ts';

const instance = (uid: string): SpooledInstance => ({
  sopInstanceUID: uid,
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  path: `/spool/${uid}.dcm`,
  bytes: 10,
  sha256: '00',
});
const header = {
  outSopInstanceUID: '2.25.9',
  sopClassUID: '1.2.840.10008.5.1.4.1.1.2',
  transferSyntaxUID: '1.2.840.10008.1.2.1',
  bulk: null,
  pixelsPath: null,
  bytes: 4,
  sha256: '11',
  sourceSha256: '00',
  path: '/spool/x.hdr',
  start: 0,
  end: 4,
  trailerEnd: 4,
};
const wanted = (...uids: string[]) => uids.map((uid) => ({ sopInstanceUID: uid, state: 'wanted' as const }));
const signal = new AbortController().signal;

describe('PartFeed', () => {
  it('hands retrieved instances to store when nothing is pseudonymized', async () => {
    const feed = new PartFeed(wanted('1.1', '1.2'), { pseudonymize: false, closed: false });
    const follower = feed.follow('ready');
    const first = follower.next(signal);
    feed.retrieved(instance('1.1'));
    expect((await first)?.sopInstanceUID).toBe('1.1');
    expect(follower.take()).toBeUndefined();
    expect(feed.wanted()).toEqual(['1.2']);
  });

  it('ends the pause of a consumer when nothing will come any more, or when it is told to end', async () => {
    const feed = new PartFeed([], { pseudonymize: false, closed: false });
    feed.retrieved(instance('1.1'));
    const follower = feed.follow('ready');
    const ending = new AbortController();
    const [paused, ended] = [follower.pause(600_000, signal), follower.pause(600_000, ending.signal)];
    ending.abort(new Error('interrupt'));
    await expect(ended).rejects.toThrow('interrupt');
    feed.settled('1.1');
    feed.close();
    await paused;
    expect(follower.take()).toBeUndefined();
  });

  it('keeps store waiting until pseudonymize is through', async () => {
    const feed = new PartFeed(wanted('1.1'), { pseudonymize: true, closed: false });
    const pseudonymize = feed.follow('retrieved');
    const store = feed.follow('ready');
    feed.retrieved(instance('1.1'));
    feed.close();
    expect(feed.isDrained('ready')).toBe(false);
    const next = store.next(signal);
    const taken = await pseudonymize.next(signal);
    expect(taken?.sopInstanceUID).toBe('1.1');
    feed.pseudonymized({ ...instance('1.1'), header });
    expect((await next)?.header).toEqual(header);
    expect(await pseudonymize.next(signal)).toBeUndefined();
    const end = store.next(signal);
    feed.settled('1.1');
    expect(await end).toBeUndefined();
  });

  it('hands an instance that was given back to another consumer', async () => {
    const feed = new PartFeed(wanted('1.1'), { pseudonymize: false, closed: false });
    feed.retrieved(instance('1.1'));
    feed.close();
    const follower = feed.follow('ready');
    const mine = await follower.next(signal);
    const other = follower.next(signal);
    follower.giveBack(mine?.sopInstanceUID ?? '');
    expect((await other)?.sopInstanceUID).toBe('1.1');
  });

  it('ends a wait with the reason of the signal', async () => {
    const feed = new PartFeed(wanted('1.1'), { pseudonymize: false, closed: false });
    const controller = new AbortController();
    const next = feed.follow('ready').next(controller.signal);
    const reason = new Error('stop');
    controller.abort(reason);
    await expect(next).rejects.toBe(reason);
  });

  it('lets go of wanted instances when it is closed', async () => {
    const feed = new PartFeed(wanted('1.1'), { pseudonymize: true, closed: false });
    const store = feed.follow('ready').next(signal);
    const pseudonymize = feed.follow('retrieved').next(signal);
    feed.close();
    expect(await store).toBeUndefined();
    expect(await pseudonymize).toBeUndefined();
  });
});

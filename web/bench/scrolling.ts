// The whole list is scrolled through with the wheel, faster than anybody reads; then somebody drags the bar to anywhere.
import type { Rig } from './rig.ts';
import { percentile, type Row } from './table.ts';

const PX_PER_S = 20_000;
const ROW_PX = 46;
const FRAME_MS = 1000 / 60;

export const scrolling = ({ vms }: { vms: number }): { blank: Row; dropped: Row; jump: Row } => {
  const name = `browser, ${vms} VMs:`;
  return {
    blank: { name: `${name} frames with a blank row, at ${Math.round(PX_PER_S / ROW_PX)} rows/s`, unit: '%', atMost: 0, values: [] },
    dropped: { name: `${name} frames dropped meanwhile, of 60/s`, unit: '%', values: [] },
    jump: { name: `${name} jump to anywhere, to rows`, unit: 'ms', values: [] },
  };
};

interface Frames {
  times: number[];
  blank: number;
}

export async function measureScrolling(rig: Rig, rows: ReturnType<typeof scrolling>) {
  for (let i = 0; i < rig.plan.repetitions; i++) {
    const page = await rig.enter('/vms');
    // Every frame, as it is about to be painted: is a row in sight without contents, or a place without a row?
    const frames = await page.evaluateHandle(() => {
      const frames: Frames = { times: [], blank: 0 };
      const look = (now: number) => {
        frames.times.push(now);
        if (!window.rows.areFull()) frames.blank += 1;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
      return frames;
    });
    const devtools = await page.context().newCDPSession(page);
    const gesture = { x: 700, y: 500, yDistance: -rig.plan.vms * ROW_PX, speed: PX_PER_S, gestureSourceType: 'mouse', preventFling: true } as const;
    await devtools.send('Input.synthesizeScrollGesture', gesture);
    const { times, blank } = await frames.jsonValue();
    const last = await page.evaluate(() => window.rows.until(window.rows.areFull).then(() => [...document.querySelectorAll('tr[aria-rowindex]')].at(-1)?.getAttribute('aria-rowindex')));
    if (last !== String(rig.plan.vms)) throw new Error(`scrolled to row ${last} only`);
    const missing = times.slice(1).reduce((sum, time, n) => sum + Math.max(0, Math.round((time - (times[n] ?? time)) / FRAME_MS) - 1), 0);
    rows.blank.values.push((100 * blank) / times.length);
    rows.dropped.values.push((100 * missing) / (times.length + missing));

    const jumps: number[] = [];
    for (let n = 0; n < rig.plan.tries; n++) {
      const to = (((n + i * rig.plan.tries) * 7919) % rig.plan.vms) * ROW_PX;
      jumps.push(
        await page.evaluate(async (to) => {
          const began = Date.now();
          document.querySelector('.xo-pane')?.scrollTo(0, to);
          await window.rows.painted();
          return (await window.rows.until(window.rows.areFull)) - began;
        }, to),
      );
    }
    rows.jump.values.push(percentile(jumps, 0.5));
    await page.context().close();
  }
}

// What measures inside of the page: it looks at the rows of the list as the user would, once per frame.

/** What is in a list's pane right now. */
interface Rows {
  /** The texts of the rows in sight, in their order; a row without contents is an empty text, and so is a place without a row. */
  seen: () => string[];
  /** Rows are in sight, and none of them is empty. */
  areFull: () => boolean;
  /** The time at which the frame that is being made has been handed to the screen, by the machine's clock. */
  painted: () => Promise<number>;
  /** Waits until a condition holds at the end of a frame, and tells when that was painted. */
  until: (condition: () => boolean) => Promise<number>;
}

declare global {
  interface Window {
    rows: Rows;
  }
}

/** Runs in the page before anything else does, and therefore needs nothing from outside. */
export function watchRows() {
  const seen = () => {
    const pane = document.querySelector('.xo-pane:not([hidden])');
    const head = pane?.querySelector('thead');
    if (!pane || !head) return [];
    const [top, bottom] = [head.getBoundingClientRect().bottom, pane.getBoundingClientRect().bottom];
    const texts: string[] = [];
    for (const row of pane.querySelectorAll('tbody > tr')) {
      const box = row.getBoundingClientRect();
      // Less than a few pixels of a row nobody reads.
      if (box.bottom < top + 4 || box.top > bottom - 4) continue;
      texts.push(row.textContent.trim());
    }
    return texts;
  };
  const areFull = () => {
    const texts = seen();
    return texts.length > 0 && texts.every((text) => text !== '');
  };
  const painted = () =>
    new Promise<number>((resolve) => {
      requestAnimationFrame(() => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => resolve(Date.now());
        port2.postMessage(undefined);
      });
    });
  const until = async (condition: () => boolean) => {
    for (;;) {
      let holds = false;
      requestAnimationFrame(() => (holds = condition()));
      const now = await painted();
      if (holds) return now;
    }
  };
  window.rows = { seen, areFull, painted, until };
}

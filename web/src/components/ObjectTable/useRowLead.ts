// The keyboard's place among the rows: keys lead it, and the focus goes with it as soon as it is in the table.
import { useCallback, useEffect, useState, type FocusEvent, type KeyboardEvent, type RefObject } from 'react';

const indexOf = (row: HTMLTableRowElement) => Number(row.getAttribute('aria-rowindex')) - 1;

/** `here` is -1 until somebody leads it; `show` brings a row into sight. */
export function useRowLead(pane: RefObject<HTMLElement | null>, count: number, show: (index: number) => void) {
  const [here, setHere] = useState(-1);
  const [isLed, setLed] = useState(false);
  const lead = useCallback(
    (to: number) => {
      const next = Math.min(Math.max(to, 0), Math.max(count - 1, 0));
      setLed(pane.current?.contains(document.activeElement) === true);
      setHere(next);
      show(next);
    },
    [pane, count, show],
  );
  useEffect(() => {
    if (isLed) pane.current?.querySelector<HTMLElement>(`tr[aria-rowindex="${here + 1}"]`)?.focus({ preventScroll: true });
  }, [pane, here, isLed]);
  const onRowKey = (event: KeyboardEvent) => {
    const to = { ArrowDown: here + 1, ArrowUp: here - 1 }[event.key];
    if (to === undefined || !(event.target instanceof HTMLTableRowElement)) return;
    event.preventDefault();
    lead(to);
  };
  const onRowFocus = ({ target }: FocusEvent) => {
    if (target instanceof HTMLTableRowElement) setHere(indexOf(target));
  };
  return { here, lead, onRowKey, onRowFocus, onRowBlur: () => setLed(false) };
}

/** The head is one stop for Tab; left and right lead from one of its controls to the next. */
export function leadInHead(event: KeyboardEvent<HTMLElement>) {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const stops = [...event.currentTarget.querySelectorAll<HTMLElement>('input, button')];
  stops[stops.findIndex((one) => one === document.activeElement) + by]?.focus();
}

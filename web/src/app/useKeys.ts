// Keys that work anywhere on a page, unless somebody types or a dialog is open.
import { useEffect } from 'react';

export type Keys = Record<string, (event: KeyboardEvent) => void>;

const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName)) && (target as HTMLInputElement).type !== 'checkbox';

/** What has the focus and does something by itself when Enter is pressed. */
const takesEnter = (target: EventTarget | null) => target instanceof Element && target.closest('a, button, summary, [role=menuitem], [role=option], [role=treeitem]') !== null;

/** `keys` by `event.key`; with Ctrl or Cmd as `ctrl+k`, which works while typing too. */
export function useKeys(keys: Keys) {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const withCtrl = event.ctrlKey || event.metaKey;
      if (event.key === 'Enter' && takesEnter(event.target)) return;
      if (event.altKey || (!withCtrl && (isTyping(event.target) || document.querySelector('[role=dialog]')))) return;
      const action = keys[withCtrl ? `ctrl+${event.key.toLowerCase()}` : event.key];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    document.addEventListener('keydown', onKey);
    return () => document.removeEventListener('keydown', onKey);
  }, [keys]);
}

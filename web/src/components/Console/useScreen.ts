// The connection to a screen: opened while it is wanted, and again when it is lost, with pauses that grow. A reboot of the VM ends it
// like a bad network does.
import RFB from '@novnc/novnc';
import { useEffect, useRef, useState, type RefObject } from 'react';

import { strokesOf } from './keys.ts';

export type ScreenState = 'off' | 'connecting' | 'open' | 'lost';

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 5000;
/** Between two characters of a typed text. */
const STROKE_MS = 25;

export function useScreen(target: RefObject<HTMLElement | null>, id: string, isWanted: boolean, isScaled: boolean) {
  const [state, setState] = useState<ScreenState>('off');
  const rfb = useRef<RFB>(undefined);
  const scaled = useRef(isScaled);

  useEffect(() => {
    if (!isWanted) return;
    let timer: ReturnType<typeof setTimeout> | undefined;
    let failures = 0;
    let isOver = false;
    const connect = () => {
      const element = target.current;
      if (!element) return;
      setState(failures === 0 ? 'connecting' : 'lost');
      const screen = new RFB(element, `${location.origin.replace(/^http/, 'ws')}/api/consoles/${id}`);
      rfb.current = screen;
      screen.background = 'transparent';
      screen.scaleViewport = scaled.current;
      screen.showDotCursor = true;
      screen.addEventListener('connect', () => {
        failures = 0;
        setState('open');
        // Where the screen is below what is in sight, the page stays at its top.
        screen.focus({ preventScroll: true });
      });
      screen.addEventListener('disconnect', () => {
        if (isOver || rfb.current !== screen) return;
        rfb.current = undefined;
        setState('lost');
        const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures);
        failures += 1;
        timer = setTimeout(connect, wait * (0.5 + Math.random() / 2));
      });
    };
    // The element that it draws in is there after this render only.
    timer = setTimeout(connect);
    return () => {
      isOver = true;
      clearTimeout(timer);
      rfb.current?.disconnect();
      rfb.current = undefined;
      setState('off');
    };
  }, [target, id, isWanted]);

  useEffect(() => {
    scaled.current = isScaled;
    if (rfb.current) rfb.current.scaleViewport = isScaled;
  }, [isScaled]);

  useEffect(() => {
    // noVNC passes over a change that ends where its last one did; full screen comes and goes in several.
    const fit = () =>
      requestAnimationFrame(() => {
        if (rfb.current && scaled.current) rfb.current.scaleViewport = true;
      });
    window.addEventListener('resize', fit);
    document.addEventListener('fullscreenchange', fit);
    return () => {
      window.removeEventListener('resize', fit);
      document.removeEventListener('fullscreenchange', fit);
    };
  }, []);

  return {
    // Until the first attempt begins, which is as soon as this is drawn.
    state: isWanted && state === 'off' ? 'connecting' : state,
    ctrlAltDel: () => {
      rfb.current?.sendCtrlAltDel();
      rfb.current?.focus();
    },
    /** Types a text; `signal` stops it. */
    type: async (text: string, onTyped: (count: number) => void, signal: AbortSignal) => {
      let count = 0;
      for (const strokes of strokesOf(text)) {
        if (signal.aborted || !rfb.current) return;
        for (const { keysym, isDown } of strokes) rfb.current.sendKey(keysym, null, isDown);
        onTyped((count += 1));
        await new Promise((resolve) => setTimeout(resolve, STROKE_MS));
      }
    },
  };
}

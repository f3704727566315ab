// Why the state of an object does not allow an action, in words.
import i18next from 'i18next';

import type { TextKey } from '../i18n.ts';

/** A sentence; of a disk that VMs have, what joins it to them. */
export type Why = string | { vbds: readonly string[] };

/** `states` where the sentence names some. */
export function when(isSo: boolean, key: TextKey, states = ''): string | undefined {
  return isSo ? i18next.t(key as 'why.state', { states }) : undefined;
}

interface Joins {
  attached: boolean;
}

export const ifConnected = (key: TextKey) => (device: Joins) => when(device.attached, key);
export const ifDisconnected = (device: Joins) => when(!device.attached, 'why.disconnected');

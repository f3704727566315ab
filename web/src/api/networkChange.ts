// A change of the appliance's network that was sent from this page. Its answer may never come, since the address that it would come from
// may be gone.
//
// Invariant: nothing here waits for the network longer than `ANSWER_MS`. The change is over when the appliance, reached again, has it kept,
// or has what it had before; until then it is looked for.
import { useSyncExternalStore } from 'react';

import { changedNetwork, lookAtApplianceAgain, type ApplianceNetwork, type NetworkSettings } from './appliance.ts';
import { get, send, type Call } from './http.ts';
import { Problem } from './problem.ts';

export interface NetworkChange {
  wanted: Pick<NetworkSettings, 'mode' | 'addresses'>;
  /** Until it goes back, as far as this page knows. */
  secondsLeft: number;
  /** The appliance answers here, as yet or again. */
  isReached: boolean;
  /** The appliance has what it had before. */
  isBack: boolean;
  /** Why it could not be made, if that is why. */
  fault?: string;
}

/** After this time the answer will not come any more. */
const ANSWER_MS = 3000;
const STEP_MS = 1000;
/** A trial that is under way is seen by then. */
const BEGIN_MS = 5000;
/** How long a trial lasts, where its appliance cannot be asked. */
const TRIAL_SECONDS = 60;

let change: NetworkChange | undefined;
let timer: ReturnType<typeof setTimeout> | undefined;
const listeners = new Set<() => void>();

function tell(next: NetworkChange | undefined) {
  change = next;
  listeners.forEach((listener) => listener());
}

export function useNetworkChange(): NetworkChange | undefined {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => change,
  );
}

export function forgetNetworkChange() {
  clearTimeout(timer);
  tell(undefined);
}

/** Ends when the change is under way; what is wrong with it is thrown. */
export async function changeNetwork(call: Call, wanted: NetworkChange['wanted'], before: NetworkSettings): Promise<void> {
  const sent = send(call).then(() => undefined, refusal);
  const late = new Promise<undefined>((resolve) => setTimeout(() => resolve(undefined), ANSWER_MS));
  const refused = await Promise.race([sent, late]);
  if (refused) throw refused;
  forgetNetworkChange();
  tell({ wanted, secondsLeft: TRIAL_SECONDS, isReached: false, isBack: false });
  watch(before);
}

/** That no answer came is none. */
function refusal(error: unknown): Problem | undefined {
  if (!(error instanceof Problem)) throw error;
  return error.status === 0 ? undefined : error;
}

function goBack(fault: string | null | undefined) {
  clearTimeout(timer);
  if (change) tell({ ...change, isBack: true, ...(fault && { fault }) });
  void lookAtApplianceAgain();
}

function watch(before: NetworkSettings) {
  const began = performance.now();
  const elapsed = () => performance.now() - began;
  let wasSeen = false;
  const look = async () => {
    const mine = timer;
    const network = await get<ApplianceNetwork>('/appliance/network', undefined, AbortSignal.timeout(ANSWER_MS)).catch(() => undefined);
    if (timer !== mine || !change) return;
    if (network?.pending) {
      changedNetwork(network);
      tell({ ...change, secondsLeft: network.pending.secondsLeft, isReached: true });
      if (!wasSeen) void lookAtApplianceAgain();
      wasSeen = true;
    } else if (network && (wasSeen || elapsed() > BEGIN_MS)) {
      if (isSame(network.kept, before)) return goBack(network.wentBack?.fault);
      forgetNetworkChange();
      return void lookAtApplianceAgain();
    } else {
      tell({ ...change, isReached: network !== undefined, secondsLeft: Math.max(0, TRIAL_SECONDS - Math.floor(elapsed() / 1000)) });
    }
    timer = setTimeout(() => void look(), STEP_MS);
  };
  timer = setTimeout(() => void look(), 0);
}

function isSame(one: NetworkSettings, other: NetworkSettings): boolean {
  return (['mode', 'addresses', 'gateways', 'dns'] as const).every((name) => String(one[name]) === String(other[name]));
}

// Runs actions: asks for what must be confirmed, sends, follows the task, and tells how it ended.
import { createContext, lazy, Suspense, use, useCallback, useMemo, useState, type ReactNode } from 'react';
import { useTranslation } from 'react-i18next';

import { get, send } from '../api/http.ts';
import type { May } from '../api/permissions.ts';
import { Problem, problemOfTask } from '../api/problem.ts';
import { tasks } from '../api/tasks.ts';
import type { Collection, Collections } from '../api/types.ts';
import { useFullName } from '../app/pools.tsx';
import { toast, toastProblem } from '../app/toasts.ts';
import { outcomeOf } from '../components/outcome.ts';
import { bytes } from '../components/units.ts';
import { allows, initialOf, neededFor, type Action, type Field, type Values } from './action.ts';
import { noteDeletion } from './deleted.ts';
import { overtaken } from './overtaken.ts';

const ConfirmAction = lazy(() => import('./ConfirmAction.tsx'));
const FormModal = lazy(async () => ({ default: (await import('../components/FormModal.tsx')).FormModal }));

/** The task that goes on, if there is one. */
type Begun = string | undefined;

async function begin(action: Action, object: Collections[Collection], values: Values): Promise<Begun> {
  const call = action.call(object, values);
  noteDeletion(call);
  const { value } = await send<{ taskId?: string } | undefined>(call);
  return value?.taskId;
}

/** `may` tells which of the objects the user has the right on. */
type Run = <C extends Collection>(action: Action<C>, objects: readonly Collections[C][], may?: May) => void;
interface Asked {
  action: Action;
  objects: readonly Collections[Collection][];
  /** How many were chosen whose state, or the user's rights, do not allow it. */
  skipped: number;
}

const RunContext = createContext<Run>(() => undefined);

/** Runs an action on objects; what it may not be done to in its state is left out. */
export function useAction(): Run {
  return use(RunContext);
}

export function ActionProvider({ children }: { children: ReactNode }) {
  const { t } = useTranslation();
  const fullName = useFullName();
  const [asked, setAsked] = useState<Asked>();

  /** Tells how what was begun ends. */
  const follow = useCallback(
    async (action: Action, object: Collections[Collection], begun: Promise<Begun>) => {
      const what = { action: t(action.label), object: fullName(object) };
      try {
        const taskId = await begun;
        const task = taskId ? await tasks.ended(taskId) : undefined;
        const isStopped = task !== undefined && outcomeOf(task) === 'stopped';
        if (task && task.status !== 'success' && !isStopped) throw problemOfTask(task.result);
        toast(isStopped ? { variant: 'info', title: t('action.stopped', what) } : { variant: 'success', title: t('action.done', what) });
      } catch (error) {
        toastProblem(t('action.failed', what), error);
      }
    },
    [t, fullName],
  );

  /** Before something is changed: whether it is as it was when the form was opened. Once told otherwise, somebody may go on. */
  const isStillSo = async ({ action, objects: [object], ...others }: Asked, fields: readonly Field[]) => {
    if (!object || action.call(object, initialOf(fields)).method !== 'PATCH') return;
    const now = await get<Collections[Collection]>(`/${action.collection}/${object.id}`);
    const changed = overtaken(fields, action.ask?.(now) ?? []);
    if (changed.length === 0) return;
    setAsked({ action, objects: [now], ...others });
    const what = changed.map(([{ label, kind }, value]) => t('edit.nowIs', { setting: t(label), value: kind === 'size' ? bytes(Number(value)) : String(value) })).join(' ');
    throw new Problem(409, `${t('edit.overtaken')}: ${what}`, 'OVERTAKEN', {}, undefined);
  };

  const runAll = useCallback(
    async ({ action, objects }: Asked) => {
      // A few at a time: hundreds at once would starve the rest of the page.
      const waiting = [...objects];
      const worker = async () => {
        for (let next = waiting.shift(); next; next = waiting.shift()) await follow(action, next, begin(action, next, initialOf(action.ask?.(next) ?? [])));
      };
      await Promise.all(Array.from({ length: 8 }, worker));
    },
    [follow],
  );

  const run = useMemo<Run>(
    () => (action, objects, may = () => true) => {
      const allowed = objects.filter((object) => allows(action, object) && may(object.id, neededFor(action)));
      const asked = { action: action as unknown as Action, objects: allowed, skipped: objects.length - allowed.length };
      if (action.confirm === 'none' && !action.ask && objects.length === 1) void runAll(asked);
      else setAsked(asked);
    },
    [runAll],
  );

  const [first] = asked?.objects ?? [];
  const fields = first && asked?.objects.length === 1 ? asked.action.ask?.(first) : undefined;
  return (
    <RunContext value={run}>
      {children}
      {asked && fields && first && (
        <Suspense>
          <FormModal
            title={t(asked.action.label)}
            {...(first.name_label !== undefined && { text: fullName(first) })}
            {...(asked.action.warns && { warning: t(asked.action.warns) })}
            fields={fields}
            button={t(asked.action.label)}
            isDanger={asked.action.danger === true}
            failed={t('action.failed', { action: t(asked.action.label), object: fullName(first) })}
            send={async (values) => {
              await isStillSo(asked, fields);
              // What is refused is said where it was typed; what takes longer is told when it ends.
              const begun = begin(asked.action, first, values);
              await begun;
              void follow(asked.action, first, begun);
            }}
            onClose={() => setAsked(undefined)}
          />
        </Suspense>
      )}
      {asked && !fields && (
        <Suspense>
          <ConfirmAction
            {...asked}
            onClose={(isConfirmed) => {
              setAsked(undefined);
              if (isConfirmed) void runAll(asked);
            }}
          />
        </Suspense>
      )}
    </RunContext>
  );
}

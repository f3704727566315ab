// What keeps a step from being done.

import { Problem } from '../../api/problem.ts';
import { Alert } from '../../components/Alert.tsx';
import { ProblemText } from '../../components/ProblemText.tsx';

/** `help` is said in place of what a refused right means elsewhere. */
export function Refused({ title, problem, help }: { title: string; problem: Problem; help?: string }) {
  return (
    <Alert isInline variant="danger" title={title}>
      {help && problem.status === 403 ? <p>{help}</p> : <ProblemText problem={problem} />}
    </Alert>
  );
}

/** The problem, if it does not work. */
export async function tryTo(work: () => Promise<void>): Promise<Problem | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
}

// The one kind of error that the API layer throws: what the server said (RFC 9457), and where to look for what to do next.

export interface ProblemData {
  /** Of a filter: where it cannot be read, in characters from 0. */
  start?: number;
  end?: number;
  /** Of a body: which members do not fit. */
  errors?: { instancePath: string; message: string }[];
  id?: string;
  /** Of a pool that is not connected. */
  objectId?: string;
  type?: string;
  /** Of what exists already. */
  objectType?: string;
  /** What a pool's code is about. */
  params?: string[];
  /** Of a refused sign-in: what is still missing. */
  required?: string;
}

export class Problem extends Error {
  constructor(
    /** HTTP's; 0 when no answer came. */
    readonly status: number,
    /** What happened, in the server's words. */
    message: string,
    /** XAPI's code, when a pool refused. */
    readonly code: string | undefined,
    readonly data: ProblemData,
    /** Seconds to wait, when the server asks for that. */
    readonly retryAfter: number | undefined,
  ) {
    super(message);
    this.name = 'Problem';
  }

  /** Names of catalogue entries below `hint` that may tell what to do, the most exact first. */
  get hints(): string[] {
    // That an account of this name exists already is no state that has changed.
    const kind = this.status === 409 && ['user', 'group'].includes(this.data.objectType ?? '') ? 'exists' : String(this.status);
    // What is missing is a pool only where one is named.
    const isOther = this.status === 503 && this.data.objectId === undefined;
    return [...(this.code ? [this.code] : []), ...(isOther ? [] : [kind])];
  }
}

interface Body {
  detail?: string;
  error?: string;
  title?: string;
  data?: ProblemData;
  info?: { code?: string; params?: string[] };
}

export async function problemOf(response: Response): Promise<Problem> {
  const body = (await response.json().catch(() => ({}))) as Body;
  const retry = Number(response.headers.get('retry-after'));
  return new Problem(
    response.status,
    body.detail ?? body.error ?? body.title ?? response.statusText,
    body.info?.code,
    { ...body.data, ...(body.info?.params && { params: body.info.params }) },
    retry > 0 ? retry : undefined,
  );
}

/** What a failed task tells, as a problem. */
export function problemOfTask(result: unknown): Problem {
  const { message, code, params } = (result ?? {}) as { message?: string; code?: string; params?: string[] };
  return new Problem(500, message ?? '', code, params ? { params } : {}, undefined);
}

// Everything that a call can fail with.
import type { ProblemCodes } from './generated/codes.js';
import type { FieldFault, Problem } from './generated/schemas.js';

/** Every code that this version of the client knows; later versions of the API may answer others, so keep a default. */
export type ProblemCode = Problem['code'];

/** The codes that an operation answers, such as `CodesOf<'bookings_request'>`. */
export type CodesOf<Operation extends keyof ProblemCodes> = ProblemCodes[Operation];

/** The platform refused: a problem document (RFC 9457). Switch on `code`. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  /** Seconds that the platform asks to wait, if it does. */
  readonly retryAfter: number | undefined;

  constructor(problem: Problem, retryAfter?: number) {
    super(`${problem.code}: ${problem.detail}${faultsOf(problem)} (trace ${problem.trace_id})`);
    this.problem = problem;
    this.retryAfter = retryAfter;
  }

  /** The stable word. */
  get code(): ProblemCode {
    return this.problem.code;
  }

  /** The HTTP status. */
  get status(): number {
    return this.problem.status;
  }

  /** Every fault of the request, when `code` is `invalid`. */
  get errors(): FieldFault[] {
    return this.problem.errors ?? [];
  }
}

/** Something that is not the platform answered, such as a proxy's page. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;

  constructor(status: number, contentType: string | null) {
    super(`the answer ${status} is no problem document but ${contentType ?? 'of no type'}: is baseUrl the platform's?`);
    this.status = status;
  }
}

/** Nothing answered. For a command that carries no key it is not known whether it acted. */
export class ConnectionError extends Error {
  override readonly name = 'ConnectionError';

  constructor(method: string, url: string, attempts: number, cause: unknown) {
    super(`${method} ${url} got no answer in ${attempts} attempt${attempts === 1 ? '' : 's'}: ${reasonOf(cause)}`, { cause });
  }
}

/** Each fault with its place, where the sentence alone counts them. */
function faultsOf(problem: Problem): string {
  const faults = problem.errors ?? [];
  return faults.length < 2 ? '' : `: ${faults.map((fault) => `${fault.pointer} ${fault.message}`).join('; ')}`;
}

/** What lies at the bottom of it: `fetch` says no more than that it failed. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof Error)) {
    return String(cause);
  }
  if (cause.cause !== undefined) {
    return reasonOf(cause.cause);
  }
  const code = 'code' in cause ? String(cause.code) : cause.name;
  return cause.message === '' ? code : cause.message;
}

/** Whether `error` is the platform's refusal, and by this code if one is given. */
export function isProblem(error: unknown, ...codes: ProblemCode[]): error is ProblemError {
  return error instanceof ProblemError && (codes.length === 0 || codes.includes(error.code));
}

/** The error that an answer stands for. */
export async function errorOf(answer: Response, retryAfter: number | undefined): Promise<ProblemError | UnexpectedAnswerError> {
  const contentType = answer.headers.get('content-type');
  if (contentType?.startsWith('application/problem+json') === true) {
    const said: unknown = await answer.json().catch(() => undefined);
    if (typeof said === 'object' && said !== null && 'code' in said && 'status' in said) {
      return new ProblemError(said as Problem, retryAfter);
    }
  } else {
    // What is not read would keep its connection.
    await answer.body?.cancel();
  }
  return new UnexpectedAnswerError(answer.status, contentType);
}

// What the package offers.
export type { ServerEvent } from './events.js';
export type * from './generated/schemas.js';
export type { ProblemCodes } from './generated/codes.js';
export type { CallOptions, CommandOptions, EventOptions, FileOptions, KeyedOptions, ReadOptions, RetryPolicy, SignInDetails, TotOptions } from './options.js';
export { ConnectionError, isProblem, ProblemError, UnexpectedAnswerError, type CodesOf, type ProblemCode } from './problem.js';
export type { Session } from './session.js';
export { Tot } from './tot.js';
